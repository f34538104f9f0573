"""StreamEncoder and StreamDecoder: any cutting of the input and any number of threads give the same bytes."""

import random

import pytest
from damage import flushed, words
from hypothesis import given
from hypothesis import strategies as st

import fastnz
from fastnz import _core

LIMITS = {"max_output_size": 1 << 30, "max_memory": 1 << 30}
BLOCK = 65_536


def encode(pieces, **options) -> bytes:
    encoder = _core.StreamEncoder(1, **options)
    return b"".join([encoder.feed(piece) for piece in pieces]) + encoder.finish()


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(c % (len(data) + 1) for c in cuts), len(data)]
    return [data[a:b] for a, b in zip(edges, edges[1:])]


def decode(pieces, lengths, **options) -> tuple[bytes, bytes]:
    """Feed the pieces, asking for the lengths in turn; return the content and what was unused."""
    decoder = _core.StreamDecoder(**LIMITS, **options)
    lengths = iter(lengths)
    out = b""
    for k, piece in enumerate(pieces):
        out += (first := decoder.feed(piece, length := next(lengths)))
        assert length < 0 or len(first) <= length
        while not decoder.eof and not decoder.needs_input:
            out += (more := decoder.feed(b"", length := next(lengths)))
            assert length < 0 or len(more) <= length
        if decoder.eof:
            return out, decoder.unused_data + b"".join(pieces[k + 1 :])
    raise EOFError


def cycle(*lengths):
    while True:
        yield from lengths


@pytest.mark.parametrize("size", [0, 1, 1000, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 5])
@pytest.mark.parametrize("options", [{}, {"index": True}], ids=["plain", "index"])
def test_cuts_and_threads_do_not_change_the_bytes(size, options):
    data = words(size)
    expected = encode([data], block_size=BLOCK, **options)
    rng = random.Random(size)
    for threads in (1, 2, 3):
        pieces = cut(data, [rng.randrange(size + 1) for _ in range(rng.choice([1, 5, 40]))])
        assert encode(pieces, block_size=BLOCK, threads=threads, **options) == expected
    if size <= BLOCK:
        assert expected == _core.compress(data, 1, block_size=BLOCK, **options)
    told = encode([data], block_size=BLOCK, content_size=size, **options)
    assert fastnz.info(told).content_size == size
    for frame in (expected, told):
        for threads in (1, 3):
            assert decode([frame], cycle(-1), threads=threads) == (data, b"")
            assert decode(cut(frame + b"tail", [5, 30, 31, 60_000]), cycle(-1, 1, 100, 70_000), threads=threads) == (
                data,
                b"tail",
            )


SMALL = flushed([words(30, k) for k in range(5)], index=True)


@given(st.lists(st.integers(0, len(SMALL) + 3), max_size=30), st.lists(st.integers(-1, 40), min_size=1, max_size=9),
       st.integers(1, 3))
def test_any_cut_of_the_compressed_bytes(cuts, lengths, threads):
    content, unused = decode(cut(SMALL + b"???", cuts), cycle(*lengths, 7), threads=threads)
    assert (content, unused) == (fastnz.decompress(SMALL), b"???")


def test_one_byte_at_a_time():
    for frame in (SMALL, fastnz.compress(b"compact " * 9), _core.skippable_frame(b"meta")):
        decoder, out = _core.StreamDecoder(**LIMITS), b""
        for k in range(len(frame)):
            assert not decoder.eof and decoder.needs_input
            out += decoder.feed(frame[k : k + 1])
        assert decoder.eof and not decoder.needs_input and out == fastnz.decompress(frame)
        assert decoder.total_out == len(out)


def test_flush_makes_all_input_decodable():
    encoder, decoder, sent = _core.StreamEncoder(1), _core.StreamDecoder(**LIMITS), b""
    for piece in (b"one", b"two" * 100, b"", words(70_000)):
        made = encoder.feed(piece) + encoder.flush()
        sent += piece
        assert decoder.feed(made) == piece
    assert decoder.feed(encoder.finish()) == b"" and decoder.eof and decoder.total_out == len(sent)


