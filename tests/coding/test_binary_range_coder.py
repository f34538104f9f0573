"""Binary range coder: round trips, exact bytes against a reference in unbounded integers, carries, cut input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastnz._core import testing

P1 = st.one_of(st.integers(1, 65535), st.sampled_from([1, 2, 255, 256, 32767, 32768, 65280, 65534, 65535]))
STEPS = st.lists(st.tuples(st.integers(0, 1), P1), max_size=400)


def arrays(steps):
    bits = np.array([bit for bit, _ in steps], np.uint8)
    p1 = np.array([p for _, p in steps], np.uint32)
    return bits, p1


def reference_encode(steps) -> bytes:
    """The same coder with `low` as one unbounded integer: no carry logic at all."""
    low, span, bytes_out = 0, 0xFFFFFFFF, 4
    for bit, p1 in steps:
        bound = span * p1 >> 16
        if bit:
            span = bound
        else:
            low, span = low + bound, span - bound
        while span < 1 << 24:
            low, span, bytes_out = low << 8, span << 8, bytes_out + 1
    for zero_bits in (32, 24):
        mask = (1 << zero_bits) - 1
        if (low + mask) & ~mask < low + span:
            low = (low + mask) & ~mask
            break
    text = low.to_bytes(bytes_out, "big")
    written = bytes_out - 4 + (1 if low & 0xFFFFFFFF else 0)
    return text[: max(len(text[:written].rstrip(b"\0")), written - 4, 0)]


@given(STEPS)
def test_bytes_equal_the_reference_and_decode(steps):
    bits, p1 = arrays(steps)
    coded = testing.binary_encode(bits, p1)
    assert coded == reference_encode(steps)
    decoded, overran = testing.binary_decode(coded, p1)
    assert (decoded == bits).all() and not overran


@pytest.mark.parametrize("code", [b"\x80", b"\x01", b"\x7f\xff\xff\xff\xff\xff\xff\xff", b"\x7f\x00\xff", b"\xff" * 9, b""])
def test_carries_pass_through_long_runs(code):
    """Bits decoded from a value on a byte border keep the interval on both sides of it, so carries stay open."""
    rng = np.random.default_rng(4)
    edges = np.array([1, 2, 255, 256, 32767, 32768, 65280, 65534, 65535])
    for _ in range(60):
        p1 = np.where(rng.random(300) < 0.5, rng.integers(1, 65536, 300), rng.choice(edges, 300)).astype(np.uint32)
        check_steps_leading_to(code, p1)


def check_steps_leading_to(code, p1):
    bits, _ = testing.binary_decode(code, p1)
    coded = testing.binary_encode(bits, p1)
    assert coded == reference_encode(list(zip(bits.tolist(), p1.tolist())))
    assert (testing.binary_decode(coded, p1)[0] == bits).all()


@given(STEPS, st.integers(0, 400))
def test_cut_input_decodes_to_something_without_failing(steps, keep):
    bits, p1 = arrays(steps)
    decoded, _ = testing.binary_decode(testing.binary_encode(bits, p1)[:keep], p1)
    assert len(decoded) == len(bits)


def test_cut_input_is_noticed():
    rng = np.random.default_rng(5)
    bits, p1 = rng.integers(0, 2, 8000).astype(np.uint8), np.full(8000, 32768, np.uint32)
    coded = testing.binary_encode(bits, p1)
    assert not testing.binary_decode(coded, p1)[1]
    for missing in range(9, len(coded)):
        assert testing.binary_decode(coded[:-missing], p1)[1]


@given(st.binary(max_size=64), st.lists(P1, max_size=600))
def test_any_bytes_decode(data, probabilities):
    decoded, _ = testing.binary_decode(data, np.array(probabilities, np.uint32))
    assert len(decoded) == len(probabilities)


def test_nothing_coded_is_no_bytes():
    assert testing.binary_encode(np.zeros(0, np.uint8), np.zeros(0, np.uint32)) == b""
