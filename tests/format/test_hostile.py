"""Frames that a liar made, with fitting CRCs: absurd sizes are refused before memory is reserved."""

import struct

import pytest
import writer
from damage import TEXT
from hypothesis import given
from hypothesis import strategies as st

import fastnz
from fastnz import _core

MIB = 1 << 20
MODEL = _core.models()[0]["id"]
OPTIONS = _core.frame_info(fastnz.compress(TEXT, 1))[0]["options"]  # of content that needs the model


def coded(payload: bytes, **more) -> bytes:
    return writer.body(payload, MODEL, OPTIONS, **more)


def operations(count: int) -> bytes:
    return writer.repeat_operation(1, MIB, 1) + writer.repeat_operation(0, MIB, 1) * (count - 1)


def read(data: bytes, **limits: int) -> bytes:
    return _core.decompress(data, **{"max_output_size": 1 << 40, "max_memory": 1 << 40, **limits})


def stream(data: bytes, **limits: int) -> bytes:
    decoder = _core.StreamDecoder(**{"max_output_size": 1 << 40, "max_memory": 1 << 40, **limits})
    out = decoder.feed(data)
    assert decoder.eof
    return out


# Each claims a great deal more than its bytes can make.
BIG = 1 << 28
LIES = {
    "stored": writer.full([(b"x", writer.body(b"x"))], sizes=[BIG]),
    "coded": writer.full([(b"x", coded(b"1234"))], sizes=[BIG], memory_kib=1 << 30),
    "coded-compact": writer.compact(b"x" * 9, coded(b""), size=500),
    "repeat-too-few": writer.full(
        [(b"x", writer.body(b"x", transforms=[(1, 1, operations(3))]))], sizes=[BIG], memory_kib=1 << 20
    ),
    "repeat-of-coded": writer.full(
        [(b"x", coded(b"1234", transforms=[(1, BIG, b"\0\0\0\0\1")]))], sizes=[BIG], memory_kib=1 << 30
    ),
    "chain": writer.full(
        [(b"x", writer.body(b"x", transforms=[(1, BIG, operations(4)), (1, 1, b"")]))], sizes=[BIG], memory_kib=1 << 30
    ),
    "x86-grows": writer.full(
        [(b"x", writer.body(b"x", transforms=[(2, 1, b"")]))], sizes=[BIG], memory_kib=1 << 20
    ),
    "recurrence-grows": writer.full(
        [(b"x", writer.body(b"x", transforms=[(3, 1, b"")]))], sizes=[BIG], memory_kib=1 << 20
    ),
    "header-size": writer.full([(b"x", writer.body(b"x"))], content_size=1 << 39),
    "end-size": writer.full([(b"x", writer.body(b"x"))], end_size=1 << 39),
    "index-size": writer.full([(b"x", writer.body(b"x"))], index_bytes=b"\0" * 1000),
    "index-content": writer.full([(b"x", writer.body(b"x"))], index_bytes=b"\0" * 40),
    "block-over-largest": writer.full([(b"xy", writer.body(b"xy"))], largest=1),
    "memory": writer.full([(b"x" * 100, coded(b"1" * 50))], sizes=[100], memory_kib=0),
}


@pytest.mark.parametrize("name", LIES)
@pytest.mark.parametrize("reader", [read, stream])
def test_lies_are_corrupt(name, reader):
    with pytest.raises(fastnz.CorruptError):
        reader(LIES[name])


def test_nothing_is_reserved_on_the_word_of_a_header(run_python):
    """All lies again, in a process that may not grow by more than 64 MiB."""
    done = run_python(
        f"""
import resource, fastnz
from fastnz import _core
frames = {list(LIES.values())!r}
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20),) * 2)
for frame in frames:
    for read in (lambda f: _core.decompress(f, max_output_size=1 << 40, max_memory=1 << 40),
                 lambda f: _core.StreamDecoder(max_output_size=1 << 40, max_memory=1 << 40).feed(f)):
        try:
            read(frame)
            print("silent")
        except fastnz.CorruptError:
            print("corrupt")
"""
    )
    assert done.stdout.split() == ["corrupt"] * (2 * len(LIES)), done.stderr


def test_out_of_memory_is_a_limit_error(run_python):
    done = run_python(
        """
import resource, fastnz
bomb = b"".join(fastnz.compress(bytes(64 << 20), 1) for _ in range(8))
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (100 << 20),) * 2)
try:
    fastnz.decompress(bomb)
except fastnz.LimitError as error:
    print("limit", isinstance(error, MemoryError))
"""
    )
    assert done.stdout.split() == ["limit", "True"], done.stderr


@pytest.mark.parametrize("reader", [read, stream])
def test_true_but_large_contents_meet_max_output_size(reader):
    bomb = fastnz.compress(bytes(5_000_000), 1)
    assert len(bomb) < 200
    assert len(reader(bomb, max_output_size=5_000_000)) == 5_000_000
    with pytest.raises(fastnz.LimitError, match="max_output_size"):
        reader(bomb, max_output_size=4_999_999)