def test_flush_without_input_changes_nothing():
    encoder = _core.StreamEncoder(1)
    out = encoder.flush() + encoder.feed(b"hello") + encoder.finish()
    assert out == fastnz.compress(b"hello", 1)


def test_content_size_is_held_to():
    with pytest.raises(ValueError, match="content_size"):
        _core.StreamEncoder(1, content_size=3).feed(b"four")
    encoder = _core.StreamEncoder(1, content_size=3)
    encoder.feed(b"tw")
    with pytest.raises(ValueError, match="content_size"):
        encoder.finish()
    assert fastnz.decompress(encoder.feed(b"o") + encoder.finish()) == b"two"
    with pytest.raises(ValueError, match="finished"):
        encoder.feed(b"")


def test_a_failed_decoder_stays_failed():
    decoder = _core.StreamDecoder(**LIMITS)
    with pytest.raises(fastnz.FormatError):
        decoder.feed(b"garbage")
    with pytest.raises(ValueError, match="failed"):
        decoder.feed(fastnz.compress(b"x"))


def test_skippable_frames_are_frames_without_content():
    decoder = _core.StreamDecoder(**LIMITS)
    assert decoder.feed(_core.skippable_frame(b"meta", 3) + SMALL) == b""
    assert decoder.eof and decoder.skippable and decoder.unused_data == SMALL


def test_metadata_are_not_held_on_to(run_python):
    program = """
import resource
from fastnz import _core
frame = _core.skippable_frame(bytes(100 << 20), 3)
damaged = frame[:-1] + bytes([frame[-1] ^ 1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
decoder = _core.StreamDecoder(max_output_size=0, max_memory=0)
for at in range(0, len(frame), 1 << 20):
    assert not decoder.eof and decoder.feed(frame[at : at + (1 << 20)]) == b""
assert decoder.eof and decoder.skippable and not decoder.unused_data
decoder = _core.StreamDecoder(max_output_size=0, max_memory=0)
try:
    for at in range(0, len(frame), 1 << 20):
        decoder.feed(damaged[at : at + (1 << 20)])
except ValueError as error:
    assert "payload's CRC32C" in str(error)
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    result = run_python(program)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) < 16


def test_wrong_magic_is_seen_at_once():
    for start in (b"\x00", b"\xf1N?", b"PK"):
        with pytest.raises(fastnz.FormatError):
            _core.StreamDecoder(**LIMITS).feed(start)
    for start in (b"", b"\xf1", b"\xf1N", b"\xf1s"):
        assert _core.StreamDecoder(**LIMITS).feed(start) == b""


def test_blocks_for_threads_are_gathered_within_the_limits(run_python):
    """16 blocks of 16 MiB each lie ready, for 16 threads, but there is room for two of them."""
    program = """
import resource
from fastnz import _core
frame = _core.compress(bytes(256 << 20), 1, block_size=16 << 20)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
decoder = _core.StreamDecoder(max_output_size=1 << 40, max_memory=40 << 20, threads=16)
assert decoder.feed(frame, 1) == bytes(1) and not decoder.needs_input
for _ in range(255):
    assert decoder.feed(b"", 1 << 20) == bytes(1 << 20)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    result = run_python(program)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) < 64


def test_any_number_of_threads_may_be_asked_for():
    data = words(3 * BLOCK)
    for threads in (257, 1 << 40, 1 << 48, (1 << 63) - 1):
        frame = encode([data], block_size=BLOCK, threads=threads)
        assert decode([frame], cycle(-1), threads=threads) == (data, b"")
        assert _core.decompress(frame, **LIMITS, threads=threads) == data
        assert _core.compress(data, 1, block_size=BLOCK, threads=threads) == _core.compress(data, 1, block_size=BLOCK)
