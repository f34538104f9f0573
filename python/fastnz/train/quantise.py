"""Between a network of real weights and the integers that the core runs: docs/gru8.md section 8.

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
from .rounding import DISTANCE_GRID, INPUT_GRID, LOGIT_GRID, LOGIT_UNIT, STATE_GRID, STATE_UNIT, row_scales
from .transformer import (
    BIAS_GAIN,
    DISTANCE_GAIN,
    FIRST_GAIN,
    LOGIT_GAIN,
    SECOND_GAIN,
    Transformer,
    TransformerShape,
)
from .transformer_weights import TransformerWeights
from .weights import Weights

AnyShape = Shape | TransformerShape
AnyNetwork = Network | Transformer
AnyWeights = Weights | TransformerWeights


def network_of(shape: AnyShape) -> AnyNetwork:
    """Return a network of random weights."""
    return Transformer(shape) if isinstance(shape, TransformerShape) else Network(shape)


@torch.no_grad()
def to_integers(network: AnyNetwork, notes: str = "") -> AnyWeights:
    """Round a network to the integers that the core runs."""
    return _transformer_to(network, notes) if isinstance(network, Transformer) else _recurrent_to(network, notes)


@torch.no_grad()
def from_integers(weights: AnyWeights) -> AnyNetwork:
    """Return a network that starts from the values of `weights`."""
    return _transformer_from(weights) if isinstance(weights, TransformerWeights) else _recurrent_from(weights)


def _recurrent_to(network: Network, notes: str) -> Weights:
    from_state, state_scale, state_shift = _rows(network.from_state, STATE_UNIT)
    from_features, feature_scale, feature_shift = _rows(network.from_features, STATE_UNIT)
    to_logits, logit_scale, logit_shift = _rows(network.to_logits, LOGIT_UNIT)
    return Weights(
        tables=_tables(network),
        bytes_table=_short(network.byte_rows(), STATE_GRID),
        from_state=from_state,
        state_scale=state_scale,
        state_shift=state_shift,
        from_features=from_features,
        feature_scale=feature_scale,
        feature_shift=feature_shift,
        bias=_short(network.bias_recurrent, STATE_GRID),
        to_logits=to_logits,
        logit_scale=logit_scale,
        logit_shift=logit_shift,
        bias_logits=_array((network.bias_logits * LOGIT_GRID).round().clamp(-(1 << 20), 1 << 20), np.int32),
        notes=notes,
    )


def _recurrent_from(weights: Weights) -> Network:
    network = Network(Shape(weights.hidden, weights.depth, weights.bits, 0))  # its byte table is a parameter of its own
    network.bias.zero_()
    network.tables.copy_(_real(weights.tables.reshape(-1, weights.depth), INPUT_GRID))
    network.embedding.copy_(_real(weights.bytes_table, STATE_GRID))
    network.from_state.copy_(_real_rows(weights.from_state, weights.state_scale, weights.state_shift, STATE_UNIT))
    network.from_features.copy_(
        _real_rows(weights.from_features, weights.feature_scale, weights.feature_shift, STATE_UNIT)
    )
    network.bias_recurrent.copy_(_real(weights.bias, STATE_GRID))
    network.to_logits.copy_(_real_rows(weights.to_logits, weights.logit_scale, weights.logit_shift, LOGIT_UNIT))
    network.bias_logits.copy_(_real(weights.bias_logits, LOGIT_GRID))
    return network


def _transformer_to(network: Transformer, notes: str) -> TransformerWeights:
    shape, layers = network.shape, range(network.shape.layers)
    from_features, feature_scale, feature_shift = _rows(network.from_features, STATE_UNIT)
    to_logits, logit_scale, logit_shift = _rows(network.logit_matrix(), LOGIT_UNIT)
    first = [_rows(network.first[layer] * FIRST_GAIN, STATE_UNIT) for layer in layers]
    second = [_rows(network.second[layer] * SECOND_GAIN, STATE_UNIT) for layer in layers]
    biases = torch.stack([network.first_bias[layer] * BIAS_GAIN for layer in layers])
    distances = torch.stack([network.distances[layer] * DISTANCE_GAIN for layer in layers])
    return TransformerWeights(
        tables=_tables(network),
        bytes_table=_short(network.embedding, STATE_GRID),
        from_features=from_features,
        feature_scale=feature_scale,
        feature_shift=feature_shift,
        shifts=np.array([[one[2], two[2]] for one, two in zip(first, second, strict=True)], np.uint8),
        first=np.stack([matrix for matrix, _, _ in first]),
        first_scale=np.stack([scale for _, scale, _ in first]),
        first_bias=_short(biases, STATE_GRID),
        second=np.stack([matrix for matrix, _, _ in second]),
        second_scale=np.stack([scale for _, scale, _ in second]),
        distances=_short(distances, DISTANCE_GRID).reshape(shape.layers, shape.heads, shape.window),
        to_logits=to_logits,
        logit_scale=logit_scale,
        logit_shift=logit_shift,
        bias_logits=_array((network.bias_logits * LOGIT_GRID).round().clamp(-(1 << 20), 1 << 20), np.int32),
        notes=notes,
    )


def _transformer_from(weights: TransformerWeights) -> Transformer:
    sizes = (weights.width, weights.layers, weights.heads, weights.window, weights.units, weights.depth, weights.bits)
    network = Transformer(TransformerShape(*sizes))
    network.tables.copy_(_real(weights.tables.reshape(-1, weights.depth), INPUT_GRID))
    network.embedding.copy_(_real(weights.bytes_table, STATE_GRID))
    network.from_features.copy_(
        _real_rows(weights.from_features, weights.feature_scale, weights.feature_shift, STATE_UNIT)
    )
    for layer, (first_shift, second_shift) in enumerate(weights.shifts.tolist()):
        first = _real_rows(weights.first[layer], weights.first_scale[layer], first_shift, STATE_UNIT)
        second = _real_rows(weights.second[layer], weights.second_scale[layer], second_shift, STATE_UNIT)
        network.first[layer].copy_(first / FIRST_GAIN)
        network.first_bias[layer].copy_(_real(weights.first_bias[layer], STATE_GRID) / BIAS_GAIN)
        network.second[layer].copy_(second / SECOND_GAIN)
        network.distances[layer].copy_(_real(weights.distances[layer], DISTANCE_GRID) / DISTANCE_GAIN)
    to_logits = _real_rows(weights.to_logits, weights.logit_scale, weights.logit_shift, LOGIT_UNIT)
    to_logits[:, : weights.width] /= LOGIT_GAIN
    network.to_logits.copy_(to_logits)
    network.bias_logits.copy_(_real(weights.bias_logits, LOGIT_GRID))
    return network


def _real_rows(matrix: Any, scale: Any, shift: int, unit: float) -> Tensor:
    return torch.from_numpy(matrix * (scale.astype(np.float64)[:, None] / (unit * 2.0**shift))).float()


def _real(array: Any, unit: float) -> Tensor:
    return torch.from_numpy(array / unit).float()


def _tables(network: AnyNetwork) -> npt.NDArray[Any]:
    grid, shape = network.table_grid, network.shape
    tables = (network.tables * grid).round().clamp(-grid, grid - 1) * (INPUT_GRID / grid)
    return _array(tables, np.int8).reshape(FEATURE_COUNT, 1 << shape.bits, shape.depth)


def _short(values: Tensor, grid: float) -> npt.NDArray[Any]:
    return _array((values * grid).round().clamp(-32768, 32767), np.int16)


def _rows(matrix: Tensor, unit: float) -> tuple[npt.NDArray[Any], npt.NDArray[Any], int]:
    multipliers, shift = row_scales(matrix, unit)
    scales = (multipliers / (unit * 2.0**shift))[:, None]
    integers = (matrix / scales).round().clamp(-127, 127)
    return _array(integers, np.int8), _array(multipliers, np.int16), shift


def _array(values: Tensor, kind: type) -> npt.NDArray[Any]:
    return values.detach().cpu().numpy().astype(kind)
