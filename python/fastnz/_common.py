"""What every entry point checks first: buffers, levels, threads, limits, block sizes.

The invariant: a wrong argument is refused here, in words, before any work starts. Knows no format and no codec.
"""

from __future__ import annotations

import os
from operator import index as as_int

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer, TypeAlias

    Progress: TypeAlias = Callable[[int, int], object]
    Model: TypeAlias = str | os.PathLike[str] | None

DEFAULT_LEVEL = 3
MIN_LEVEL, MAX_LEVEL = 1, 9
# Safe for any input from anywhere, and enough for what the default level needs with two threads.
DEFAULT_MAX_OUTPUT_SIZE = 1 << 30
DEFAULT_MAX_MEMORY = 1 << 30
MIN_BLOCK_SIZE, MAX_BLOCK_SIZE = 64 << 10, 256 << 20
ALWAYS_ONE_BLOCK = MIN_BLOCK_SIZE  # content of this many bytes has nothing to seek among, so it gets no block table
UNLIMITED = (1 << 63) - 1


def check_buffer(data: object, name: str = "data") -> Buffer:
    """Return `data` if it is a C-contiguous buffer; raise `TypeError` or `BufferError` in words otherwise."""
    if isinstance(data, (bytes, bytearray)):
        return data
    if isinstance(data, str):
        raise TypeError(f"{name} must be bytes-like, not str; encode it first, e.g. {name}.encode('utf-8')")
    try:
        view = memoryview(data)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(
            f"{name} must be bytes-like (bytes, bytearray, memoryview, mmap, a contiguous array), "
            f"not {type(data).__name__}"
        ) from None
    if not view.c_contiguous:
        raise BufferError(f"{name} must be C-contiguous; copy it first, e.g. bytes({name})")
    return data  # type: ignore[return-value]


def byte_view(data: object, name: str = "data") -> memoryview:
    """Return `data` as a flat view of bytes."""
    view = memoryview(check_buffer(data, name))
    if not view.nbytes:
        return memoryview(b"")
    if view.format == "B" and view.ndim == 1:
        return view
    try:
        return view.cast("B")
    except TypeError:  # a compound element type: memoryview cannot see through it
        return memoryview(bytes(view))


def check_level(level: int) -> int:
    """Return `level` as an int in 1..9; whether this build has it is the core's to say."""
    level = as_int(level)
    if not MIN_LEVEL <= level <= MAX_LEVEL:
        raise ValueError(f"level must be from {MIN_LEVEL} to {MAX_LEVEL}, not {level}")
    return level


def check_model(model: Model) -> int:
    """Return the id of a model that the core has loaded; 0 stands for none, the level's own choice."""
    if model is None:
        return 0
    if not isinstance(model, (str, os.PathLike)):
        raise TypeError(f"model must be a name or a path, not {type(model).__name__}")
    from .model_files import load

    return load(model)


def check_device(device: str) -> str:
    """Return the name of a device that is there: "auto", "cpu", "cuda" or "cuda:N". The latter two are opened."""
    if not isinstance(device, str):
        raise TypeError(f"device must be a name such as 'auto', 'cpu' or 'cuda', not {type(device).__name__}")
    if device not in ("auto", "cpu"):
        from ._core import check_device as find

        find(device.encode("ascii", "backslashreplace").decode())  # the core takes text that is UTF-8 only
    return device


def check_threads(threads: int) -> int:
    """Return a number of threads >= 1; 0 means all processors this process may use."""
    threads = as_int(threads)
    if threads < 0:
        raise ValueError(f"threads must be 0 (all) or more, not {threads}")
    return min(threads, UNLIMITED) or processors()


def check_size(size: int, name: str = "size") -> int:
    """Return a size in bytes that a buffer could have."""
    size = as_int(size)
    if size < 0:
        raise ValueError(f"{name} must be 0 or more, not {size}")
    if size > UNLIMITED:
        raise ValueError(f"{name} must be less than 2^63, not {size}")
    return size


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_limit(limit: int | None, name: str) -> int:
    """Return a limit in bytes; None means none."""
    if limit is None:
        return UNLIMITED
    limit = as_int(limit)
    if limit < 0:
        raise ValueError(f"{name} must be 0 or more bytes, or None for no limit, not {limit}")
    return min(limit, UNLIMITED)


def check_block_size(block_size: int | None) -> int:
    """Return a block size in bytes; 0 stands for the level's own."""
    if block_size is None:
        return 0
    block_size = as_int(block_size)
    if not MIN_BLOCK_SIZE <= block_size <= MAX_BLOCK_SIZE:
        raise ValueError(f"block_size must be from {MIN_BLOCK_SIZE} to {MAX_BLOCK_SIZE} bytes, not {block_size}")
    return block_size


def check_progress(progress: Progress | None) -> Progress | None:
    """Return `progress` if it can be called or is None."""
    if progress is not None and not callable(progress):
        raise TypeError(f"progress must be callable as progress(done, total), not {type(progress).__name__}")
    return progress
