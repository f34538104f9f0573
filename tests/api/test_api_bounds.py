"""What every entry point has in common: `progress` is told to the end and can stop the work, `max_memory` bounds
compressing too, and defaults refuse nothing."""

from __future__ import annotations

import io
import re
from pathlib import Path

import fastnz
import pytest
from fastnz import _core
from fastnz._memory import threads_within

CONTENT = b"".join(b"%d: %d\n" % (i, i * i % 1009) for i in range(15_000))
SIZE = len(CONTENT)
HALVES = [CONTENT[: SIZE // 2], CONTENT[SIZE // 2 :]]
BLOCK = 1 << 16
PACKED = fastnz.compress(CONTENT, 1, block_size=BLOCK, index=True)
RAW = fastnz.compress_raw(CONTENT, 1)
PACKED_MANY = fastnz.compress_many(HALVES, 1)
RAW_MANY = fastnz.compress_many(HALVES, 1, raw=True)


def write_file(**options) -> bytes:
    store = io.BytesIO()
    with fastnz.FastnzFile(store, "w", 1, block_size=BLOCK, **options) as file:
        file.write(CONTENT)
    return store.getvalue()


def write_text(**options) -> bytes:
    store = io.BytesIO()
    with fastnz.open(store, "wt", 1, block_size=BLOCK, encoding="ascii", newline="", **options) as file:
        file.write(CONTENT.decode())
    return store.getvalue()


def write_pieces(**options) -> bytes:
    compressor = fastnz.Compressor(1, block_size=BLOCK, **options)
    return b"".join(compressor.compress(half) for half in HALVES) + compressor.flush()


def compress_into(**options) -> bytes:
    out = bytearray(fastnz.compress_bound(SIZE))
    return bytes(out[: fastnz.compress_into(CONTENT, out, 1, block_size=BLOCK, **options)])


def decompress_into(**options) -> bytes:
    out = bytearray(SIZE)
    fastnz.decompress_into(PACKED, out, **options)
    return bytes(out)


def read_file(**options) -> bytes:
    with fastnz.FastnzFile(io.BytesIO(PACKED), **options) as file:
        return file.read()


def read_pieces(**options) -> bytes:
    decompressor = fastnz.Decompressor(**options)
    return decompressor.decompress(PACKED[:1000]) + decompressor.decompress(PACKED[1000:])


def decode_only(**options) -> bytes:
    assert fastnz.test(PACKED, **options) == SIZE
    return CONTENT


def raw(packed: bytes) -> bytes:
    return fastnz.decompress_raw(packed, SIZE, 1)


def raw_many(packed: list[bytes]) -> bytes:
    return b"".join(fastnz.decompress_many(packed, raw_sizes=list(map(len, HALVES)), level=1))


# What to call, how to get the content from what it returns, and the total that its progress knows.
COMPRESSING = {
    "compress": (lambda **o: fastnz.compress(CONTENT, 1, block_size=BLOCK, **o), fastnz.decompress, SIZE),
    "compress_into": (compress_into, fastnz.decompress, SIZE),
    "compress_raw": (lambda **o: fastnz.compress_raw(CONTENT, 1, **o), raw, SIZE),
    "compress_many": (
        lambda **o: fastnz.compress_many(HALVES, 1, **o),
        lambda packed: b"".join(fastnz.decompress_many(packed)),
        SIZE,
    ),
    "compress_many, raw": (lambda **o: fastnz.compress_many(HALVES, 1, raw=True, **o), raw_many, SIZE),
    "Compressor": (write_pieces, fastnz.decompress, 0),
    "FastnzFile": (write_file, fastnz.decompress, 0),
    "open": (write_text, fastnz.decompress, 0),
}
DECOMPRESSING = {
    "decompress": (lambda **o: fastnz.decompress(PACKED, **o), bytes, SIZE),
    "decompress_into": (decompress_into, bytes, SIZE),
    "decompress_raw": (lambda **o: fastnz.decompress_raw(RAW, SIZE, 1, **o), bytes, SIZE),
    "decompress_many": (lambda **o: fastnz.decompress_many(PACKED_MANY, **o), b"".join, SIZE),
    "decompress_many, raw": (
        lambda **o: fastnz.decompress_many(RAW_MANY, raw_sizes=list(map(len, HALVES)), level=1, **o),
        b"".join,
        SIZE,
    ),
    "Decompressor": (read_pieces, bytes, 0),
    "test": (decode_only, bytes, SIZE),
    "FastnzFile": (read_file, bytes, 0),
}
ALL = [pytest.param(*case, id=name) for cases in (COMPRESSING, DECOMPRESSING) for name, case in cases.items()]


@pytest.mark.parametrize(("call", "content_of", "total"), ALL)
def test_progress_is_told_to_the_end(call, content_of, total: int) -> None:
    seen: list[tuple[int, int]] = []
    assert content_of(call(progress=lambda *told: seen.append(told))) == CONTENT
    assert {told for _, told in seen} == {total}
    done = [done for done, _ in seen]
    assert done == sorted(done) and done[-1] == SIZE


@pytest.mark.parametrize(("call", "content_of", "total"), ALL)
def test_an_error_in_the_progress_callback_stops_the_work(call, content_of, total: int) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        call(progress=stop)
    with pytest.raises(TypeError, match="progress must be callable"):
        call(progress=5)


def test_progress_of_damaged_data_hides_no_error() -> None:
    for data, error in ((PACKED[:-1], fastnz.TruncatedError), (b"garbage" * 9, fastnz.FormatError)):
        with pytest.raises(error):
            fastnz.test(data, progress=lambda done, total: None)


def test_progress_goes_on_when_a_file_seeks() -> None:
    seen: list[int] = []
    packed = fastnz.compress(CONTENT * 4, 1, block_size=BLOCK)  # more than a reader's buffer
    with fastnz.open(io.BytesIO(packed), progress=lambda done, total: seen.append(done)) as file:
        file.read(10)
        before = seen[-1]
        file.seek(4 * SIZE - 10)
        assert file.read() == CONTENT[-10:]
    assert seen == sorted(seen) and seen[-1] == before + (4 * SIZE - 1) % BLOCK + 1


COMPRESSING_CALLS = [pytest.param(call, content_of, id=name) for name, (call, content_of, _) in COMPRESSING.items()]


@pytest.mark.parametrize(("call", "content_of"), COMPRESSING_CALLS)
def test_memory_for_compressing_is_bounded(call, content_of) -> None:
    with pytest.raises(fastnz.LimitError, match="level 1 may need .* raise max_memory") as caught:
        call(max_memory=1000)
    found = re.search(r"may need (\d+) bytes", str(caught.value))
    assert found
    needed = int(found[1])
    with pytest.raises(fastnz.LimitError, match="max_memory"):
        call(max_memory=needed - 1)
    unlimited = call()
    assert call(max_memory=needed) == call(max_memory=None) == unlimited
    assert content_of(unlimited) == CONTENT
    packed = unlimited if isinstance(unlimited, bytes) and unlimited != RAW else PACKED
    assert fastnz.decompress(packed, max_memory=needed) == CONTENT  # what could be written can be read
    with pytest.raises(ValueError, match="max_memory must be 0 or more"):
        call(max_memory=-2)


@pytest.mark.parametrize("level", [row["level"] for row in fastnz.levels()])
def test_fewer_threads_rather_than_an_error(level: int) -> None:
    row = fastnz.levels()[level - 1]
    with pytest.raises(fastnz.LimitError) as caught:
        threads_within(0, 1, level, None)
    needed = int(re.findall(r"\d+", str(caught.value))[1])
    assert needed > row["memory"]
    for fits in (1, 2, 5):
        assert threads_within(fits * needed, 5, level, None) == fits
        assert threads_within((fits + 1) * needed - 1, 8, level, None) == fits
    assert threads_within(needed - 1, 1, level, row["block_size"] - 1000) == 1
    with pytest.raises(fastnz.LimitError):
        threads_within(needed, 1, level, None, 2 * row["block_size"])


def test_threads_that_do_not_fit_change_no_byte() -> None:
    needed = _core.model_memory(1, BLOCK) + 4 * BLOCK
    for threads in (1, 4, 0):
        assert fastnz.compress(CONTENT, 1, block_size=BLOCK, index=True, threads=threads, max_memory=needed) == PACKED


def test_defaults_refuse_nothing(tmp_path: Path) -> None:
    largest = 256 << 20
    for level in (row["level"] for row in fastnz.levels()):
        fastnz.Compressor(level, block_size=largest, threads=100)
        fastnz.FastnzFile(io.BytesIO(), "w", level, block_size=largest, threads=100)
    with pytest.raises(fastnz.LimitError, match="max_memory"):
        fastnz.open(tmp_path / "never-made", "w", 1, max_memory=1000)
    assert not (tmp_path / "never-made").exists()


def test_decompress_into_has_a_limit_of_output_too() -> None:
    out = bytearray(SIZE + 10)
    for limit in (SIZE, SIZE + 20, None):
        assert fastnz.decompress_into(PACKED, out, max_output_size=limit) == SIZE
    with pytest.raises(fastnz.LimitError, match="max_output_size"):
        fastnz.decompress_into(PACKED, out, max_output_size=SIZE - 1)
    with pytest.raises(fastnz.LimitError, match="longer out"):
        fastnz.decompress_into(PACKED, bytearray(SIZE - 1), max_output_size=SIZE)
