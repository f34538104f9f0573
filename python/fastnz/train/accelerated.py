"""A step of training on a CUDA device as two graphs, of the plain and of the rounded network, that are recorded once.

The invariant: a replayed graph does what `Trainer.step` does on a processor, but for the order of sums. A network of this
size is thousands of small kernels; launched one by one they would take ten times as long as they compute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from .data import Batch
from .features import FEATURE_COUNT

if TYPE_CHECKING:
    from .loop import Trainer

_WARM_UP = 3  # steps that PyTorch asks for before it records


def loss_of(logits: torch.Tensor, targets: torch.Tensor, counted: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what a step is trained on: the mean loss of the bytes that count, and without gradient that of each stream.

    Parameters
    ----------
    logits : Tensor, shape (T, S, 256)
    targets : Tensor of int64, shape (T, S)
    counted : Tensor of bool or float, shape (T, S)
        Which bytes count.

    Returns
    -------
    loss : Tensor, scalar, nats per byte
    losses : Tensor, shape (S,), nats per byte
    """
    losses = functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none").view(targets.shape) * counted
    return losses.sum() / counted.sum(), losses.detach().sum(0) / counted.sum(0)


class AcceleratedStep:
    """The device's side of a `Trainer` of a network without a penalty.

    Parameters
    ----------
    trainer : Trainer
        Its network and state are on the device already.
    """

    def __init__(self, trainer: Trainer) -> None:
        plan, device = trainer.plan, trainer.device
        torch.backends.cuda.matmul.allow_tf32 = True
        torch.backends.cudnn.allow_tf32 = True
        self._trainer = trainer
        shape = (plan.steps, plan.streams)
        self._inputs = torch.zeros(shape, dtype=torch.uint8, device=device)
        self._targets = torch.zeros(shape, dtype=torch.uint8, device=device)
        self._counted = torch.ones(shape, dtype=torch.bool, device=device)
        self._buckets = torch.zeros((*shape, FEATURE_COUNT), dtype=torch.int32, device=device)
        self._fresh = torch.ones(plan.streams, dtype=torch.bool, device=device)
        self._state = trainer.state
        self._first_rows = torch.arange(FEATURE_COUNT, device=device) << trainer.shape.bits
        self._seen = torch.zeros(FEATURE_COUNT << trainer.shape.bits, dtype=torch.uint8, device=device)
        self._losses = torch.zeros(plan.streams, device=device)  # nats per byte of each stream
        self._loss = torch.zeros((), device=device)
        self._graphs: dict[bool, torch.cuda.CUDAGraph] = {}

    def __call__(self, batch: Batch, rate: float) -> None:
        """Queue one step; nothing waits for it."""
        rounded = self._trainer.network.rounded
        for kept, fresh in (
            (self._inputs, batch.inputs),
            (self._targets, batch.targets),
            (self._counted, batch.counted),
            (self._buckets, batch.buckets),
            (self._fresh, batch.fresh),
        ):
            kept.copy_(torch.from_numpy(fresh).to(kept.dtype).pin_memory(), non_blocking=True)
        if rounded not in self._graphs:
            self._graphs[rounded] = self._record()
        for group in self._trainer.optimizer.param_groups:
            group["lr"].fill_(rate)
        self._graphs[rounded].replay()

    def losses(self) -> tuple[float, list[float]]:
        """Wait; return the last step's loss and that of each stream, in nats per byte."""
        return float(self._loss), self._losses.tolist()

    def seen_rows(self) -> torch.Tensor:
        """Return which rows of the feature tables were met; shape (4, rows)."""
        return self._seen.bool().view(FEATURE_COUNT, -1)

    def _step(self) -> None:
        trainer = self._trainer
        trainer.optimizer.zero_grad(set_to_none=True)
        buckets = self._buckets.long()
        self._seen.scatter_(0, (buckets + self._first_rows).flatten(), 1)
        state = self._state.masked_fill(self._fresh[:, None], 0.0)
        logits, states, _ = trainer.network(self._inputs.long(), buckets, state)
        loss, losses = loss_of(logits, self._targets.long(), self._counted)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trainer.network.parameters(), trainer.plan.clip)
        trainer.optimizer.step()
        trainer.network.clamp()
        self._state.copy_(states[-1].detach())
        self._losses.copy_(losses)
        self._loss.copy_(loss.detach())

    def _record(self) -> torch.cuda.CUDAGraph:
        # Recording needs a few steps beforehand: they must not move the weights or the state.
        kept = self._state.clone()
        for group in self._trainer.optimizer.param_groups:
            group["lr"].fill_(0.0)
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(_WARM_UP):
                self._step()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._step()
        self._state.copy_(kept)
        return graph
