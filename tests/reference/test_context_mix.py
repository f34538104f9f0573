"""The model context_mix of the package and that of docs/context_mix.md give every bit the same probability."""

import re

import context_mix_cases as cases
import context_mix_contexts as contexts
import decoder
import pytest
import writer
from context_mix import TIERS, ContextMix, UnknownOptions
from hypothesis import given
from hypothesis import strategies as st

import fastnz

OPTIONS = st.one_of(
    st.builds(cases.option_bytes, st.sampled_from(sorted(TIERS)), st.sampled_from(["text", "binary", "executable",
                                                                                   "symbols", "sequences"])),
    st.builds(lambda tier, more: cases.option_bytes(tier, "record", more), st.sampled_from(sorted(TIERS)),
              st.integers(1, 40)),
    st.builds(lambda tier, step, more: cases.option_bytes(tier, "image", step + more, step),
              st.sampled_from(sorted(TIERS)), st.integers(1, 4), st.integers(1, 40)),
    st.builds(lambda tier, step, more: cases.option_bytes(tier, "numbers", step + more, step),
              st.sampled_from(sorted(TIERS)), st.integers(2, 8), st.integers(1, 40)),
)


@given(OPTIONS, st.binary(max_size=40), st.integers(8, 20))
def test_any_code_means_the_same(options, code, more):
    size = len(code) + more
    frame = writer.compact(bytes(size), writer.body(code, 1, options), content_hash=0)
    try:
        content = decoder.decode_bits(code, ContextMix(options, size), size)
    except decoder.Corrupt:
        with pytest.raises(fastnz.CorruptError):
            fastnz.decompress(frame)
    else:
        assert fastnz.decompress(writer.compact(content, writer.body(code, 1, options))) == content


@given(st.lists(st.integers(0, 9), max_size=8).map(bytes))
def test_options_are_known_alike(options):
    try:
        ContextMix(options, 1)
        expected = fastnz.CorruptError  # the hash does not fit
    except UnknownOptions:
        expected = fastnz.UnsupportedError
    frame = writer.compact(b"abcdefghijkl", writer.body(b"\0\1", 1, options), size=12, content_hash=1)
    with pytest.raises(fastnz.FormatError) as caught:
        fastnz.decompress(frame)
    assert type(caught.value) is expected


@pytest.mark.slow
@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("profile", cases.PROFILES)
def test_longer_contents(profile, tier):
    data, options = cases.content(profile, 4000), cases.option_bytes(tier, profile, *cases.WIDTHS.get(profile, ()))
    assert fastnz.decompress(cases.frame(data, options)) == data


def test_lists_and_ids_of_the_document(root):
    text = (root / "docs" / "context_mix.md").read_text()
    rows = {name: int(id) for id, name in re.findall(r"^\| (\d+) \| ([A-Z]\w+) \|", text, re.M)}
    assert rows == {name: id for table in (contexts.CONTEXTS, contexts.PIXELS, contexts.NUMBER)
                    for name, (id, _) in table.items()}
    lists = re.findall(r"^\| (\d) \w+ \| (\d) \| ([\w ]+) \|", text, re.M)
    assert {int(id): (int(ordered), names) for id, ordered, names in lists} == contexts.PROFILES
    assert set(" ".join(names for _, names in contexts.PROFILES.values()).split()) == set(rows)
    tiers = re.findall(r"^\| (\d) \| (\d+) \| (\d) \| (\d+) \| (\d+) \|", text, re.M)
    assert {int(tier): tuple(map(int, row)) for tier, *row in tiers} == TIERS
