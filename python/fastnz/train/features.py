"""Hashed features of the past bytes, as `gru8` computes them: see docs/gru8.md.

The invariant: what is computed here for a whole byte string is what the core computes byte by byte. Needs NumPy only.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FEATURE_COUNT = 4
WORD_MULTIPLIER = 0x2F0B4C47
KEY_MULTIPLIERS = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F)
MIX_MULTIPLIER = 0x2C1B3C6D

_FOLD = np.arange(256, dtype=np.uint32)
_FOLD[ord("A") : ord("Z") + 1] |= 0x20
_IS_LETTER = np.zeros(256, dtype=bool)
_IS_LETTER[ord("a") : ord("z") + 1] = _IS_LETTER[ord("A") : ord("Z") + 1] = _IS_LETTER[0x80:] = True
_WORD_INVERSE = pow(WORD_MULTIPLIER, -1, 1 << 32)


def inputs_of(data: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the byte that the network sees before it predicts each byte: 0, then the byte before.

    Examples
    --------
    >>> inputs_of(np.frombuffer(b"abc", np.uint8))
    array([ 0, 97, 98], dtype=uint8)
    """
    return np.concatenate([np.zeros(1, np.uint8), data[:-1]]) if data.size else data


def keys_of(inputs: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint32]:
    """Return the four feature keys after each input byte, from an all-zero past.

    Parameters
    ----------
    inputs : ndarray of uint8, shape (n,)
        The bytes in the order the network sees them (`inputs_of`).

    Returns
    -------
    ndarray of uint32, shape (n, 4)
        The last 2, 3 and 4 bytes, and the hash of the current word or of the last word and what follows it.
    """
    wide = inputs.astype(np.uint32)
    packed = wide.copy()
    for distance in (1, 2, 3):
        packed[distance:] |= wide[:-distance] << np.uint32(8 * distance)
    return np.stack([packed & 0xFFFF, packed & 0xFFFFFF, packed, _word_keys(inputs)], axis=1)


def buckets_of(inputs: npt.NDArray[np.uint8], bits: int) -> npt.NDArray[np.int32]:
    """Return the row of each feature's table after each input byte; shape (n, 4), values below ``2 ** bits``."""
    mixed = keys_of(inputs) * np.array(KEY_MULTIPLIERS, np.uint32)
    mixed ^= mixed >> np.uint32(15)
    mixed *= np.uint32(MIX_MULTIPLIER)
    return (mixed >> np.uint32(32 - bits)).astype(np.int32)


def _word_keys(inputs: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint32]:
    # w = w * M + letter along a word is M^i times a sum of letter_j * M^-j: a running sum mod 2^32, as M is odd.
    count = inputs.size
    letters = _IS_LETTER[inputs]
    folded = np.where(letters, _FOLD[inputs], np.uint32(0))
    power = _powers(WORD_MULTIPLIER, count)
    total = np.cumsum(folded * _powers(_WORD_INVERSE, count), dtype=np.uint32)
    before = np.concatenate([np.zeros(1, np.uint32), total])
    index = np.arange(count)
    starts = letters & ~np.concatenate([np.zeros(1, bool), letters[:-1]])
    start = np.maximum.accumulate(np.where(starts, index, 0))
    last = np.maximum.accumulate(np.where(letters, index, -1))
    word = np.where(last >= 0, power[last] * (total[last] - before[start[last]]), np.uint32(0)).astype(np.uint32)
    after = word * np.uint32(WORD_MULTIPLIER) + inputs
    return np.where(letters, word, after).astype(np.uint32)


_POWERS: dict[int, npt.NDArray[np.uint32]] = {}


def _powers(base: int, count: int) -> npt.NDArray[np.uint32]:
    """Return the first powers of `base`; those computed once are kept."""
    powers = _POWERS.get(base)
    if powers is None or powers.size < count:
        powers = np.full(max(count, 1 << 16), base, np.uint32)
        powers[0] = 1
        powers = _POWERS[base] = np.cumprod(powers, dtype=np.uint32)
    return powers[:count]
