"""The model hybrid of the package and that of its document give every bit the same probability."""

import re

import mixing_cases as cases
import gru8
import hybrid
import models
import numpy as np
import pytest
import writer
from mixing_options import UnknownOptions

import fastnz
from fastnz import _core
from fastnz._core import testing

ROW = 4


@pytest.fixture(scope="module")
def random_network():
    """The id of a network with random weights, known to both."""
    weights = gru8.random_weights(np.random.default_rng(77), 32, 8, 8)
    name = _core.load_weights(gru8.write_plain(weights, testing.xxh3_64))
    hybrid.NETWORKS[name] = weights
    return name


def frame_of(data, options, kind=hybrid.Hybrid, row=ROW):
    code = models.encode(data, kind(options, len(data)))
    return writer.compact(data, writer.body(code, row, options))


@pytest.mark.parametrize("tier", hybrid.HYBRID_TIERS)
def test_every_tier(random_network, tier):
    profile = cases.PROFILES[tier % len(cases.PROFILES)]
    data = cases.content(profile, 90) * 4
    options = cases.option_bytes(tier, profile, *cases.WIDTHS.get(profile, ()))
    assert fastnz.decompress(frame_of(data, options + random_network.to_bytes(8, "little"))) == data


@pytest.mark.parametrize("options", [b"", b"\2", b"\5\0", b"\7\0\1", b"\7\0\2\1"])
def test_priors_by_number(options):
    data = b"It was the best of times, it was the worst of times, it was the age of wisdom" + bytes(range(9))
    frame = frame_of(data, options)
    assert fastnz.decompress(frame) == data
    if options == b"":
        assert len(frame) < len(data)


@pytest.mark.parametrize("learner", hybrid.LEARNERS)
def test_with_a_network_that_learns(random_network, learner):
    data = b"abcabcabdabcabcabd--" * 4
    for rest in (b"", b"\1\0" + random_network.to_bytes(8, "little")):
        frame = frame_of(data, bytes([learner]) + rest, hybrid.HybridOnline, 12)
        assert fastnz.decompress(frame) == data


@pytest.mark.parametrize("options", [b"", b"\0", b"\xff", b"\1\5\0\2\1"])
def test_unknown_options_with_a_network_that_learns(options):
    with pytest.raises(UnknownOptions):
        hybrid.HybridOnline(options, 60)
    with pytest.raises(fastnz.UnsupportedError):
        fastnz.decompress(writer.compact(b"abc" * 20, writer.body(b"\0\1", 12, options)))


@pytest.mark.parametrize("options", [b"\5", b"\0", b"\0\0", b"\10\0", b"\5\0\0", b"\5\0\xff", b"\5\0\1\1\1", b"\5\3", b"\5\0" + bytes(7)])
def test_unknown_options(options):
    with pytest.raises(UnknownOptions):
        hybrid.read_hybrid_options(options)
    with pytest.raises(fastnz.UnsupportedError):
        fastnz.decompress(writer.compact(b"abc" * 20, writer.body(b"\0\1", ROW, options)))


def test_numbers_of_the_document(root):
    text = (root / "docs/hybrid.md").read_text()
    found = {int(n): int(name, 16) for n, name in re.findall(r"^\| (\d+) \| \w+ \| ([0-9a-f]{16}) \|$", text, re.M)}
    assert found == hybrid.PRIORS
    learners = {int(n): bytes.fromhex(o) for n, o in re.findall(r"^\| (\d+) \| ((?:[0-9a-f]{2} ?){12}) \|$", text, re.M)}
    assert learners == hybrid.LEARNERS
