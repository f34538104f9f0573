"""A small network in integers, drawn at random within the bounds of docs/gru8.md."""

from __future__ import annotations

import numpy as np
import pytest

from fastnz.train.weights import Weights


def random_weights(seed: int, hidden: int = 32, depth: int = 8, bits: int = 8) -> Weights:
    random = np.random.default_rng(seed)
    features = 4 * depth

    def matrix(rows: int, columns: int):
        return random.integers(-127, 128, (rows, columns)).astype(np.int8)

    def scales(rows: int):
        return random.integers(1, 256, rows).astype(np.int16)

    return Weights(
        tables=random.integers(-128, 128, (4, 1 << bits, depth)).astype(np.int8),
        bytes_table=random.integers(-6000, 6000, (256, 3 * hidden)).astype(np.int16),
        from_state=matrix(3 * hidden, hidden),
        state_scale=scales(3 * hidden),
        state_shift=11,
        from_features=matrix(3 * hidden, features),
        feature_scale=scales(3 * hidden),
        feature_shift=11,
        bias=random.integers(-2000, 2000, hidden).astype(np.int16),
        to_logits=matrix(256, hidden + features),
        logit_scale=scales(256),
        logit_shift=8,
        bias_logits=random.integers(-9000, 9000, 256).astype(np.int32),
        notes="drawn at random",
    )


@pytest.fixture
def weights() -> Weights:
    return random_weights(1)
