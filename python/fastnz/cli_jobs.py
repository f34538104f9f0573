"""What the command line does with one file: compress, decompress, test, describe.

The invariant: memory stays bounded whatever the size of the file; an input is removed only after its output was
decoded, compared where that is possible, and made durable under its name.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterator

from . import levels
from ._common import check_model
from ._core import BlockReader
from .ahead import read_ahead, size_ahead
from .atomic import AtomicFile
from .cli_files import Skip, Source, open_sink, open_source
from .cli_options import Options
from .cli_report import Report
from .errors import CorruptError, FastnzError
from .stream import Compressor, FrameSequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .cli_files import Sink
    from .frames import Info

_PIECE = 1 << 20


def compress(name: str, options: Options, report: Report) -> None:
    """Compress one file to its output."""
    size, packed = 0, 0
    with _opened(name, options, report) as (source, sink):
        for read, piece in _compressed(source, options, report):
            size += read
            packed += len(piece)
            sink.write(piece)
        if isinstance(sink, AtomicFile) and options.remove and source.path is not None:
            _verify(sink, source, options, report)
    report.done("compressed", size, packed)


def decompress(name: str, options: Options, report: Report) -> None:
    """Decompress one file to its output."""
    with _opened(name, options, report) as (source, sink):
        read, size = _decode(source, sink.write, options, report)
    report.done("decompressed", size, read)


def test(name: str, options: Options, report: Report) -> None:
    """Decode one file, check everything, keep nothing."""
    with _opened(name, options, report) as (source, sink):
        read, size = _decode(source, sink.write, options, report)
    report.done("tested", size, read)


def describe(name: str) -> tuple[str, Info]:
    """Return what the headers of one file say."""
    if name == "-":
        raise Skip("-l reads files, not standard input")
    about = os.stat(name)
    if not stat.S_ISREG(about.st_mode):
        what = "is a directory; use -r to go into it" if stat.S_ISDIR(about.st_mode) else "is not a regular file"
        raise Skip(f"{name}: {what}, skipped")
    import mmap

    from .frames import info

    with open(name, "rb") as file:
        if not os.fstat(file.fileno()).st_size:  # mmap takes no empty file
            return name, info(file.read())
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return name, info(data)


@contextlib.contextmanager
def _opened(name: str, options: Options, report: Report) -> Iterator[tuple[Source, Sink]]:
    """Open an input and its output for the work of a `with` block, whose success is what both of them wait for.

    Only after it does the output get its name and, if that was asked for, does the input lose its own.
    """
    with contextlib.closing(open_source(name, options)) as source:
        report.begin(source.name)
        with contextlib.closing(open_sink(source, options)) as sink:
            yield source, sink
            if isinstance(sink, AtomicFile):
                _commit(sink, source)
    if isinstance(sink, AtomicFile) and options.remove:
        _remove(source)


def _compressed(source: Source, options: Options, report: Report) -> Iterator[tuple[int, bytes]]:
    """Yield how many bytes were read and what came out, piece by piece."""
    piece = _read_fully(source.fd, _PIECE)
    size = len(piece) if len(piece) < _PIECE else _remaining(source, len(piece))
    row = next(row for row in levels() if row["level"] == options.level)
    block_size = options.block_size or row["block_size"]
    compressor = Compressor(
        options.level,
        model=options.model,
        threads=options.threads,
        device=options.device,
        block_size=options.block_size,
        index=options.index and (size is None or size > block_size),
        content_size=size,
        max_memory=options.memory,
        progress=report.meter(size),
    )
    while piece:
        yield len(piece), compressor.compress(piece)
        piece = os.read(source.fd, _PIECE)
    yield 0, compressor.flush()


def _remaining(source: Source, read: int) -> int | None:
    """Return how many bytes a regular file has, counted from `read` bytes before where it stands now."""
    if not source.is_regular:
        return None
    begin = os.lseek(source.fd, 0, os.SEEK_CUR) - read
    # Files that are made up while they are read (/proc) claim to be shorter than they are.
    return source.stat.st_size - begin if source.stat.st_size - begin >= read else None


def _read_fully(fd: int, size: int) -> bytes:
    """Read `size` bytes, fewer only at the end."""
    pieces = []
    while size and (piece := os.read(fd, size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _decode(source: Source, write: Callable[[bytes], object], options: Options, report: Report) -> tuple[int, int]:
    """Decode all of `source`, pass the content on to `write`, and return the sizes of input and content."""
    check_model(options.model)
    frames = FrameSequence(
        max_output_size=options.max_output,
        max_memory=options.memory,
        threads=options.threads,
        device=options.device,
        progress=report.meter(_content_size(source)) if report.draws else None,
    )
    read = 0
    while True:
        piece = b""
        if frames.needs_input:
            piece = _read_ahead(source, options.threads)
            if not piece:
                break
            read += len(piece)
        write(frames.feed(piece, _PIECE))
    frames.finish()
    return read, frames.total_out


def _read_ahead(source: Source, threads: int) -> bytes:
    """Read enough for all threads to have a block, as far as it is there without waiting; nothing only at the end."""
    if threads == 1:
        return os.read(source.fd, _PIECE)
    if source.is_regular:
        return _read_fully(source.fd, size_ahead(threads))
    return read_ahead(lambda size: os.read(source.fd, size), size_ahead(threads), source.fd)


def _content_size(source: Source) -> int | None:
    """Return the size that the headers of a regular file tell, if they do."""
    if not source.is_regular or os.lseek(source.fd, 0, os.SEEK_CUR):
        return None
    try:
        return BlockReader(lambda offset, size: os.pread(source.fd, size, offset), source.stat.st_size).content_size
    except (FastnzError, OSError):  # decoding will say it better
        return None


def _verify(sink: AtomicFile, source: Source, options: Options, report: Report) -> None:
    """Decode what was written and compare it with the source, read anew."""
    os.lseek(sink.fileno(), 0, os.SEEK_SET)
    os.lseek(source.fd, 0, os.SEEK_SET)
    frames = FrameSequence(
        max_output_size=None,
        max_memory=options.memory,
        threads=options.threads,
        device=options.device,
        progress=report.meter(source.stat.st_size),
    )
    while True:
        piece = b""
        if frames.needs_input:
            piece = os.read(sink.fileno(), _PIECE if options.threads == 1 else size_ahead(options.threads))
            if not piece:
                break
        content = memoryview(frames.feed(piece, _PIECE))
        while len(content):
            original = os.read(source.fd, len(content))
            if not original or content[: len(original)] != original:
                raise CorruptError("the output does not decode to what the input holds now; the input is kept")
            content = content[len(original) :]
    frames.finish()
    if os.read(source.fd, 1):
        raise CorruptError("the input grew while it was read; it is kept")


def _remove(source: Source) -> None:
    """Remove an input, unless its name means another file by now."""
    if source.path is None:
        return
    if not os.path.samestat(os.stat(source.path), source.stat):
        raise Skip(f"{source.path}: was replaced meanwhile; it is kept")
    os.unlink(source.path)


def _commit(sink: AtomicFile, source: Source) -> None:
    if source.is_regular and source.path is not None:
        sink.copy_attributes(source.stat)
    else:
        sink.default_attributes()
    sink.commit()
