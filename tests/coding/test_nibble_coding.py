"""Nibbles as one symbol of sixteen in the binary range coder: round trips, exact bytes against a reference in unbounded
integers, code length, cut input.
"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastnz._core import testing

STARTS = st.lists(st.integers(1, 32767), min_size=15, max_size=15, unique=True).map(lambda v: [0, *sorted(v)])
SYMBOL = st.tuples(st.integers(0, 15), STARTS)
BIT = st.tuples(st.integers(0, 1), st.integers(1, 65535).map(lambda p1: [p1] * 16))  # both are in one code
STEPS = st.lists(st.one_of(SYMBOL, SYMBOL, BIT), max_size=200)


def arrays(steps):
    values = np.array([value for value, _ in steps], np.uint8)
    return values, np.array([starts for _, starts in steps], np.uint16).reshape(-1, 16)


def reference_encode(steps) -> bytes:
    """The coder of FORMAT.md, section 8, with `low` as one unbounded integer."""
    low, span, written = 0, 0xFFFFFFFF, 0
    for value, starts in steps:
        if starts[0] != 0:
            bound = span * starts[0] >> 16
            low, span = (low, bound) if value else (low + bound, span - bound)
        else:
            unit = span >> 15
            low += unit * starts[value]
            span = span - unit * starts[15] if value == 15 else unit * (starts[value + 1] - starts[value])
        while span < 1 << 24:
            low, span, written = low << 8, span << 8, written + 1
    for zero_bits in (32, 24):
        mask = (1 << zero_bits) - 1
        if (low + mask) & ~mask < low + span:
            low = (low + mask) & ~mask
            break
    text = low.to_bytes(written + 4, "big")
    written += 1 if low & 0xFFFFFFFF else 0
    return text[: max(len(text[:written].rstrip(b"\0")), written - 4, 0)]


@given(STEPS)
def test_bytes_equal_the_reference_and_decode(steps):
    values, starts = arrays(steps)
    coded = testing.nibble_encode(values, starts)
    assert coded == reference_encode(steps)
    decoded, overran = testing.nibble_decode(coded, starts)
    assert (decoded == values).all() and not overran


@given(st.binary(min_size=1, max_size=60), st.lists(STARTS, min_size=1, max_size=40))
def test_any_bytes_are_the_code_of_what_they_decode_to(code, starts):
    starts = np.array(starts, np.uint16)
    values, _ = testing.nibble_decode(code, starts)
    again = testing.nibble_encode(values, starts)
    assert (testing.nibble_decode(again, starts)[0] == values).all()


SOURCES = {
    "uniform": np.full(16, 1 / 16),
    "skewed": 0.5 ** np.arange(1, 17),
    "skewed_to_the_last": 0.5 ** np.arange(16, 0, -1),
    "near_deterministic": np.array([1e-5] * 7 + [1] + [1e-5] * 8),
}


@pytest.mark.parametrize("name", SOURCES)
def test_code_length(name):
    """What 17 bits of range lose to rounding down is at most 2^-9 of a step's range, and 2^-12 in the mean."""
    n, p = 200_000, SOURCES[name] / SOURCES[name].sum()
    width = np.maximum(1, np.floor(p * (32768 - 16))).astype(int)
    width[width.argmax()] += 32768 - width.sum()
    values = np.random.default_rng(3).choice(16, n, p=width / 32768).astype(np.uint8)
    starts = np.broadcast_to(np.concatenate([[0], np.cumsum(width)[:-1]]).astype(np.uint16), (n, 16))
    information = -np.log2(width[values] / 32768).sum()
    coded = len(testing.nibble_encode(values, np.ascontiguousarray(starts)))
    assert information - 8 <= coded * 8 + n * 2**-9  # the last value takes what is left over
    assert coded <= math.ceil((information + 2 + 1e-4 * information + n * 1.5 * 2**-12) / 8)


def test_cut_input_is_noticed():
    n = 2000
    starts = np.broadcast_to((np.arange(16) * 2048).astype(np.uint16), (n, 16)).copy()
    values = np.random.default_rng(5).integers(0, 16, n).astype(np.uint8)
    coded = testing.nibble_encode(values, starts)
    assert not testing.nibble_decode(coded, starts)[1]
    for missing in range(9, len(coded)):
        assert testing.nibble_decode(coded[:-missing], starts)[1]


@pytest.mark.parametrize("starts", [[0] * 16, [*range(15), 32768], [0, *range(15, 0, -1)]])
def test_what_are_no_starts_is_refused(starts):
    with pytest.raises(ValueError):
        testing.nibble_encode(np.zeros(1, np.uint8), np.array([starts], np.uint16))
