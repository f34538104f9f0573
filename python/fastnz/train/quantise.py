"""Between a network of real weights and the integers that the core runs: docs/gru8.md section 7.

The invariant: a network trained with `rounded` set and its integers differ only in how gates and sums are rounded.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .features import FEATURE_COUNT
from .network import Network, Shape
from .rounding import INPUT_GRID, LOGIT_GRID, LOGIT_UNIT, STATE_GRID, STATE_UNIT, row_scales
from .weights import Weights


@torch.no_grad()
def to_integers(network: Network, notes: str = "") -> Weights:
    """Round a network to the integers that the core runs."""
    shape = network.shape
    from_state, state_scale, state_shift = _rows(network.from_state, STATE_UNIT)
    from_features, feature_scale, feature_shift = _rows(network.from_features, STATE_UNIT)
    to_logits, logit_scale, logit_shift = _rows(network.to_logits, LOGIT_UNIT)
    grid = network.table_grid
    tables = (network.tables * grid).round().clamp(-grid, grid - 1) * (INPUT_GRID / grid)
    return Weights(
        tables=_array(tables, np.int8).reshape(FEATURE_COUNT, 1 << shape.bits, shape.depth),
        bytes_table=_array((network.byte_rows() * STATE_GRID).round().clamp(-32768, 32767), np.int16),
        from_state=from_state,
        state_scale=state_scale,
        state_shift=state_shift,
        from_features=from_features,
        feature_scale=feature_scale,
        feature_shift=feature_shift,
        bias=_array((network.bias_recurrent * STATE_GRID).round().clamp(-32768, 32767), np.int16),
        to_logits=to_logits,
        logit_scale=logit_scale,
        logit_shift=logit_shift,
        bias_logits=_array((network.bias_logits * LOGIT_GRID).round().clamp(-(1 << 20), 1 << 20), np.int32),
        notes=notes,
    )


@torch.no_grad()
def from_integers(weights: Weights) -> Network:
    """Return a network that starts from the values of `weights`; its byte table is a parameter of its own."""
    network = Network(Shape(weights.hidden, weights.depth, weights.bits, 0))

    def rows(matrix: Any, scale: Any, shift: int, unit: float) -> Tensor:
        return torch.from_numpy(matrix * (scale.astype(np.float64)[:, None] / (unit * 2.0**shift))).float()

    def grid(array: Any, unit: float) -> Tensor:
        return torch.from_numpy(array / unit).float()

    network.bias.zero_()
    network.tables.copy_(grid(weights.tables.reshape(-1, weights.depth), INPUT_GRID))
    network.embedding.copy_(grid(weights.bytes_table, STATE_GRID))
    network.from_state.copy_(rows(weights.from_state, weights.state_scale, weights.state_shift, STATE_UNIT))
    network.from_features.copy_(rows(weights.from_features, weights.feature_scale, weights.feature_shift, STATE_UNIT))
    network.bias_recurrent.copy_(grid(weights.bias, STATE_GRID))
    network.to_logits.copy_(rows(weights.to_logits, weights.logit_scale, weights.logit_shift, LOGIT_UNIT))
    network.bias_logits.copy_(grid(weights.bias_logits, LOGIT_GRID))
    return network


def _rows(matrix: Tensor, unit: float) -> tuple[npt.NDArray[Any], npt.NDArray[Any], int]:
    multipliers, shift = row_scales(matrix, unit)
    scales = (multipliers / (unit * 2.0**shift))[:, None]
    integers = (matrix / scales).round().clamp(-127, 127)
    return _array(integers, np.int8), _array(multipliers, np.int16), shift


def _array(values: Tensor, kind: type) -> npt.NDArray[Any]:
    return values.detach().cpu().numpy().astype(kind)
