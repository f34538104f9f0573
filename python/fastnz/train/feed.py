"""Batches for training: one `Streams`, or several that processes of their own fill ahead of the trainer.

The invariant: what is trained on depends on the data, the seed and the number of groups, not on how many processors fill
them or how far ahead they are. Needs NumPy only.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from .data import Batch, Kind, Streams

_AHEAD = 8  # batches that a process has ready
_PATIENCE_S = 5.0
_MARK = 256  # batches between two from which a run can go on


class Feed:
    """Streams in this process; each batch is made when it is asked for.

    Attributes
    ----------
    marked : bool
        Whether `position` can tell now where the next batch comes from.
    """

    marked = True

    def __init__(self, kinds: Sequence[Kind], count: int, steps: int, bits: int, seed: int, lines: bool) -> None:
        self._streams = Streams(kinds, count, steps, bits, seed, lines)

    def next(self) -> Batch:
        """Return the next batch."""
        return self._streams.next()

    def position(self) -> Any:
        """Return all that decides what comes next, in what JSON can hold."""
        return self._streams.position()

    def restore(self, position: Any) -> None:
        """Go on from where `position` was taken."""
        self._streams.restore(position)


class GroupedFeed:
    """Streams in groups of equal size, each drawn from a seed of its own by a process of its own.

    Parameters
    ----------
    groups : int
        How many; must divide `count`. The other parameters are those of `Streams`.
    """

    def __init__(
        self, kinds: Sequence[Kind], count: int, steps: int, bits: int, seed: int, lines: bool, groups: int
    ) -> None:
        if groups < 1 or count % groups:
            raise ValueError(f"{count} streams cannot be cut into {groups} groups")
        self._plans = [(kinds, count // groups, steps, bits, seed * 1000 + group, lines) for group in range(groups)]
        self._given = 0
        self._positions: list[Any] = [None] * groups
        self._start(None)

    @property
    def marked(self) -> bool:
        """Whether `position` can tell now where the next batch comes from."""
        return self._given % _MARK == 0

    def _start(self, positions: list[Any] | None) -> None:
        fork = multiprocessing.get_context("fork")  # the data are shared, not copied
        self._pipes: list[Connection] = []
        self._processes = []
        for group, plan in enumerate(self._plans):
            mine, theirs = fork.Pipe()
            position = None if positions is None else positions[group]
            process = fork.Process(target=_fill, args=(theirs, plan, position), daemon=True)
            process.start()
            theirs.close()
            for _ in range(_AHEAD):
                mine.send(True)
            self._pipes.append(mine)
            self._processes.append(process)

    def next(self) -> Batch:
        """Return the next batch."""
        parts = []
        for group, pipe in enumerate(self._pipes):
            batch, position = pipe.recv()
            pipe.send(True)
            parts.append(batch)
            if position is not None:
                self._positions[group] = position
        self._given += 1
        across = [np.concatenate(arrays, axis=1) for arrays in zip(*(part[:4] for part in parts), strict=True)]
        along = [np.concatenate(arrays) for arrays in zip(*(part[4:] for part in parts), strict=True)]
        return Batch(*across, *along)

    def position(self) -> Any:
        """Return all that decides what comes next, in what JSON can hold."""
        if not self.marked:
            raise ValueError("between two marks")
        return self._positions

    def restore(self, position: Any) -> None:
        """Go on from where `position` was taken."""
        self.close()
        self._given, self._positions = 0, list(position)
        self._start(position)

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            process.terminate()
            process.join()
        for pipe in self._pipes:
            pipe.close()


def _fill(pipe: Connection, plan: tuple[Any, ...], position: Any) -> None:
    streams = Streams(*plan)
    if position is not None:
        streams.restore(position)
    made, parent = 0, os.getppid()
    while True:
        batch = streams.next()
        made += 1
        narrow = batch._replace(
            inputs=batch.inputs.astype(np.uint8),
            buckets=batch.buckets.astype(np.int32),
            targets=batch.targets.astype(np.uint8),
        )
        position = streams.position() if made % _MARK == 0 else None
        try:
            while not pipe.poll(_PATIENCE_S):
                if os.getppid() != parent:  # killed: its pipe stays open in the processes that it forked later
                    return
            pipe.recv()
            pipe.send((narrow, position))
        except (EOFError, OSError):
            return
