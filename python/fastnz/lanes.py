"""The lanes mode as a user names it: ``lanes``, or ``lanes:prior=large,lane=32768,group=64``.

The invariant: a text means the same network and the same lanes for every caller and every machine; both are written to the
frame. Knows no arithmetic: docs/lane_mix.md.
"""

from __future__ import annotations

from . import _core
from .errors import UnsupportedError

_NAME = "lanes"
_LEAST = {"lane": 1024, "group": 1}


def is_lanes(model: str) -> bool:
    """Return whether a model's name is that of the lanes mode."""
    return model.partition(":")[0] == _NAME


def load_lanes(model: str) -> int:
    """Return the id under which the core knows the lanes mode with these options.

    Parameters
    ----------
    model : str
        ``lanes``; behind a colon, options that shall be others: ``prior``, the network's name or path; ``lane``, how many
        bytes a lane has at most (else 128 KiB for small contents, down to 16 KiB from 64 MiB on); ``group``, how many
        lanes learn together. The latter two are powers of two.

    Raises
    ------
    ValueError
        An option is unknown, no number, or out of its range.
    ModelMissingError
        No network of that name is installed.

    Examples
    --------
    >>> from fastnz.lanes import load_lanes
    >>> load_lanes("lanes") == load_lanes("lanes:prior=small") != load_lanes("lanes:lane=4096")
    True
    """
    from .model_files import load

    prior, bits = "small", {"lane": 0, "group": 6}
    for change in filter(None, model.partition(":")[2].split(",")):
        word, _, value = change.partition("=")
        if word == "prior":
            prior = value
        elif word in bits:
            bits[word] = _log2(model, word, value)
        else:
            raise ValueError(f"model {model}: no option {word!r}; there are prior, lane, group")
    if is_lanes(prior):
        raise ValueError(f"model {model}: prior must be a network, not {prior!r}")
    try:
        return _core.load_lanes(load(prior), bits["lane"], bits["group"])
    except UnsupportedError as error:  # what it is in a frame
        raise ValueError(f"model {model}: {error}") from None


def _log2(model: str, word: str, value: str) -> int:
    number = int(value) if value.isdecimal() else 0
    if number < _LEAST[word] or number & (number - 1):
        raise ValueError(f"model {model}: {word} must be a power of two from {_LEAST[word]} on, not {value!r}")
    return number.bit_length() - 1
