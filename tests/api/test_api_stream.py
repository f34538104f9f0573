"""Compressor and Decompressor: any cutting of the stream gives the same content, and the objects behave as those of
bz2 and lzma do under the same sequence of calls."""

from __future__ import annotations

import bz2
import lzma

import fastnz
import pytest
from hypothesis import given
from hypothesis import strategies as st

CONTENT = st.one_of(st.binary(max_size=1500), st.binary(min_size=1, max_size=30).map(lambda piece: piece * 100))
TEXT = b"one line after another\n" * 500

PAIRS = [
    pytest.param(bz2.BZ2Compressor, bz2.BZ2Decompressor, id="bz2"),
    pytest.param(lzma.LZMACompressor, lzma.LZMADecompressor, id="lzma"),
]


def packed_with(compressor, content: bytes) -> bytes:
    return compressor.compress(content) + compressor.flush()


def drain(decompressor, packed: bytes, piece: int, max_length: int) -> tuple[bytes, bool, bytes]:
    """Feed `packed` in pieces as the documentation of bz2 tells one to, and return output, eof and unused data."""
    out = []
    position = 0
    while not decompressor.eof:
        data = b""
        if decompressor.needs_input:
            data = packed[position : position + piece]
            position += len(data)
            if not data:
                break
        got = decompressor.decompress(data, max_length)
        assert max_length < 0 or len(got) <= max_length
        out.append(got)
    return b"".join(out), decompressor.eof, decompressor.unused_data + packed[position:]


@given(
    CONTENT,
    st.binary(max_size=40),
    st.integers(1, 400),
    st.one_of(st.just(-1), st.integers(1, 500)),
    st.sampled_from([(bz2.BZ2Compressor, bz2.BZ2Decompressor), (lzma.LZMACompressor, lzma.LZMADecompressor)]),
)
def test_drains_as_bz2_and_lzma_do(content, trailer, piece, max_length, pair) -> None:
    make_compressor, make_decompressor = pair
    theirs = drain(make_decompressor(), packed_with(make_compressor(), content) + trailer, piece, max_length)
    ours = drain(fastnz.Decompressor(), packed_with(fastnz.Compressor(), content) + trailer, piece, max_length)
    assert ours == theirs == (content, True, trailer)


@given(
    CONTENT,
    st.lists(st.integers(0, 1500), max_size=6),
    st.sets(st.integers(0, 6)),
    st.integers(1, 2),
    st.booleans(),
    st.booleans(),
)
def test_any_cutting_gives_the_same_content(content, cuts, flushed, threads, index, sized) -> None:
    compressor = fastnz.Compressor(1, threads=threads, index=index, content_size=len(content) if sized else None)
    cuts = [0, *sorted(cuts), len(content)]
    packed = b""
    for i, (a, b) in enumerate(zip(cuts, cuts[1:])):
        packed += compressor.compress(content[a:b])
        if i in flushed:
            packed += compressor.flush_block()
            so_far = fastnz.Decompressor().decompress(packed)
            assert so_far == content[:b]
    packed += compressor.flush()
    assert fastnz.decompress(packed) == content
    assert fastnz.info(packed).content_size in ({len(content)} if sized else {None, len(content)})


@pytest.mark.parametrize(("make_compressor", "make_decompressor"), PAIRS)
def test_misuse_raises_what_bz2_and_lzma_raise(make_compressor, make_decompressor) -> None:
    for compressor, decompressor in [
        (make_compressor(), make_decompressor()),
        (fastnz.Compressor(), fastnz.Decompressor()),
    ]:
        assert decompressor.needs_input and not decompressor.eof and decompressor.unused_data == b""
        assert decompressor.decompress(b"") == b""
        with pytest.raises(TypeError):
            compressor.compress("text")
        with pytest.raises(TypeError):
            decompressor.decompress("text")
        packed = packed_with(compressor, TEXT)
        for call in (lambda: compressor.compress(b""), compressor.flush):
            with pytest.raises(ValueError):
                call()
        assert decompressor.decompress(packed, max_length=0) == b""
        assert not decompressor.needs_input
        assert decompressor.decompress(b"", 10) == TEXT[:10]
        assert decompressor.decompress(b"", max_length=-1) == TEXT[10:]
        assert decompressor.eof and not decompressor.needs_input
        for data in (b"", b"more"):
            with pytest.raises(EOFError):
                decompressor.decompress(data)
        for name in ("eof", "needs_input", "unused_data"):
            with pytest.raises(AttributeError):
                setattr(decompressor, name, True)


