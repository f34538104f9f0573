"""The network in PyTorch: a causal transformer over bytes with hashed features, as `transformer8` runs it in integers.

The invariant: what enters a product never leaves -1..1, and with `rounded` set it enters as the integers that
`transformer8` uses (gradients pass straight through the rounding). Knows nothing of files, data or optimisation.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from .features import FEATURE_COUNT
from .rounding import DISTANCE_GRID, INPUT_GRID, LOGIT_UNIT, STATE_GRID, STATE_UNIT, fake_grid, fake_rows
from .transformer_weights import HEAD, check_sizes

BYTES = 256
# Parameters times these are the weights. Adam moves every parameter by about its rate, so they set how fast each tensor
# learns: units of the first matrix that move fast fall silent for good, or stay at their greatest value.
FIRST_GAIN, BIAS_GAIN, SECOND_GAIN = 0.25, 0.25, 0.5
LOGIT_GAIN, DISTANCE_GAIN = 4.0, 4.0
_NORM = 0.25
_FARTHEST_STREAM = 16.0  # of the stream between layers, q11 in 16 bits
_SCORE = 4.0  # bits for a product of query and key
_FARTHEST = 7.99  # of a distance's bias, in bits
_THRESHOLD = 1 / 16  # of what a unit squares, below which its integer is 0


class TransformerShape(NamedTuple):
    """The sizes of one network: d, L, N, W, U, D and b of docs/transformer8.md."""

    width: int = 128
    layers: int = 2
    heads: int = 3
    window: int = 64
    units: int = 128
    depth: int = 16
    bits: int = 14

    @property
    def features(self) -> int:
        """Values that all feature tables give together."""
        return FEATURE_COUNT * self.depth

    @property
    def attended(self) -> int:
        """Numbers that all heads give together."""
        return HEAD * self.heads

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of one step."""
        first, second = self.attended + 2 * HEAD + self.units, self.attended + self.units
        layer = self.width * (first + second) + 2 * self.window * self.attended
        return self.layers * layer + self.width * self.features + BYTES * (self.width + self.features)


