"""Many-symbol range coder: round trips, exact bytes against a reference in unbounded integers, carries, cut input."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fastnz._core import testing


@st.composite
def step(draw):
    """One step (cum, freq, total_bits) with a bias to the edges of the total."""
    total_bits = draw(st.integers(1, 24))
    total = 1 << total_bits
    cum = draw(st.one_of(st.just(0), st.just(total - 1), st.integers(0, total - 1)))
    freq = draw(st.one_of(st.just(1), st.just(total - cum), st.integers(1, total - cum)))
    return cum, freq, total_bits


STEPS = st.lists(step(), max_size=200)


def arrays(steps):
    columns = list(zip(*steps)) or [(), (), ()]
    return np.array(columns[0], np.uint32), np.array(columns[1], np.uint32), np.array(columns[2], np.int32)


def reference_encode(steps) -> bytes:
    """The same coder with `low` as one unbounded integer: no carry logic at all."""
    low, span, written = 0, (1 << 64) - 1, 0
    for cum, freq, total_bits in steps:
        unit = span >> total_bits
        low += unit * cum
        span = span - unit * cum if cum + freq == 1 << total_bits else unit * freq
        while span < 1 << 56:
            low, span, written = low << 8, span << 8, written + 1
    size = written + 8
    whole = (low + (1 << 64) - 1) >> 64 << 64
    if whole < low + span:
        low = whole
    else:
        low, written = (low + (1 << 56) - 1) >> 56 << 56, written + 1
    text = low.to_bytes(size, "big")
    return text[: max(len(text[:written].rstrip(b"\0")), written - 4, 0)]


@given(STEPS)
def test_bytes_equal_the_reference_and_decode(steps):
    cum, freq, total_bits = arrays(steps)
    coded = testing.symbol_encode(cum, freq, total_bits)
    assert coded == reference_encode(steps)
    assert testing.symbol_decode(coded, cum, freq, total_bits) == (len(steps), False)


@given(st.lists(st.integers(1, 24), min_size=100, max_size=100), st.sampled_from([0, -1]))
def test_carries_pass_through_long_runs(bits, side):
    """The interval's lower end sits just below one half and each step takes its top end, until the last one."""
    steps = [(1, 1, 1)] if side == 0 else [(0, 1, 1)]
    for total_bits in bits:
        total = 1 << total_bits
        steps.append((0, 1, total_bits) if side == 0 else (total - 1, 1, total_bits))
    cum, freq, totals = arrays(steps)
    coded = testing.symbol_encode(cum, freq, totals)
    assert coded == reference_encode(steps)
    assert testing.symbol_decode(coded, cum, freq, totals) == (len(steps), False)


def test_cut_input_is_noticed():
    rng = np.random.default_rng(5)
    cum = rng.integers(0, 65536, 2000).astype(np.uint32)
    freq, total_bits = np.ones(2000, np.uint32), np.full(2000, 16)
    coded = testing.symbol_encode(cum, freq, total_bits)
    for missing in range(1, len(coded), 7):
        matched, _ = testing.symbol_decode(coded[:-missing], cum, freq, total_bits)
        assert matched < 2000


@given(st.binary(max_size=64), st.lists(st.integers(1, 24), max_size=100))
def test_any_bytes_decode(data, bits):
    total_bits = np.array(bits, np.int32)
    cum = np.zeros(len(bits), np.uint32)
    freq = (1 << total_bits).astype(np.uint32)  # one symbol that takes all: every target is inside
    assert testing.symbol_decode(data, cum, freq, total_bits)[0] == len(bits)
