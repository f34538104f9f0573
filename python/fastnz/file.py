"""Compressed files as file objects, in the shape of `bz2.open` and `BZ2File`.

The invariant: what is read is what was written, through any mixture of reads and seeks; concatenated frames read as
one. Two threads may share a file; each call is done as a whole.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
from _thread import RLock
from typing import IO, TYPE_CHECKING, Any, Literal, NoReturn, overload

from ._common import (
    DEFAULT_LEVEL,
    DEFAULT_MAX_MEMORY,
    DEFAULT_MAX_OUTPUT_SIZE,
    byte_view,
    check_device,
    check_limit,
    check_model,
    check_progress,
    check_threads,
)
from .reader import ContentReader, too_much
from .stream import Compressor

if TYPE_CHECKING:
    from typing_extensions import Buffer, TypeAlias

    from ._common import Model, Progress

    Name: TypeAlias = str | bytes | os.PathLike[str] | os.PathLike[bytes]
    BinaryMode: TypeAlias = Literal["r", "rb", "w", "wb", "x", "xb", "a", "ab"]
    TextMode: TypeAlias = Literal["rt", "wt", "xt", "at"]

_BINARY_MODES = {"r": "rb", "rb": "rb", "w": "wb", "wb": "wb", "x": "xb", "xb": "xb", "a": "ab", "ab": "ab"}
_BUFFER_SIZE = 256 << 10


class FastnzFile(io.BufferedIOBase):
    """A compressed file, opened for reading or for writing bytes.

    Parameters
    ----------
    filename : str, bytes, path-like or binary file object
        A file object given here is left open by `close`. Reading begins where it stands.
    mode : str
        "r", "w" (replace), "x" (create, fail if it exists) or "a" (add a frame at the end); a "b" may follow.
    level, threads, block_size, index
        As in `fastnz.compress`, for writing. `index` is on unless you switch it off, so that a reader can seek.
    device : str
        As in `fastnz.compress`, for writing and for reading.
    model : str or path-like, optional
        As in `fastnz.compress` for writing, as in `fastnz.decompress` for reading.
    max_output_size : int or None
        The most bytes that one `read` or `readline` without a size may return; `LimitError` names this parameter.
        Reading with sizes is not limited: a file may well be longer than memory.
    max_memory : int or None
        As in `fastnz.decompress` for reading, as in `Compressor` for writing. -1, the default, stands for what is
        the default there: 1 GiB for reading, no limit for writing.
    progress : callable, optional
        Called as ``progress(done, 0)`` while the file reads or writes: bytes of content coded or decoded so far. It
        must not use the file.

    Notes
    -----
    Seeking reads the block table at the end of each frame or, where there is none, the block headers; then one block
    is decoded for each place visited. Two threads may share an object; each call is done as a whole.

    `flush` passes on what is already compressed, but does not end a block: see `flush_block`.

    Examples
    --------
    >>> import fastnz, io
    >>> store = io.BytesIO()
    >>> with fastnz.FastnzFile(store, "w") as file:
    ...     file.write(b"hello, world")
    12
    >>> with fastnz.FastnzFile(io.BytesIO(store.getvalue())) as file:
    ...     file.seek(7)
    ...     file.read()
    7
    b'world'
    """

    _fp: IO[bytes] | None = None

    def __init__(
        self,
        filename: Name | IO[bytes],
        mode: str = "r",
        level: int = DEFAULT_LEVEL,
        *,
        model: Model = None,
        threads: int = 1,
        device: str = "auto",
        block_size: int | None = None,
        index: bool = True,
        max_output_size: int | None = DEFAULT_MAX_OUTPUT_SIZE,
        max_memory: int | None = -1,
        progress: Progress | None = None,
    ) -> None:
        if mode not in _BINARY_MODES:
            raise ValueError(f"mode must be one of {', '.join(_BINARY_MODES)}, not {mode!r}")
        self._mode = _BINARY_MODES[mode]
        self._lock = RLock()
        self._output_limit = check_limit(max_output_size, "max_output_size")
        if max_memory == -1:
            max_memory = DEFAULT_MAX_MEMORY if self._mode == "rb" else None
        memory_limit, threads = check_limit(max_memory, "max_memory"), check_threads(threads)
        device = check_device(device)
        progress = check_progress(progress)
        self._compressor: Compressor | None = None
        self._buffer: io.BufferedReader | None = None
        self._failed = False  # a write did not succeed: there is no way to end the frame
        self._position = 0
        if self._mode != "rb":
            self._compressor = Compressor(
                level,
                model=model,
                threads=threads,
                device=device,
                block_size=block_size,
                index=index,
                max_memory=memory_limit,
                progress=progress,
            )
        self._owns = isinstance(filename, (str, bytes, os.PathLike))
        if isinstance(filename, (str, bytes, os.PathLike)):
            self._fp = builtins.open(filename, self._mode)
        elif hasattr(filename, "read") or hasattr(filename, "write"):
            self._fp = filename
        else:
            raise TypeError(f"filename must be a path or a binary file object, not {type(filename).__name__}")
        if self._mode == "rb":
            check_model(model)
            reader = ContentReader(self._fp, self._output_limit, memory_limit, threads, device, progress)
            self._buffer = io.BufferedReader(reader, _BUFFER_SIZE)

    @property
    def mode(self) -> str:
        """How the file was opened: "rb", "wb", "xb" or "ab"."""
        return self._mode

    @property
    def name(self) -> Any:
        """The name of the underlying file."""
        return self._file().name

    @property
    def closed(self) -> bool:
        return self._fp is None

    def readable(self) -> bool:
        self._file()
        return self._buffer is not None

    def writable(self) -> bool:
        self._file()
        return self._compressor is not None

    def seekable(self) -> bool:
        self._file()
        return self._buffer is not None and self._buffer.seekable()

    def fileno(self) -> int:
        return self._file().fileno()

    def close(self) -> None:
        """Finish the frame, if writing, and close the file, if it was opened here. May be called again."""
        with self._lock:
            fp, self._fp = self._fp, None
            if fp is None:
                return
            try:
                if self._compressor is not None:
                    if not self._failed:
                        _write_all(fp, self._compressor.flush())
                elif self._buffer is not None:
                    self._buffer.close()
            finally:
                self._buffer = self._compressor = None
                if self._owns:
                    fp.close()

    # Each of these holds the lock: io.BufferedReader alone may lose or mix up lines that threads read at once.

    def peek(self, size: int = 0) -> bytes:
        """Return some bytes ahead without moving; at least one unless the end is reached."""
        with self._lock:
            return self._reading().peek(max(size, 1))

    def read(self, size: int | None = -1) -> bytes:
        """Return `size` bytes, fewer only at the end; all that are left if it is None or negative."""
        with self._lock:
            return self._reading().read(-1 if size is None or size < 0 else size)

    def read1(self, size: int = -1) -> bytes:
        """Return up to `size` bytes with few reads of the underlying file."""
        with self._lock:
            return self._reading().read1(io.DEFAULT_BUFFER_SIZE if size < 0 else size)

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` and return the number of bytes; fewer than its length only at the end."""
        with self._lock:
            return self._reading().readinto(buffer)

    def readinto1(self, buffer: Any) -> int:
        """Fill some of `buffer` with few reads of the underlying file and return the number of bytes."""
        with self._lock:
            return self._reading().readinto1(buffer)

    def readline(self, size: int | None = -1) -> bytes:
        """Return one line, or as much of it as `size` bytes."""
        with self._lock:
            reading = self._reading()
            if size is not None and size >= 0:
                return reading.readline(size)
            line = reading.readline(self._output_limit)
            if len(line) == self._output_limit and not line.endswith(b"\n") and reading.peek(1):
                raise too_much(self._output_limit)
            return line

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to `offset`, in bytes of content, counted from the start, from here (1) or from the end (2).

        As with `bz2` and `lzma`, the end of the content is as far as it goes. Returns the new position.
        """
        with self._lock:
            return self._reading().seek(offset, whence)

    def tell(self) -> int:
        """Return the position in the content."""
        with self._lock:
            self._file()
            return self._position if self._buffer is None else self._buffer.tell()

    def write(self, data: Buffer) -> int:
        """Compress `data` and return its length in bytes."""
        size = byte_view(data).nbytes
        with self._lock:
            fp, compressor = self._writing()
            self._failed = True  # until it is done
            _write_all(fp, compressor.compress(data))
            self._failed = False
            self._position += size
        return size

    def flush(self) -> None:
        """Pass on to the operating system what is compressed already."""
        with self._lock:
            fp = self._file()
            if self._compressor is not None:
                fp.flush()

    def flush_block(self) -> None:
        """End the block, so that all that was written can be read by others; costs some compression."""
        with self._lock:
            fp, compressor = self._writing()
            self._failed = True  # until it is done
            _write_all(fp, compressor.flush_block())
            fp.flush()
            self._failed = False

    def __reduce__(self) -> NoReturn:
        raise TypeError("a FastnzFile cannot be copied or pickled")

    def _file(self) -> IO[bytes]:
        if self._fp is None:
            raise ValueError("I/O operation on closed file")
        return self._fp

    def _reading(self) -> io.BufferedReader:
        self._file()
        if self._buffer is None:
            raise io.UnsupportedOperation("this file was opened for writing")
        return self._buffer

    def _writing(self) -> tuple[IO[bytes], Compressor]:
        fp = self._file()
        if self._compressor is None:
            raise io.UnsupportedOperation("this file was opened for reading")
        if self._failed:
            raise ValueError("an earlier write to this file failed; its frame cannot be continued")
        return fp, self._compressor


def _write_all(fp: IO[bytes], data: bytes) -> None:
    """Write all of `data`, in several goes if the file is one without a buffer, which may take less."""
    written = fp.write(data)
    while isinstance(fp, io.RawIOBase) and written != len(data):
        if not written:
            raise BlockingIOError(errno.EAGAIN, "the underlying file does not block, and takes no more now")
        data = data[written:]
        written = fp.write(data)


@overload
def open(
    filename: Name | IO[bytes],
    mode: BinaryMode = "rb",
    level: int = DEFAULT_LEVEL,
    *,
    encoding: None = None,
    errors: None = None,
    newline: None = None,
    **options: Any,
) -> FastnzFile: ...


@overload
def open(
    filename: Name | IO[bytes],
    mode: TextMode,
    level: int = DEFAULT_LEVEL,
    *,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    **options: Any,
) -> io.TextIOWrapper: ...


def open(
    filename: Any,
    mode: str = "rb",
    level: int = DEFAULT_LEVEL,
    *,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    **options: Any,
) -> Any:
    """Open a compressed file, as bytes or as text.

    Parameters
    ----------
    filename, level
        As in `FastnzFile`.
    mode : str
        "r", "w", "x" or "a", followed by "b" (the default) or "t" for text.
    encoding, errors, newline
        For text, as in the built-in `open`.
    **options
        The keyword parameters of `FastnzFile`.

    Returns
    -------
    FastnzFile or io.TextIOWrapper

    Examples
    --------
    >>> import fastnz, os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "lines.fnz")
    >>> with fastnz.open(path, "wt", encoding="utf-8") as file:
    ...     print("first", "second", sep="\\n", file=file)
    >>> with fastnz.open(path, "rt", encoding="utf-8") as file:
    ...     file.readlines()
    ['first\\n', 'second\\n']
    """
    text = "t" in mode
    if text and "b" in mode:
        raise ValueError(f"mode cannot be both text and binary: {mode!r}")
    if not text:
        for name, value in (("encoding", encoding), ("errors", errors), ("newline", newline)):
            if value is not None:
                raise ValueError(f"{name} is for text modes only")
    binary = FastnzFile(filename, mode.replace("t", "", 1), level, **options)
    if not text:
        return binary
    return io.TextIOWrapper(binary, encoding, errors, newline)
