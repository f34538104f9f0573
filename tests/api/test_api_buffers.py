"""The functions on whole buffers: what goes in comes out, whatever kind of buffer it is, and wrong wishes are refused
in words. Damage to frames has its own tests in tests/format and tests/codec."""

from __future__ import annotations

import array
import mmap

import fastnz
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

LEVELS = [row["level"] for row in fastnz.levels()]
MISSING_LEVELS = [level for level in range(1, 10) if level not in LEVELS]
TEXT = b"".join(b"%d: the quick brown fox jumps over %d dogs\n" % (i, i * i % 97) for i in range(40))

# Random bytes, and bytes with structure: a few pieces repeated in any order.
PIECES = st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=5)
STRUCTURED = PIECES.flatmap(lambda pieces: st.lists(st.sampled_from(pieces), max_size=200).map(b"".join))
CONTENT = st.one_of(st.binary(max_size=2000), STRUCTURED)


@given(CONTENT, st.sampled_from(LEVELS), st.booleans())
def test_round_trip(content: bytes, level: int, index: bool) -> None:
    packed = fastnz.compress(content, level, index=index)
    assert len(packed) <= fastnz.compress_bound(len(content))
    assert index or len(packed) <= len(content) + 16
    assert packed == fastnz.compress(content, level)  # a single block has nothing to find
    assert fastnz.decompress(packed) == content
    assert fastnz.info(packed).content_size == len(content)
    assert fastnz.test(packed) == len(content)


@given(st.lists(CONTENT, min_size=1, max_size=4), st.binary(max_size=50), st.integers(0, 255))
def test_frames_join_and_metadata_is_skipped(contents: list[bytes], payload: bytes, tag: int) -> None:
    note = fastnz.skippable_frame(payload, tag)
    packed = note.join([b"", *(fastnz.compress(content, 1) for content in contents), b""])
    assert fastnz.decompress(packed) == b"".join(contents)
    assert sum(not frame.skippable for frame in fastnz.info(packed).frames) == len(contents)


@pytest.mark.parametrize("level", LEVELS)
def test_same_bytes_for_any_number_of_threads(level: int) -> None:
    content = (TEXT + bytes(range(256))) * 90  # three blocks of 64 KiB
    packed = [fastnz.compress(content, level, block_size=1 << 16, threads=threads) for threads in (1, 2, 3, 0)]
    assert len(set(packed)) == 1
    assert all(fastnz.decompress(packed[0], threads=threads) == content for threads in (1, 2, 3, 0))


def test_any_contiguous_buffer() -> None:
    numbers = np.arange(1000, dtype=np.uint32).reshape(10, 100)
    with mmap.mmap(-1, 4000) as mapped:
        mapped[:] = numbers.tobytes()
        buffers = [
            numbers,
            numbers.tobytes(),
            bytearray(numbers.tobytes()),
            memoryview(numbers),
            memoryview(numbers.tobytes()).cast("I"),
            array.array("I", numbers.ravel().tolist()),
            mapped,
            numbers.view([("low", np.uint16), ("high", np.uint16)]),
        ]
        packed = {fastnz.compress(buffer) for buffer in buffers}
    assert len(packed) == 1
    (one,) = packed
    for kind in (bytes, bytearray, memoryview, lambda data: np.frombuffer(data, np.uint8)):
        assert fastnz.decompress(kind(one)) == numbers.tobytes()
        assert fastnz.test(kind(one)) == 4000


def test_empty_buffers() -> None:
    for empty in (b"", bytearray(), memoryview(b""), np.empty((0, 3))):
        assert fastnz.decompress(fastnz.compress(empty)) == b""


