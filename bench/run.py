"""Measure fastnz and its peers on the shared corpus, in one run on one core.

    python bench/run.py                         # the core set, everything that is installed
    python bench/run.py --quick                 # does it work? three short files, once
    python bench/run.py --codecs 'fastnz-*,xz*' --levels 1,5 --files '*xml'

Each measurement runs in a process of its own, every decoded file is compared with the corpus's SHA-256. Codecs that
cannot run here are rows with status "absent", codecs that break are rows with status "failed".
"""

from __future__ import annotations

import argparse
import datetime
import fnmatch
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import machine
import records
from corpus import ROOT, CorpusError, Item, load_set
from peers import LEVELS, all_codecs, probe

MEASURE = Path(__file__).with_name("measure.py")
DEFAULT_SET = "core"


def main() -> int:
    options = parse()
    set_name = "quick" if options.quick else options.set
    repeat = 1 if options.quick else options.repeat
    codecs = choose(all_codecs(options.levels), options.codecs)
    with tempfile.TemporaryDirectory(prefix="fastnz-bench-") as folder:
        work = Path(folder)
        (work / "scratch").mkdir()
        try:
            items = load_set(set_name, work, options.files)
        except CorpusError as error:
            print(f"bench: {error}", file=sys.stderr)
            return 2
        if not items or not codecs:
            print("bench: nothing matches", file=sys.stderr)
            return 2
        today = datetime.date.today().isoformat()
        about = {"date": today, "set": set_name, "commit": machine.commit(ROOT)} | machine.describe()
        path = options.out or records.RECORD / f"{today}-{machine.kind()}-{set_name}.csv"
        kept = []
        if options.update and path.exists():
            again = {(codec["name"], item.name) for codec in codecs for item in items}
            kept = [row for row in records.read(path)[1] if (row["codec"], row["file"]) not in again]
        writer = records.Writer(path, about)
        try:
            for row in kept:
                writer.write(row)
            for codec in codecs:
                measure_codec(codec, items, work, writer, options, repeat)
        finally:
            writer.close()
    print(f"record: {os.path.relpath(path)}")
    return 0


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure fastnz and its peers on the shared corpus.")
    patterns = lambda text: [part for part in text.split(",") if part]  # noqa: E731
    parser.add_argument("--set", default=DEFAULT_SET, help="a set of sets.toml (%(default)s)")
    parser.add_argument("--codecs", type=patterns, help="patterns of names, separated by commas")
    parser.add_argument("--levels", type=lambda text: tuple(map(int, patterns(text))), default=LEVELS)
    parser.add_argument("--files", type=patterns, help="patterns of file names, separated by commas")
    parser.add_argument("--repeat", type=int, default=3, help="best of so many (%(default)s)")
    parser.add_argument("--slow", type=float, default=5.0, help="no repeats for what takes longer, seconds")
    parser.add_argument("--timeout", type=float, default=900.0, help="limit for one measurement, seconds")
    parser.add_argument("--cpu", type=int, default=last_cpu(), help="processor to run on (%(default)s)")
    parser.add_argument("--clock", choices=["cpu", "wall"], default="cpu", help="what speeds are made from")
    parser.add_argument("--out", type=Path, help="the record; default: by date, machine and set in bench/record")
    parser.add_argument("--update", action="store_true", help="keep the record's rows of what is not measured now")
    parser.add_argument("--quick", action="store_true", help="the set `quick`, once")
    return parser.parse_args()


def last_cpu() -> int | None:
    """Return the highest-numbered processor that this process may use."""
    return max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def choose(codecs: list[dict], wanted: list[str] | None) -> list[dict]:
    """Return the codecs whose names match one of the patterns; all without patterns."""
    if not wanted:
        return codecs
    return [codec for codec in codecs if any(fnmatch.fnmatch(codec["name"], pattern) for pattern in wanted)]


def measure_codec(
    codec: dict, items: list[Item], work: Path, writer: records.Writer, options: argparse.Namespace, repeat: int
) -> None:
    """Measure one codec on all items and write the rows."""
    version, absent = probe(codec)
    today = datetime.date.today().isoformat()
    fixed = {"date": today, "codec": codec["name"], "version": version, "kind": codec["kind"], "clock": options.clock}
    if absent:
        writer.write(fixed | {"status": f"absent: {absent}"})
        print(f"{codec['name']:14} absent: {absent}")
        return
    for item in items:
        row = fixed | {"file": item.name, "original": item.size} | measure(codec, item, work, options, repeat)
        writer.write(row)
        print(show(row), flush=True)


def measure(codec: dict, item: Item, work: Path, options: argparse.Namespace, repeat: int) -> dict:
    """Measure one codec on one item, both directions, and return those columns of the row."""
    base = {"codec": codec, "cpu": options.cpu, "timeout": options.timeout, "sha256": item.sha256}
    packed = work / "packed"
    row: dict = {"repeat": repeat}
    packed = work / ("packed" + codec.get("suffix", ""))
    directions = {"compress": (item.path, work / "packed"), "decompress": (packed, work / "restored")}
    for direction, (source, target) in directions.items():
        names = {"input": source, "output": target, "original": item.path, "scratch": work / "scratch"}
        job = base | {"direction": direction} | {key: str(path) for key, path in names.items()}
        result = run_job(job | {"repeat": 1}, options.timeout)
        if result["status"] == "ok" and repeat > 1 and result["cpu"] < options.slow:
            again = run_job(job | {"repeat": repeat - 1}, options.timeout * repeat)
            if again["status"] == "ok":
                again["cpu"] = min(again["cpu"], result["cpu"])
                again["wall"] = min(again["wall"], result["wall"])
            result = again
        if result["status"] != "ok":
            return row | {"status": f"{result['status']} ({direction})"}
        if direction == "compress":
            row["compressed"] = result["size"]
        row[f"{direction}_cpu_s"] = f"{result['cpu']:.5f}"
        row[f"{direction}_wall_s"] = f"{result['wall']:.5f}"
        row[f"{direction}_peak_MiB"] = f"{result['peak'] / 2**20:.1f}"
        seconds = max(result[options.clock], 1e-6)
        row[f"{direction}_MBps"] = f"{item.size / 1e6 / seconds:.4g}"
    for path in (packed, work / "restored"):
        path.unlink(missing_ok=True)
    return row | {"status": "ok"}


def run_job(job: dict, limit: float) -> dict:
    """Hand a job to measure.py and return its answer."""
    child = subprocess.Popen([sys.executable, str(MEASURE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        out, _ = child.communicate(json.dumps(job).encode(), timeout=limit + 60)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        return {"status": f"failed: no end after {limit:.0f} s"}
    if child.returncode != 0:
        return {"status": f"failed: measuring process ended with {child.returncode}"}
    return json.loads(out)


def show(row: dict) -> str:
    """Return a row as one line for the terminal."""
    head = f"{row['codec']:14} {row['file']:34} {row['original']:>10}"
    if row["status"] != "ok":
        return f"{head} {row['status']}"
    return (
        f"{head} {row['compressed']:>10} {8 * row['compressed'] / row['original']:6.3f} bpb "
        f"{row['compress_MBps']:>7} / {row['decompress_MBps']:>7} MB/s "
        f"{row['compress_peak_MiB']:>7} / {row['decompress_peak_MiB']:>7} MiB"
    )


if __name__ == "__main__":
    sys.exit(main())
