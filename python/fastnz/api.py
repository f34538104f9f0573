"""The functions that take whole buffers: one in, one out.

The invariant: no state between calls, so any number of threads may call any of these at once; the bytes returned by
the compressing ones depend on the data, the level and the block size only. Knows no files.
"""

from __future__ import annotations

from operator import index as as_int

from . import _core
from ._common import (
    ALWAYS_ONE_BLOCK,
    DEFAULT_LEVEL,
    DEFAULT_MAX_MEMORY,
    DEFAULT_MAX_OUTPUT_SIZE,
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

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Buffer

    from ._common import Model, Progress


def compress(
    data: Buffer,
    level: int = DEFAULT_LEVEL,
    *,
    model: Model = None,
    threads: int = 1,
    device: str = "auto",
    block_size: int | None = None,
    index: bool = False,
    max_memory: int | None = None,
    progress: Progress | None = None,
) -> bytes:
    """Compress `data` into one frame.

    Parameters
    ----------
    data : bytes-like
        Anything that offers its bytes contiguously: bytes, bytearray, memoryview, mmap, a numpy array.
    level : int
        1 (fastest) to 9 (smallest). See `levels` for what each one costs and which this build has.
    model : str or path-like, optional
        A model of your own, by its path or by the name that `fastnz models` lists: it predicts instead of what the level
        would choose. The reader needs the same file; data made with it name it. Or a network that learns while it codes,
        ``"rnn"``, ``"gru"``, ``"gru_feat"``, ``"lstm"``, ``"trace"``, ``"nncp"`` or ``"dzip"``, which the reader makes anew from the data
        (docs/online.md, `fastnz.schedules`). Or ``"lanes"``, a network and light mixing in many lanes side by side
        (docs/lane_mix.md). With either the level says nothing but how long blocks are.
    threads : int
        Blocks are coded by this many threads; 0 means all processors. The output is the same for any number.
    device : str
        Where models that have a form for GPUs run: ``"cpu"``, ``"cuda"`` or ``"cuda:1"`` (see `devices`), ``"auto"`` for the
        first GPU if there is one that can do it, else the CPU. The other models run on the CPU. The output is the same
        on all of them. ``model="lanes"`` has such a form.
    block_size : int, optional
        Bytes per independent block, 64 KiB to 256 MiB. Smaller blocks give more threads something to do and make
        seeking finer; larger ones compress better. The default is the level's own.
    index : bool
        Append a table of the blocks, so that a reader can find any of them without walking through all. Content of
        64 KiB or less is one block and gets none.
    max_memory : int or None
        Use no more memory than this in bytes, not counting `data` and the output: fewer threads where that is
        enough, else `LimitError`. None, the default, means no limit: what is needed follows from the level, the
        block size and the threads, which are your own choice.
    progress : callable, optional
        Called as ``progress(done, total)`` with bytes of input, a few times a second at most.

    Returns
    -------
    bytes
        A frame that `decompress` restores. Random input grows by no more than `compress_bound` says.

    Raises
    ------
    ValueError
        `level`, `threads` or `block_size` is out of range, or `device` is no name of a device.
    DeviceError
        There is no such device, or it failed; never with "auto", which goes on with the CPU.
    UnsupportedError
        This build has no such level.
    ModelMissingError
        There is no such model.
    LimitError
        The level may need more than `max_memory` for a block.

    Examples
    --------
    >>> import fastnz
    >>> text = b"to be, or not to be, that is the question: " * 100
    >>> packed = fastnz.compress(text)
    >>> len(packed) < len(text) // 20
    True
    >>> fastnz.decompress(packed) == text
    True
    """
    check_buffer(data)
    level, block_size, limit = check_level(level), check_block_size(block_size), check_limit(max_memory, "max_memory")
    chosen = check_model(model)
    return _core.compress(
        data,
        level,
        threads=threads_within(limit, check_threads(threads), level, memoryview(data).nbytes, block_size, chosen),
        model=chosen,
        block_size=block_size,
        device=check_device(device),
        index=_worth_an_index(index, data),
        progress=check_progress(progress),
    )


def decompress(
    data: Buffer,
    *,
    model: Model = None,
    max_output_size: int | None = DEFAULT_MAX_OUTPUT_SIZE,
    max_memory: int | None = DEFAULT_MAX_MEMORY,
    threads: int = 1,
    device: str = "auto",
    progress: Progress | None = None,
) -> bytes:
    """Restore what `compress` was given.

    Frames that follow one another are all decoded and their contents joined; skippable frames are skipped.

    Parameters
    ----------
    data : bytes-like
        One or more whole frames and nothing else.
    model : str or path-like, optional
        The model that the data were made with, by its path or name. Installed ones are found without being named.
    max_output_size : int or None
        Refuse to produce more bytes than this (1 GiB unless you say otherwise); None means no limit.
    max_memory : int or None
        Refuse data whose models would need more memory than this in bytes, not counting the output (1 GiB unless
        you say otherwise); fewer threads are used where that fits more than refusing would. None means no limit.
    threads : int
        Blocks are decoded by this many threads; 0 means all processors.
    device : str
        As in `compress`: whatever data was made on, it decodes on any device.
    progress : callable, optional
        Called as ``progress(done, total)`` with bytes, a few times a second at most.

    Returns
    -------
    bytes

    Raises
    ------
    TruncatedError
        The last frame ends too early.
    CorruptError
        The data was changed after it was written.
    FormatError
        The data, or what follows its last frame, is not a frame.
    UnsupportedError
        The data needs a newer or fuller build.
    ModelMissingError
        The data were made with a model that is neither installed nor `model`; the message says which.
    LimitError
        `max_output_size` or `max_memory` would be exceeded; the message says which.
    DeviceError
        As in `compress`.

    Examples
    --------
    >>> import fastnz
    >>> fastnz.decompress(fastnz.compress(b"one, ") + fastnz.compress(b"two"))
    b'one, two'
    """
    check_model(model)
    return _core.decompress(
        check_buffer(data),
        max_output_size=check_limit(max_output_size, "max_output_size"),
        max_memory=check_limit(max_memory, "max_memory"),
        threads=check_threads(threads),
        device=check_device(device),
        progress=check_progress(progress),
    )


def compress_bound(size: int) -> int:
    """Return the most bytes that `compress` can make of `size` bytes, at any level and block size.

    Examples
    --------
    >>> import fastnz
    >>> fastnz.compress_bound(1_000_000) < 1_001_000
    True
    """
    return _core.compress_bound(check_size(size))


def compress_into(
    data: Buffer,
    out: Buffer,
    level: int = DEFAULT_LEVEL,
    *,
    model: Model = None,
    threads: int = 1,
    device: str = "auto",
    block_size: int | None = None,
    index: bool = False,
    max_memory: int | None = None,
    progress: Progress | None = None,
) -> int:
    """Compress `data` into the writable buffer `out` and return how many bytes were written.

    `out` need not be longer than ``compress_bound(len(data))``. The other parameters are those of `compress`.

    Raises
    ------
    LimitError
        `out` is too small, and what it then holds is undefined; or `max_memory` would be exceeded.

    Examples
    --------
    >>> import fastnz
    >>> out = bytearray(fastnz.compress_bound(5))
    >>> size = fastnz.compress_into(b"hello", out)
    >>> fastnz.decompress(out[:size])
    b'hello'
    """
    check_buffer(data)
    level, block_size, limit = check_level(level), check_block_size(block_size), check_limit(max_memory, "max_memory")
    chosen = check_model(model)
    return _core.compress_into(
        data,
        check_buffer(out, "out"),
        level,
        threads=threads_within(limit, check_threads(threads), level, memoryview(data).nbytes, block_size, chosen),
        model=chosen,
        block_size=block_size,
        device=check_device(device),
        index=_worth_an_index(index, data),
        progress=check_progress(progress),
    )


def decompress_into(
    data: Buffer,
    out: Buffer,
    *,
    model: Model = None,
    max_output_size: int | None = None,
    max_memory: int | None = DEFAULT_MAX_MEMORY,
    threads: int = 1,
    device: str = "auto",
    progress: Progress | None = None,
) -> int:
    """Restore `data` into the writable buffer `out` and return how many bytes were written.

    The length of `out` is the limit on the output, unless `max_output_size` is less. The other parameters are those
    of `decompress`.

    Raises
    ------
    LimitError
        `out` is too small, or `max_output_size` or `max_memory` would be exceeded; the message says which.

    Examples
    --------
    >>> import fastnz
    >>> out = bytearray(10)
    >>> fastnz.decompress_into(fastnz.compress(b"hello"), out)
    5
    """
    check_model(model)
    return _core.decompress_into(
        check_buffer(data),
        check_buffer(out, "out"),
        max_output_size=check_limit(max_output_size, "max_output_size"),
        max_memory=check_limit(max_memory, "max_memory"),
        threads=check_threads(threads),
        device=check_device(device),
        progress=check_progress(progress),
    )


def skippable_frame(payload: Buffer, tag: int = 0) -> bytes:
    """Return a frame that carries `payload` past every decoder, for metadata before, between or after other frames.

    Parameters
    ----------
    payload : bytes-like
    tag : int
        0 to 255, for telling kinds of metadata apart.

    Examples
    --------
    >>> import fastnz
    >>> fastnz.decompress(fastnz.skippable_frame(b"made on Monday") + fastnz.compress(b"content"))
    b'content'
    """
    tag = as_int(tag)
    if not 0 <= tag <= 255:
        raise ValueError(f"tag must be from 0 to 255, not {tag}")
    return _core.skippable_frame(check_buffer(payload, "payload"), tag)


def _worth_an_index(index: bool, data: Buffer) -> bool:
    return bool(index) and memoryview(data).nbytes > ALWAYS_ONE_BLOCK
