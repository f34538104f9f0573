"""Interleaved rANS: round trips, table normalisation, damage and cut input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastnz._core import testing


@st.composite
def message(draw):
    total_bits = draw(st.integers(8, 16))
    alphabet = draw(st.integers(1, min(300, 1 << total_bits)))
    symbols = draw(st.lists(st.integers(0, alphabet - 1), max_size=500))
    return np.array(symbols, np.uint16), alphabet, total_bits


@given(message())
def test_round_trip(case):
    symbols, alphabet, total_bits = case
    counts = np.bincount(symbols, minlength=alphabet) + (len(symbols) == 0)
    freq = testing.normalize_frequencies(counts, total_bits)
    coded = testing.rans_encode(symbols, freq, total_bits)
    decoded, ok = testing.rans_decode(coded, freq, total_bits, len(symbols))
    assert ok and (decoded == symbols).all()


@given(
    st.integers(8, 16).flatmap(
        lambda bits: st.tuples(st.just(bits), st.lists(st.integers(0, 1 << 39), min_size=1, max_size=1 << min(bits, 9)))
    )
)
def test_normalized_frequencies_are_exact(case):
    total_bits, counts = case
    counts = np.array(counts, np.uint64)
    if not (counts > 0).any():
        counts[0] = 1
    if (counts > 0).sum() > 1 << total_bits:
        return
    freq = np.array(testing.normalize_frequencies(counts, total_bits))
    assert freq.sum() == 1 << total_bits
    assert ((freq > 0) == (counts > 0)).all()


@pytest.fixture(scope="module")
def coded_message():
    symbols = np.random.default_rng(9).geometric(0.1, 4000).clip(0, 99).astype(np.uint16)
    freq = testing.normalize_frequencies(np.bincount(symbols, minlength=100), 12)
    return symbols, freq, testing.rans_encode(symbols, freq, 12)


def test_every_truncation_is_noticed(coded_message):
    symbols, freq, coded = coded_message
    for size in [*range(0, len(coded), 13), len(coded) - 1]:
        assert not testing.rans_decode(coded[:size], freq, 12, len(symbols))[1]


def test_extra_bytes_are_noticed(coded_message):
    symbols, freq, coded = coded_message
    assert not testing.rans_decode(coded + b"\0", freq, 12, len(symbols))[1]


def test_damage_never_crashes(coded_message):
    symbols, freq, coded = coded_message
    for at in range(0, len(coded), 11):
        damaged = bytearray(coded)
        damaged[at] ^= 0x5A
        decoded, ok = testing.rans_decode(bytes(damaged), freq, 12, len(symbols))
        assert not ok or (decoded != symbols).any()


@given(st.binary(max_size=100))
def test_any_bytes_decode(data):
    freq = np.zeros(256, np.uint32)
    freq[[3, 200]] = [1, 65535]
    decoded, _ = testing.rans_decode(data, freq, 16, 300)
    assert set(decoded.tolist()) <= {3, 200}
