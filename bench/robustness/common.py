"""What the robustness scripts share: the project's modules on the path, made-up data, results in table and CSV."""

from __future__ import annotations

import datetime
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import machine  # noqa: E402
import records  # noqa: E402


def report(name: str, rows: list[dict]) -> None:
    """Print rows as a table and append them, with date, machine and load, to record/robustness-<name>.csv."""
    print(records.table(rows))
    stamp = {"date": datetime.date.today().isoformat(), "machine": machine.kind(), "load": machine.load()}
    path = records.RECORD / f"robustness-{name}.csv"
    records.append(path, [stamp | row for row in rows])


def make_text(size: int, seed: int = 1) -> bytes:
    """Return log-like text: compressible, but not by repetition alone."""
    rng = random.Random(seed)
    words = [bytes(rng.choices(b"etaoinshrdlucmfwyp", k=rng.randrange(2, 10))) for _ in range(4000)]
    weights = [1 / (rank + 5) for rank in range(len(words))]
    lines, length = [], 0
    while length < size:
        line = b"%d %s\n" % (rng.randrange(10**6), b" ".join(rng.choices(words, weights, k=rng.randrange(4, 14))))
        lines.append(line)
        length += len(line)
    return b"".join(lines)[:size]


def make_mixed(size: int, seed: int = 2) -> bytes:
    """Return text, small integers in binary and a few random bytes, in turns of 64 KiB."""
    rng = random.Random(seed)
    text = make_text(size, seed)
    parts = []
    for start in range(0, size, 1 << 16):
        turn = (start >> 16) % 4
        if turn == 3:
            parts.append(rng.randbytes(1 << 12) + bytes(rng.choices(range(16), k=60 << 10)))
        else:
            parts.append(text[start : start + (1 << 16)])
    return b"".join(parts)[:size]
