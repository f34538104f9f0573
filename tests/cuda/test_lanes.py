"""Lanes on a device: the numbers of the CPU's network and the bytes of the CPU's coder, for any number of lanes, any
lengths, any order of threads and any amount of shared memory."""

import numpy as np
import pytest

import fastnz
from fastnz._core import testing


def both_ways(device, network, content, sizes, at_once=0):
    """Encode on the device, compare with the CPU, decode each code on the other."""
    expected, expected_sizes, _ = testing.device_encode("cpu", network, content, sizes)
    code, code_sizes, _ = testing.device_encode(device, network, content, sizes, at_once)
    assert code_sizes == expected_sizes
    assert code == expected
    back, whole, _ = testing.device_decode(device, network, expected, expected_sizes, sizes, at_once)
    assert all(whole)
    assert back == content


def test_frequencies_are_those_of_the_cpu(device, network):
    streams = np.random.default_rng(3).integers(0, 256, (33, 12), dtype=np.uint8)
    streams[5:20] = np.frombuffer(b"twelve bytes", np.uint8)
    made = testing.device_frequencies(device, network, streams.tobytes(), len(streams))
    assert (made == testing.lane_frequencies(streams, network)).all()


@pytest.mark.parametrize("lanes", [1, 31, 70])
def test_codes_are_those_of_the_cpu(device, network, cut, lanes):
    content, sizes = cut(lanes, lanes, 24)
    both_ways(device, network, content, sizes)


def test_fewer_lanes_at_once_change_nothing(device, network, cut):
    content, sizes = cut(8, 80, 6)
    both_ways(device, network, content, sizes, at_once=32)


def test_empty_lanes(device, network):
    assert testing.device_encode(device, network, b"", [0, 0, 0])[:2] == (b"", [0, 0, 0])
    assert testing.device_decode(device, network, b"", [0, 0], [0, 0])[:2] == (b"", [True, True])


def test_short_codes_are_noticed(device, network):
    content = bytes(np.random.default_rng(1).integers(0, 256, 60, dtype=np.uint8))
    code, (size,), _ = testing.device_encode("cpu", network, content, [60])
    pieces = [code, code[: size - 1], code[: size // 2], code[:5], b""]
    arguments = b"".join(pieces), [len(piece) for piece in pieces], [60] * len(pieces)
    expected = testing.device_decode("cpu", network, *arguments)
    assert expected[1][0]
    assert testing.device_decode(device, network, *arguments)[:2] == expected[:2]


def test_any_code_decodes_to_something(device, network):
    """Bytes that no encoder made: the same as on the CPU, and nothing beyond the lanes is touched."""
    code = bytes(np.random.default_rng(9).integers(0, 256, 90, dtype=np.uint8))
    sizes, code_sizes = [20, 20, 3], [40, 10, 40]
    expected = testing.device_decode("cpu", network, code, code_sizes, sizes)
    assert testing.device_decode(device, network, code, code_sizes, sizes)[:2] == expected[:2]


@pytest.mark.parametrize("shared", [28000, 60000, 101376])
def test_weights_outside_shared_memory(network, cut, shared):
    """As much of the weights as fits is kept by the block; the rest is read where it lies."""
    content, sizes = cut(5, 40, 10)
    device = f"emulated:3:{shared}"
    try:
        plan = testing.device_plan(device, network, 40)
    except fastnz.DeviceError:
        with pytest.raises(fastnz.DeviceError, match="shared memory is too small"):
            testing.device_encode(device, network, content, sizes)
        return
    assert plan["shared_bytes"] <= shared
    both_ways(device, network, content, sizes)
