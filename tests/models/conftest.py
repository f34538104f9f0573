"""The reference network, importable by name, and weights of several shapes."""

import sys
from pathlib import Path

import numpy as np
import pytest

from fastnz import _core
from fastnz._core import testing

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reference"))

import gru8  # noqa: E402

SHAPES = {"small": (32, 8, 8), "middle": (96, 16, 9), "wide": (64, 24, 10), "steep": (32, 8, 8)}


@pytest.fixture(scope="session", params=SHAPES)
def network(request):
    """Random weights, their plain file and their id, loaded."""
    rng = np.random.default_rng(sorted(SHAPES).index(request.param))
    weights = gru8.random_weights(rng, *SHAPES[request.param], spread=8.0 if request.param == "steep" else 1.0)
    plain = gru8.write_plain(weights, testing.xxh3_64)
    return weights, plain, _core.load_weights(plain)


@pytest.fixture(scope="session")
def text():
    """Bytes of every class the features tell apart."""
    rng = np.random.default_rng(5)
    words = "The quick Brown fox, 12 jumps; \xfcber Zwei\n\t<b>don't</b> AbC"
    return words.encode() + bytes(rng.integers(0, 256, 120)) + b"aaaaaaaa" + bytes(8) + b"\xff" * 8
