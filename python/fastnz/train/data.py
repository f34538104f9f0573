"""Training data: kinds of text, what is held back of each, and endless streams of segments drawn from them.

The invariant: the last bytes of every kind are never trained on; the same seed gives the same streams. A segment starts
at the start of a line or sentence with nothing before it, as a record does. Needs NumPy only.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .features import FEATURE_COUNT, buckets_of, inputs_of

Bytes = npt.NDArray[np.uint8]
Augment = Callable[[bytes, np.random.Generator], bytes]


class Kind(NamedTuple):
    """One kind of text: where it is, how much it counts, and how it may be rewritten."""

    name: str
    train: Bytes
    held: Bytes
    weight: float
    augment: Augment | None = None


def split(name: str, data: Bytes, held: int, weight: float, augment: Augment | None = None) -> Kind:
    """Hold back the last `held` bytes of `data`."""
    cut = max(data.size - held, 0)
    return Kind(name, data[:cut], data[cut:], weight, augment)


_HELD_SHARE = 20
_HELD_LEAST, _HELD_MOST = 4096, 200_000
_LEAST = 16384


def read_kind(path: str) -> Kind:
    """Read a file, or all files of a folder, as one kind; the last 5 % of it, 4 to 200 KB, are held back.

    Raises
    ------
    ValueError
        If there is less than 16 KiB.
    """
    parts = [np.fromfile(file, np.uint8) for file in _files(path)]
    data = np.concatenate(parts) if parts else np.zeros(0, np.uint8)
    if data.size < _LEAST:
        raise ValueError(f"{path} holds {data.size} bytes; training needs at least {_LEAST}")
    held = min(max(data.size // _HELD_SHARE, _HELD_LEAST), _HELD_MOST)
    return split(os.path.basename(os.path.abspath(path)), data, held, 1.0)


def _files(path: str) -> Iterator[str]:
    if not os.path.isdir(path):
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            file = os.path.join(folder, name)
            if os.path.isfile(file) and not os.path.islink(file):
                yield file


class Batch(NamedTuple):
    """One step of training: `T` steps of `S` streams."""

    inputs: npt.NDArray[np.int64]  # (T, S)
    buckets: npt.NDArray[np.int64]  # (T, S, 4)
    targets: npt.NDArray[np.int64]  # (T, S)
    counted: npt.NDArray[np.bool_]  # (T, S) false where a segment has ended and its last window has not
    fresh: npt.NDArray[np.bool_]  # (S,) streams whose state is zero before the first step
    kinds: npt.NDArray[np.int64]  # (S,)


class Streams:
    """Endless streams in lockstep; each goes from one segment to the next on its own.

    Parameters
    ----------
    kinds : sequence of Kind
        What to draw from, by weight in bytes.
    count : int
        How many streams.
    steps : int
        Bytes of each stream in one batch; the length of every segment is a multiple of it.
    bits : int
        Log2 of the rows of a feature table.
    seed : int
        Of the draw.
    lines : bool
        Every segment is one line, for records that are coded one by one.
    """

    _SHORT = (192, 2048)
    _LONG = (2048, 65536)
    _SHORT_SHARE = 0.85  # of the segments: every fifth byte lies within the first KiB of its segment

    def __init__(
        self, kinds: Sequence[Kind], count: int, steps: int, bits: int, seed: int, lines: bool = False
    ) -> None:
        self._kinds = kinds
        self._steps = steps
        self._bits = bits
        self._lines = lines
        self._random = np.random.default_rng(seed)
        self._seen = np.zeros(len(kinds))
        self._weights = np.array([kind.weight for kind in kinds], float)
        self._weights /= self._weights.sum()
        self._segments = [self._draw() for _ in range(count)]
        self._position = [0] * count

    def next(self) -> Batch:
        """Return the next batch."""
        count, steps = len(self._segments), self._steps
        # Filled stream by stream, handed out with steps first.
        inputs = np.zeros((count, steps), np.int64)
        targets = np.zeros((count, steps), np.int64)
        buckets = np.zeros((count, steps, FEATURE_COUNT), np.int64)
        counted = np.zeros((count, steps), bool)
        fresh = np.zeros(count, bool)
        kinds = np.empty(count, np.int64)
        for stream in range(count):
            if self._position[stream] >= self._segments[stream][1].size:
                self._segments[stream] = self._draw()
                self._position[stream] = 0
            which, data, before, rows = self._segments[stream]
            at = self._position[stream]
            size = min(steps, data.size - at)
            inputs[stream, :size] = before[at : at + steps]
            targets[stream, :size] = data[at : at + steps]
            buckets[stream, :size] = rows[at : at + steps]
            counted[stream, :size] = True
            fresh[stream] = at == 0
            kinds[stream] = which
            self._position[stream] = at + steps
        return Batch(inputs.T, buckets.swapaxes(0, 1), targets.T, counted.T, fresh, kinds)

    def position(self) -> dict[str, object]:
        """Return all that decides what comes next, in what JSON can hold."""
        return {
            "random": self._random.bit_generator.state,
            "seen": self._seen.tolist(),
            "segments": [(which, data.tobytes().decode("latin-1")) for which, data, _, _ in self._segments],
            "position": list(self._position),
        }

    def restore(self, position: dict[str, Any]) -> None:
        """Go on from where `position` was taken."""
        self._random.bit_generator.state = position["random"]
        self._seen = np.array(position["seen"])
        self._segments = [
            self._ready(which, np.frombuffer(text.encode("latin-1"), np.uint8)) for which, text in position["segments"]
        ]
        self._position = list(position["position"])

    def _ready(self, which: int, data: Bytes) -> tuple[int, Bytes, Bytes, npt.NDArray[np.int32]]:
        before = inputs_of(data)
        return which, data, before, buckets_of(before, self._bits)

    def _draw(self) -> tuple[int, Bytes, Bytes, npt.NDArray[np.int32]]:
        while True:
            # The kind that is most behind its share of the bytes, with some chance in it.
            behind = self._weights * (self._seen.sum() + 1e5) - self._seen
            behind += self._random.uniform(0, 3e4, len(self._kinds))
            which = int(np.argmax(behind))
            data = self._segment(self._kinds[which])
            size = data.size if self._lines else data.size // self._steps * self._steps
            if size:
                break
        self._seen[which] += size
        return self._ready(which, data[:size])

    def _segment(self, kind: Kind) -> Bytes:
        if self._lines:
            return _line(kind.train, _next_line(kind.train, int(self._random.integers(0, kind.train.size))))
        low, high = self._SHORT if self._random.random() < self._SHORT_SHARE else self._LONG
        length = int(np.exp(self._random.uniform(np.log(low), np.log(high))))
        start = record_start(kind.train, int(self._random.integers(0, max(kind.train.size - length, 1))), self._random)
        text = kind.train[start : start + length + self._steps - 1]
        if kind.augment is not None:
            return np.frombuffer(kind.augment(text.tobytes(), self._random), np.uint8)
        return text


_LOOK_AHEAD = 2000
_LONGEST_LINE = 65536


def _line(data: Bytes, start: int) -> Bytes:
    """Return the line that starts there, its end included."""
    line = data[start : start + _LONGEST_LINE]
    return line[: line.tobytes().find(b"\n") + 1 or None]


def _next_line(data: Bytes, at: int) -> int:
    """Return where the line after the one that holds `at` starts; after the last comes the first."""
    start = at + data[at : at + _LONGEST_LINE].tobytes().find(b"\n") + 1
    return start if at < start < data.size else 0


def record_start(data: Bytes, at: int, random: np.random.Generator) -> int:
    """Return where the next line, or one time in three the next sentence, starts."""
    ahead = data[at : at + _LOOK_AHEAD].tobytes()
    mark = b". " if random.random() < 0.33 else b"\n"
    found = ahead.find(mark)
    if found < 0:
        found = ahead.find(b"\n")
    return at if found < 0 else at + found + len(mark)


def padded(texts: Sequence[Bytes]) -> tuple[Bytes, npt.NDArray[np.int64]]:
    """Return texts as rows of one array, with zeros behind the shorter ones, and their sizes."""
    sizes = np.array([text.size for text in texts])
    rows = np.zeros((len(texts), sizes.max()), np.uint8)
    for row, text in zip(rows, texts, strict=True):
        row[: text.size] = text
    return rows, sizes


def held_lines(kinds: Sequence[Kind], longest: int, per_kind: int) -> list[tuple[int, Bytes]]:
    """Return evenly spaced lines of what is held back, no more than `longest` bytes of each."""
    found = []
    for index, kind in enumerate(kinds):
        starts = np.flatnonzero(np.concatenate([[True], kind.held[:-1] == ord("\n")]))
        starts = starts[1:] if starts.size > 1 else starts  # the first may be the end of a line
        for at in starts[np.linspace(0, starts.size - 1, min(per_kind, starts.size)).astype(int)]:
            found.append((index, _line(kind.held, at)[:longest]))
    return found


def held_segments(
    kinds: Sequence[Kind], length: int, per_kind: int, random_seed: int = 0
) -> list[tuple[int, Bytes]]:
    """Return evenly spaced segments of what is held back, each at the start of a line, rewritten as in training."""
    found = []
    for index, kind in enumerate(kinds):
        random = np.random.default_rng(random_seed)
        room = kind.held.size - length - _LOOK_AHEAD
        if room < 0:
            continue
        for start in np.linspace(0, room, per_kind).astype(int):
            at = record_start(kind.held, int(start), random)
            text = kind.held[at : at + 2 * length]
            if kind.augment is not None:
                text = np.frombuffer(kind.augment(text.tobytes(), random), np.uint8)
            if text.size >= length:
                found.append((index, text[:length]))
    return found


def by_kind(names: Sequence[str], bits: Sequence[float], sizes: Sequence[int]) -> dict[str, float]:
    """Return bits per byte of each name from the bits and the bytes of its texts, and the mean over the names.

    Examples
    --------
    >>> by_kind(["a", "a", "b"], [10.0, 20.0, 35.0], [10, 10, 10])
    {'a': 1.5, 'b': 3.5, 'mean': 2.5}
    """
    total: dict[str, float] = {}
    count: dict[str, int] = {}
    for name, some, size in zip(names, bits, sizes, strict=True):
        total[name] = total.get(name, 0.0) + some
        count[name] = count.get(name, 0) + size
    means = {name: total[name] / count[name] for name in total}
    return {**means, "mean": sum(means.values()) / len(means)}
