"""Networks for tests of device code: random ones of shapes that differ in all that matters there, and the priors."""

import sys
from pathlib import Path

import numpy as np

import fastnz
from fastnz import _core
from fastnz._core import testing

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reference"))

import gru8  # noqa: E402

# Hidden units, values of a table's row, log2 of its rows: every remainder of 16 units over four warps, and rows of both
# strides.
SHAPES = {"least": (32, 8, 8), "wide": (96, 16, 9), "deep": (64, 24, 10), "steep": (160, 8, 8)}


def make_network(name):
    """Load random weights of a shape; their id."""
    rng = np.random.default_rng(sorted(SHAPES).index(name) + 40)
    weights = gru8.random_weights(rng, *SHAPES[name], spread=8.0 if name == "steep" else 1.0)
    return _core.load_weights(gru8.write_plain(weights, testing.xxh3_64))


def prior(name):
    """Load a prior of the package; its id."""
    return _core.load_weights((Path(fastnz.__file__).parent / "priors" / f"{name}.fnzw").read_bytes())
