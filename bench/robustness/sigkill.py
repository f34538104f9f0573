"""Kill the command line tool at random moments and look at what is left.

    python bench/robustness/sigkill.py [--kills 200] [--size 4000000]

After each SIGKILL: the source has the bytes it had, and the final name either does not exist or holds the complete
result. Hidden files that a kill leaves behind (where the file system cannot do without) are counted, not judged.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import fastnz
from common import make_mixed, report


def main() -> int:
    parser = argparse.ArgumentParser(description="SIGKILL the command line tool at random moments.")
    parser.add_argument("--kills", type=int, default=200, help="in all, half of them for each direction")
    parser.add_argument("--size", type=int, default=4_000_000, help="bytes of the file to compress")
    parser.add_argument("--level", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    data = make_mixed(options.size)
    rows = []
    with tempfile.TemporaryDirectory(prefix="fastnz-sigkill-") as folder:
        plain, packed = Path(folder, "data"), Path(folder, "data.fnz")
        plain.write_bytes(data)
        blob = _uninterrupted(plain, packed, options.level)
        for direction in ("compress", "decompress"):
            row = kill_many(direction, Path(folder), data, blob, options, rng)
            rows.append(row)
    report("sigkill", rows)
    bad = sum(row["partial"] + row["source_changed"] for row in rows)
    print(f"{'FAILED' if bad else 'held'}: {bad} broken promises in {sum(row['kills'] for row in rows)} kills")
    return 1 if bad else 0


def _uninterrupted(plain: Path, packed: Path, level: int) -> bytes:
    subprocess.run(_command("-k", f"-{level}", str(plain)), check=True)
    blob = packed.read_bytes()
    packed.unlink()
    return blob


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "fastnz", "-q", *arguments]


def kill_many(
    direction: str, folder: Path, data: bytes, blob: bytes, options: argparse.Namespace, rng: random.Random
) -> dict:
    """Kill one direction half of the wanted times; return the counts as a row."""
    packing = direction == "compress"
    source, content = (folder / "data", data) if packing else (folder / "data.fnz", blob)
    target, expected = (folder / "data.fnz", blob) if packing else (folder / "data", data)
    arguments = ["--rm", f"-{options.level}"] if packing else ["--rm", "-d"]
    length = _duration(arguments, source, content, target)
    row = {"direction": direction, "kills": 0, "too_late": 0, "partial": 0, "source_changed": 0, "leftovers": 0}
    while row["kills"] < options.kills // 2:
        for path in folder.iterdir():
            path.unlink()
        source.write_bytes(content)
        child = subprocess.Popen(_command(*arguments, str(source)))
        time.sleep(rng.uniform(0, 1.05 * length))
        child.send_signal(signal.SIGKILL)
        if child.wait() != -signal.SIGKILL:
            row["too_late"] += 1
            if row["too_late"] > 10 * options.kills:
                raise SystemExit("sigkill: the tool always ends before it can be killed; use a larger --size")
            continue
        row["kills"] += 1
        complete = target.exists() and _same(target, expected, packing, data)
        row["partial"] += target.exists() and not complete
        kept = source.exists() and source.read_bytes() == content
        row["source_changed"] += not kept and not (complete and not source.exists())
        row["leftovers"] += sum(path not in (source, target) for path in folder.iterdir())
    return row | {"seconds_each": round(length, 2), "bytes": len(data)}


def _same(target: Path, expected: bytes, packing: bool, data: bytes) -> bool:
    found = target.read_bytes()
    if found == expected:
        return True
    if not packing:
        return False
    try:
        return fastnz.decompress(found) == data
    except fastnz.FastnzError:
        return False


def _duration(arguments: list[str], source: Path, content: bytes, target: Path) -> float:
    target.unlink(missing_ok=True)
    source.write_bytes(content)
    start = time.perf_counter()
    subprocess.run(_command(*arguments, str(source)), check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
