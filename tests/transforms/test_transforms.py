"""Every transform: exact for what it made, bounds-checked for what it did not, quick where it has nothing to do."""

import os
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastnz
from fastnz import _core

testing = _core.testing
NAMES = [row["name"] for row in _core.transforms()]


def both_ways(name: str, data: bytes):
    made = testing.transform_forward(name, data)
    if made is not None:
        out, side = made
        assert testing.transform_inverse(name, out, side, len(data)) == data
        assert len(data) <= testing.transform_max_output(name, len(out), len(side))
    return made


def calls(count: int, seed: int = 1) -> bytes:
    """Machine code as far as the transform cares: calls of a few functions between random instructions."""
    rng = random.Random(seed)
    targets = [rng.randrange(1 << 20) for _ in range(30)]
    out = bytearray()
    for _ in range(count):
        out += rng.randbytes(rng.randrange(5, 40))
        relative = rng.choice(targets) - len(out) - 5
        out += rng.choice([b"\xe8", b"\xe8", b"\xe9", b"\x0f\x85"]) + (relative & 0xFFFFFFFF).to_bytes(4, "little")
    return bytes(out)


def repeats(seed: int) -> bytes:
    """Random pieces, some of them again, some of them many times, some of them long."""
    rng = random.Random(seed)
    pieces = [rng.randbytes(rng.choice([1, 3, 100, 700, 1500, 5000, 70000])) for _ in range(5)]
    chosen = [rng.choice(pieces) * rng.choice([1, 1, 1, 2, 30]) for _ in range(12)]
    return b"".join(chosen)


def test_ids_are_unique_and_stay():
    assert {row["name"]: row["id"] for row in _core.transforms()} == {"repeat": 1, "x86": 2, "recurrence": 3, "words": 4}


@pytest.mark.parametrize("name", NAMES)
@given(st.binary(max_size=6000))
def test_any_bytes(name, data):
    both_ways(name, data)
    both_ways(name, data * 40)


@pytest.mark.parametrize("seed", range(30))
def test_repeats(seed):
    data = repeats(seed)
    both_ways("repeat", data)
    both_ways("repeat", data[:-1] + b"?")


@pytest.mark.parametrize("period", [1, 2, 3, 7, 8, 9, 63, 64, 65, 255, 256, 257, 1000, 1024, 4095])
def test_a_period_of_any_length_is_found(period):
    data = os.urandom(period) * (300_000 // period)
    out, side = both_ways("repeat", data)
    assert len(out) <= period + 600 and len(side) < 20


def test_a_copy_from_far_away_is_found():
    piece = os.urandom(5000)
    out, side = both_ways("repeat", piece + os.urandom(3_000_000) + piece)
    assert len(out) == 3_005_000 and len(side) < 20


def test_100_mb_of_zeros_is_a_few_hundred_operations():
    out, side = both_ways("repeat", bytes(100_000_000))
    assert len(out) + len(side) < 1000


@pytest.mark.parametrize("size", [45, 100, 1000, 2700, 2731, 5000])
@pytest.mark.parametrize("period", [1, 2, 9])
def test_a_run_that_is_most_of_a_tiny_block_is_taken_out(size, period):
    data = (os.urandom(period) * size)[:size]
    out, side = both_ways("repeat", data)
    assert (len(out), len(side)) == (period, 5)


def test_repeat_leaves_short_copies_to_the_model():
    assert testing.transform_forward("repeat", os.urandom(1900) + bytes(1900) + os.urandom(50)) is None


@pytest.mark.parametrize("count", [400, 2000, 20000])
def test_code_is_recognised(count):
    data = calls(count)
    out, side = both_ways("x86", data)
    assert len(out) == len(data) and side
    mixed = b"plain text, nothing else. " * 8000 + data + b"and text again. " * 9000
    out, side = both_ways("x86", mixed)
    assert out[:100_000] == mixed[:100_000] and out[-100_000:] == mixed[-100_000:]  # text is left alone


@pytest.mark.parametrize(
    "data", [os.urandom(1 << 20), b"words, words, words. " * 50_000, bytes(1 << 20)], ids=["noise", "text", "zeros"]
)
def test_other_data_is_not_taken_for_code(data):
    assert testing.transform_forward("x86", data) is None


@given(st.lists(st.sampled_from([b"\xe8", b"\xe9", b"\x0f", b"\x84", b"\x00", b"\xff", b"\x01"]), max_size=60),
       st.integers(0, 3))
def test_x86_is_exact_on_overlapping_windows_and_edges(pieces, shift):
    """Detection needs code around; the bytes under test lie inside its range, at all alignments."""
    dense = calls(3000)
    data = dense[: 40_000 + shift] + b"".join(pieces) + dense[40_000:]
    assert both_ways("x86", data) is not None
    assert both_ways("x86", data[: 40_000 + shift] + b"".join(pieces)) is not None


@pytest.mark.parametrize("name", NAMES)
@given(st.binary(max_size=50), st.binary(max_size=30), st.integers(0, 3000))
def test_hostile_side_data_is_an_error_or_some_bytes(name, data, side, size):
    try:
        assert len(testing.transform_inverse(name, data, side, size)) == size
    except fastnz.FormatError:
        pass


@pytest.mark.parametrize(
    "side, size",
    [
        (b"\x05\x00\x00\x00\x01", 6),  # more literals than there are
        (b"\x02\x09\x00\x00\x00", 12),  # distance 0
        (b"\x02\x09\x00\x00\x03", 12),  # from before the start
        (b"\x02\x09\x00\x00\x01", 11),  # past the end
        (b"\x02\x09\x00\x00\x01", 13),  # too few bytes in all
        (b"\x02\x00\x00\x10\x01", 2 << 20),  # longer than one operation may be
        (b"\x02\x09\x00", 12),  # cut
        (b"\xff" * 10 + b"\x01", 12),  # a number beyond 64 bits
    ],
)
def test_repeat_refuses(side, size):
    with pytest.raises(fastnz.FormatError):
        testing.transform_inverse("repeat", b"ab", side, size)


@pytest.mark.parametrize("side", [b"\x03\x00", b"\x00\x0b", b"\x0b\x01", b"\x05", b"\x80\x00\x01"])
def test_x86_refuses(side):
    with pytest.raises(fastnz.FormatError):
        testing.transform_inverse("x86", bytes(10), side, 10)


def test_nothing_to_do_is_quick():
    """400 MB/s on a quiet machine; the test only refuses what would be slow anywhere."""
    noise = os.urandom(16 << 20)
    for name in NAMES:
        begin = time.thread_time()
        assert testing.transform_forward(name, noise) is None
        assert time.thread_time() - begin < 0.5
