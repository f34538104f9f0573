"""Dictionaries: models that have seen samples of the records to come, made in seconds and without PyTorch.

The invariant: equal samples give equal bytes. Knows no files.
"""

from __future__ import annotations

from . import _core
from ._common import check_buffer, check_progress, check_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

    from ._common import Progress

DEFAULT_DICTIONARY_SIZE = 360 << 10  # text of that size is stored in 110 KB or less; priming takes a third of a second
_LONGEST = 16 << 10  # of a sample; longer ones are cut
_TIER = 5


def train_dictionary(
    samples: Iterable[Buffer], size: int = DEFAULT_DICTIONARY_SIZE, *, progress: Progress | None = None
) -> bytes:
    """Return a dictionary file made of the samples that tell most about records like them.

    Written to a file that ends in ``.fnzd``, it is a `model` of `compress`, `compress_many` and the others. It takes
    effect for contents of up to 256 KiB, and pays for those of some kilobytes and less.

    Parameters
    ----------
    samples : iterable of bytes-like
        Typical records, each as it will be compressed: a hundred at least, better ten thousand.
    size : int
        Bytes of samples to keep, at most 16,000,000. More compresses better and takes longer to begin with: every process
        needs a second for each megabyte or so, once.
    progress : callable, optional
        Called as ``progress(done, total)`` with bytes of samples.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        No sample has any bytes, or `size` is out of range.

    Examples
    --------
    >>> import fastnz
    >>> records = [b'{"user": %d, "active": true}' % number for number in range(500)]
    >>> made = fastnz.train_dictionary(records[::2])
    >>> made[:4]
    b'FNZD'
    """
    size = check_size(size)
    if not 1 <= size <= 16_000_000:
        raise ValueError(f"size must be from 1 to 16,000,000 bytes, not {size}")
    pieces: list[memoryview] = []
    for sample in samples:
        view = memoryview(check_buffer(sample, "samples")).cast("B")
        pieces += (view[at : at + _LONGEST] for at in range(0, len(view), _LONGEST))
    if not pieces:
        raise ValueError("a dictionary needs a sample that is not empty")
    chosen = _core.choose_samples(pieces, size, check_progress(progress))
    if not chosen:
        raise ValueError(f"no sample has {size} bytes or fewer; a dictionary keeps whole samples")
    return _core.make_dictionary([pieces[i] for i in chosen], _TIER)
