"""Coded size against the information content: DeepZip's Eq. (1), within 2 bits plus 0.01 % of sum(-log2 p).

A stream is whole bytes, so the bound is rounded up to the next byte. The four states of rANS start with 23 bits each
that carry nothing; its bound has those 92 bits and the sizes of its states more.
"""

import math

import numpy as np
import pytest

from fastnz._core import testing

BITS = 300_000
SYMBOLS = 200_000

BINARY_SOURCES = {
    "uniform": 32768,
    "skewed": 6554,
    "very_skewed": 655,
    "near_deterministic": 2,
    "as_certain_as_can_be": 1,
    "as_certain_the_other_way": 65535,
}


def allowed_bytes(information: float, constant_bits: float = 2.0) -> int:
    return math.ceil((information + constant_bits + 1e-4 * information) / 8)


@pytest.mark.parametrize("name", BINARY_SOURCES)
def test_binary_range_coder(name):
    p1 = BINARY_SOURCES[name]
    rng = np.random.default_rng(p1)
    bits = (rng.random(BITS) < p1 / 65536).astype(np.uint8)
    ones = int(bits.sum())
    information = -ones * math.log2(p1 / 65536) - (BITS - ones) * math.log2(1 - p1 / 65536)
    coded = testing.binary_encode(bits, np.full(BITS, p1, np.uint32))
    assert len(coded) <= allowed_bytes(information)


def test_binary_range_coder_on_changing_probabilities():
    rng = np.random.default_rng(7)
    p1 = np.clip((rng.beta(0.3, 0.3, BITS) * 65536).astype(np.uint32), 1, 65535)
    bits = (rng.random(BITS) < p1 / 65536).astype(np.uint8)
    information = -np.log2(np.where(bits, p1, 65536 - p1) / 65536).sum()
    coded = testing.binary_encode(bits, p1)
    assert len(coded) <= allowed_bytes(information)


SYMBOL_SOURCES = {
    "uniform_256": (np.full(256, 1 / 256), 16),
    "skewed_256": (0.7 ** np.arange(256) + 1e-9, 16),
    "skewed_256_fine": (0.7 ** np.arange(256) + 1e-9, 24),
    "near_deterministic": (np.array([1.0] + [1e-6] * 255), 24),
    "near_deterministic_last": (np.array([1e-6] * 255 + [1.0]), 24),
    "many_symbols": (1.0 / np.arange(1, 20_001), 20),
    "two": (np.array([0.999, 0.001]), 16),
}


def draw(name):
    weights, total_bits = SYMBOL_SOURCES[name]
    p = weights / weights.sum()
    symbols = np.random.default_rng(3).choice(len(p), SYMBOLS, p=p)
    freq = np.array(testing.normalize_frequencies((p * 2**39).astype(np.uint64) + 1, total_bits), np.uint32)
    cum = np.concatenate([[0], np.cumsum(freq)[:-1]]).astype(np.uint32)
    information = -np.log2(freq[symbols] / 2.0**total_bits).sum()
    return symbols, freq, cum, total_bits, information


@pytest.mark.parametrize("name", SYMBOL_SOURCES)
def test_symbol_range_coder(name):
    symbols, freq, cum, total_bits, information = draw(name)
    coded = testing.symbol_encode(cum[symbols], freq[symbols], np.full(SYMBOLS, total_bits))
    assert len(coded) <= allowed_bytes(information)


@pytest.mark.parametrize("name", [name for name, source in SYMBOL_SOURCES.items() if source[1] <= 16])
def test_rans(name):
    symbols, freq, _, total_bits, information = draw(name)
    coded = testing.rans_encode(symbols, freq, total_bits)
    assert len(coded) <= allowed_bytes(information, constant_bits=2 + 4 * 32)


@pytest.mark.parametrize("total_bits", [12, 16])
def test_normalized_frequencies_cost_little(total_bits):
    counts = (1e6 * 0.8 ** np.arange(40)).astype(np.uint64)
    freq = np.array(testing.normalize_frequencies(counts, total_bits))
    assert freq.sum() == 2**total_bits
    assert ((freq > 0) == (counts > 0)).all()
    seen = counts > 0
    best = -(counts[seen] * np.log2(counts[seen] / counts.sum())).sum()
    got = -(counts[seen] * np.log2(freq[seen] / 2**total_bits)).sum()
    assert got <= best * (1 + 2.0 ** (4 - total_bits))
