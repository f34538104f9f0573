"""Extremes: nothing but zeros, one record again and again, random bytes.

    python bench/robustness/runs.py [--size 100000000] [--levels 1,5]

A coder that spends a fixed time on every byte is slow where others fly, and one without an escape grows random data.
Seconds are CPU seconds of one thread. Random input may not grow by more than `fastnz.compress_bound` says.
"""

from __future__ import annotations

import argparse
import random
import sys
import time

import fastnz
from common import report


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure long runs, repeats and random bytes.")
    parser.add_argument("--size", type=int, default=100_000_000)
    parser.add_argument("--levels", type=lambda text: [int(part) for part in text.split(",")], default=[1, 5])
    options = parser.parse_args()
    rng = random.Random(3)
    record = rng.randbytes(1024)
    inputs = {
        "zeros": bytes(options.size),
        "1 KiB record repeated": (record * (options.size // 1024 + 1))[: options.size],
        "random, tenth of the size": rng.randbytes(options.size // 10),
        "random, 1000 B": rng.randbytes(1000),
        "random, 1 B": rng.randbytes(1),
    }
    rows, bad = [], 0
    for level in options.levels:
        for name, data in inputs.items():
            row, wrong = measure(name, data, level)
            rows.append(row)
            bad += wrong
    report("runs", rows)
    print(f"{'FAILED' if bad else 'held'}: {bad} wrong or over the bound")
    return 1 if bad else 0


def measure(name: str, data: bytes, level: int) -> tuple[dict, bool]:
    """Time both directions; return the row and whether a promise was broken."""
    start = time.process_time()
    blob = fastnz.compress(data, level=level, threads=1)
    packed = time.process_time()
    restored = fastnz.decompress(blob, max_output_size=None, max_memory=None)
    done = time.process_time()
    row = {
        "input": name,
        "level": level,
        "bytes": len(data),
        "compressed": len(blob),
        "growth_B": len(blob) - len(data),
        "compress_s": f"{packed - start:.3f}",
        "decompress_s": f"{done - packed:.3f}",
    }
    return row, restored != data or len(blob) > fastnz.compress_bound(len(data))


if __name__ == "__main__":
    sys.exit(main())
