"""Compressed bytes read ahead, so that each thread of a decoder has a block to work on.

The invariant: it waits for the first bytes and then takes what comes; a pause, or a second, ends that. So a stream whose
writer is slow is decoded as it comes, and one that is there is decoded by all threads. Knows no format.
"""

from __future__ import annotations

import time
from collections.abc import Callable

_PER_THREAD = 16 << 20  # mostly more than one block
_MOST = 256 << 20
_PIECE = 1 << 20
_PAUSE_S = 0.05
_LONGEST_S = 1.0


def size_ahead(threads: int) -> int:
    """Return how many bytes to have at hand for that many threads."""
    return min(threads * _PER_THREAD, _MOST)


def read_ahead(read: Callable[[int], bytes], size: int, fd: int) -> bytes:
    """Read up to `size` bytes from a pipe, a socket or a terminal; none only at the end.

    Parameters
    ----------
    read : callable
        Returns at most so many bytes: what is there, after waiting until something is.
    size : int
    fd : int
        The descriptor behind `read`.
    """
    pieces = [read(min(size, _PIECE))]
    size -= len(pieces[0])
    give_up = time.monotonic() + _LONGEST_S
    while pieces[-1] and size and _has_more(fd, give_up - time.monotonic()):
        pieces.append(read(min(size, _PIECE)))
        size -= len(pieces[-1])
    return b"".join(pieces)


def _has_more(fd: int, patience_s: float) -> bool:
    import select

    if patience_s <= 0:
        return False
    try:
        return bool(select.select([fd], [], [], min(patience_s, _PAUSE_S))[0])
    except (OSError, ValueError):  # what cannot be asked is read piece by piece
        return False
