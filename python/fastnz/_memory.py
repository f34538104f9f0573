"""What compressing may take, and how many threads fit into what the caller allows.

The invariant: what does not fit is refused before any work starts, with the names of the parameters to change. Knows
no model: the core says what each level's may take.
"""

from __future__ import annotations

from . import _core
from ._common import UNLIMITED
from .errors import LimitError

_BUFFERS_PER_BLOCK = 4  # the content, what transforms make of it, side data and code


def threads_within(
    limit: int, threads: int, level: int, size: int | None, block_size: int = 0, model: int = 0
) -> int:
    """Return how many threads may compress at once within `limit` bytes, at most `threads`.

    Parameters
    ----------
    limit, threads, level : int
        Checked already; a limit of `UNLIMITED` costs nothing here.
    size : int or None
        Bytes of content; None if they are not known, so that blocks may be full.
    block_size : int
        0 stands for the one that suits level and model.
    model : int
        Id of a loaded model; 0 stands for the level's own choice.

    Raises
    ------
    LimitError
        Even one block at a time may need more.
    """
    if limit == UNLIMITED:
        return threads
    block_size = block_size or _core.block_size(level, model)
    block = block_size if size is None else min(size, block_size)
    each = max(_core.model_memory(level, block, model) + _BUFFERS_PER_BLOCK * block, 1)
    if each > limit:
        raise LimitError(
            f"level {level} may need {each} bytes of memory for a block of {block} bytes, the limit is {limit}; "
            "use a lower level or a smaller block_size, or raise max_memory"
        )
    return min(threads, limit // each)