FUNCTIONS = [
    fastnz.compress,
    fastnz.decompress,
    fastnz.info,
    fastnz.test,
    fastnz.compress_raw,
    fastnz.skippable_frame,
    lambda data: fastnz.compress_many([data]),
    lambda data: fastnz.decompress_many([data]),
    lambda data: fastnz.compress_into(data, bytearray(100)),
    lambda data: fastnz.decompress_into(data, bytearray(100)),
    lambda data: fastnz.decompress_raw(data, 1),
    lambda data: fastnz.Compressor().compress(data),
    lambda data: fastnz.Decompressor().decompress(data),
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_wrong_kinds_of_data(function) -> None:
    with pytest.raises(TypeError, match="encode it first"):
        function("text")
    for wrong in (None, 5, 1.5, [1, 2], object()):
        with pytest.raises(TypeError, match="must be bytes-like"):
            function(wrong)
    with pytest.raises(BufferError, match="C-contiguous"):
        function(np.zeros((4, 4), np.uint8)[:, ::2])


@pytest.mark.parametrize("level", [-1, 0, 10, 1 << 40])
def test_level_out_of_range(level: int) -> None:
    for function in (fastnz.compress, fastnz.compress_raw, lambda data, level: fastnz.Compressor(level)):
        with pytest.raises(ValueError, match="level must be from 1 to 9"):
            function(b"", level)


@pytest.mark.parametrize("level", MISSING_LEVELS)
def test_levels_not_built_in(level: int) -> None:
    for function in (fastnz.compress, fastnz.compress_raw, lambda data, level: fastnz.Compressor(level)):
        with pytest.raises(fastnz.UnsupportedError, match=f"level {level} .*{LEVELS[-1]}"):
            function(b"data", level)


def test_wrong_options() -> None:
    with pytest.raises(TypeError):
        fastnz.compress(b"", 1.5)
    with pytest.raises(ValueError, match="threads must be 0"):
        fastnz.compress(b"", threads=-1)
    for size in (0, 65535, (256 << 20) + 1):
        with pytest.raises(ValueError, match="block_size must be from 65536 to 268435456"):
            fastnz.compress(b"", block_size=size)
    with pytest.raises(TypeError, match="progress must be callable"):
        fastnz.compress(b"", progress=5)
    with pytest.raises(ValueError, match="max_memory must be 0 or more"):
        fastnz.decompress(b"", max_memory=-1)
    with pytest.raises(ValueError, match="size must be 0 or more"):
        fastnz.compress_bound(-1)
    for size in (1 << 63, 1 << 70):
        with pytest.raises(ValueError, match="size must be less than 2"):
            fastnz.compress_bound(size)
        with pytest.raises(ValueError, match="content_size must be less than 2"):
            fastnz.Compressor(content_size=size)
        with pytest.raises(ValueError, match="raw_sizes must be less than 2"):
            fastnz.decompress_many([b""], raw_sizes=[size])
    for tag in (-1, 256, 1 << 70):
        with pytest.raises(ValueError, match="tag must be from 0 to 255"):
            fastnz.skippable_frame(b"", tag)


def test_numbers_beyond_any_machine_are_as_good_as_large_ones() -> None:
    huge = 1 << 70
    packed = fastnz.compress(TEXT, 1, threads=huge)
    assert fastnz.decompress(packed, threads=huge, max_output_size=huge, max_memory=huge) == TEXT
    assert fastnz.Decompressor(threads=huge).decompress(packed, huge) == TEXT
    assert fastnz.Decompressor().decompress(packed, -huge) == TEXT
    assert fastnz.decompress_many(fastnz.compress_many([TEXT], 1, threads=huge), threads=huge) == [TEXT]


def test_output_limit_is_exact_and_named() -> None:
    packed = fastnz.compress(TEXT) + fastnz.compress(TEXT)
    assert fastnz.decompress(packed, max_output_size=2 * len(TEXT)) == 2 * TEXT
    assert fastnz.decompress(packed, max_output_size=None) == 2 * TEXT
    for limit in (0, 1, len(TEXT), 2 * len(TEXT) - 1):
        for function in (fastnz.decompress, fastnz.test):
            with pytest.raises(fastnz.LimitError, match="max_output_size"):
                function(packed, max_output_size=limit)
        with pytest.raises(fastnz.LimitError, match="max_output_size"):
            fastnz.decompress_many([packed], max_output_size=limit)
    with pytest.raises(fastnz.LimitError, match="max_output_size"):
        fastnz.decompress_many([packed, packed], max_output_size=3 * len(TEXT))
    with pytest.raises(fastnz.LimitError, match="max_output_size"):
        fastnz.decompress_raw(b"", 1000, max_output_size=999)


def test_memory_limit_is_named() -> None:
    packed = fastnz.compress(TEXT)
    raw = fastnz.compress_raw(TEXT)
    needed = fastnz.info(packed).memory
    assert needed > 0
    assert fastnz.decompress(packed, max_memory=needed) == TEXT
    calls = [
        lambda limit: fastnz.decompress(packed, max_memory=limit),
        lambda limit: fastnz.test(packed, max_memory=limit),
        lambda limit: fastnz.decompress_into(packed, bytearray(len(TEXT)), max_memory=limit),
        lambda limit: fastnz.decompress_many([packed], max_memory=limit),
        lambda limit: fastnz.decompress_raw(raw, len(TEXT), max_memory=limit),
        lambda limit: fastnz.Decompressor(max_memory=limit).decompress(packed),
    ]
    for call in calls:
        with pytest.raises(fastnz.LimitError, match="max_memory"):
            call(1000)
        call(None)


def test_limit_errors_are_memory_errors_but_not_format_errors() -> None:
    with pytest.raises(MemoryError) as caught:
        fastnz.decompress(fastnz.compress(TEXT), max_output_size=1)
    assert isinstance(caught.value, fastnz.FastnzError)
    assert not isinstance(caught.value, fastnz.FormatError)


def test_errors_of_bad_input() -> None:
    packed = fastnz.compress(TEXT)
    with pytest.raises(fastnz.TruncatedError) as truncated:
        fastnz.decompress(b"")
    assert isinstance(truncated.value, EOFError) and isinstance(truncated.value, ValueError)
    with pytest.raises(fastnz.TruncatedError):
        fastnz.decompress(packed[:-1])
    for garbage in (b"PK\x03\x04 not ours", b"\x00" * 100):
        for data in (garbage, packed + garbage):
            for function in (fastnz.decompress, fastnz.test, fastnz.info):
                with pytest.raises(fastnz.FormatError) as caught:
                    function(data)
                assert type(caught.value) is fastnz.FormatError
                assert caught.value.offset == len(data) - len(garbage)
    changed = bytearray(packed)
    changed[len(packed) // 2] ^= 4
    with pytest.raises(fastnz.CorruptError) as corrupt:
        fastnz.decompress(changed)
    assert corrupt.value.offset is not None and 0 <= corrupt.value.offset < len(packed)
    assert f"at byte {corrupt.value.offset}" in str(corrupt.value)


def test_into_buffers() -> None:
    out = bytearray(fastnz.compress_bound(len(TEXT)))
    size = fastnz.compress_into(TEXT, out)
    assert out[:size] == fastnz.compress(TEXT)
    exact = np.zeros(len(TEXT), np.uint8)
    assert fastnz.decompress_into(memoryview(out)[:size], exact) == len(TEXT)
    assert exact.tobytes() == TEXT
    roomy = bytearray(b"\xee" * (len(TEXT) + 10))
    assert fastnz.decompress_into(out[:size], roomy) == len(TEXT)
    assert roomy == TEXT + b"\xee" * 10
    with pytest.raises(fastnz.LimitError):
        fastnz.decompress_into(out[:size], bytearray(len(TEXT) - 1))
    with pytest.raises(fastnz.LimitError):
        fastnz.compress_into(TEXT, bytearray(size - 1))
    for call in (fastnz.compress_into, fastnz.decompress_into):
        with pytest.raises((TypeError, BufferError, ValueError)):
            call(bytes(out[:size]), bytes(100_000))


@given(st.lists(CONTENT, max_size=20), st.sampled_from(LEVELS), st.integers(0, 3))
def test_many(values: list[bytes], level: int, threads: int) -> None:
    packed = fastnz.compress_many(values, level, threads=threads)
    assert packed == [fastnz.compress(value, level) for value in values]
    assert fastnz.decompress_many(packed, threads=threads) == values
    raw = fastnz.compress_many(values, level, threads=threads, raw=True)
    assert raw == [fastnz.compress_raw(value, level) for value in values]
    sizes = [len(value) for value in values]
    assert fastnz.decompress_many(raw, raw_sizes=sizes, level=level, threads=threads) == values
    offsets = np.cumsum([0, *sizes])
    assert fastnz.compress_many(b"".join(values), level, offsets=offsets, threads=threads) == packed
    packed_offsets = np.cumsum([0, *map(len, packed)])
    assert fastnz.decompress_many(b"".join(packed), offsets=packed_offsets) == values


def test_many_refuses_nonsense() -> None:
    with pytest.raises(TypeError, match="iterable"):
        fastnz.compress_many(b"abc")
    with pytest.raises(TypeError, match=r"values\[1\] must be bytes-like"):
        fastnz.compress_many([b"", "text"])
    for offsets in ([], [0, 4], [2, 1], [-1, 2]):
        with pytest.raises(ValueError, match="offsets must"):
            fastnz.compress_many(b"abc", offsets=offsets)
    with pytest.raises(ValueError, match="raw_sizes has 1 entries for 2 values"):
        fastnz.decompress_many([b"", b""], raw_sizes=[0])
    with pytest.raises(fastnz.TruncatedError):
        fastnz.decompress_many([fastnz.compress(b"fine"), fastnz.compress(b"cut short")[:-1]])


@given(CONTENT, st.sampled_from(LEVELS))
def test_raw(content: bytes, level: int) -> None:
    raw = fastnz.compress_raw(content, level)
    assert fastnz.decompress_raw(raw, len(content), level) == content
    assert len(raw) <= len(fastnz.compress(content, level))


def test_progress_is_told_to_the_end() -> None:
    content = TEXT * 200
    seen: list[tuple[int, int]] = []
    packed = fastnz.compress(content, 1, block_size=1 << 16, progress=lambda done, total: seen.append((done, total)))
    assert seen and seen[-1] == (len(content), len(content))
    assert all(a[0] <= b[0] for a, b in zip(seen, seen[1:]))
    seen.clear()
    fastnz.decompress(packed, progress=lambda done, total: seen.append((done, total)))
    assert seen and seen[-1][0] == seen[-1][1] > 0


def test_an_error_in_the_progress_callback_stops_the_work() -> None:
    def stop(done: int, total: int) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        fastnz.compress(TEXT * 100, 1, threads=2, block_size=1 << 16, progress=stop)


def test_info() -> None:
    content = b"".join(b"%d: %d\n" % (i, i * i % 1009) for i in range(15_000))
    packed = fastnz.compress(content, 1, block_size=1 << 16, index=True)
    about = fastnz.info(packed + fastnz.skippable_frame(b"note", 7))
    assert about.compressed_size == len(packed) + len(fastnz.skippable_frame(b"note"))
    assert about.content_size == len(content)
    frame, note = about.frames
    assert (frame.offset, frame.compressed_size, frame.blocks) == (0, len(packed), -(-len(content) // (1 << 16)))
    assert frame.has_index and frame.checksum and frame.version == fastnz.format_version
    assert frame.model in {row["name"] for row in fastnz.models()}
    assert 0 < frame.memory == about.memory
    assert note.skippable and note.tag == 7 and note.offset == len(packed)


def test_levels_and_models() -> None:
    rows = fastnz.levels()
    assert [row["level"] for row in rows] == list(range(1, len(rows) + 1))
    assert all(row["memory"] > 0 and row["block_size"] > 0 for row in rows)
    assert fastnz.DEFAULT_LEVEL in LEVELS
    assert fastnz.isa() in fastnz.isas()
    assert "nibble_mix" in {row["name"] for row in fastnz.models()}
