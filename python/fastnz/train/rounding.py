"""The roundings of docs/gru8.md section 7, as training sees them: values are rounded, gradients pass.

The invariant: `fake_rows` gives the values of the very integers that an export stores.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

STATE_UNIT = 16.0  # m / 2^k for a row scale of 1: q11 over inputs in q7
LOGIT_UNIT = 32.0 / math.log(2)  # logits are in bits, q12
INPUT_GRID = 128.0  # steps to 1 of states and features where they enter a product
STATE_GRID = 2048.0  # of what goes into the gates, q11
DISTANCE_GRID = 4096.0  # of an attention head's bias by distance: bits, q12
LOGIT_GRID = 4096.0 / math.log(2)  # of logits: nats here, bits as q12 there
_MOST_MULTIPLIER = 255.0


def row_scales(matrix: Tensor, unit: float) -> tuple[Tensor, int]:
    """Return the multipliers of a matrix's rows and their common shift.

    Parameters
    ----------
    matrix : Tensor, shape (rows, columns)
        Real weights.
    unit : float
        What m / 2^k is for a row whose weights are its integers.

    Returns
    -------
    multipliers : Tensor of float, shape (rows,)
        Whole numbers from 1.
    shift : int
        So that the greatest multiplier is between 128 and 255, where its bounds allow.
    """
    multipliers, power = _row_scales(matrix, unit)
    return multipliers, int(power.log2())


def _row_scales(matrix: Tensor, unit: float) -> tuple[Tensor, Tensor]:
    """Return the multipliers and 2 ** shift; nothing waits for a device."""
    ideal = matrix.detach().abs().amax(1) * (unit / 127)
    shift = (_MOST_MULTIPLIER / ideal.max().double().clamp(min=1e-9)).log2().floor().clamp(4, 24)
    power = torch.exp2(shift).to(ideal.dtype)
    return (ideal * power).ceil().clamp(1, 32767), power


def fake_rows(matrix: Tensor, unit: float) -> Tensor:
    """Return the values that the rows of `matrix` have after rounding; gradients pass as if nothing had happened."""
    multipliers, power = _row_scales(matrix, unit)
    scales = (multipliers / (unit * power))[:, None]
    return straight(matrix, (matrix.detach() / scales).round().clamp(-127, 127) * scales)


def fake_grid(values: Tensor, grid: float, low: float, high: float) -> Tensor:
    """Return `values` on a grid of 1 / `grid`, from `low` to `high` steps; gradients pass."""
    return straight(values, (values.detach() * grid).round().clamp(low, high) / grid)


def straight(values: Tensor, rounded: Tensor) -> Tensor:
    """Return `rounded` with the gradient of `values`."""
    return values + (rounded - values).detach()