@pytest.mark.parametrize("reader", [read, stream])
@pytest.mark.parametrize("content", [TEXT, TEXT + bytes(range(32, 127)) * 100])
def test_models_meet_max_memory(reader, content):
    frame = fastnz.compress(content, 1)
    memory = fastnz.info(frame).memory
    assert reader(frame, max_memory=memory) == content
    with pytest.raises(fastnz.LimitError, match="max_memory"):
        reader(frame, max_memory=memory - 1024)


def test_raw_records_are_limited_too():
    record = fastnz.compress_raw(TEXT, 1)
    with pytest.raises(fastnz.LimitError, match="max_memory"):
        _core.decompress_raw(record, len(TEXT), 1, max_memory=10)
    for size in (1 << 28, (1 << 28) - 1, 20_000_000):
        with pytest.raises(fastnz.CorruptError):
            _core.decompress_raw(record, size, 1, max_memory=1 << 40)
    with pytest.raises(ValueError, match="at most"):
        _core.decompress_raw(record, 1 << 40, 1, max_memory=1 << 40)


NEWER = {
    "version": writer.full([], version=2),
    "flag": writer.full([], flags=3),
    "reserved": writer.full([], reserved=1),
    "record": writer.full([(b"x", writer.body(b"x"))], block_type=2),
    "transform": writer.compact(b"x", writer.body(b"x", transforms=[(99, 1, b"")]), size=20),
    "model": writer.compact(b"x" * 20, writer.body(b"", model=15)),
    "model-in-full": writer.full([(b"x" * 20, writer.body(b"", model=15))]),
}


@pytest.mark.parametrize("name", NEWER)
@pytest.mark.parametrize("reader", [read, stream])
def test_newer_frames_are_unsupported_not_corrupt(name, reader):
    with pytest.raises(fastnz.UnsupportedError):
        reader(NEWER[name])


MALFORMED = {
    "no-body": writer.compact(b"", b""),
    "stored-options": writer.compact(b"x" * 9, bytes([2, 0, 0]) + b"x" * 4),
    "options-cut": writer.compact(b"x" * 9, bytes([0x15, 0, 0])),
    "option-count-6-in-long-form": writer.compact(b"x" * 90, bytes([0x17, 6]) + b"x" * 30),
    "option-count-16": writer.compact(b"x" * 90, bytes([0x17, 16]) + b"x" * 30),
    "no-transforms": writer.compact(b"x" * 9, bytes([8, 0]) + b"x" * 7),
    "five-transforms": writer.compact(b"x" * 99, bytes([8, 5]) + b"\1\1\0" * 5 + b"x"),
    "side-cut": writer.compact(b"x" * 9, bytes([8, 1, 1, 1, 100]) + b"x"),
    "stored-short": writer.compact(b"x" * 9, writer.body(b"x" * 8)),
    "wrong-hash": writer.compact(b"x" * 9, writer.body(b"x" * 9), content_hash=1),
    "wrong-block-hash": writer.full([(b"x" * 9, writer.body(b"x" * 9))], hashes=[1]),
    "size-without-flag": writer.full([], flags=0, content_size=1),
    "largest-too-large": writer.full([], largest=BIG + 1),
    "empty-block": writer.full([(b"", writer.body(b""))]),
    "long-varint": b"",  # below
}
LONG = b"\xf1nz" + b"\x81\x00" + writer.varint(2) + writer.body(b"x") + struct.pack("<I", 0)
MALFORMED["long-varint"] = LONG + writer.u32(writer.crc32c(LONG))


@pytest.mark.parametrize("name", MALFORMED)
@pytest.mark.parametrize("reader", [read, stream])
def test_malformed_frames_are_corrupt(name, reader):
    with pytest.raises(fastnz.CorruptError):
        reader(MALFORMED[name])


def test_skippable_frames_of_any_size_are_not_believed():
    for size in (1, 1 << 20, (1 << 32) - 1):
        with pytest.raises(fastnz.TruncatedError):
            read(writer.skippable(b"", size=size)[:16])
    with pytest.raises(fastnz.CorruptError):
        read(writer.skippable(b"", size=1 << 32))


@given(st.sampled_from([TEXT, bytes(5000), bytes(range(256)) * 20, TEXT + bytes(3000) + TEXT]), st.data())
def test_any_body_behind_a_fitting_crc_ends_in_words(content, data):
    """What a hostile encoder may hand to transforms, models and coders: errors, never more than was asked for."""
    raw = bytearray(_core.compress_raw(content, data.draw(st.integers(1, 3))))
    for _ in range(data.draw(st.integers(0, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    size = data.draw(st.sampled_from([len(content), len(content) - 1, len(content) + 1, 1, 65_536]))
    raw = raw[: size + 1]
    for frame in (
        writer.compact(content, bytes(raw), size=size),
        writer.full([(content, bytes(raw))], sizes=[size], memory_kib=1 << 20),
    ):
        for reader in (read, stream):
            try:
                assert reader(frame, max_memory=1 << 30) == content
            except (fastnz.CorruptError, fastnz.UnsupportedError, fastnz.LimitError):
                pass
