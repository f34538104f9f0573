"""How much frames cost: what FORMAT.md promises about growth, for tiny and large, by every way in."""

import os

import pytest

import fastnz
from fastnz import _core

LEVELS = [row["level"] for row in _core.levels()]
SIZES = [0, 1, 2, 10, 100, 126, 127, 1000, 16_382, 16_383, 16_384, 65_535, 65_536]


@pytest.mark.parametrize("size", SIZES)
def test_noise_grows_by_at_most_16_or_18_bytes(size):
    frame = fastnz.compress(os.urandom(size), LEVELS[0])
    assert len(frame) - size <= (16 if size < 16_383 else 18)


def test_overhead_around_any_small_body_is_at_most_16_bytes():
    for size in range(0, 300):
        content = (b"abc" * 100)[:size]
        frame = fastnz.compress(content, LEVELS[0])
        raw = fastnz.compress_raw(content, LEVELS[0]) or b"\0"
        assert len(frame) - len(raw) <= 15
        assert fastnz.decompress(frame) == content


@pytest.mark.parametrize("size", [65_537, 300_000])
@pytest.mark.parametrize("block_size", [65_536, None])
@pytest.mark.parametrize("index", [False, True])
def test_large_noise_grows_by_the_records_alone(size, block_size, index):
    frame = fastnz.compress(os.urandom(size), LEVELS[0], block_size=block_size, index=index)
    blocks = -(-size // (block_size or size))
    assert len(frame) - size == 28 + 28 + blocks * 29 + (32 + 8 * blocks if index else 0)


@pytest.mark.parametrize("size", SIZES + [65_537, 200_000])
def test_compress_bound_is_one(size):
    noise = os.urandom(size)
    longest = max(
        len(_core.compress(noise, LEVELS[0], block_size=65_536, index=index, content_size=sized))
        for index in (False, True)
        for sized in (False, True)
    )
    assert longest <= fastnz.compress_bound(size) <= size + size // 1000 + 200


def test_empty_content():
    assert len(fastnz.compress(b"")) == 14
    assert fastnz.decompress(fastnz.compress(b"")) == b""
    assert fastnz.decompress(_core.compress(b"", index=True)) == b""
    assert fastnz.decompress(_core.compress(b"", content_size=False)) == b""
    assert fastnz.compress_raw(b"") == b""


def test_a_raw_record_of_noise_grows_by_one_byte():
    for size in (1, 100, 70_000):
        assert len(fastnz.compress_raw(os.urandom(size), LEVELS[0])) == size + 1
