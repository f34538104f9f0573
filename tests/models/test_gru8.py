"""The network `gru8`: equal to the reference for every instruction set, any number of lanes, and as a coder."""

import numpy as np
import pytest
from gru8 import TOTAL_BITS, frequencies, random_weights, rows_of, write_plain

import fastnz
from fastnz import _core
from fastnz._core import testing


@pytest.mark.parametrize("isa", fastnz.isas())
def test_equals_the_reference(network, text, isa):
    weights, _, name = network
    assert (testing.frequencies(text, name, isa) == frequencies(weights, text)).all()


def test_feature_rows_equal_the_reference(text):
    for bits in (8, 14, 18):
        assert (testing.gru8_rows(text, bits) == rows_of(text, bits)).all()


def test_frequencies_are_whole_and_never_zero(network, text):
    made = testing.frequencies(text, network[2])
    assert made.min() >= 1
    assert (made.sum(1) == 1 << TOTAL_BITS).all()


def test_before_the_first_byte_nothing_is_known(network):
    _, _, name = network
    first = {testing.frequencies(bytes([byte]), name).tobytes() for byte in range(256)}
    assert len(first) == 1
    assert testing.frequencies(b"", name).shape == (0, 256)


@pytest.mark.parametrize("isa", fastnz.isas())
@pytest.mark.parametrize("lanes", [1, 2, 3, 4, 5, 8, 17])
def test_lanes_know_nothing_of_each_other(network, isa, lanes):
    _, _, name = network
    streams = np.random.default_rng(lanes).integers(0, 256, (lanes, 40)).astype(np.uint8)
    together = testing.lane_frequencies(streams, name, isa)
    for lane, stream in zip(together, streams):
        assert (lane == testing.frequencies(stream.tobytes(), name)).all()


def test_coding_gives_the_bytes_back(network, text):
    """Its code is as short as its frequencies say, give or take what 16-bit probabilities and the coder's end cost."""
    _, _, name = network
    options = name.to_bytes(8, "little")
    coded = testing.model_encode("gru8", options, text)
    assert testing.model_decode("gru8", options, coded, len(text)) == text
    chosen = testing.frequencies(text, name)[np.arange(len(text)), list(text)]
    bits = -np.log2(chosen / 2**TOTAL_BITS).sum()
    assert 8 * len(coded) < bits * 1.001 + 64


def test_a_missing_network_is_named(text):
    name = 0x0123456789ABCDEF
    with pytest.raises(fastnz.ModelMissingError, match="0123456789abcdef"):
        testing.model_encode("gru8", name.to_bytes(8, "little"), text)


def test_options_that_are_no_id_are_refused(text):
    with pytest.raises(fastnz.UnsupportedError, match="option bytes"):
        testing.model_encode("gru8", b"1234567", text)


def test_a_finder_is_asked_once_and_its_file_used(text):
    asked = []
    plain = write_plain(random_weights(np.random.default_rng(99)), testing.xxh3_64)
    name = int.from_bytes(plain[-8:], "little")

    def find(wanted):
        asked.append(wanted)
        return plain if wanted == name else None

    _core.set_weights_finder(find)
    try:
        for _ in range(2):
            testing.frequencies(text, name)
        with pytest.raises(fastnz.ModelMissingError):
            testing.frequencies(text, 1)
    finally:
        _core.set_weights_finder(None)
    assert asked == [name, 1]
    assert _core.has_weights(name) and not _core.has_weights(1)
