"""What frames say about themselves, read without decoding; and the test that decodes them and keeps nothing.

The invariant: `info` runs no model, so what it tells is only what headers claim and header checks confirm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

from . import _core
from ._common import DEFAULT_MAX_MEMORY, byte_view, check_buffer, check_progress
from .errors import FormatError

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from ._common import Progress

_PIECE = 1 << 20


class FrameInfo(NamedTuple):
    """One frame: where it lies and what its headers say.

    Sizes and `memory`, which a decoder needs for each block at work, are in bytes. `model` is None where all is
    stored, `level` where the header does not tell it, `tag` for all but skippable frames. `networks` are the ids of
    the pretrained networks that decoding needs; where a small frame's network is missing, its `memory` is 0.
    """

    offset: int
    compressed_size: int
    content_size: int | None
    blocks: int
    model: str | None
    level: int | None
    memory: int
    checksum: bool
    skippable: bool
    tag: int | None
    has_index: bool
    version: int
    networks: tuple[str, ...] = ()


class Info(NamedTuple):
    """All frames of a buffer. `content_size` is None if some frame does not tell; `memory` is for one thread."""

    compressed_size: int
    content_size: int | None
    memory: int
    frames: list[FrameInfo]


def info(data: Buffer) -> Info:
    """Describe compressed data without decoding it.

    Parameters
    ----------
    data : bytes-like
        One or more whole frames; an mmap of a file is read only where headers are.

    Returns
    -------
    Info

    Raises
    ------
    FormatError
        As `decompress`, as far as headers show it.

    Examples
    --------
    >>> import fastnz
    >>> about = fastnz.info(fastnz.compress(b"x" * 1000))
    >>> about.content_size
    1000
    >>> len(about.frames)
    1
    """
    frames = [
        FrameInfo(**{field: row[field.removeprefix("has_")] for field in FrameInfo._fields})
        for row in cast("list[dict[str, Any]]", _core.frame_info(check_buffer(data)))
    ]
    sizes = [frame.content_size for frame in frames if not frame.skippable]
    return Info(
        compressed_size=sum(frame.compressed_size for frame in frames),
        content_size=None if None in sizes else sum(size for size in sizes if size is not None),
        memory=max((frame.memory for frame in frames), default=0),
        frames=frames,
    )


def test(
    data: Buffer,
    *,
    max_output_size: int | None = None,
    max_memory: int | None = DEFAULT_MAX_MEMORY,
    threads: int = 1,
    device: str = "auto",
    progress: Progress | None = None,
) -> int:
    """Decode `data`, check everything, keep nothing, and return the size of the content in bytes.

    Parameters
    ----------
    data : bytes-like
        One or more whole frames and nothing else.
    max_output_size : int or None
        Stop with `LimitError` when the content is longer; no limit unless you set one, as nothing is kept.
    max_memory, threads, device
        As in `decompress`.
    progress : callable, optional
        Called as ``progress(done, total)`` with bytes of content; the total is 0 where headers do not tell it.

    Raises
    ------
    FormatError, LimitError
        As `decompress`.

    Examples
    --------
    >>> import fastnz
    >>> fastnz.test(fastnz.compress(b"hello"))
    5
    """
    from .stream import FrameSequence

    progress = check_progress(progress)
    meter = None if progress is None else _with_total(progress, data)
    frames = FrameSequence(
        max_output_size=max_output_size, max_memory=max_memory, threads=threads, device=device, progress=meter
    )
    view = byte_view(data)
    for start in range(0, len(view), _PIECE):
        frames.feed(view[start : start + _PIECE], _PIECE)
        while not frames.needs_input:
            frames.feed(b"", _PIECE)
    frames.finish()
    return frames.total_out


def _with_total(progress: Progress, data: Buffer) -> Progress:
    try:
        total = info(data).content_size or 0
    except FormatError:  # decoding says it better
        total = 0
    return lambda done, _: progress(done, total)


test.__test__ = False  # type: ignore[attr-defined]  # a verb of this package, not a test case for pytest to collect
