"""FastnzFile and open(): reads, lines and seeks give what BZ2File gives, through one frame or many, with or without a
table of blocks."""

from __future__ import annotations

import bz2
import copy
import io
import os
import pickle
import random
from pathlib import Path

import fastnz
import pytest
from hypothesis import given
from hypothesis import strategies as st

# Mostly noise, which is stored and so read quickly, in blocks of which the last one needs the model.
NOISE = random.Random(1).randbytes(130_000)
LINES = NOISE + b"".join(b"line %d is %s long\n" % (i, b"very " * (i % 7)) for i in range(700))


def packed_lines(block_size: int = 1 << 16, frames: int = 1, index: bool = True) -> bytes:
    part = -(-len(LINES) // frames)
    parts = [LINES[i : i + part] for i in range(0, len(LINES), part)]
    return b"".join(fastnz.compress(part, 1, block_size=block_size, index=index) for part in parts)


FILES = {
    "one frame, table": packed_lines(),
    "one frame, no table": packed_lines(index=False),
    "three frames, table": packed_lines(frames=3),
    "three frames, no table": packed_lines(frames=3, index=False),
    "one block": packed_lines(block_size=1 << 20),
    "with metadata": fastnz.skippable_frame(b"head") + packed_lines(frames=2) + fastnz.skippable_frame(b"tail"),
}
BZ2 = bz2.compress(LINES)

SIZE = st.integers(0, 20_000)
POSITION = st.integers(0, len(LINES) + 100)
OPERATION = st.one_of(
    st.tuples(st.just("read"), SIZE),
    st.tuples(st.just("readinto"), SIZE),
    st.tuples(st.just("readline"), st.one_of(st.just(-1), st.integers(0, 50))),
    st.tuples(st.just("seek"), POSITION),
    st.tuples(st.just("seek_from_end"), POSITION),
    st.tuples(st.just("seek_from_here"), st.integers(-50_000, 50_000)),
    st.tuples(st.just("tell"), st.just(0)),
    st.tuples(st.just("peek"), st.just(0)),
)


def operate(file, name: str, value: int):
    if name == "read":
        return file.read(value)
    if name == "readinto":
        buffer = bytearray(value)
        return file.readinto(buffer), buffer
    if name == "readline":
        return file.readline(value)
    if name == "seek":
        return file.seek(value)
    if name == "seek_from_end":
        return file.seek(max(-value, -len(LINES)), io.SEEK_END)
    if name == "seek_from_here":
        return file.seek(max(value, -file.tell()), io.SEEK_CUR)
    if name == "peek":
        return file.peek(1)[:1]
    return file.tell()


@given(st.sampled_from(sorted(FILES)), st.lists(OPERATION, max_size=12))
def test_reads_and_seeks_as_bz2_does(kind: str, operations: list[tuple[str, int]]) -> None:
    with fastnz.FastnzFile(io.BytesIO(FILES[kind])) as ours, bz2.BZ2File(io.BytesIO(BZ2)) as theirs:
        for name, value in operations:
            assert operate(ours, name, value) == operate(theirs, name, value), name
        assert ours.read(-7) == theirs.read()
        assert ours.read(1) == b"" and ours.peek() == b""


@pytest.mark.parametrize("kind", sorted(FILES))
def test_reads_whole_and_by_line(kind: str) -> None:
    with fastnz.FastnzFile(io.BytesIO(FILES[kind]), threads=2) as file:
        assert file.read() == LINES
    with fastnz.open(io.BytesIO(FILES[kind])) as file:
        assert list(file) == io.BytesIO(LINES).readlines()
    with fastnz.open(io.BytesIO(FILES[kind]), "rt", encoding="latin-1", newline="\n") as file:
        assert file.read() == LINES.decode("latin-1")
    with fastnz.FastnzFile(io.BytesIO(FILES[kind])) as file:
        pieces = list(iter(lambda: file.read1(), b""))
        assert b"".join(pieces) == LINES
        assert file.seek(0) == 0
        assert file.read(10) == LINES[:10]


class Pipe(io.RawIOBase):
    """Bytes that cannot be sought, a few at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        return self._data.readinto(memoryview(buffer)[:1000])


def test_reads_from_a_pipe() -> None:
    for packed in FILES.values():
        with fastnz.open(Pipe(packed)) as file:
            assert not file.seekable()
            with pytest.raises(io.UnsupportedOperation):
                file.seek(0)
            assert file.read() == LINES


def test_begins_where_the_file_object_stands() -> None:
    store = io.BytesIO(b"ten bytes." + FILES["one frame, table"])
    store.seek(10)
    with fastnz.open(store) as file:
        assert file.read(20) == LINES[:20]
        assert file.seek(140_000) == 140_000
        assert file.read(20) == LINES[140_000:140_020]
        assert file.seek(0) == 0
        assert file.read() == LINES
    assert not store.closed


@pytest.mark.parametrize("mode", ["w", "wb", "x", "xb", "a", "ab"])
def test_writing_modes(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "file.fnz"
    with fastnz.open(path, mode, 1) as file:
        assert file.writable() and not file.readable() and not file.seekable()
        assert file.mode == mode[0] + "b"
        assert file.write(b"some bytes, ") == 12
        assert file.write(memoryview(b"more bytes")) == 10
        assert file.tell() == 22
        file.writelines([b", a", b"nd more"])
        file.flush()
        for call in (file.read, file.peek, file.readline, lambda: file.seek(0)):
            with pytest.raises(io.UnsupportedOperation):
                call()
    assert fastnz.decompress(path.read_bytes()) == b"some bytes, more bytes, and more"
    if mode[0] == "x":
        with pytest.raises(FileExistsError):
            fastnz.open(path, mode)
    else:
        with fastnz.open(os.fspath(path).encode(), mode) as file:
            file.write(b"!")
        expected = b"some bytes, more bytes, and more!" if mode[0] == "a" else b"!"
        with fastnz.open(str(path)) as file:
            assert file.read() == expected
            assert file.name == str(path)
            assert file.fileno() > 2


def test_text(tmp_path: Path) -> None:
    path = tmp_path / "text.fnz"
    with fastnz.open(path, "wt", encoding="utf-8", newline="\r\n") as file:
        print("grün", "blau", sep="\n", file=file)
    assert fastnz.decompress(path.read_bytes()) == "grün\r\nblau\r\n".encode()
    with fastnz.open(path, "rt", encoding="utf-8") as file:
        assert [*file] == ["grün\n", "blau\n"]
        assert file.seek(0) == 0
        assert file.readline() == "grün\n"
    with fastnz.open(path, "rt", encoding="ascii", errors="replace") as file:
        assert file.read() == "gr��n\nblau\n"
    for bad in ({"mode": "rtb"}, {"mode": "r", "encoding": "utf-8"}, {"mode": "wb", "newline": ""}):
        with pytest.raises(ValueError):
            fastnz.open(path, **bad)


def test_small_files_have_small_frames() -> None:
    for content in (b"", b"tiny", os.urandom(1000)):
        store = io.BytesIO()
        with fastnz.FastnzFile(store, "w") as file:
            file.write(content[:2])
            file.write(content[2:])
        assert len(store.getvalue()) <= len(content) + 16


def test_flush_block_shows_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "log.fnz"
    with fastnz.open(path, "w") as file:
        file.write(b"first")
        file.flush_block()
        with fastnz.open(path) as reader:
            assert reader.read(5) == b"first"
            with pytest.raises(fastnz.TruncatedError):
                reader.read(1)
        file.write(b", second")
    with fastnz.open(path) as reader:
        assert reader.read() == b"first, second"


def test_truncated_and_damaged_files() -> None:
    packed = FILES["one frame, table"]
    for data in (b"", packed[:10], packed[:-1]):
        with fastnz.open(io.BytesIO(data)) as file, pytest.raises(fastnz.TruncatedError):
            file.read()
    with fastnz.open(io.BytesIO(packed + b"garbage")) as file, pytest.raises(fastnz.FormatError):
        file.read()
    damaged = bytearray(packed)
    damaged[len(packed) // 2] ^= 1
    with fastnz.open(io.BytesIO(damaged)) as file, pytest.raises(fastnz.CorruptError):
        file.read()


def test_one_read_is_limited_but_the_file_is_not() -> None:
    packed = FILES["one frame, table"]
    with fastnz.open(io.BytesIO(packed), max_output_size=5000) as file:
        assert sum(map(len, file)) == len(LINES)
        file.seek(0)
        with pytest.raises(fastnz.LimitError, match="max_output_size"):
            file.read()
    with fastnz.open(io.BytesIO(fastnz.compress(b"x" * 100)), max_output_size=99) as file:
        with pytest.raises(fastnz.LimitError, match="max_output_size"):
            file.readline()
    for size in (100, None):
        with fastnz.open(io.BytesIO(fastnz.compress(b"x" * 100)), max_output_size=size) as file:
            assert file.readline() == b"x" * 100
    with fastnz.open(io.BytesIO(packed), max_memory=1000) as file, pytest.raises(fastnz.LimitError, match="max_memory"):
        file.read(1)
    with fastnz.open(io.BytesIO(packed), max_memory=1000) as file, pytest.raises(fastnz.LimitError, match="max_memory"):
        file.seek(140_000)
        file.read(1)


def test_a_failed_write_is_what_the_caller_hears_of() -> None:
    class FullDisk(io.BytesIO):
        def write(self, data) -> int:
            if data:
                raise OSError(28, "No space left on device")
            return 0

    for error, store, content in ((OSError, FullDisk(), os.urandom(200_000)), (BufferError, io.BytesIO(), None)):
        with pytest.raises(error), fastnz.FastnzFile(store, "w", 1, block_size=1 << 16) as file:
            file.write(b"fine so far")
            if content is None:
                raise BufferError
            file.write(content)
        assert file.closed
    assert fastnz.decompress(store.getvalue()) == b"fine so far"  # not the file's failure: the frame was ended

    file = fastnz.FastnzFile(FullDisk(), "w", 1, block_size=1 << 16)
    for expected in (OSError, ValueError):
        with pytest.raises(expected):
            file.write(os.urandom(200_000))
    file.close()


def test_a_file_without_a_buffer_may_take_less() -> None:
    class Socket(io.RawIOBase):
        taken = b""
        most = 100

        def writable(self) -> bool:
            return True

        def write(self, data) -> int | None:
            took = bytes(data[: self.most])
            self.taken += took
            return len(took) if self.most else None

    store = Socket()
    with fastnz.FastnzFile(store, "w", 1, block_size=1 << 16) as file:
        file.write(NOISE)
        file.flush_block()
    assert fastnz.decompress(store.taken) == NOISE
    store.most = 0
    file = fastnz.FastnzFile(store, "w", 1, block_size=1 << 16)
    with pytest.raises(BlockingIOError):
        file.write(NOISE)
    file.close()


def test_no_copies() -> None:
    """A copy would share the coder with its original, and each would spoil what the other writes."""
    for thing in (fastnz.Compressor(), fastnz.Decompressor(), fastnz.FastnzFile(io.BytesIO(), "w")):
        for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match="cannot be copied or pickled"):
                duplicate(thing)


def test_closed_files_refuse_everything(tmp_path: Path) -> None:
    path = tmp_path / "file.fnz"
    for mode in ("wb", "rb"):
        file = fastnz.open(path, mode)
        file.close()
        file.close()
        assert file.closed
        calls = [file.read, file.tell, file.fileno, file.seekable, file.readable, file.writable, file.flush]
        for call in [*calls, lambda file=file: file.write(b"")]:
            with pytest.raises(ValueError, match="closed"):
                call()


def test_wrong_arguments(tmp_path: Path) -> None:
    for mode in ("rw", "", "U", "rbb", "q"):
        with pytest.raises(ValueError, match="mode must be one of"):
            fastnz.FastnzFile(tmp_path / "f", mode)
    with pytest.raises(TypeError, match="filename must be"):
        fastnz.FastnzFile(5)
    with pytest.raises(FileNotFoundError):
        fastnz.open(tmp_path / "missing")
    with pytest.raises(ValueError, match="level"):
        fastnz.open(tmp_path / "never-made", "w", 12)
    assert not (tmp_path / "never-made").exists()
    with fastnz.open(io.BytesIO(FILES["one block"])) as file:
        with pytest.raises(ValueError, match="before the start"):
            file.seek(-1, io.SEEK_SET)
        with pytest.raises(ValueError):
            file.seek(0, 7)
