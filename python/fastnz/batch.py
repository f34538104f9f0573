"""Many small buffers: lists in, lists out, and raw records without any frame.

The invariant: each value is compressed on its own, as `compress` or `compress_raw` would do it, whatever the number of
threads. Knows no files.
"""

from __future__ import annotations

from operator import index as as_int

from . import _core
from ._common import (
    DEFAULT_LEVEL,
    DEFAULT_MAX_MEMORY,
    DEFAULT_MAX_OUTPUT_SIZE,
    MAX_BLOCK_SIZE,
    UNLIMITED,
    byte_view,
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
from .errors import LimitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from typing_extensions import Buffer

    from ._common import Model, Progress


def compress_raw(
    data: Buffer,
    level: int = DEFAULT_LEVEL,
    *,
    model: Model = None,
    device: str = "auto",
    max_memory: int | None = None,
    progress: Progress | None = None,
) -> bytes:
    """Compress `data` without any frame: no magic, no size, no checksum.

    For records inside a container that keeps their sizes and checks them itself. The reader must give `decompress_raw`
    the same level and model, and the size. `model`, `device`, `max_memory` and `progress` are
    those of `compress`.

    Raises
    ------
    LimitError
        The level may need more than `max_memory`.

    Examples
    --------
    >>> import fastnz
    >>> fastnz.decompress_raw(fastnz.compress_raw(b"hello", 3), 5, 3)
    b'hello'
    """
    check_buffer(data)
    level = check_level(level)
    chosen = check_model(model)
    threads_within(check_limit(max_memory, "max_memory"), 1, level, memoryview(data).nbytes, MAX_BLOCK_SIZE, chosen)
    return _core.compress_raw(
        data, level, model=chosen, device=check_device(device), progress=check_progress(progress)
    )


def decompress_raw(
    data: Buffer,
    size: int,
    level: int = DEFAULT_LEVEL,
    *,
    model: Model = None,
    device: str = "auto",
    max_output_size: int | None = DEFAULT_MAX_OUTPUT_SIZE,
    max_memory: int | None = DEFAULT_MAX_MEMORY,
    progress: Progress | None = None,
) -> bytes:
    """Restore what `compress_raw` was given.

    Nothing in raw data tells whether it was changed: damage gives wrong bytes, not an error.

    Parameters
    ----------
    data : bytes-like
        What `compress_raw` returned.
    size : int
        How many bytes it was given.
    level, model
        The level and the model it was given.
    device, max_output_size, max_memory, progress
        As in `decompress`.
    """
    size = check_size(size)
    _check_raw_output(size, check_limit(max_output_size, "max_output_size"))
    return _core.decompress_raw(
        check_buffer(data),
        size,
        check_level(level),
        model=check_model(model),
        device=check_device(device),
        max_memory=check_limit(max_memory, "max_memory"),
        progress=check_progress(progress),
    )


def compress_many(
    values: Iterable[Buffer] | Buffer,
    level: int = DEFAULT_LEVEL,
    *,
    model: Model = None,
    offsets: Sequence[int] | None = None,
    threads: int = 0,
    device: str = "auto",
    raw: bool = False,
    max_memory: int | None = None,
    progress: Progress | None = None,
) -> list[bytes]:
    """Compress many small buffers, each on its own, by several threads.

    A network predicts for several of them at a time, with one pass over its weights, which is faster than one after the
    other. The output is the same.

    Parameters
    ----------
    values : iterable of bytes-like, or one bytes-like
        The buffers; or one buffer that holds them all, cut at `offsets`.
    level, model
        As in `compress`.
    offsets : sequence of int, optional
        Arrow's layout for variable-length binary: value ``i`` is ``values[offsets[i]:offsets[i + 1]]``.
    threads : int
        0 means all processors. The output is the same for any number.
    device : str
        As in `compress`.
    raw : bool
        Make each result as `compress_raw` would, without frame, size and checksum.
    max_memory : int or None
        As in `compress`, for all threads together; fewer work, on fewer values at a time, where the longest of the
        values leaves no room for more.
    progress : callable, optional
        Called as ``progress(done, total)`` with bytes of all values together, a few times a second at most.

    Returns
    -------
    list of bytes
        One per value, in order; each could have come from `compress` or `compress_raw`.

    Raises
    ------
    LimitError
        The level may need more than `max_memory` for one of the values.

    Examples
    --------
    >>> import fastnz
    >>> packed = fastnz.compress_many([b"first", b"second"])
    >>> fastnz.decompress_many(packed)
    [b'first', b'second']
    >>> fastnz.compress_many(b"firstsecond", offsets=[0, 5, 11]) == packed
    True
    """
    items = _items(values, offsets)
    level, threads, limit = check_level(level), check_threads(threads), check_limit(max_memory, "max_memory")
    chosen = check_model(model)
    if limit != UNLIMITED:
        longest = max((memoryview(item).nbytes for item in items), default=0)
        threads = threads_within(limit, threads, level, longest, MAX_BLOCK_SIZE if raw else 0, chosen)
    return _core.compress_many(
        items,
        level,
        model=chosen,
        threads=threads,
        raw=bool(raw),
        max_memory=limit,
        device=check_device(device),
        progress=check_progress(progress),
    )


def decompress_many(
    values: Iterable[Buffer] | Buffer,
    *,
    model: Model = None,
    offsets: Sequence[int] | None = None,
    threads: int = 0,
    device: str = "auto",
    raw_sizes: Sequence[int] | None = None,
    level: int = DEFAULT_LEVEL,
    max_output_size: int | None = DEFAULT_MAX_OUTPUT_SIZE,
    max_memory: int | None = DEFAULT_MAX_MEMORY,
    progress: Progress | None = None,
) -> list[bytes]:
    """Restore what `compress_many` was given.

    Parameters
    ----------
    values, offsets, threads, device
        As in `compress_many`.
    model : str or path-like, optional
        As in `decompress`.
    raw_sizes : sequence of int, optional
        For values made with ``raw=True``: the size of each one's content. `level` and `model` must then be those
        they were made with; otherwise `level` is not used.
    max_output_size : int or None
        As in `decompress`, for all results together.
    max_memory : int or None
        As in `decompress`, for all threads together and all values that they work on at a time.
    progress : callable, optional
        As in `compress_many`, with bytes of all results together.

    Returns
    -------
    list of bytes
        One per value, in order.

    Raises
    ------
    FormatError
        As `decompress`, for the first value at fault.
    """
    items = _items(values, offsets)
    output_limit = check_limit(max_output_size, "max_output_size")
    sizes = None
    if raw_sizes is not None:
        sizes = [check_size(size, "raw_sizes") for size in raw_sizes]
        if len(sizes) != len(items):
            raise ValueError(f"raw_sizes has {len(sizes)} entries for {len(items)} values")
        _check_raw_output(sum(sizes), output_limit)
    return _core.decompress_many(
        items,
        max_output_size=output_limit,
        max_memory=check_limit(max_memory, "max_memory"),
        threads=check_threads(threads),
        raw_sizes=sizes,
        level=check_level(level),
        model=check_model(model),
        device=check_device(device),
        progress=check_progress(progress),
    )


def _items(values: Iterable[Buffer] | Buffer, offsets: Sequence[int] | None) -> list[Buffer]:
    if offsets is None:
        if isinstance(values, (str, bytes, bytearray, memoryview)):
            raise TypeError(f"values must be an iterable of bytes-like objects, not {type(values).__name__}")
        return [check_buffer(value, f"values[{i}]") for i, value in enumerate(values)]  # type: ignore[arg-type]
    whole = byte_view(values, "values")
    cuts = [as_int(cut) for cut in offsets]
    if not cuts:
        raise ValueError("offsets must have one more entry than there are values, at least one")
    if cuts[0] < 0 or cuts[-1] > len(whole) or any(a > b for a, b in zip(cuts, cuts[1:])):
        raise ValueError(f"offsets must rise from 0 or more to no more than {len(whole)}")
    return [whole[a:b] for a, b in zip(cuts, cuts[1:])]


def _check_raw_output(size: int, limit: int) -> None:
    if size > limit:
        raise LimitError(f"the content has {size} bytes, the limit is {limit}; raise max_output_size to allow it")
