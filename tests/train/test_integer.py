"""The lockstep form in NumPy: lanes do not see one another, frequencies keep their promises, half is what it says."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from fastnz.train.integer import FREQUENCY_BITS, IntegerNetwork, bits_of, frequencies, half
from fastnz.train.weights import Weights


@pytest.fixture(scope="module")
def reference(root: Path):
    """tests/reference/gru8.py, which was written from the document too, and from nothing here."""
    spec = importlib.util.spec_from_file_location("reference_gru8", root / "tests" / "reference" / "gru8.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_equals_the_reference(weights: Weights, reference) -> None:
    data = b"Some words, some words again. \xc3\xa9 \0\xff" * 3
    names = {
        "x": "bytes_table",
        "wh": "from_state",
        "mh": "state_scale",
        "kh": "state_shift",
        "wf": "from_features",
        "mf": "feature_scale",
        "kf": "feature_shift",
        "bn": "bias",
        "wo": "to_logits",
        "mo": "logit_scale",
        "ko": "logit_shift",
        "bo": "bias_logits",
    }
    theirs = {short: getattr(weights, name) for short, name in names.items()}
    wide = {short: np.asarray(value, np.int64) for short, value in theirs.items() if short[0] != "k"}
    shifts = {short: value for short, value in theirs.items() if short[0] == "k"}
    expected = reference.frequencies(reference.Weights(tables=weights.tables, **wide, **shifts), data)
    ours = frequencies(IntegerNetwork(weights).logits(np.frombuffer(data, np.uint8)[None])[0])
    assert np.array_equal(ours, expected)


def test_lanes_are_independent(weights: Weights) -> None:
    data = np.random.default_rng(0).integers(0, 256, (5, 40), np.uint8)
    network = IntegerNetwork(weights)
    together = network.logits(data)
    for lane in range(5):
        assert np.array_equal(network.logits(data[lane : lane + 1])[0], together[lane])


def test_the_future_is_not_seen(weights: Weights) -> None:
    data = np.random.default_rng(1).integers(0, 256, (1, 40), np.uint8)
    changed = data.copy()
    changed[0, 20:] += 1
    network = IntegerNetwork(weights)
    assert np.array_equal(network.logits(data)[0, :21], network.logits(changed)[0, :21])


def test_frequencies() -> None:
    random = np.random.default_rng(2)
    logits = random.integers(-(1 << 20), 1 << 20, (200, 256)).astype(np.int32)
    logits[:50] = random.integers(-5000, 5000, (50, 256))
    logits[50] = 0
    found = frequencies(logits)
    assert found.min() >= 1 and set(found.sum(-1, dtype=np.int64).tolist()) == {1 << FREQUENCY_BITS}
    exact = np.exp2((logits[:50] - logits[:50].max(-1, keepdims=True)) / 4096)
    exact /= exact.sum(-1, keepdims=True)
    cost = (exact * np.log2(exact / (found[:50] / 2**FREQUENCY_BITS))).sum(-1)
    assert cost.max() < 1e-3  # bits a byte lost to the integer form
    assert np.array_equal(bits_of(logits[:1], np.array([7])), 22 - np.log2(found[:1, 7]))


def test_half_is_the_logistic_function() -> None:
    u = np.arange(-32768, 32768)
    assert np.array_equal(half(-u[1:]), -half(u[1:]))
    assert np.abs(half(u) / 32768 - (1 / (1 + np.exp(-u / 2048)) - 0.5)).max() < 6e-4
