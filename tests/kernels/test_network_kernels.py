"""Kernels of integer networks against their definitions in NumPy, exactly, for every instruction set of this CPU."""

import sys
from pathlib import Path

import numpy as np
import pytest

import fastnz
from fastnz import _core
from fastnz._core import testing

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reference"))

import gru8  # noqa: E402


@pytest.mark.parametrize("isa", fastnz.isas())
@pytest.mark.parametrize("lanes", [1, 2, 3, 4, 5, 7, 16])
@pytest.mark.parametrize("shape", [(32, 32), (96, 64), (256, 96), (288, 160), (576, 192)])
def test_multiply(isa, lanes, shape):
    """Several hundred thousand dot products in all; half of the rows of extremes."""
    rng = np.random.default_rng(lanes)
    w = rng.integers(-127, 128, shape)
    w[::2] = rng.choice([-127, 127], w[::2].shape)
    x = rng.integers(-128, 128, (lanes, shape[1]))
    x[:, ::3] = rng.choice([-128, 127], x[:, ::3].shape)
    assert (testing.multiply_i8(isa, w, x) == x @ w.T).all()
    for value in (-128, 127):
        x[:] = value
        assert (testing.multiply_i8(isa, w, x) == x @ w.T).all()


@pytest.mark.parametrize("isa", fastnz.isas())
@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.6, 1.0])
def test_multiply_changes(isa, share):
    """The products of a vector that changes in some places each time, from extreme to extreme too."""
    rng = np.random.default_rng(9)
    for shape in ((32, 32), (288, 160), (256, 96)):
        w = rng.integers(-127, 128, shape)
        x = rng.choice([-128, -1, 0, 1, 127, 50], (40, shape[1]))
        for before, now in zip(x, x[1:]):
            same = np.repeat(rng.random(shape[1] // 4) >= share, 4)
            now[same] = before[same]
        assert (testing.multiply_changes_i8(isa, w, x) == x @ w.T).all()


def sums(rng, shape, multipliers, shift, unit):
    """Dot products that scale() takes to some units, and up to where it would wrap."""
    room = (2**31 - 1 - (1 << (shift - 1))) // np.maximum(multipliers, 1)
    usual = np.minimum(room, (unit << shift) // np.maximum(multipliers, 1))
    kind = rng.integers(0, 4, shape)
    drawn = rng.uniform(-1, 1, shape) * np.where(kind == 0, room, usual)
    return np.where(kind == 1, rng.choice([-1, 1], shape) * room, np.rint(drawn)).astype(np.int64)


@pytest.mark.parametrize("isa", fastnz.isas())
def test_gates(isa):
    """More than ten thousand steps of a unit for each pair of shifts."""
    rng = np.random.default_rng(1)
    n, hidden = 60, 32
    for kh, kf in ((4, 24), (9, 8), (15, 12), (24, 4)):
        w = gru8.random_weights(rng, hidden)
        w.kh, w.kf = kh, kf
        w.mh, w.mf = rng.integers(0, 400, (2, 3 * hidden))
        w.x = rng.integers(-32768, 32768, (n, 3 * hidden))
        w.x[::2] = rng.integers(-3000, 3000, w.x[::2].shape)
        w.bn = rng.integers(-32768, 32768, hidden)
        ah = sums(rng, (n, 3 * hidden), w.mh, kh, 6000)
        af = sums(rng, (n, 3 * hidden), w.mf, kf, 6000)
        h = rng.integers(-32767, 32768, (n, hidden))
        expected = gru8.gates(w, ah, af, np.arange(n), h)
        assert (testing.gru8_gates(isa, ah, w.mh, kh, af, w.mf, kf, w.bn, w.x, h) == expected).all()


@pytest.mark.parametrize("isa", fastnz.isas())
def test_frequencies(isa):
    rng = np.random.default_rng(2)
    for shift in (4, 9, 16, 24):
        m = rng.integers(0, 400, 256)
        bias = rng.integers(-(2**20), 2**20 + 1, 256)
        if shift == 9:
            bias //= 64
        a = sums(rng, (100, 256), m, shift, 40000)
        a[0] = 0
        expected = gru8.frequencies_of(gru8.scale(a, m, shift) + bias)
        made = testing.frequencies_q22(isa, a, m, shift, bias)
        assert (made == expected).all()
        assert (made.sum(1) == 2**22).all() and made.min() >= 1


@pytest.mark.parametrize("isa", fastnz.isas())
def test_nibble_odds(isa):
    rng = np.random.default_rng(7)
    logits = rng.normal(0, 1, (60, 256)) * rng.choice([0, 500, 4000, 20000], (60, 1))
    freq = gru8.frequencies_of(logits.astype(np.int64))
    data = rng.integers(0, 256, 60).astype(np.uint8)
    made = testing.nibble_odds(isa, freq, data)
    assert (made == [gru8.nibble_odds(row, int(byte)) for row, byte in zip(freq, data)]).all()


def test_log2():
    n = np.unique(np.concatenate([np.arange(1, 3000), np.geomspace(3000, 2**24, 3000).astype(int), [2**24]]))
    assert np.abs(gru8.log2_q10(n) - 1024 * np.log2(n)).max() < 3


def test_half_is_the_logistic_function():
    u = np.arange(-32768, 32768)
    made = gru8.half(u)
    true = 32768 * (1 / (1 + np.exp(-u / 2048)) - 0.5)
    inside = np.abs(u) < 16384
    assert np.abs(made - true)[inside].max() < 4.3
    assert np.abs(made).max() == 16373
    assert (made == -made[::-1][np.r_[-1, :65535]])[1:].all()  # odd; -32768 has no mirror image


@pytest.mark.parametrize("isa", fastnz.isas())
def test_ten_thousand_steps_of_networks(isa):
    """Random weights and random inputs, whole steps: 250 networks of 40 steps each."""
    rng = np.random.default_rng(3)
    for k in range(250):
        w = gru8.random_weights(rng, 32, 8, 8, spread=float(rng.choice([0.3, 1, 4])))
        name = _core.load_weights(gru8.write_plain(w, testing.xxh3_64))
        streams = rng.integers(0, 256, (1 + k % 5, 40)).astype(np.uint8)
        made = testing.lane_frequencies(streams, name, isa)
        assert (made == testing.lane_frequencies(streams, name, "scalar")).all()
