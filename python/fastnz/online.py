"""Networks that learn while they code, as a user names them: ``gru``, or ``gru:units=256,streams=16``.

The invariant: a text means the same network for every caller and every machine; what it means is written to the frame.
Knows no arithmetic: what the options are for is in docs/online.md.
"""

from __future__ import annotations

from . import _core
from .errors import CorruptError

_OPTIONS = (
    "words", "units", "layers", "streams", "period", "horizons", "decay", "memory", "table_bits", "table_width", "contexts",
    "heads", "places", "inner", "seed", "bootstrap", "bootstrap_step",
)  # fmt: skip
_REPLAY = {"every": 16, "doubling": 0, "window": 20, "passes": 1, "lanes": 4, "replay_rate": 0xA0, "apart": 1, "dropout": 0}
_ALL = ("rate", *_OPTIONS, *_REPLAY)


def is_online(model: str) -> bool:
    """Return whether a model's name is that of such a network."""
    return model.partition(":")[0] in _core.online_presets()


def load_online(model: str) -> int:
    """Return the id under which the core knows the network of that name.

    Parameters
    ----------
    model : str
        A preset's name; behind a colon, options of it that shall be others, as in ``gru:units=256,rate=0.002``, a
        schedule (`fastnz.schedules`) among them, and ``words=1`` for codes of words in the place of bytes (FORMAT.md,
        section 6).

    Raises
    ------
    ValueError
        An option is unknown, no number, or out of its range.

    Examples
    --------
    >>> from fastnz.online import load_online
    >>> load_online("gru") == load_online("gru:seed=0") != load_online("gru:seed=1")
    True
    """
    name, _, changes = model.partition(":")
    options = {"words": 0, **_core.online_presets()[name]}
    for change in filter(None, changes.split(",")):
        word, _, value = change.partition("=")
        if word not in _ALL:
            raise ValueError(f"model {model}: no option {word!r}; there are {', '.join(_ALL)}")
        if word in _REPLAY:
            options = _REPLAY | options
        try:
            options[word] = _CODES.get(word, int)(value)
        except (ValueError, OverflowError):
            raise ValueError(f"model {model}: {word} must be a number in its range, not {value!r}") from None
        if not 0 <= options[word] <= (1 if word == "words" else 8192):
            raise ValueError(f"model {model}: {word} is out of its range")
    if options.get("bootstrap") == 0:
        del options["bootstrap"]
        options.pop("bootstrap_step", None)
    if "bootstrap" in options:
        options = {"bootstrap_step": _core.online_presets()["dzip"]["bootstrap_step"]} | options
        if options.get("every"):
            raise ValueError(f"model {model}: a network with a bootstrap cannot learn again from the past")
    elif "bootstrap_step" in options:
        raise ValueError(f"model {model}: bootstrap_step without a bootstrap")
    if options["table_bits"]:
        options["contexts"] = options["contexts"] or 3
    words = options.pop("words") == 1
    try:
        return _core.load_online(options, words)
    except CorruptError as error:  # what it is in a frame
        raise ValueError(f"model {model}: {error}") from None


def _exponent(value: str) -> int:
    """Return log2 of a power of two."""
    steps = int(value)
    if steps.bit_count() != 1 or not 1 << 6 <= steps <= 1 << 21:
        raise ValueError(steps)
    return steps.bit_length() - 1


def _rate_code(value: str) -> int:
    """Return the code of the learning rate nearest to a number: (16 + low four bits) * 2^-(4 + high four bits)."""
    rate = float(value)
    if not 2**-16 <= rate <= 2:
        raise ValueError(rate)
    return min(range(256), key=lambda code: abs((16 + code % 16) / 2 ** (4 + code // 16) - rate))


def _sixteenths(value: str) -> int:
    """Return the nearest number of sixteenths, of which there are less than half."""
    share = float(value)
    if not 0 <= share <= 7 / 16:
        raise ValueError(share)
    return round(16 * share)


# Of words that are not the core's integers.
_CODES = {"rate": _rate_code, "replay_rate": _rate_code, "every": _exponent, "window": _exponent, "dropout": _sixteenths}