class _Bounded(torch.autograd.Function):
    """The nearest number in -1..1; a gradient passes where it leads back inside, so that nothing stays beyond."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Any:
        ctx.save_for_backward(values)
        return values.clamp(-1, 1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        (gradient,) = gradients
        (values,) = ctx.saved_tensors
        return gradient * (((values <= 1) | (gradient > 0)) & ((values >= -1) | (gradient < 0)))


class Transformer(nn.Module):
    """Predicts the next byte from the last one, hashed features of the past, and a window of keys and values.

    Parameters
    ----------
    shape : TransformerShape
        The sizes.
    """

    def __init__(self, shape: TransformerShape) -> None:
        super().__init__()
        check_sizes(shape.width, shape.units, shape.window, shape.layers, shape.heads, shape.depth, shape.bits)
        self.shape = shape
        self.rounded = False  # computes with what an export would store
        self.short = False  # for callers that know it; every product here is in full
        self.table_grid = int(INPUT_GRID)  # steps to 1 that an export keeps of the tables
        width, rows, layers = shape.width, shape.attended + 2 * HEAD + shape.units, range(shape.layers)
        spread = 1.2 * width**-0.5 / FIRST_GAIN
        self.embedding = nn.Parameter(torch.randn(BYTES, width))
        self.from_features = nn.Parameter(torch.randn(width, shape.features) * shape.features**-0.5)
        self.first = nn.ParameterList(nn.Parameter(torch.randn(rows, width) * spread) for _ in layers)
        self.first_bias = nn.ParameterList(nn.Parameter(torch.zeros(rows)) for _ in layers)
        self.second = nn.ParameterList(
            nn.Parameter(torch.zeros(width, shape.attended + shape.units)) for _ in layers
        )
        self.distances = nn.ParameterList(nn.Parameter(_slopes(shape) / DISTANCE_GAIN) for _ in layers)
        self.tables = nn.Parameter(torch.empty(FEATURE_COUNT << shape.bits, shape.depth).uniform_(-0.1, 0.1))
        self.to_logits = nn.Parameter(torch.randn(BYTES, width + shape.features) * 0.05)
        self.bias_logits = nn.Parameter(torch.zeros(BYTES))

    def zero_state(self, batch: int) -> Tensor:
        """Return the state in which every record starts; shape (batch, L * W * 64)."""
        shape = self.shape
        return self.bias_logits.new_zeros(batch, shape.layers * shape.window * 2 * HEAD)

    def logit_matrix(self) -> Tensor:
        """Return the weights of the logits, of the stream and of the features; shape (256, d + F)."""
        width = self.shape.width
        return torch.cat([self.to_logits[:, :width] * LOGIT_GAIN, self.to_logits[:, width:]], 1)

    def forward(self, inputs: Tensor, buckets: Tensor, state: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Run `T` steps of `S` streams.

        Parameters
        ----------
        inputs : Tensor of int64, shape (T, S)
            The byte seen before each prediction.
        buckets : Tensor of int64, shape (T, S, 4)
            Rows of the feature tables (`features.buckets_of`).
        state : Tensor of float, shape (S, L * W * 64)
            Keys and values of every layer in the last W steps, the oldest first.

        Returns
        -------
        logits : Tensor, shape (T, S, 256)
        states : Tensor, shape (1, S, L * W * 64)
            The state after the last step.
        activity : Tensor, shape (L, S, T, U)
            How active each unit was, 0 to 1; a half where its integer begins to differ from 0.
        """
        shape, (steps, streams) = self.shape, inputs.shape
        rows = buckets + torch.arange(FEATURE_COUNT, device=buckets.device) * (1 << shape.bits)
        features = functional.embedding(rows.transpose(0, 1), self.tables).flatten(2)
        if self.rounded:
            features = fake_grid(features, self.table_grid, -self.table_grid, self.table_grid - 1)
        known = functional.embedding(inputs.t(), self._grid(self.embedding, STATE_GRID))
        stream = _within_16_bits(known + features @ self._rows(self.from_features, STATE_UNIT).t())
        past = state.view(streams, shape.layers, shape.window, 2 * HEAD)
        distance = torch.arange(steps, device=inputs.device)[:, None] + shape.window
        distance = distance - torch.arange(steps + shape.window, device=inputs.device)
        windows, activity = [], []
        for layer in range(shape.layers):
            stream, window, active = self._layer(layer, stream, past[:, layer], distance)
            windows.append(window)
            activity.append(active)
        seen = torch.cat([self._input(_norm(stream)), features], 2)
        logits = functional.linear(seen, self._rows(self.logit_matrix(), LOGIT_UNIT), self.bias_logits)
        return logits.transpose(0, 1), torch.stack(windows, 1).flatten(1)[None], torch.stack(activity)

    def _layer(self, layer: int, stream: Tensor, past: Tensor, distance: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        shape, attended = self.shape, self.shape.attended
        streams, steps, _ = stream.shape
        matrix = self._rows(self.first[layer] * FIRST_GAIN, STATE_UNIT)
        bias = self._grid(self.first_bias[layer] * BIAS_GAIN, STATE_GRID)
        rows = functional.linear(self._input(_norm(stream)), matrix, bias)
        queries, added, units = rows.split([attended, 2 * HEAD, shape.units], 2)
        both = torch.cat([past, self._input(added)], 1)
        keys, values = both[:, None, :, :HEAD], both[:, None, :, HEAD:]
        near = (distance >= 0) & (distance < shape.window)
        bits = self._grid(self.distances[layer] * DISTANCE_GAIN, DISTANCE_GRID)[:, distance.clamp(0, shape.window - 1)]
        heads = self._input(queries).view(streams, steps, shape.heads, HEAD).transpose(1, 2)
        scores = (heads @ keys.transpose(2, 3)) * _SCORE + bits.masked_fill(~near, -math.inf)
        means = (torch.softmax(scores * math.log(2), 3) @ values).transpose(1, 2).flatten(2)
        active = _Bounded.apply(units.relu())
        joined = torch.cat([self._input(means), self._input(active.square())], 2)
        stream = stream + functional.linear(joined, self._rows(self.second[layer] * SECOND_GAIN, STATE_UNIT))
        return _within_16_bits(stream), both[:, -shape.window :].detach(), active / (active + _THRESHOLD)

    def _input(self, values: Tensor) -> Tensor:
        values = _Bounded.apply(values)
        return fake_grid(values, INPUT_GRID, 1 - INPUT_GRID, INPUT_GRID - 1) if self.rounded else values

    def _rows(self, matrix: Tensor, unit: float) -> Tensor:
        return fake_rows(matrix, unit) if self.rounded else matrix

    def _grid(self, values: Tensor, grid: float) -> Tensor:
        return fake_grid(values, grid, -32768, 32767) if self.rounded else values

    @torch.no_grad()
    def clamp(self) -> None:
        """Bring every weight into the range that the integer form can hold."""
        self.tables.clamp_(-1, 1)
        bounds = [(self.from_features, 2.0), (self.to_logits, 2.0)]
        bounds += [(matrix, 2 / FIRST_GAIN) for matrix in self.first]
        bounds += [(matrix, 2 / SECOND_GAIN) for matrix in self.second]
        bounds += [(biases, _FARTHEST / DISTANCE_GAIN) for biases in self.distances]
        for parameter, bound in bounds:
            parameter.clamp_(-bound, bound)


def _within_16_bits(stream: Tensor) -> Tensor:
    bounded: Tensor = _Bounded.apply(stream / _FARTHEST_STREAM) * _FARTHEST_STREAM
    return bounded


def _norm(stream: Tensor) -> Tensor:
    return stream * (_NORM / stream.square().mean(-1, keepdim=True).sqrt().clamp(min=_NORM))


def _slopes(shape: TransformerShape) -> Tensor:
    """Return biases by head and distance to start from: the first head sees little more than a word, the last all."""
    steepest, flattest = 0.5, 4 / shape.window
    slopes = steepest * (flattest / steepest) ** (torch.arange(shape.heads) / max(shape.heads - 1, 1))
    return (-slopes[:, None] * torch.arange(shape.window)).clamp(min=-7.0)
