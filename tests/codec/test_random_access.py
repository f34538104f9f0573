"""BlockReader: the same content as decompress, through an index, through a walk, and through mixtures of frames."""

import pytest
from damage import flushed, words

import fastnz
from fastnz import _core

BLOCK = 65_536
LARGE = words(3 * BLOCK + 100)
PLAIN = _core.compress(LARGE, 1, block_size=BLOCK)
INDEXED = _core.compress(LARGE, 1, block_size=BLOCK, index=True)
COMPACT = fastnz.compress(b"compact", 1)
META = _core.skippable_frame(b"metadata")
EMPTY = fastnz.compress(b"", 1)


class File:
    """Counts what is read of it."""

    def __init__(self, data: bytes) -> None:
        self.data, self.read = data, 0

    def read_at(self, offset: int, size: int) -> bytes:
        piece = self.data[offset : offset + size]
        self.read += len(piece)
        return piece

    def open(self, **options) -> _core.BlockReader:
        return _core.BlockReader(self.read_at, len(self.data), **options)


@pytest.mark.parametrize(
    "frames, whole_index",
    [
        ([PLAIN], False),
        ([INDEXED], True),
        ([COMPACT], False),
        ([EMPTY], False),
        ([META], False),
        ([_core.compress(b"", 1, index=True)], True),
        ([INDEXED, INDEXED], True),
        ([PLAIN, INDEXED], False),
        ([INDEXED, PLAIN], False),
        ([META, COMPACT, EMPTY, INDEXED, COMPACT, META], False),
        ([flushed([b"a", b"bb", b"ccc"], index=True)] * 3, True),
    ],
)
def test_all_blocks_and_positions(frames, whole_index):
    data = b"".join(frames)
    content = fastnz.decompress(data)
    reader = File(data).open()
    assert reader.content_size == len(content)
    assert reader.used_index == whole_index
    blocks = [reader.read_block(k) for k in range(reader.block_count)]
    assert b"".join(blocks) == content and all(blocks)
    start = 0
    for k, block in enumerate(blocks):
        for position in (start, start + len(block) - 1):
            assert reader.block_of(position) == (k, start, len(block))
        start += len(block)
    with pytest.raises(IndexError):
        reader.block_of(len(content))
    with pytest.raises(IndexError):
        reader.read_block(len(blocks))


def test_opening_reads_little():
    for data, most in ((INDEXED, 32 + 28 + 4 * 8), (PLAIN, 32 + 3 * 28 + 4 * 28)):
        file = File(data)
        reader = file.open()
        assert file.read <= most
        file.read = 0
        reader.read_block(2)
        assert file.read < len(data) / 3


def test_limits():
    with pytest.raises(fastnz.LimitError, match="max_memory"):
        File(PLAIN).open(max_memory=100).read_block(0)


@pytest.mark.parametrize("data", [PLAIN, INDEXED, COMPACT + META])
def test_cut_and_changed_files(data):
    for size in (0, 1, 2, 10, 27, 28, 40, len(data) // 2, len(data) - 1):
        with pytest.raises(fastnz.FormatError):
            reader = File(data[:size]).open()
            for k in range(reader.block_count):
                reader.read_block(k)
            assert reader.content_size == -1
    with pytest.raises(fastnz.FormatError):
        File(data + b"garbage").open()


def test_an_index_that_lies_is_found():
    good = flushed([b"first", b"second"], index=True)
    other = flushed([b"first!", b"econd"], index=True)
    bad = good[:-48] + other[-48:]
    with pytest.raises(fastnz.CorruptError):
        reader = File(bad).open()
        for k in range(2):
            reader.read_block(k)


def test_errors_of_the_callback_come_through():
    def broken(offset, size):
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        _core.BlockReader(broken, 100)
    with pytest.raises(fastnz.TruncatedError):
        _core.BlockReader(lambda offset, size: b"", 100)
