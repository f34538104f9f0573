"""The plain form keeps every integer, and what the core would refuse is refused before it is written."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from fastnz.train.weights import Weights


def test_plain_form_keeps_everything(weights: Weights) -> None:
    found = Weights.from_plain(weights.plain_body())
    for field in fields(Weights):
        assert np.array_equal(getattr(found, field.name), getattr(weights, field.name)), field.name
    assert found.plain_body() == weights.plain_body()


def test_plain_form_has_the_documented_size(weights: Weights) -> None:
    sections = 16 + 4 * 256 * 8 + 2 * 256 * 96 + 96 * 32 + 2 * 96 + 96 * 32 + 2 * 96 + 2 * 32
    sections += 256 * 64 + 2 * 256 + 4 * 256 + len("drawn at random")
    assert len(weights.plain_body()) == 8 + 12 * 12 + sections


def with_row(matrix, value: int):
    changed = matrix.copy()
    changed[3] = value
    return changed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: {"from_state": with_row(w.from_state, -128)}, "holds -128"),
        (lambda w: {"state_scale": np.full_like(w.state_scale, -1)}, "outside its bounds"),
        (lambda w: {"logit_shift": 3}, "outside its bounds"),
        (lambda w: {"feature_scale": np.full(96, 32767, np.int16)}, "could wrap"),
        (lambda w: {"bias_logits": np.full(256, 1 << 21, np.int32)}, "2\\^20"),
        (lambda w: {"bytes_table": w.bytes_table.astype(np.int32)}, "must be int16"),
        (lambda w: {"bias": np.zeros(33, np.int16)}, "multiple of 32"),
        (lambda w: {"notes": "x" * 70000}, "notes must be at most"),
    ],
)
def test_what_the_core_refuses_is_not_written(weights: Weights, change, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(weights, **change(weights)).plain_body()
