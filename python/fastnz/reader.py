"""The content of a compressed file as an unbuffered raw stream: what `FastnzFile` reads from.

The invariant: the same bytes come out by either of two ways. Reading starts as a stream, frame after frame; the first
seek turns it to access by block, for good. Not locked: its user locks.
"""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING, Any

from . import _core
from ._common import byte_view
from .ahead import read_ahead, size_ahead
from .errors import LimitError
from .stream import FrameSequence

if TYPE_CHECKING:
    from ._common import Progress

_PIECE = 256 << 10


class ContentReader(io.RawIOBase):
    """Reads and seeks in the content of `fp`, from where that stands on.

    Parameters
    ----------
    fp : binary file object
    output_limit : int
        The most bytes that `readall` may return.
    memory_limit, threads : int
        As in `fastnz.decompress`, already checked.
    device : str
        Likewise.
    progress : callable, optional
        Called as ``progress(done, 0)`` with bytes of content decoded so far, by either way.
    """

    def __init__(
        self,
        fp: IO[bytes],
        output_limit: int,
        memory_limit: int,
        threads: int,
        device: str,
        progress: Progress | None = None,
    ) -> None:
        self._fp = fp
        self._output_limit = output_limit
        self._memory_limit = memory_limit
        self._frames: FrameSequence | None = FrameSequence(
            max_output_size=None,
            max_memory=memory_limit,
            threads=threads,
            device=device,
            progress=None if progress is None else self._tell_progress,
        )
        self._progress = progress
        self._decoded = 0
        self._ended = False
        self._position = 0
        self._can_seek = bool(getattr(fp, "seekable", lambda: False)())
        self._origin = fp.tell() if self._can_seek else 0
        self._threads = threads
        self._device = device
        self._blocks: _core.BlockReader | None = None
        self._block = (0, b"")  # where in the content the block at hand begins, and its bytes

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._can_seek

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        view = byte_view(buffer)
        if not len(view):
            return 0
        piece = self._next(len(view))
        view[: len(piece)] = piece
        return len(piece)

    def readall(self) -> bytes:
        pieces: list[bytes | memoryview] = []
        total = 0
        while piece := self._next(1 << 20):
            total += len(piece)
            if total > self._output_limit:
                raise too_much(self._output_limit)
            pieces.append(piece)
        return b"".join(pieces)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if not self._can_seek:
            raise io.UnsupportedOperation("the underlying file cannot seek")
        if whence == io.SEEK_CUR:
            offset += self._position
        elif whence == io.SEEK_END:
            offset += self._access().content_size
        elif whence != io.SEEK_SET:
            raise ValueError(f"whence must be 0, 1 or 2, not {whence}")
        if offset < 0:
            raise ValueError(f"cannot seek to {offset}, before the start of the content")
        if offset != self._position:
            self._position = min(offset, self._access().content_size)
        return self._position

    def _next(self, size: int) -> bytes | memoryview:
        """Return 1 to `size` bytes from the current position on, or none at the end."""
        piece = self._from_block(size) if self._frames is None else self._from_stream(self._frames, size)
        self._position += len(piece)
        return piece

    def _from_stream(self, frames: FrameSequence, size: int) -> bytes:
        while not self._ended:
            data = b""
            if frames.needs_input:
                data = self._read_on()
                if not data:
                    frames.finish()
                    self._ended = True
                    break
            if piece := frames.feed(data, size):
                return piece
        return b""

    def _read_on(self) -> bytes:
        """Return what comes next of the compressed bytes; nothing only at the end."""
        if self._can_seek:
            return self._fp.read(_PIECE if self._threads == 1 else size_ahead(self._threads))
        # A pipe might make us wait for what is not needed yet: of what is there, a read1 gives what it has.
        read = getattr(self._fp, "read1", self._fp.read)
        if self._threads == 1:
            return read(_PIECE)
        try:
            fd = self._fp.fileno()
        except (AttributeError, OSError):  # a file object of the caller's own making
            return read(_PIECE)
        return read_ahead(read, size_ahead(self._threads), fd)

    def _from_block(self, size: int) -> memoryview:
        blocks = self._access()
        if self._position >= blocks.content_size:
            return memoryview(b"")
        start, content = self._block
        if not start <= self._position < start + len(content):
            number, start, _ = blocks.block_of(self._position)
            self._block = (0, b"")  # let go of the old block before the new one is made
            content = blocks.read_block(number)
            self._block = (start, content)
            self._tell_progress(self._decoded + len(content), 0)
        begin = self._position - start
        return memoryview(content)[begin : begin + size]

    def _tell_progress(self, done: int, _: int) -> None:
        self._decoded = done
        if self._progress is not None:
            self._progress(done, 0)

    def _access(self) -> _core.BlockReader:
        if self._blocks is None:
            size = self._fp.seek(0, io.SEEK_END) - self._origin
            self._blocks = _core.BlockReader(self._read_at, size, max_memory=self._memory_limit, device=self._device)
            self._frames = None
        return self._blocks

    def _read_at(self, offset: int, size: int) -> bytes:
        self._fp.seek(self._origin + offset)
        pieces = []
        while size and (piece := self._fp.read(size)):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)


def too_much(limit: int) -> LimitError:
    """Return the error for a read without a size that found more than `limit` bytes."""
    return LimitError(f"more than {limit} bytes in one read; raise max_output_size, or read with a size")
