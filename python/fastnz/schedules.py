"""When a network that learns while it codes learns again from what it has coded.

A schedule is data: it is written to the frame with the network's other options, and a decoder replays it step for step.
NNCP and jax-compress owe much of their ratio to such passes. Knows no arithmetic: docs/online.md, section 12.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

__all__ = ["Replay"]


@dataclass(frozen=True)
class Replay:
    """Passes over a window of the past, one update after each of the network's own until a replay is over.

    Parameters
    ----------
    every : int
        Steps between two replays, a power of two from 2^6 to 2^21. A step is a byte of each of the network's streams.
    doubling : bool
        After the first, wait for as many steps again as there were so far: each byte is then learnt again about
        `passes` times log2(size / every) times.
    window : int
        How many of the newest steps are learnt again, a power of two from 2^6 to 2^21; fewer if there were fewer.
    passes : int
        How often in one replay, 1 to 8.
    lanes : int
        Pieces of the window that are learnt from together, a power of two up to 64: more of them are faster, with fewer
        updates.
    rate : float
        Of learning. It falls as the network's own does.
    apart : bool
        Whether replays have means of squares and counts of their own (an optimiser state, as jax-compress has it).
    dropout : float
        Which share of what the output layer reads a replay leaves out at random, to sixteenths, at most 7/16.

    Examples
    --------
    >>> import fastnz
    >>> from fastnz.schedules import Replay
    >>> model = f"gru:units=32,{Replay(every=256, window=256)}"
    >>> data = b"a schedule is data, and so is this. " * 20
    >>> fastnz.decompress(fastnz.compress(data, model=model)) == data  # the frame says it all
    True
    """

    every: int = 1 << 16
    doubling: bool = False
    window: int = 1 << 20
    passes: int = 1
    lanes: int = 4
    rate: float = 0.001
    apart: bool = True
    dropout: float = 0.0

    def __str__(self) -> str:
        """Return the schedule as options behind the name of a network."""
        words = {"rate": "replay_rate"}
        return ",".join(f"{words.get(f.name, f.name)}={getattr(self, f.name) + 0}" for f in fields(self))
