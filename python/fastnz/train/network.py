"""The network in PyTorch: a reset-after GRU over bytes with hashed features, as `gru8` runs it in integers.

The invariant: with `rounded` set, the weights, features and states enter every product as the integers that `gru8` uses
(gradients pass straight through). Knows nothing of files, data or optimisation.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from .features import FEATURE_COUNT
from .rounding import INPUT_GRID, LOGIT_UNIT, STATE_GRID, STATE_UNIT, fake_grid, fake_rows

BYTES = 256


class Shape(NamedTuple):
    """The sizes of one network.

    Attributes
    ----------
    hidden, depth, bits : int
        H, D and b of docs/gru8.md.
    embedding : int
        Values by which a byte is known while training; 0 trains the table of gate inputs itself.
    """

    hidden: int = 192
    depth: int = 16
    bits: int = 14
    embedding: int = 64

    @property
    def features(self) -> int:
        """Values that all feature tables give together."""
        return FEATURE_COUNT * self.depth


class _Recurrence(torch.autograd.Function):
    """All steps of the recurrence at once; the gradient of the matrix is one product over all steps."""

    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, matrix: Tensor, bias: Tensor, state: Tensor, rounded: bool, short: bool
    ) -> Any:
        steps, batch, triple = inputs.shape
        hidden = triple // 3
        states = inputs.new_empty(steps + 1, batch, hidden)
        seen = inputs.new_empty(steps, batch, hidden) if rounded else None
        gates = inputs.new_empty(steps, batch, 2 * hidden)
        candidates = inputs.new_empty(steps, batch, hidden)
        recurrent = inputs.new_empty(steps, batch, hidden)
        states[0] = state
        matrix = matrix.bfloat16() if short else matrix
        transposed = matrix.t().contiguous()
        for step in range(steps):
            before = states[step]
            if seen is not None:
                before = torch.round(before * INPUT_GRID, out=seen[step]).clamp_(max=INPUT_GRID - 1).div_(INPUT_GRID)
            product = before.to(matrix.dtype) @ transposed
            gate = torch.add(inputs[step, :, : 2 * hidden], product[:, : 2 * hidden], out=gates[step]).sigmoid_()
            inner = torch.add(product[:, 2 * hidden :], bias, out=recurrent[step])
            new = torch.addcmul(inputs[step, :, 2 * hidden :], gate[:, :hidden], inner, out=candidates[step])
            new.mul_(2).sigmoid_().mul_(2).sub_(1)  # tanh, in a third of the time that tanh takes
            torch.lerp(new, states[step], gate[:, hidden:], out=states[step + 1])
        ctx.save_for_backward(matrix, states, gates, candidates, recurrent)
        ctx.seen = seen
        ctx.set_materialize_grads(False)
        return states[1:], gates[:, :, hidden:]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        grad_states, grad_keep = gradients
        matrix, states, gates, candidates, recurrent = ctx.saved_tensors
        steps, batch, hidden = candidates.shape
        reset, keep = gates[:, :, :hidden], gates[:, :, hidden:]
        grad_inputs = torch.empty(steps, batch, 3 * hidden, dtype=states.dtype, device=states.device)
        grad_product = torch.empty_like(grad_inputs, dtype=matrix.dtype)
        slope_reset = reset * (1 - reset)
        slope_keep = keep * (1 - keep)
        slope_new = (1 - keep) * (1 - candidates * candidates)
        toward = (states[:-1] - candidates) * slope_keep
        grad = torch.zeros_like(states[0])
        extra = grad_keep * slope_keep if grad_keep is not None else None
        for step in range(steps - 1, -1, -1):
            if grad_states is not None:
                grad = grad + grad_states[step]
            out = grad_inputs[step]
            new = torch.mul(grad, slope_new[step], out=out[:, 2 * hidden :])
            torch.mul(grad, toward[step], out=out[:, hidden : 2 * hidden])
            if extra is not None:
                out[:, hidden : 2 * hidden] += extra[step]
            torch.mul(new * recurrent[step], slope_reset[step], out=out[:, :hidden])
            back = grad_product[step]
            back[:, : 2 * hidden] = out[:, : 2 * hidden]
            back[:, 2 * hidden :] = new * reset[step]
            grad = torch.addcmul((back @ matrix).to(grad.dtype), grad, keep[step])
        flat = grad_product.reshape(-1, 3 * hidden)
        seen = ctx.seen if ctx.seen is not None else states[:-1]
        grad_matrix = (flat.t() @ seen.reshape(-1, hidden).to(flat.dtype)).to(grad.dtype)
        return grad_inputs, grad_matrix, flat[:, 2 * hidden :].sum(0, dtype=grad.dtype), grad, None, None


class _Product(torch.autograd.Function):
    """Rows of `values` times the rows of `matrix`; the gradients, and if `short` the product too, in bfloat16."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, matrix: Tensor, short: bool) -> Any:
        flat, narrow = values.reshape(-1, values.shape[-1]).bfloat16(), matrix.bfloat16()
        ctx.save_for_backward(flat, narrow)
        product = (flat @ narrow.t()).to(values.dtype) if short else values.reshape(-1, values.shape[-1]) @ matrix.t()
        return product.view(*values.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        (gradient,) = gradients
        flat, narrow = ctx.saved_tensors
        down = gradient.reshape(-1, gradient.shape[-1]).bfloat16()
        grad_values = (down @ narrow).to(gradient.dtype).view(*gradient.shape[:-1], -1)
        return grad_values, (down.t() @ flat).to(gradient.dtype), None


class _Lookup(torch.autograd.Function):
    """Rows of a table; the gradient is added up row by row, without sorting."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, table: Tensor) -> Any:
        ctx.save_for_backward(rows)
        ctx.table_shape = table.shape
        return functional.embedding(rows, table)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        (gradient,) = gradients
        (rows,) = ctx.saved_tensors
        table = gradient.new_zeros(ctx.table_shape)
        return None, table.index_add_(0, rows.flatten(), gradient.reshape(-1, ctx.table_shape[1]))


class Network(nn.Module):
    """Predicts the next byte from the last one, hashed features of the past, and a recurrent state.

    Parameters
    ----------
    shape : Shape
        The sizes.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.rounded = False  # computes with what an export would store
        self.at_once = False  # uses the device library's recurrent layer until the network is rounded
        self.short = False  # multiplies in bfloat16 where little depends on it; processors are quicker at that
        hidden, features = shape.hidden, shape.features
        width = shape.embedding or 3 * hidden
        self.embedding = nn.Parameter(torch.randn(BYTES, width) * 0.5)
        self.from_embedding = nn.Parameter(torch.randn(3 * hidden, width) * width**-0.5) if shape.embedding else None
        self.from_features = nn.Parameter(torch.randn(3 * hidden, features) * features**-0.5)
        self.from_state = nn.Parameter(torch.randn(3 * hidden, hidden) * hidden**-0.5)
        self.bias = nn.Parameter(torch.zeros(3 * hidden))
        self.bias_recurrent = nn.Parameter(torch.zeros(hidden))
        self.tables = nn.Parameter(torch.empty(FEATURE_COUNT << shape.bits, shape.depth).uniform_(-0.1, 0.1))
        self.to_logits = nn.Parameter(torch.randn(BYTES, hidden + features) * 0.05)
        self.bias_logits = nn.Parameter(torch.zeros(BYTES))
        self.table_grid = int(INPUT_GRID)  # steps to 1 that an export keeps of the tables
        with torch.no_grad():
            self.bias[hidden : 2 * hidden] = 1.0

    def zero_state(self, batch: int) -> Tensor:
        """Return the state in which every record starts; shape (batch, hidden)."""
        return self.bias.new_zeros(batch, self.shape.hidden)

    def byte_rows(self) -> Tensor:
        """Return what each byte adds to the gates, biases included; shape (256, 3 H)."""
        rows = self.embedding if self.from_embedding is None else self.embedding @ self.from_embedding.t()
        return rows + self.bias

    def forward(self, inputs: Tensor, buckets: Tensor, state: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Run `T` steps of `S` streams.

        Parameters
        ----------
        inputs : Tensor of int64, shape (T, S)
            The byte seen before each prediction.
        buckets : Tensor of int64, shape (T, S, 4)
            Rows of the feature tables (`features.buckets_of`).
        state : Tensor of float, shape (S, H)
            The state before the first step.

        Returns
        -------
        logits : Tensor, shape (T, S, 256)
        states : Tensor, shape (T, S, H)
            The state after each step.
        activity : Tensor, shape (T, S, H)
            One minus the update gate: 0 where a unit kept its value.
        """
        from_features, from_state, to_logits, byte_rows = (
            self.from_features,
            self.from_state,
            self.to_logits,
            self.byte_rows(),
        )
        if self.rounded:
            from_features, from_state = fake_rows(from_features, STATE_UNIT), fake_rows(from_state, STATE_UNIT)
            to_logits = fake_rows(to_logits, LOGIT_UNIT)
            byte_rows = fake_grid(byte_rows, STATE_GRID, -32768, 32767)
        rows = buckets + torch.arange(FEATURE_COUNT, device=buckets.device) * (1 << self.shape.bits)
        features = (_Lookup.apply(rows, self.tables) if self.at_once else functional.embedding(rows, self.tables)).flatten(2)
        if self.at_once and not self.rounded and self.from_embedding is not None:
            return self._forward_at_once(inputs, features, state)
        if self.rounded:
            features = fake_grid(features, self.table_grid, -self.table_grid, self.table_grid - 1)
        short = self.short and not self.rounded
        turned = _Product.apply(features, from_features, True) if short else features @ from_features.t()
        gate_inputs = functional.embedding(inputs, byte_rows) + turned
        states, keep = _Recurrence.apply(gate_inputs, from_state, self.bias_recurrent, state, self.rounded, short)
        seen = fake_grid(states, INPUT_GRID, -INPUT_GRID, INPUT_GRID - 1) if self.rounded else states
        both = torch.cat([seen, features], 2)
        if short:  # the logits themselves in full: the loss is measured on them
            return _Product.apply(both, to_logits, False) + self.bias_logits, states, 1 - keep
        return functional.linear(both, to_logits, self.bias_logits), states, 1 - keep

    def _forward_at_once(self, inputs: Tensor, features: Tensor, state: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Do what `forward` does with the device library's recurrent layer; the activity it does not tell is 1."""
        hidden = self.shape.hidden
        seen = torch.cat([_Lookup.apply(inputs, self.embedding), features], 2)
        assert self.from_embedding is not None
        weights = [
            torch.cat([self.from_embedding, self.from_features], 1),
            self.from_state,
            self.bias,
            torch.cat([self.bias.new_zeros(2 * hidden), self.bias_recurrent]),
        ]
        states, _ = torch._VF.gru(seen, state[None], weights, True, 1, 0.0, True, False, False)
        both = torch.cat([states, features], 2)
        return functional.linear(both, self.to_logits, self.bias_logits), states, torch.ones_like(states)

    @torch.no_grad()
    def clamp(self) -> None:
        """Bring every weight into the range that the integer form can hold."""
        self.tables.clamp_(-1, 1)
        for matrix in (self.from_features, self.from_state, self.to_logits):
            matrix.clamp_(-2, 2)
