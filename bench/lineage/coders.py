"""Reference codes by their lengths: Morse, static Huffman, adaptive arithmetic coding of a few orders.

The invariant: a length is what an encoder would write, tables included, and rounded up to whole bytes. Adaptive arithmetic
coding is counted without a coder: with estimates (count + 1/2) / (total + alphabet / 2) the product of all probabilities
depends on the final counts alone, and a sound coder adds at most two bits (DeepZip's Eq. 1). Sources: ITU-R M.1677 for
Morse; R. Krichevsky and V. Trofimov, "The performance of universal encoding" (IEEE IT-27, 1981) for the estimates.
"""

from __future__ import annotations

import heapq
import math

import numpy as np

_MORSE = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..".split(),
    )
)


def morse(data: bytes) -> int | None:
    """Return bytes of the letters' Morse code; None if less than nine tenths of the data are letters and spaces.

    A dot has one unit, a dash three, with one between the signs of a letter, three between letters and seven between
    words; a unit is a bit, as on and off are. Other characters are left out, which flatters it.
    """
    text = data.decode("latin-1").lower()
    letters = [character for character in text if character in _MORSE or character in " \n"]
    if len(letters) < 0.9 * len(text):
        return None
    units = {character: sum(1 if sign == "." else 3 for sign in code) + len(code) - 1 + 3 for character, code in _MORSE.items()}
    return (sum(units.get(character, 4) for character in letters) + 7) // 8


def huffman(data: bytes) -> int:
    """Return bytes of a static Huffman code of the bytes: 256 code lengths of 5 bits, or one byte each if there are few."""
    counts = np.bincount(np.frombuffer(data, np.uint8), minlength=256)
    used = [int(count) for count in counts if count]
    bits = len(data) if len(used) == 1 else 0
    heap = used[:]
    heapq.heapify(heap)
    while len(heap) > 1:
        joined = heapq.heappop(heap) + heapq.heappop(heap)
        bits += joined
        heapq.heappush(heap, joined)
    table = min(256 * 5, 8 + 13 * len(used))
    return (bits + table + 7) // 8


def adaptive(data: bytes, order: int) -> int:
    """Return bytes of adaptive arithmetic coding in contexts of `order` bytes; the alphabet is told in 32 bytes."""
    x = np.frombuffer(data, np.uint8)
    symbols, index = np.unique(x, return_inverse=True)
    size = max(len(symbols), 2)
    context = np.zeros(len(x), np.int64)
    for lag in range(1, order + 1):
        before = np.concatenate([np.zeros(min(lag, len(x)), np.int64), index[:-lag].astype(np.int64)])[: len(x)]
        context = context * size + before
    pairs, counts = np.unique(context * size + index, return_counts=True)
    of_context = pairs // size
    totals = np.bincount(np.unique(of_context, return_inverse=True)[1], weights=counts)
    gamma = np.vectorize(math.lgamma, otypes=[float])
    nats = (gamma(totals + size / 2) - math.lgamma(size / 2)).sum() - (gamma(counts + 0.5) - math.lgamma(0.5)).sum()
    return math.ceil((nats / math.log(2) + 2) / 8) + 32
