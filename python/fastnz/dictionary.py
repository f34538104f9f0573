"""Dictionaries: models that have seen samples of the records to come, made in seconds and without PyTorch.

The invariant: equal samples give equal bytes. Knows no files.
"""

from __future__ import annotations

from . import _core
from ._common import check_buffer, check_progress, check_size
from .errors import ModelMissingError
from .model_files import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

    from typing_extensions import Buffer

    from ._common import Progress

DEFAULT_DICTIONARY_SIZE = 360 << 10  # text of that size is stored in 110 KB or less; priming takes a third of a second
_LONGEST = 16 << 10  # of a sample; longer ones are cut
_TIER = 5
_TRIED = "small"  # the network that is tried
_TRIAL_BYTES, _TRIAL_SHARE = 64 << 10, 8  # of the last samples, and at most that part of all of them


def train_dictionary(
    samples: Iterable[Buffer],
    size: int = DEFAULT_DICTIONARY_SIZE,
    *,
    network: str | PathLike[str] | None = None,
    progress: Progress | None = None,
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
        needs a second for each megabyte or so, once, and four with a network.
    network : str or path, optional
        A network that predicts beside what the samples teach, by its name or path; who reads the records then needs it too.
        "none" goes without, which is three to four times as fast. By default the package's `small` is taken if it makes
        the last samples at least 2 % shorter, with a dictionary of those before. A network that was trained on the same
        samples misleads: it knows them better than records to come.
    progress : callable, optional
        Called as ``progress(done, total)`` with bytes of samples.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        No sample has any bytes, or `size` is out of range.
    ModelMissingError
        There is no such `network`.

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
    if network is None:
        name = _paying(pieces, size)
    else:
        name = 0 if network == "none" else load(network)
    return _core.make_dictionary([pieces[i] for i in chosen], _TIER, name)


def _paying(pieces: list[memoryview], size: int) -> int:
    """Return the id of the network that is tried, or 0 if it does not make the last samples at least 2 % shorter."""
    try:
        network = load(_TRIED)
    except ModelMissingError:
        return 0
    room, held = min(_TRIAL_BYTES, sum(map(len, pieces)) // _TRIAL_SHARE), 0
    while room > 0:
        held += 1
        room -= len(pieces[-held])
    before, records = pieces[: len(pieces) - held], pieces[len(pieces) - held :]
    kept = [before[i] for i in _core.choose_samples(before, size)]
    if not kept or not records:
        return 0
    plain, helped = (_core.primed_size(_core.make_dictionary(kept, _TIER, name), records) for name in (0, network))
    return network if helped * 50 <= plain * 49 else 0
