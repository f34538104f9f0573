"""How near the kernels of integer networks come to what the machine can do.

    python bench/micro/roofline.py [--isa avx2] [--no-record]

Random weights in the shapes of the shipped networks; processor time, best of five. `peak` is the share of the int8
multiply-adds that the machine does in registers (roofline.cc, compiled with c++ on the spot), `read` the share of its
reading speed at the size of the weights, which are read once a step. The second table is the time of the products that
read the state, in microseconds, when only a share of its units change from step to step.
"""

from __future__ import annotations

import argparse
import datetime
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType

import numpy as np

import fastnz
from fastnz import _core
from fastnz._core import testing

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "tests/reference")]

import gru8  # noqa: E402
import machine  # noqa: E402
import records  # noqa: E402
import transformer8  # noqa: E402

SHARES = (0, 10, 20, 30, 40, 50, 60, 70, 80, 100)  # percent of the groups of four units
SHAPES = {"small": (192, 16, 14), "large": (512, 32, 14)}
# width, layers, heads, window, units, depth, bits
TRANSFORMERS = {"transformer": (128, 2, 3, 64, 128, 16, 14), "transformer, large": (192, 4, 4, 128, 384, 16, 14)}
LANES = (1, 4, 16, 64)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the kernels of integer networks against the machine.")
    parser.add_argument("--isa", choices=fastnz.isas(), action="append", help="default: all but scalar")
    parser.add_argument("--no-record", action="store_true", help="print only")
    options = parser.parse_args()
    limits = measure_limits()
    print("  ".join(f"{name} {value:.1f}" for name, value in limits.items()))
    isas = options.isa or [isa for isa in fastnz.isas() if isa != "scalar"]
    rows = [
        measure(name, family, shape, isa, lanes, limits)
        for family, shapes in ((gru8, SHAPES), (transformer8, TRANSFORMERS))
        for name, shape in shapes.items()
        for isa in isas
        for lanes in LANES
    ]
    print(records.table(rows))
    changes = [measure_changes(name, shape, isa) for name, shape in SHAPES.items() for isa in isas]
    print(records.table(changes))
    if not options.no_record:
        stamp = {"date": datetime.date.today().isoformat(), "machine": machine.kind(), "load": machine.load()}
        records.append(records.RECORD / "roofline.csv", [stamp | row for row in rows])
        records.append(records.RECORD / "roofline-changes.csv", [stamp | row for row in changes])
    return 0


def measure_limits() -> dict[str, float]:
    """Return G multiply-adds a second by instruction set, and GB a second by the size read."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "roofline"
        subprocess.run(["c++", "-O2", "-std=c++17", HERE / "roofline.cc", "-o", program], check=True)
        printed = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    return {name: float(value) for name, value in (line.split() for line in printed.splitlines())}


def measure(
    name: str, family: ModuleType, shape: tuple[int, ...], isa: str, lanes: int, limits: dict[str, float]
) -> dict:
    """Return one row of the table; the transformer's products with keys and values count in the whole step only."""
    weights = family.random_weights(np.random.default_rng(1), *shape)
    loaded = _core.load_weights(family.write_plain(weights, testing.xxh3_64))
    matrices = ("wh", "wf", "wo") if family is gru8 else ("wf", "w1", "w2", "wo")
    macs = sum(getattr(weights, matrix).size for matrix in matrices)
    steps = max(20, 4000 * 10**5 // macs // lanes)
    products, whole = (
        min(testing.network_seconds(loaded, isa, lanes, steps, only) for _ in range(5)) / (steps * lanes)
        for only in (True, False)
    )
    speed = macs / products / 1e9
    sizes = [key for key in limits if key.startswith("read_")]
    nearest = min(sizes, key=lambda key: abs(int(key[5:-1]) - macs / 1024), default="")
    return {
        "network": name,
        "isa": isa,
        "lanes": lanes,
        "macs_per_byte": macs,
        "gmacs": f"{speed:.1f}",
        "peak": f"{speed / limits[isa]:.2f}" if isa in limits else "",
        "read": f"{macs / products / 1e9 / limits[nearest]:.2f}" if lanes == 1 and nearest else "",
        "us_per_byte": f"{whole * 1e6:.2f}",
        "kb_per_s": f"{1e-3 / whole:.0f}",
    }


def measure_changes(name: str, shape: tuple[int, int, int], isa: str) -> dict:
    """Return microseconds of the products that read the state, by the share of its units that change in a step."""
    weights = gru8.random_weights(np.random.default_rng(1), *shape)
    loaded = _core.load_weights(gru8.write_plain(weights, testing.xxh3_64))
    steps = 4000 * 10**5 // weights.wh.size
    row = {"network": name, "isa": isa}
    for share in SHARES:
        best = min(testing.changes_seconds(loaded, isa, share, steps) for _ in range(5))
        row[f"{share} %"] = f"{best / steps * 1e6:.2f}"
    return row


if __name__ == "__main__":
    sys.exit(main())
