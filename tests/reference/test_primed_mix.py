"""The reference decoder and the package prime alike."""

import decoder
import gru8
import hybrid
import numpy as np
import primed_mix
import pytest

import fastnz
from fastnz import _core
from fastnz._core import testing
from fastnz.model_files import load

PARTS = [b'{"user": ', b'"active": true', b", ", b'"name": "', b'"}', b"\n", b"error: ", b"12", b"7", b"abc", b"\xff"]


def records(seed, count):
    rng = np.random.default_rng(seed)
    return [b"".join(PARTS[i] for i in rng.integers(0, len(PARTS), int(rng.integers(1, 20)))) for _ in range(count)]


@pytest.mark.parametrize("tier", [1, 3, 5])
def test_records_decode_alike(tier):
    made = _core.make_dictionary(records(1, 8), tier)
    name = _core.load_weights(made)
    primed_mix.DICTIONARIES[name] = made
    for record in records(2, 3):
        frame = _core.compress(record, model=name)
        assert fastnz.decompress(frame) == record
        assert decoder.decode(frame) == record


@pytest.mark.parametrize("tier", [1, 5, 7])
def test_records_decode_alike_with_a_network(tier):
    weights = gru8.random_weights(np.random.default_rng(78), 32, 8, 8)
    network = _core.load_weights(gru8.write_plain(weights, testing.xxh3_64))
    hybrid.NETWORKS[network] = weights
    made = _core.make_dictionary(records(1, 8), tier, network)
    name = _core.load_weights(made)
    primed_mix.DICTIONARIES[name] = made
    for record in records(2, 3):
        frame = _core.compress(record, model=name)
        assert decoder.decode(frame) == record


@pytest.mark.parametrize("network", ["small", "large"])
def test_records_decode_alike_with_a_prior(network):
    made = _core.make_dictionary(records(4, 3), 5, load(network))
    name = _core.load_weights(made)
    primed_mix.DICTIONARIES[name] = made
    record = b'{"user": "abc12"}'
    assert primed_mix.read_dictionary(made).options == {"small": b"", "large": b"\2"}[network]
    assert decoder.decode(_core.compress(record, model=name)) == record


def test_files_read_alike():
    samples = records(3, 20)
    made = _core.make_dictionary(samples, 4)
    read = primed_mix.read_dictionary(made)
    assert read.samples == samples and read.id == _core.load_weights(made)
    with pytest.raises(decoder.FormatError):
        primed_mix.read_dictionary(made[:-1])
