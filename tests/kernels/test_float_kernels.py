"""Functions of fp32 against fp64, and the generator of random numbers against its paper's values."""

import numpy as np
import pytest

import fastnz
from fastnz._core import testing

EXP, LOGISTIC, TANH, INVERSE_ROOT = range(4)


def arguments(least, greatest):
    rng = np.random.default_rng(5)
    drawn = rng.uniform(least, greatest, 200_000).astype(np.float32)
    small = (rng.choice([-1, 1], 20_000) * 2.0 ** rng.uniform(-60, 2, 20_000)).astype(np.float32)
    x = np.concatenate([drawn, small, np.float32([least, greatest, 0.0, -0.0])])
    x = x[(x >= least) & (x <= greatest)]
    return x[: len(x) // 16 * 16]


@pytest.mark.parametrize("isa", fastnz.isas())
def test_exponential(isa):
    x = arguments(-80, 80)
    made, true = testing.functions_f32(isa, EXP, x).astype(np.float64), np.exp(x.astype(np.float64))
    assert np.abs(made / true - 1).max() < 1.2e-7
    assert (testing.functions_f32(isa, EXP, np.zeros(16, np.float32)) == 1).all()


@pytest.mark.parametrize("isa", fastnz.isas())
def test_logistic(isa):
    x = arguments(-40, 40)
    made, true = testing.functions_f32(isa, LOGISTIC, x).astype(np.float64), 1 / (1 + np.exp(-x.astype(np.float64)))
    assert np.abs(made - true).max() < 1.2e-7
    inside = np.abs(x) < 30
    assert np.abs(made / true - 1)[inside].max() < 3e-7
    assert made.min() > 0 and made.max() <= 1


@pytest.mark.parametrize("isa", fastnz.isas())
def test_hyperbolic_tangent(isa):
    x = arguments(-20, 20)
    made = testing.functions_f32(isa, TANH, x).astype(np.float64)
    assert np.abs(made - np.tanh(x.astype(np.float64))).max() < 2e-7
    assert np.abs(made).max() <= 1


@pytest.mark.parametrize("isa", fastnz.isas())
def test_inverse_root(isa):
    x = np.exp2(np.random.default_rng(6).uniform(-120, 120, 160_000)).astype(np.float32)
    made = testing.functions_f32(isa, INVERSE_ROOT, x).astype(np.float64)
    assert np.abs(made * np.sqrt(x.astype(np.float64)) - 1).max() < 5e-6


def test_philox():
    """The known answers that come with Random123, for ten rounds."""
    ones = 0xFFFFFFFF
    for counter, key, expected in (
        ([0] * 4, [0] * 2, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ([ones] * 4, [ones] * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            [0xA4093822, 0x299F31D0],
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ):
        assert " ".join(f"{x:08x}" for x in testing.philox(counter, key)) == expected
