"""Compression and decompression piece by piece, in the shape of `bz2` and `lzma`.

The invariant: an object holds one lock while it works, so threads may share it (whose piece comes first is theirs to
arrange); the lock is reentrant for the sake of progress callbacks and signal handlers. `FrameSequence` reads frame
after frame; it is what files, `fastnz.test` and the command line are made of.
"""

from __future__ import annotations

from _thread import RLock
from operator import index as as_int

from . import _core
from ._common import (
    ALWAYS_ONE_BLOCK,
    DEFAULT_LEVEL,
    DEFAULT_MAX_MEMORY,
    DEFAULT_MAX_OUTPUT_SIZE,
    UNLIMITED,
    byte_view,
    check_block_size,
    check_buffer,
    check_device,
    check_level,
    check_limit,
    check_model,
    check_progress,
    check_size,
    check_threads,
)
from ._memory import threads_within
from .errors import FastnzError, FormatError, TruncatedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from typing_extensions import Buffer

    from ._common import Model, Progress

_FIRST_BITE = 64 << 10


class _Meter:
    """Adds up, for a caller's progress(done, total), what single calls of the core tell."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._before = 0
        self._done = 0

    def __call__(self, done: int, total: int) -> None:
        self._done = self._before + done
        self._progress(self._done, self._total)

    def next_call(self) -> _Meter:
        self._before = self._done
        return self


class Compressor:
    """Compress a stream into one frame, piece by piece.

    Parameters
    ----------
    level, model, threads, device, block_size, index
        As in `fastnz.compress`.
    content_size : int, optional
        The number of bytes to come, if known: the frame then tells its reader. `flush` raises `ValueError` if it was
        wrong.
    max_memory : int or None
        As in `fastnz.compress`. Blocks are taken to be full unless a small `content_size` says otherwise.
    progress : callable, optional
        Called as ``progress(done, total)`` a few times a second at most while a call works: bytes of content coded so
        far, and `content_size` or 0.

    Notes
    -----
    Input is held back until a block is full, so most calls return ``b""``. Memory: about two blocks for each thread
    on top of the models.

    Examples
    --------
    >>> import fastnz
    >>> compressor = fastnz.Compressor()
    >>> packed = compressor.compress(b"one, ") + compressor.compress(b"two") + compressor.flush()
    >>> fastnz.decompress(packed)
    b'one, two'
    """

    def __init__(
        self,
        level: int = DEFAULT_LEVEL,
        *,
        model: Model = None,
        threads: int = 1,
        device: str = "auto",
        block_size: int | None = None,
        index: bool = False,
        content_size: int | None = None,
        max_memory: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        if content_size is not None:
            content_size = check_size(content_size, "content_size")
        level, block_size, threads = check_level(level), check_block_size(block_size), check_threads(threads)
        limit, chosen = check_limit(max_memory, "max_memory"), check_model(model)
        threads = threads_within(limit, threads, level, content_size, block_size, chosen)
        device = check_device(device)

        def make_encoder(index: bool) -> _core.StreamEncoder:
            return _core.StreamEncoder(
                level,
                model=chosen,
                block_size=block_size,
                threads=threads,
                device=device,
                index=index,
                content_size=content_size,
            )

        self._lock = RLock()
        progress = check_progress(progress)
        self._meter = None if progress is None else _Meter(progress, content_size or 0)
        self._flushed = False
        self._encoder = make_encoder(bool(index))
        self._make_encoder = make_encoder
        self._held = bytearray() if index else None  # the first bytes, until it is clear that a table has a use

    def compress(self, data: Buffer) -> bytes:
        """Take `data` and return what compressed bytes are ready, possibly none."""
        check_buffer(data)
        with self._lock:
            self._check_open()
            if self._held is None:
                return self._encoder.feed(data, self._next_meter())
            self._held += byte_view(data)
            return self._let_go() if len(self._held) > ALWAYS_ONE_BLOCK else b""

    def flush_block(self) -> bytes:
        """End the current block and return the bytes that make all input so far decodable.

        The model starts anew after it, so a stream with many such calls compresses less well.
        """
        with self._lock:
            self._check_open()
            return self._let_go() + self._encoder.flush(self._next_meter())

    def flush(self) -> bytes:
        """End the frame and return its last bytes; the object cannot be used after that."""
        with self._lock:
            self._check_open()
            self._flushed = True
            if self._held is not None:
                self._encoder = self._make_encoder(False)
            return self._let_go() + self._encoder.finish(self._next_meter())

    def _let_go(self) -> bytes:
        held, self._held = self._held, None
        return self._encoder.feed(held, self._next_meter()) if held else b""

    def _next_meter(self) -> _Meter | None:
        return None if self._meter is None else self._meter.next_call()

    def _check_open(self) -> None:
        if self._flushed:
            raise ValueError("this Compressor has been flushed; make a new one for a new frame")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Compressor cannot be copied or pickled")


class Decompressor:
    """Decompress one frame, piece by piece.

    Parameters
    ----------
    model : str or path-like, optional
        As in `fastnz.decompress`.
    max_output_size : int or None
        As in `fastnz.decompress`, for all calls together.
    max_memory, threads, device
        As in `fastnz.decompress`.
    progress : callable, optional
        Called as ``progress(done, 0)`` while a call works and at its end: bytes of content decoded so far, returned
        or not. How many are to come is not known.

    Attributes
    ----------
    eof : bool
        True when the end of the frame was reached.
    unused_data : bytes
        What followed the frame, once `eof` is true. Another frame may begin here: make another object for it.
    needs_input : bool
        False if `decompress` can return more without more input.

    Examples
    --------
    >>> import fastnz
    >>> packed = fastnz.compress(b"hello") + b"the rest"
    >>> decompressor = fastnz.Decompressor()
    >>> decompressor.decompress(packed[:10]) + decompressor.decompress(packed[10:])
    b'hello'
    >>> decompressor.eof, decompressor.unused_data
    (True, b'the rest')
    """

    def __init__(
        self,
        *,
        model: Model = None,
        max_output_size: int | None = DEFAULT_MAX_OUTPUT_SIZE,
        max_memory: int | None = DEFAULT_MAX_MEMORY,
        threads: int = 1,
        device: str = "auto",
        progress: Progress | None = None,
    ) -> None:
        check_model(model)
        self._lock = RLock()
        progress = check_progress(progress)
        self._meter = None if progress is None else _Meter(progress, 0)
        self._decoder = _core.StreamDecoder(
            max_output_size=check_limit(max_output_size, "max_output_size"),
            max_memory=check_limit(max_memory, "max_memory"),
            threads=check_threads(threads),
            device=check_device(device),
        )

    def decompress(self, data: Buffer, max_length: int = -1) -> bytes:
        """Take `data` and return at most `max_length` bytes of content; any number if it is negative.

        Raises
        ------
        EOFError
            The end of the frame was reached before.
        FormatError, LimitError
            As `fastnz.decompress`.
        """
        check_buffer(data)
        max_length = max(-1, min(as_int(max_length), UNLIMITED))
        with self._lock:
            if self._decoder.eof:
                raise EOFError("the end of this frame was reached; unused_data has what followed it")
            return self._decoder.feed(data, max_length, None if self._meter is None else self._meter.next_call())

    @property
    def eof(self) -> bool:
        with self._lock:
            return self._decoder.eof

    @property
    def needs_input(self) -> bool:
        with self._lock:
            return not self._decoder.eof and self._decoder.needs_input

    @property
    def unused_data(self) -> bytes:
        with self._lock:
            return self._decoder.unused_data

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Decompressor cannot be copied or pickled")


class FrameSequence:
    """Decode frame after frame from pieces of input. Not public, and not locked: its users lock.

    `progress` is called as ``progress(done, 0)`` with bytes of content decoded so far, returned or not.

    Attributes
    ----------
    total_out : int
        Bytes of content returned so far.
    """

    def __init__(
        self,
        *,
        max_output_size: int | None = DEFAULT_MAX_OUTPUT_SIZE,
        max_memory: int | None = DEFAULT_MAX_MEMORY,
        threads: int = 1,
        device: str = "auto",
        progress: Progress | None = None,
    ) -> None:
        self._meter = None if progress is None else _Meter(progress, 0)
        self._output_limit = check_limit(max_output_size, "max_output_size")
        self._memory_limit = check_limit(max_memory, "max_memory")
        self._threads = check_threads(threads)
        self._device = check_device(device)
        self._decoder: _core.StreamDecoder | None = None
        self._rest = memoryview(b"")  # input that no decoder has seen yet
        self._start = 0  # where the current or next frame begins in the input
        self._fed = 0  # bytes of it that its decoder was given
        self._frames = 0
        self.total_out = 0

    @property
    def needs_input(self) -> bool:
        """False if `feed` can return more, or go on to another frame, without more input."""
        return not len(self._rest) and (self._decoder is None or self._decoder.needs_input)

    def feed(self, data: Buffer, max_length: int = -1) -> bytes:
        """Take `data` and return at most `max_length` bytes of content; any number if it is negative."""
        pieces: list[bytes] = []
        wanted = max_length
        rest = byte_view(data)
        if len(self._rest):
            rest = memoryview(b"".join((self._rest, rest)))
        while True:
            if self._decoder is None:
                if not len(rest) or (wanted == 0 and pieces):
                    break
                self._open_frame()
            # A frame's first bite is small: of many tiny frames, each would copy all that follows it.
            bite = rest if self._fed else rest[:_FIRST_BITE]
            piece, unused = self._feed_frame(bite, wanted)
            # What lies behind the frame may have come with an earlier bite, when `max_length` held its content back.
            held = len(unused) - len(bite)
            rest = rest[-held:] if held <= 0 else memoryview(b"".join((unused, rest[len(bite) :])))
            pieces.append(piece)
            if max_length >= 0:
                wanted -= len(piece)
            if self._decoder is not None and not len(rest):
                break
        self._rest = memoryview(bytes(rest))  # the caller may change `data` when this returns
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def finish(self) -> None:
        """Say that no more input comes; raise `TruncatedError` unless it ended where a frame ends."""
        if self._decoder is not None:
            raise TruncatedError("the data ends inside a frame; its end is missing", offset=self._start + self._fed)
        if not self._frames:
            raise TruncatedError("the input is empty; a frame was expected", offset=0)

    def _open_frame(self) -> None:
        limit = self._output_limit
        self._decoder = _core.StreamDecoder(
            max_output_size=limit if limit == UNLIMITED else limit - self.total_out,
            max_memory=self._memory_limit,
            threads=self._threads,
            device=self._device,
        )

    def _feed_frame(self, bite: memoryview, wanted: int) -> tuple[bytes, bytes]:
        """Feed the current frame's decoder; return its output and, if the frame ended, what lies behind it."""
        decoder = self._decoder
        assert decoder is not None
        self._fed += len(bite)
        try:
            piece = decoder.feed(bite, wanted, None if self._meter is None else self._meter.next_call())
        except FastnzError as error:
            if error.offset is not None:
                error.offset += self._start
            if self._frames and type(error) is FormatError:
                message = f"what follows frame {self._frames} is not a frame: {error.args[0]}"
                raise FormatError(message, offset=self._start) from None
            raise
        self.total_out += len(piece)
        if not decoder.eof:
            return piece, b""
        unused = decoder.unused_data
        self._start += self._fed - len(unused)
        self._fed = 0
        self._frames += 1
        self._decoder = None
        return piece, unused
