"""The models nibble_mix and symbol_mix of the package and those of their documents give every bit the same
probability.
"""

import re

import decoder
import mixing_cases as cases
import mixing_contexts as contexts
import models
import nibble_mix
import pytest
import symbol_mix
import writer
from hypothesis import given
from hypothesis import strategies as st
from mixing_options import UnknownOptions

import fastnz

TIERS = {2: nibble_mix.TIERS, 7: symbol_mix.TIERS}
MODELS = st.sampled_from(sorted((model, tier) for model, tiers in TIERS.items() for tier in tiers))
PROFILES = st.one_of(
    st.tuples(st.sampled_from(["text", "binary", "executable", "symbols", "sequences"])),
    st.builds(lambda width: ("record", width), st.integers(1, 40)),
    st.builds(lambda step, more: ("image", step + more, step), st.integers(1, 4), st.integers(1, 40)),
    st.builds(lambda step, more: ("numbers", step + more, step), st.integers(2, 8), st.integers(1, 40)),
)


@given(MODELS, PROFILES, st.binary(max_size=40), st.integers(8, 20))
def test_any_code_means_the_same(model_and_tier, profile, code, more):
    (model, tier), size = model_and_tier, len(code) + more
    options = cases.option_bytes(tier, *profile)
    frame = writer.compact(bytes(size), writer.body(code, model, options), content_hash=0)
    try:
        content = decoder.decode_bits(code, decoder.MODELS[model](options, size), size)
    except decoder.Corrupt:
        with pytest.raises(fastnz.CorruptError):
            fastnz.decompress(frame)
    else:
        assert fastnz.decompress(writer.compact(content, writer.body(code, model, options))) == content


@given(st.sampled_from(sorted(TIERS)), st.lists(st.integers(0, 9), max_size=8).map(bytes))
def test_options_are_known_alike(model, options):
    try:
        decoder.MODELS[model](options, 1)
        expected = fastnz.CorruptError  # the hash does not fit
    except UnknownOptions:
        expected = fastnz.UnsupportedError
    frame = writer.compact(b"abcdefghijkl", writer.body(b"\0\1", model, options), size=12, content_hash=1)
    with pytest.raises(fastnz.FormatError) as caught:
        fastnz.decompress(frame)
    assert type(caught.value) is expected


@pytest.mark.parametrize("tier", nibble_mix.TIERS)
@pytest.mark.parametrize("profile", cases.PROFILES)
def test_contents_of_each_kind(profile, tier):
    data, options = cases.content(profile, 300), cases.option_bytes(tier, profile, *cases.WIDTHS.get(profile, ()))
    assert fastnz.decompress(cases.frame(data, options, 2)) == data


@pytest.mark.slow
@pytest.mark.parametrize("model, tier", [(model, tier) for model, tiers in TIERS.items() for tier in tiers])
@pytest.mark.parametrize("profile", cases.PROFILES)
def test_longer_contents(profile, model, tier):
    data, options = cases.content(profile, 4000), cases.option_bytes(tier, profile, *cases.WIDTHS.get(profile, ()))
    assert fastnz.decompress(cases.frame(data, options, model)) == data


@pytest.mark.parametrize("profile", cases.PROFILES)
def test_contents_of_each_kind_by_the_fastest(profile):
    data, options = cases.content(profile, 300), cases.option_bytes(1, profile, *cases.WIDTHS.get(profile, ()))
    assert fastnz.decompress(cases.frame(data, options, 7)) == data


def test_bytes_that_are_asked_whole():
    line = bytes(range(33, 53))
    data = line * 100 + b"!" + line[:15] + b"?" + line * 3
    model = symbol_mix.SymbolMix(cases.option_bytes(1, "text"), len(data))
    frame = cases.frame(data, cases.option_bytes(1, "text"), 7)
    models.encode(data, model)
    assert max(model.sure.values()) >= symbol_mix.SURE  # so some were asked
    assert fastnz.decompress(frame) == data


@pytest.mark.slow
@pytest.mark.parametrize("model, tier", [(2, 3), (7, 1)])
def test_matches_longer_than_they_count(model, tier):
    data = cases.content("text", 700) * 3 + b"!" + cases.content("text", 700)
    assert fastnz.decompress(cases.frame(data, cases.option_bytes(tier, "text"), model)) == data


def test_lists_and_ids_of_the_document(root):
    text = (root / "docs" / "contexts.md").read_text()
    rows = {name: int(id) for id, name in re.findall(r"^\| (\d+) \| ([A-Z]\w+) \|", text, re.M)}
    assert rows == {name: id for table in (contexts.CONTEXTS, contexts.PIXELS, contexts.NUMBER)
                    for name, (id, _) in table.items()}
    lists = re.findall(r"^\| (\d) \w+ \| (\d) \| ([\w ]+) \|", text, re.M)
    assert {int(id): (int(ordered), names) for id, ordered, names in lists} == contexts.PROFILES
    assert set(" ".join(names for _, names in contexts.PROFILES.values()).split()) == set(rows)



def test_tables_of_the_nibble_document(root):
    text = (root / "docs" / "nibble_mix.md").read_text()
    tiers = re.findall(r"^\| (\d) \| (\d+) \| (\d+) \| (\w+) \|$", text, re.M)
    rows = {int(tier): (int(n), int(lines), None if apm == "none" else int(apm)) for tier, n, lines, apm in tiers}
    assert rows == nibble_mix.TIERS
    states = re.findall(r"^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| ?([\d, ]*)\|$", text, re.M)
    assert [int(number) for number, *_ in states] == list(range(16))
    for number, *row, phases in states:
        slow = tuple(map(int, phases.split(","))) if phases.strip() else (0, 1, 2, 3)
        assert nibble_mix.STATES[int(number)] == (*map(int, row), slow)
    for numbers in (nibble_mix.FIRST_SOLE[1:], nibble_mix.FIRST_APM):
        assert ", ".join(map(str, numbers)) in " ".join(text.split())


def test_lists_and_numbers_of_the_symbol_document(root):
    text = (root / "docs" / "symbol_mix.md").read_text()
    lists = re.findall(r"^\| (\d) \w+ \| ([\w ]+) \|$", text, re.M)
    assert {int(id): names for id, names in lists} == symbol_mix.LISTS
    for below, shift in symbol_mix.SHIFTS:
        assert f"{shift} if {'size ' if shift == 12 else ''}< {below}" in text
