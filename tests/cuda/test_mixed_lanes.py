"""lane_mix on a device: the bytes of the CPU's lanes mode, for any number of lanes that learn together, any lengths, with a head
and without, in any order of threads, with little memory; and through the whole codec."""

import numpy as np
import pytest
from device_networks import make_network, prior

import fastnz
from fastnz import _core
from fastnz._core import testing

WORDS = b"the lanes of a group learn together; what one has seen, others know: 12, 345, 6789\n"
# Bytes of a lane, lanes that learn together.
CUTS = [(24, 1), (30, 5), (20, 32), (19, 33), (14, 64)]


def text(seed, size):
    """Text that repeats itself here and there, with noise and runs, so that contexts and matches are found and lost."""
    rng = np.random.default_rng(seed)
    parts, length = [], 0
    while length < size:
        kind, at = rng.integers(0, 8), int(rng.integers(0, len(WORDS)))
        part = (WORDS * 2)[at : at + int(rng.integers(10, 60))] if kind < 6 else bytes(rng.integers(0, 256, 7, dtype=np.uint8))
        parts.append(bytes([at]) * 30 if kind == 7 else part)
        length += len(parts[-1])
    return b"".join(parts)[:size]


def both_ways(device, network, content, lane_bytes, group, head=0, **wish):
    """Encode on the device, compare with the CPU, decode the CPU's code on the device."""
    expected, expected_sizes, _ = testing.device_mix_encode("cpu", network, content, lane_bytes, group, head)
    code, code_sizes, _ = testing.device_mix_encode(device, network, content, lane_bytes, group, head, **wish)
    assert code_sizes == expected_sizes
    assert code == expected
    arguments = expected, expected_sizes, content[:head], len(content), lane_bytes, group
    back, whole, _ = testing.device_mix_decode(device, network, *arguments, **wish)
    assert all(whole)
    assert back == content


@pytest.mark.parametrize("lane_bytes, group", CUTS)
@pytest.mark.parametrize("short", [0, 5])
def test_codes_are_those_of_the_cpu(device, cut_network, lane_bytes, group, short):
    """A group and a few lanes of another, the last of which may be short."""
    lanes = group + max(1, group // 3)
    both_ways(device, cut_network, text(group, lanes * lane_bytes - short), lane_bytes, group)


def test_networks(device, network):
    both_ways(device, network, text(7, 7 * 18 - 3), 18, 4)


@pytest.mark.parametrize("lane_bytes, group, head", [(40, 2, 300), (21, 4, 64), (64, 3, 6)])
def test_a_head(device, cut_network, lane_bytes, group, head):
    both_ways(device, cut_network, text(head, head + (2 * group + 1) * lane_bytes - 3), lane_bytes, group, head)


def test_long_lanes(device, cut_network):
    """Long enough for matches of all lengths, misses and new places."""
    both_ways(device, cut_network, text(5, 6 * 300) + text(5, 3 * 300), 300, 9)


def test_fewer_lanes_at_once_change_nothing(device, cut_network):
    both_ways(device, cut_network, text(8, 13 * 20), 20, 4, at_once=4)
    both_ways(device, cut_network, text(8, 200 + 21 * 20 - 7), 20, 4, head=200, at_once=9)


def test_shared_memory_of_a_smaller_device(cut_network):
    both_ways("emulated:3:70000", cut_network, text(4, 70 * 20), 20, 64)
    with pytest.raises(fastnz.DeviceError, match="shared memory is too small"):
        testing.device_mix_encode("emulated:3:30000", cut_network, text(4, 100), 20, 64)


def test_little_memory_is_a_matter_of_time():
    """Groups go one after the other where memory is short; where not even one fits, that is an error."""
    network = make_network("least")
    content, enough = text(6, 5 * 8 * 20), 250_000
    both_ways(f"emulated:1:0:{enough}", network, content, 20, 8)
    with pytest.raises(fastnz.DeviceError, match="memory is too small"):
        testing.device_mix_encode("emulated:1:0:1000", network, content, 30, 8)


def test_short_codes_are_noticed(device, cut_network):
    content = bytes(np.random.default_rng(1).integers(0, 256, 3 * 50, dtype=np.uint8))
    code, sizes, _ = testing.device_mix_encode("cpu", cut_network, content, 50, 3)
    cut = code[: sizes[0] // 2] + code[sizes[0] :]
    arguments = cut, [sizes[0] // 2, *sizes[1:]], b"", len(content), 50, 3
    expected = testing.device_mix_decode("cpu", cut_network, *arguments)
    assert not expected[1][0]
    assert testing.device_mix_decode(device, cut_network, *arguments)[:2] == expected[:2]


def test_any_code_decodes_to_something(device, cut_network):
    code = np.random.default_rng(9).bytes(200)
    arguments = code, [90, 10, 100], np.random.default_rng(2).bytes(40), 40 + 3 * 60 - 9, 60, 3
    expected = testing.device_mix_decode("cpu", cut_network, *arguments)
    assert testing.device_mix_decode(device, cut_network, *arguments)[:2] == expected[:2]


def test_whole_frames(device):
    """What the codec makes of two groups on a device, and what it makes of them without."""
    model = _core.load_lanes(make_network("least"), 10, 0)
    content = text(3, 1300)
    packed = _core.compress(content, model=model, device="cpu")
    assert testing.compress_on(device, content, model=model) == packed
    assert testing.decompress_on(device, packed) == content == _core.decompress(packed, max_output_size=1 << 20, max_memory=1 << 30)


def test_what_has_no_form_for_devices_runs_on_the_cpu(device):
    for level, model in ((3, 0), (3, _core.load_lanes(make_network("least"), 10, 7))):
        content = text(2, 3000 if model == 0 else 70 * 1024)
        packed = _core.compress(content, level, model=model, device="cpu")
        assert testing.compress_on(device, content, level=level, model=model) == packed
        assert testing.decompress_on(device, packed) == content


def test_without_being_asked_for():
    """What "auto" does with a device: the CPU takes over where it has no memory, and few lanes stay on the CPU."""
    model, device = _core.load_lanes(make_network("least"), 10, 3), "emulated:1:0:1000"
    for lanes in (3, 40):
        content = text(7, lanes * 1024)
        packed = _core.compress(content, model=model, device="cpu")
        assert testing.compress_on(device, content, model=model, automatic=True) == packed
        assert testing.decompress_on(device, packed, automatic=True) == content
        with pytest.raises(fastnz.DeviceError, match="memory is too small"):
            testing.compress_on(device, content, model=model)
        with pytest.raises(fastnz.DeviceError, match="memory is too small"):
            testing.decompress_on(device, packed)


def test_the_small_prior(device):
    """The network that the lanes mode has unless another is named, through public names."""
    content = text(1, 150 if device.startswith("emulated") else 200_000)
    model = _core.load_lanes(prior("small"), 10, 6)
    packed = fastnz.compress(content, model="lanes:lane=1024", device="cpu")
    assert testing.compress_on(device, content, model=model) == packed
    assert testing.decompress_on(device, packed) == content


@pytest.mark.parametrize("name", ["small", "large"])
@pytest.mark.parametrize("shared", [166912, 232448])
def test_the_priors_fit_the_devices(name, shared):
    """Blocks of 64 lanes that learn together, with the shared memory of sm_80 and sm_90."""
    plan = testing.device_plan(f"emulated:0:{shared}", prior(name), 8192, 64)
    assert plan["groups"] == 2 and plan["threads"] == 320 and 0 < plan["mix_bytes"] < 30000
    assert plan["shared_bytes"] <= shared
