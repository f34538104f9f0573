"""How long until the first byte: import, start of the command line tool, latency of short inputs.

    python bench/robustness/startup.py [--rounds 10]

Clock time in milliseconds, median and best. Beside ours: Python alone, and `lzma`.
"""

from __future__ import annotations

import argparse
import lzma
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import fastnz
from common import make_text, report


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure start-up and latency.")
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    rows = [timed(name, lambda args=args: _process(args), options.rounds) for name, args in processes().items()]
    for size in (1, 100, 1000, 10_000, 100_000):
        rows += latencies(size, options.rounds)
    report("startup", rows)
    return 0


def processes() -> dict[str, list[str]]:
    """Return name -> arguments of the interpreter, for what is timed from start to exit."""
    return {
        "python -c pass": ["-c", "pass"],
        "import lzma": ["-c", "import lzma"],
        "import fastnz": ["-c", "import fastnz"],
        "python -m fastnz --version": ["-m", "fastnz", "--version"],
        "python -m fastnz -c, empty input": ["-m", "fastnz", "-c"],
    }


def _process(arguments: list[str]) -> None:
    subprocess.run([sys.executable, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)


def latencies(size: int, rounds: int) -> list[dict]:
    """Time both directions on `size` bytes of text, at every level of this build."""
    data = make_text(size)
    rows = []
    for level in range(1, 10):
        try:
            blob = fastnz.compress(data, level=level)
        except fastnz.UnsupportedError:
            continue
        pack = lambda level=level: fastnz.compress(data, level=level)  # noqa: E731
        unpack = lambda blob=blob: fastnz.decompress(blob)  # noqa: E731
        rows.append(timed(f"compress {size} B, level {level}", pack, rounds))
        rows.append(timed(f"decompress {size} B, level {level}", unpack, rounds))
    packed = lzma.compress(data)
    rows.append(timed(f"lzma compress {size} B", lambda: lzma.compress(data), rounds))
    rows.append(timed(f"lzma decompress {size} B", lambda: lzma.decompress(packed), rounds))
    return rows


def timed(name: str, function: Callable[[], object], rounds: int) -> dict:
    """Call a function `rounds` times; return a row in milliseconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        times.append(1e3 * (time.perf_counter() - start))
    return {"what": name, "median_ms": f"{statistics.median(times):.3f}", "best_ms": f"{min(times):.3f}"}


if __name__ == "__main__":
    sys.exit(main())