def test_input_may_be_reused_by_the_caller() -> None:
    compressor, decompressor = fastnz.Compressor(), fastnz.Decompressor()
    scratch = bytearray(TEXT)
    packed = compressor.compress(scratch)
    scratch[:] = bytes(len(scratch))
    packed += compressor.flush()
    scratch[: len(packed)] = packed
    out = decompressor.decompress(memoryview(scratch)[: len(packed)], max_length=5)
    scratch[:] = bytes(len(scratch))
    assert out + decompressor.decompress(b"") == TEXT


def test_a_wrong_content_size_is_refused() -> None:
    for promised, given_ in ((5, b"four"), (3, b"four")):
        compressor = fastnz.Compressor(content_size=promised)
        with pytest.raises(ValueError, match="content_size|content size"):
            compressor.compress(given_)
            compressor.flush()
    with pytest.raises(ValueError, match="content_size must be 0 or more"):
        fastnz.Compressor(content_size=-1)


def test_limits() -> None:
    packed = fastnz.compress(TEXT)
    assert fastnz.Decompressor(max_output_size=len(TEXT)).decompress(packed) == TEXT
    with pytest.raises(fastnz.LimitError, match="max_output_size"):
        fastnz.Decompressor(max_output_size=len(TEXT) - 1).decompress(packed)
    stream = fastnz.Compressor()
    unsized = stream.compress(TEXT) + stream.flush()
    with pytest.raises(fastnz.LimitError, match="max_output_size"):
        fastnz.Decompressor(max_output_size=len(TEXT) - 1).decompress(unsized)


def test_garbage_and_damage() -> None:
    with pytest.raises(fastnz.FormatError):
        fastnz.Decompressor().decompress(b"this is not compressed data at all, is it")
    packed = bytearray(fastnz.compress(TEXT))
    packed[len(packed) // 2] ^= 1
    with pytest.raises(fastnz.CorruptError):
        fastnz.Decompressor().decompress(packed)


def test_frames_in_sequence_by_hand() -> None:
    packed = b"".join(fastnz.compress(b"%d " % i) for i in range(50))
    out = b""
    while packed:
        decompressor = fastnz.Decompressor()
        out += decompressor.decompress(packed)
        assert decompressor.eof
        packed = decompressor.unused_data
    assert out == b"".join(b"%d " % i for i in range(50))


def test_progress_adds_up_over_the_calls() -> None:
    seen: list[tuple[int, int]] = []
    compressor = fastnz.Compressor(
        1, block_size=1 << 16, content_size=3 * len(TEXT), progress=lambda done, total: seen.append((done, total))
    )
    packed = b"".join(compressor.compress(piece) for piece in (TEXT,) * 3) + compressor.flush()
    assert [total for _, total in seen] == [3 * len(TEXT)] * len(seen)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1][0] == 3 * len(TEXT)
    assert fastnz.decompress(packed) == TEXT * 3


def test_many_blocks_stream() -> None:
    content = TEXT * 40
    compressor = fastnz.Compressor(1, block_size=1 << 16, threads=2, index=True)
    packed = b"".join(compressor.compress(content[i : i + 10_000]) for i in range(0, len(content), 10_000))
    assert packed  # blocks come out as they fill, not all at the end
    packed += compressor.flush()
    assert fastnz.info(packed).frames[0].blocks == -(-len(content) // (1 << 16))
    assert drain(fastnz.Decompressor(threads=2), packed, 1000, 5000) == (content, True, b"")
    assert fastnz.decompress(packed, threads=2) == content
