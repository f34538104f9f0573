"""The training loop: truncated back-propagation over parallel streams, with checkpoints that continue exactly.

The invariant: a run stopped anywhere and resumed from its last checkpoint has trained on the same bytes in the same
order. Knows nothing of files of text or of the integer form.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TypedDict

import numpy as np
import torch
from torch.nn import functional

from .accelerated import AcceleratedStep, loss_of
from .data import Batch, Bytes, Kind, by_kind, held_lines, held_segments, padded
from .features import FEATURE_COUNT, buckets_of, inputs_of
from .feed import Feed, GroupedFeed
from .network import Network
from .quantise import AnyNetwork, AnyShape, network_of
from .sparsity import Sparsity

_WINDOW = 256  # steps of a measurement at once
_LOOK = 1 << 21  # bytes between two looks at the loss on a device, each of which waits for it


class Mark(TypedDict):
    """A point in a run: bytes and seconds so far, and bits per byte of what is held back by kind."""

    bytes: int
    seconds: float
    held: dict[str, float]


@dataclass
class Plan:
    """How to train; everything that a run depends on besides its data.

    Attributes
    ----------
    total_bytes : int
        Bytes to train on, over all streams.
    streams, steps : int
        Streams in lockstep, and steps of each between two updates.
    rate, final_rate : float
        Peak of the learning rate, and its end.
    rise_bytes, fall_bytes : int
        The first bytes, in which the rate rises, and the last, in which it falls; it stays at its peak between them. 0
        is a hundredth of the run and all the rest.
    rounded_share : float
        The last share of the run, in which the network computes with the integers that it is exported to.
    table_grid : int
        Steps to 1 of the feature tables in an export, a power of two up to 128: fewer make a smaller file.
    lines : bool
        Train and measure on lines, each of which starts with nothing before it.
    clear_unseen : bool
        Export rows of the feature tables that the run never met as zeros.
    sparsity_target, sparsity_weight, sparsity_decay : float
        rho, beta and the running mean of the penalty on active units (`sparsity`); beta 0 is none.
    short : bool
        Multiply the recurrent matrix in bfloat16 until the network is rounded.
    groups : int
        Groups of streams with seeds of their own, each filled by a process of its own; 0 is one group in this process.
    graphed : bool
        On a CUDA device, record a step as a graph and replay it (`accelerated`); without a penalty only.
    """

    total_bytes: int = 100_000_000
    streams: int = 32
    steps: int = 96
    rate: float = 4e-3
    final_rate: float = 1e-4
    rise_bytes: int = 0
    fall_bytes: int = 0
    clip: float = 1.0
    seed: int = 1
    sparsity_target: float = 0.0
    sparsity_weight: float = 0.0
    sparsity_decay: float = 0.0
    short: bool = False
    rounded_share: float = 0.1
    table_grid: int = 128
    clear_unseen: bool = False
    validate_every: int = 10_000_000
    held_length: int = 8192
    held_per_kind: int = 4
    lines: bool = False
    groups: int = 0
    graphed: bool = False


class Trainer:
    """One run.

    Parameters
    ----------
    kinds : sequence of Kind
        The data.
    shape : Shape or TransformerShape
        The network, unless there is a `start`.
    plan : Plan
        How to train it.
    device : str
        As PyTorch names it.
    start : Network, Transformer or None
        What to train on; None starts from random weights.
    """

    def __init__(
        self,
        kinds: Sequence[Kind],
        shape: AnyShape,
        plan: Plan,
        device: str = "cpu",
        start: AnyNetwork | None = None,
    ) -> None:
        torch.manual_seed(plan.seed)
        self.kinds, self.plan, self.device = kinds, plan, device
        self.network = start or network_of(shape)
        self.shape = self.network.shape
        self.streams = self._feed()  # before the device is used: a process that uses one must not be forked
        self.network.to(device)
        self.network.short, self.network.table_grid = plan.short, plan.table_grid
        if isinstance(self.network, Network):
            self.network.at_once = plan.graphed
        graphed = plan.graphed and device.startswith("cuda")
        if graphed and (plan.sparsity_weight or not isinstance(self.network, Network)):
            raise ValueError("only gru8 without a penalty is trained by a graph")
        rate = torch.tensor(plan.rate, device=device) if graphed else plan.rate
        self.optimizer = torch.optim.Adam(
            self.network.parameters(), rate, (0.9, 0.99), eps=1e-10, fused=True, capturable=graphed
        )
        self.state = self.network.zero_state(plan.streams)
        self._accelerated = AcceleratedStep(self) if graphed else None
        self._bits = math.nan
        self.seen_rows = np.zeros((FEATURE_COUNT, 1 << self.shape.bits), bool)
        self.sparsity = None
        if plan.sparsity_weight:
            self.sparsity = Sparsity(plan.sparsity_target, plan.sparsity_weight, plan.sparsity_decay)
        self.done = 0
        self.seconds = 0.0
        self.smoothed = [math.nan] * len(kinds)
        self.history: list[Mark] = []

    def _feed(self) -> Feed | GroupedFeed:
        plan = self.plan
        common = (self.kinds, plan.streams, plan.steps, self.shape.bits, plan.seed, plan.lines)
        return GroupedFeed(*common, plan.groups) if plan.groups else Feed(*common)

    def rate(self) -> float:
        """Return the learning rate of the next step: a straight rise, level, then a half cosine down."""
        plan = self.plan
        rise = plan.rise_bytes or plan.total_bytes // 100
        if self.done < rise:
            return plan.rate * max(self.done / rise, 0.01)
        fall = min(plan.fall_bytes or plan.total_bytes, plan.total_bytes - rise)
        left = min(max(plan.total_bytes - self.done, 0) / max(fall, 1), 1)
        return plan.final_rate + (plan.rate - plan.final_rate) * (0.5 - 0.5 * math.cos(math.pi * left))

    def step(self) -> float:
        """Train on one batch; return its bits per byte."""
        self.network.rounded = self.done >= (1 - self.plan.rounded_share) * self.plan.total_bytes
        batch = self.streams.next()
        if self._accelerated is not None:
            return self._accelerate(self._accelerated, batch)
        self.seen_rows[np.arange(FEATURE_COUNT), batch.buckets] = True
        device = self.device
        fresh = torch.from_numpy(batch.fresh).to(device)
        targets = torch.from_numpy(batch.targets.astype(np.int64, copy=False)).to(device)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate()
        logits, states, activity = self.network(
            torch.from_numpy(batch.inputs.astype(np.int64, copy=False)).to(device),
            torch.from_numpy(batch.buckets.astype(np.int64, copy=False)).to(device),
            self.state.masked_fill(fresh[:, None], 0.0),
        )
        counted = torch.from_numpy(batch.counted).to(device)
        loss, losses = loss_of(logits, targets, counted)
        self.optimizer.zero_grad()
        (loss if self.sparsity is None else loss + self.sparsity.penalty(activity)).backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.plan.clip)
        self.optimizer.step()
        self.network.clamp()
        self.state = states[-1].detach()
        self.done += int(batch.counted.sum())
        self._note(losses.cpu().numpy(), batch.kinds)
        return float(loss.detach()) / math.log(2)

    def _accelerate(self, step: AcceleratedStep, batch: Batch) -> float:
        step(batch, self.rate())
        before = self.done
        self.done += int(batch.counted.sum())
        if before // _LOOK != self.done // _LOOK or math.isnan(self._bits):
            loss, losses = step.losses()
            self._bits = loss / math.log(2)
            self._note(np.array(losses), batch.kinds)
        return self._bits

    def _note(self, losses: np.ndarray, kinds: np.ndarray) -> None:
        for kind, nats in zip(kinds.tolist(), losses.tolist(), strict=True):
            bits, old = nats / math.log(2), self.smoothed[kind]
            self.smoothed[kind] = bits if math.isnan(old) else old + 0.003 * (bits - old)

    def held_segments(self) -> list[tuple[int, Bytes]]:
        """Return the held-back segments that validation measures on."""
        if self.plan.lines:
            return held_lines(self.kinds, self.plan.held_length, self.plan.held_per_kind)
        return held_segments(self.kinds, self.plan.held_length, self.plan.held_per_kind)

    def validate(self) -> dict[str, float]:
        """Return bits per byte on the held-back segments, each from a zero state, by kind."""
        segments = self.held_segments()
        if not segments:
            return {}
        texts = [text for _, text in segments]
        bits = measure(self.network, texts, self.device)
        return by_kind([self.kinds[kind].name for kind, _ in segments], bits, [text.size for text in texts])

    @torch.no_grad()
    def finish(self) -> None:
        """Clear what the run has not trained, if its plan says so; to be called once, at the end."""
        if self._accelerated is not None:
            self.seen_rows |= self._accelerated.seen_rows().cpu().numpy()
        if self.plan.clear_unseen:
            self.network.tables[torch.from_numpy(~self.seen_rows).flatten().to(self.device)] = 0

    def save(self, path: str) -> None:
        """Write a checkpoint in one step: either the old or the new one is there."""
        if self._accelerated is not None:
            self.seen_rows |= self._accelerated.seen_rows().cpu().numpy()
        parts = {
            "shape": self.shape._asdict(),
            "plan": asdict(self.plan),
            "names": [kind.name for kind in self.kinds],
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "streams": json.dumps(self.streams.position() if self.streams.marked else None),
            "state": self.state,
            "done": self.done,
            "seconds": self.seconds,
            "seen_rows": torch.from_numpy(self.seen_rows),
            "smoothed": self.smoothed,
            "running": None if self.sparsity is None else self.sparsity.running,
            "history": self.history,
        }
        torch.save(parts, path + ".new")
        os.replace(path + ".new", path)

    def load(self, path: str) -> None:
        """Continue from a checkpoint of the same run."""
        parts = torch.load(path, map_location=self.device, weights_only=True)
        if parts["shape"] != self.shape._asdict() or parts["names"] != [kind.name for kind in self.kinds]:
            raise ValueError(f"{path} is the checkpoint of another run: other data or another shape")
        self.network.load_state_dict(parts["network"])
        self.optimizer.load_state_dict(parts["optimizer"])
        position = json.loads(parts["streams"])
        if position is not None:  # None: the run was over
            self.streams.restore(position)
        self.seen_rows = parts["seen_rows"].numpy()
        self.state.copy_(parts["state"])
        for name in ("done", "seconds", "smoothed", "history"):
            setattr(self, name, parts[name])
        if self.sparsity is not None:
            self.sparsity.running = parts["running"]

    def run(self, checkpoint: str | None, tell: Callable[[Trainer, float], None], save_every_s: float = 120) -> None:
        """Train to the end of the plan, from the checkpoint if there is one."""
        if checkpoint and os.path.exists(checkpoint):
            self.load(checkpoint)
        saved = last = time.monotonic()
        while self.done < self.plan.total_bytes:
            before = self.done
            bits = self.step()
            now = time.monotonic()
            self.seconds, last = self.seconds + min(now - last, 10), now
            every = self.plan.validate_every
            if self.done // every != before // every or self.done >= self.plan.total_bytes:
                self.history.append({"bytes": self.done, "seconds": self.seconds, "held": self.validate()})
                last = time.monotonic()
            tell(self, bits)
            over = self.done >= self.plan.total_bytes
            if checkpoint and (over or (self.streams.marked and now - saved > save_every_s)):
                self.save(checkpoint)
                saved = now


@torch.no_grad()
def measure(network: AnyNetwork, texts: Sequence[Bytes], device: str = "cpu") -> list[float]:
    """Return the bits that `network` needs for each text from a zero state."""
    data, sizes = padded(texts)
    before = [inputs_of(row) for row in data]
    rows = np.stack([buckets_of(row, network.shape.bits) for row in before], axis=1)
    inputs, targets = np.stack(before, axis=1), data.T
    counted = np.arange(len(targets))[:, None] < sizes
    state = network.zero_state(len(texts))
    total = torch.zeros(len(texts), dtype=torch.float64)
    for start in range(0, len(targets), _WINDOW):
        window = slice(start, start + _WINDOW)
        logits, states, _ = network(
            torch.from_numpy(inputs[window].astype(np.int64)).to(device),
            torch.from_numpy(rows[window].astype(np.int64)).to(device),
            state,
        )
        state = states[-1]
        goal = torch.from_numpy(targets[window].astype(np.int64)).to(device)
        losses = functional.cross_entropy(logits.flatten(0, 1), goal.flatten(), reduction="none")
        total += (losses.view(goal.shape).cpu() * torch.from_numpy(counted[window])).sum(0).double()
    bits: list[float] = (total / math.log(2)).tolist()
    return bits
