"""The sources of DeepZip's experiments, as seeded generators, and pieces of text and DNA from the corpus.

The invariant: a name and a size give the same bytes everywhere. Symbols are written one a byte, `a` and `b` where there
are two of them as in the generators of kedartatwawadi/NN_compression, or as bytes 0 to 255. `entropy` is that of the
source in bits a symbol, where it has one; what a seed costs is not in it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

MARKOV = (20, 30, 50, 80, 100, 140)
GENERATORS = ((31, 13), (52, 21), (73, 31))


class Source(NamedTuple):
    """One source; `make(size)` returns that many symbols, a byte each, or what the corpus has."""

    name: str
    group: str
    alphabet: int
    entropy: float | None
    make: Callable[[int], bytes]
    about: str


def all_sources(corpus: Callable[[str], bytes] | None) -> list[Source]:
    """Return every source; those of the corpus only where a function is given that reads a file of it."""
    found = []
    for modulus, written in ((2, "letters"), (256, "bytes")):
        for k in MARKOV:
            found.append(_lags(f"markov-{k}-{written}", "markov", (1, k), modulus))
        for lags in GENERATORS:
            found.append(_lags(f"prng-{lags[0]}-{lags[1]}-{written}", "prng", lags, modulus))
    for k, noise in ((30, 0.1), (140, 0.1), (30, 0.01)):
        found.append(
            Source(f"hmm-{k}-{noise}", "noisy", 2, _binary_entropy(noise), _noisy(k, noise), f"Markov-{k}, a symbol flipped with {noise:.0%}")
        )
    for p in (0.5, 0.1, 0.01):
        found.append(Source(f"iid-{p}", "iid", 2, _binary_entropy(p), _drawn([1 - p, p]), f"a and b, b with {p:.0%}"))
    four = [1 / 2, 1 / 4, 1 / 8, 1 / 8]
    found.append(Source("iid-4", "iid", 4, 1.75, _drawn(four), "four letters: 1/2, 1/4, 1/8, 1/8"))
    if corpus:
        for name, path, about in _FILES:
            found.append(Source(name, "dna" if name.startswith("dna") else "text", 4 if name.startswith("dna") else 256,
                                None, _cut(corpus, path), about))
    return found


_FILES = (
    ("enwik8", "test/enwik/enwik8_4M", "the first bytes of enwik8"),
    ("dickens", "test/silesia/dickens", "the first bytes of dickens"),
    ("dna-human", "test/genomics/human_1kgp_1M.fa", "a region of a human genome, letters alone"),
    ("dna-ecoli", "test/canterbury-large/E.coli", "the genome of E. coli"),
)


def _cut(corpus: Callable[[str], bytes], path: str) -> Callable[[int], bytes]:
    def make(size: int) -> bytes:
        data = corpus(path)
        if data.startswith(b">"):
            data = b"".join(line for line in data.splitlines() if not line.startswith(b">")).upper()
        return data[:size]

    return make


def _lags(name: str, group: str, lags: tuple[int, int], modulus: int) -> Source:
    text = f"X[n] = X[n-{lags[0]}] + X[n-{lags[1]}] mod {modulus}"
    make = (lambda size: _letters(bits_of_lags(size, lags, seed=size + lags[0] * lags[1]))) if modulus == 2 else (
        lambda size: bytes_of_lags(size, lags, seed=size + lags[0] * lags[1]).tobytes()
    )
    return Source(name, group, modulus, 0.0, make, text)


def _letters(symbols: np.ndarray) -> bytes:
    return (symbols.astype(np.uint8) + ord("a")).tobytes()


def bits_of_lags(size: int, lags: tuple[int, int], seed: int) -> np.ndarray:
    """Return bits with x[n] = x[n-i] + x[n-j] mod 2; over GF(2) twice the lags hold too, so pieces may double."""
    longest, shortest = max(lags), min(lags)
    x = np.empty(size, np.uint8)
    known = min(longest, size)
    x[:known] = np.random.default_rng(seed).integers(0, 2, known)
    while known < size:
        scale = 1 << int(math.log2(known // longest))
        end = min(size, known + scale * shortest)
        i, j = scale * longest, scale * shortest
        x[known:end] = x[known - i : end - i] ^ x[known - j : end - j]
        known = end
    return x


def bytes_of_lags(size: int, lags: tuple[int, int], seed: int) -> np.ndarray:
    """Return bytes with x[n] = x[n-i] + x[n-j] mod 256."""
    longest, shortest = max(lags), min(lags)
    x = np.empty(size, np.uint8)
    known = min(longest, size)
    x[:known] = np.random.default_rng(seed).integers(0, 256, known)
    while known < size:
        if shortest == 1:  # a running sum of what is known
            end = min(size, known + longest)
            x[known:end] = x[known - 1] + np.cumsum(x[known - longest : end - longest], dtype=np.uint8)
        else:
            end = min(size, known + shortest)
            x[known:end] = x[known - longest : end - longest] + x[known - shortest : end - shortest]
        known = end
    return x


def _noisy(k: int, noise: float) -> Callable[[int], bytes]:
    """The source that the generators call HMM: the flipped symbol is the past of what follows."""

    def make(size: int) -> bytes:
        rng = random.Random(size + k)
        x = [rng.randrange(2) for _ in range(k)]
        for n in range(k, size):
            x.append(x[n - 1] ^ x[n - k] ^ (rng.random() < noise))
        return _letters(np.array(x[:size]))

    return make


def _drawn(chances: list[float]) -> Callable[[int], bytes]:
    return lambda size: _letters(np.random.default_rng(size).choice(len(chances), size, p=chances))


def _binary_entropy(p: float) -> float:
    return -p * math.log2(p) - (1 - p) * math.log2(1 - p)


def read_corpus(work: Path) -> Callable[[str], bytes]:
    """Return a function that reads a file of the corpus, unpacked into `work`; raises `corpus.CorpusError` without one."""
    import corpus

    items = {item.name: item.path for item in corpus.load_set("lineage", work)}
    return lambda name: items[name.removeprefix("test/")].read_bytes()
