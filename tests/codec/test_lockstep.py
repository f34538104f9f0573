"""Streams in lanes: the bytes that each has alone, whatever the lanes, the order and the company."""

import sys
from pathlib import Path

import numpy as np
import pytest

from fastnz import _core
from fastnz._core import testing

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reference"))

import gru8  # noqa: E402


@pytest.fixture(scope="module")
def options():
    weights = gru8.random_weights(np.random.default_rng(11), 64, 8, 8)
    return _core.load_weights(gru8.write_plain(weights, testing.xxh3_64)).to_bytes(8, "little")


@pytest.fixture(scope="module")
def records():
    rng = np.random.default_rng(12)
    sizes = [0, 1, 1, 2, 500, *rng.integers(0, 200, 30)]
    return [bytes(rng.integers(97, 110, size).astype(np.uint8)) for size in sizes]


@pytest.mark.parametrize("lanes", [1, 2, 3, 8, 64])
def test_as_if_alone(options, records, lanes):
    alone = [testing.model_encode("gru8", options, record) for record in records]
    together = testing.lockstep_encode("gru8", options, records, lanes)
    assert together == alone
    sizes = [len(record) for record in records]
    assert testing.lockstep_decode("gru8", options, together, sizes, lanes) == records


def test_order_is_of_no_account(options, records):
    forwards = testing.lockstep_encode("gru8", options, records, 5)
    assert testing.lockstep_encode("gru8", options, records[::-1], 7) == forwards[::-1]
    assert testing.lockstep_encode("gru8", options, [], 4) == []


def test_a_cut_code_is_noticed(options, records):
    codes = testing.lockstep_encode("gru8", options, records, 4)
    codes[4] = codes[4][:20]
    with pytest.raises(ValueError, match="too short"):
        testing.lockstep_decode("gru8", options, codes, [len(record) for record in records], 4)
