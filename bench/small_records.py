"""Measure fastnz and its peers on small records, each of which must be decodable alone.

    python bench/small_records.py                                  # with what is in the package
    python bench/small_records.py --write-samples samples          # a file of each kind that may be trained on
    python bench/small_records.py --models models                  # also with models/KIND.fnzw
    python bench/small_records.py --kinds json,rows --codecs 'fastnz*' --repeat 0

Kinds of the group `untrained` come from test files and are only compressed; those of the group `trained` come from training
files (record_kinds.py). A model is trained by `fastnz train samples/KIND.txt --lines -o models/KIND.fnzw`; dictionaries, ours
and zstd's of 110 KB, are trained here, on the same sample. Every record is decoded and compared. One thread, CPU time, best
of the repeats; `--repeat 0` measures sizes only.
"""

from __future__ import annotations

import argparse
import datetime
import fnmatch
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import machine
import record_codecs
import record_kinds
import records
from corpus import ROOT, CorpusError

COLUMNS = [
    "date",
    "group",
    "kind",
    "sizes",
    "codec",
    "version",
    "framing",
    "trained",
    "records",
    "original",
    "compressed",
    "compress_KBps",
    "decompress_KBps",
    "batch_compress_KBps",
    "batch_decompress_KBps",
    "repeat",
    "status",
]
SIZES = {"200-4096": (200, 4096), "100-199": (100, 199)}  # bytes of a record; the first is what the README shows
BATCH = 64
PRIORS_SAW = {
    "untrained": "cut from test files, of which neither the priors nor anything else has seen any",
    "trained": f"cut from training files: what is measured from the last {record_kinds.MEASURED_SPAN:,} bytes, which were "
    f"held back when the priors were trained; samples from up to {record_kinds.SAMPLE_SPAN:,} bytes before, less a gap of "
    f"{record_kinds.GAP:,}, of which the priors may have seen all but the last part",
}
NAME = "records"


def main() -> int:
    options = parse()
    with tempfile.TemporaryDirectory(prefix="fastnz-bench-") as folder:
        try:
            kinds = record_kinds.load(Path(folder), options.kinds)
        except CorpusError as error:
            print(f"bench: {error}", file=sys.stderr)
            return 2
    if options.write_samples:
        write_samples(options.write_samples, kinds)
        return 0
    pin(options.cpu)
    today = datetime.date.today().isoformat()
    about = {"date": today, "set": NAME, "commit": machine.commit(ROOT)} | machine.describe()
    about |= {f"kind {kind}": text for kind, text in record_kinds.ABOUT.items()} | PRIORS_SAW | networks()
    path = options.out or records.RECORD / f"{today}-{machine.kind()}-{NAME}.csv"
    writer = records.Writer(path, about, COLUMNS)
    try:
        for kind in kinds:
            for codec in record_codecs.all_codecs(kind, options.models):
                if any(fnmatch.fnmatch(codec.name, pattern) for pattern in options.codecs):
                    for row in measure_sizes(codec, kind, options.repeat):
                        writer.write({"date": today, "repeat": options.repeat} | row)
                        print(show(row), flush=True)
    finally:
        writer.close()
    print(f"record: {os.path.relpath(path)}")
    return 0


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure fastnz and its peers on small records.")
    listed = lambda text: [part for part in text.split(",") if part]  # noqa: E731
    parser.add_argument("--kinds", type=listed, help=f"of {', '.join(record_kinds.ABOUT)}; default all")
    parser.add_argument("--codecs", type=listed, default=["*"], help="patterns of names, separated by commas")
    parser.add_argument("--models", type=Path, help="folder of KIND.fnzw")
    parser.add_argument("--write-samples", type=Path, metavar="FOLDER", help="write what may be trained on, and stop")
    parser.add_argument("--repeat", type=int, default=3, help="best of so many (%(default)s); 0: sizes only")
    parser.add_argument("--cpu", type=int, help="processor to run on; default the last")
    parser.add_argument("--out", type=Path, help="the record; default: by date and machine in bench/record")
    return parser.parse_args()


def pin(cpu: int | None) -> None:
    """Keep this process on one processor."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0)) if cpu is None else cpu})


def write_samples(folder: Path, kinds: list[record_kinds.Records]) -> None:
    """Write the trainable part of kinds that have one, a record a line; those of several lines are set apart by empty ones."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind in kinds:
        if not kind.sample:
            continue
        apart = b"\n\n" if any(b"\n" in record for record in kind.sample) else b"\n"
        path = folder / f"{kind.kind}.txt"
        path.write_bytes(apart.join(kind.sample) + b"\n")
        print(f"{path}: {len(kind.sample)} records, {path.stat().st_size:,} bytes")


def networks() -> dict[str, str]:
    """Return what the newest lines of roofline.csv say about the kernels, for the head of the record."""
    path = records.RECORD / "roofline.csv"
    if not path.exists():
        return {}
    rows = records.read(path)[1]
    last = rows[-1]["date"]
    return {
        f"roofline {row['network']} {row['isa']} lanes {row['lanes']}": f"{int(row['macs_per_byte']):,} multiply-adds "
        f"a byte, {float(row['peak'] or 0):.0%} of the machine's peak"
        for row in rows
        if row["date"] == last and row["lanes"] in ("1", "4", "16", "64")
    }


def measure_sizes(codec: record_codecs.Codec, kind: record_kinds.Records, repeat: int) -> list[dict]:
    """Measure one codec on one kind; a row for each range of sizes."""
    rows = []
    for sizes, (least, most) in SIZES.items():
        chosen = [record for record in kind.measured if least <= len(record) <= most]
        if not chosen:
            continue
        row = {"group": kind.group, "kind": kind.kind, "sizes": sizes, "codec": codec.name, "version": codec.version}
        row |= {"framing": codec.framing, "trained": codec.trained, "records": len(chosen)}
        try:
            rows.append(row | measure(codec, chosen, repeat))
        except Exception as error:  # any error of a codec is a row of the record
            rows.append(row | {"status": f"failed: {type(error).__name__}: {error}"[:200]})
    return rows


def measure(codec: record_codecs.Codec, chosen: list[bytes], repeat: int) -> dict:
    """Compress and decompress all records one by one, and in batches where the codec has such calls."""
    compressed, restored = codec.one_by_one
    original = sum(map(len, chosen))
    packed = [compressed(record) for record in chosen]
    if [restored(blob, len(record)) for blob, record in zip(packed, chosen)] != chosen:
        return {"status": "failed: decoded data differ"}
    row = {
        "original": original,
        "compressed": sum(map(len, packed)) + codec.extra(chosen),
        "compress_KBps": speed(original, repeat, lambda: [compressed(record) for record in chosen]),
        "decompress_KBps": speed(original, repeat, lambda: [restored(b, len(r)) for b, r in zip(packed, chosen)]),
    }
    if codec.in_batches:
        batches = [chosen[i : i + BATCH] for i in range(0, len(chosen), BATCH)]
        compress_all, restore_all = codec.in_batches
        made = [compress_all(batch) for batch in batches]
        if [blob for batch in made for blob in batch] != packed:
            return {"status": "failed: a batch gives other bytes"}
        sizes = [[len(record) for record in batch] for batch in batches]
        if [list(restore_all(b, s)) for b, s in zip(made, sizes)] != batches:
            return {"status": "failed: a batch decodes to something else"}
        row["batch_compress_KBps"] = speed(original, repeat, lambda: [compress_all(batch) for batch in batches])
        row["batch_decompress_KBps"] = speed(
            original, repeat, lambda: [restore_all(b, s) for b, s in zip(made, sizes)]
        )
    return row | {"status": "ok"}


def speed(size: int, repeat: int, work: Callable[[], object]) -> str:
    """Return KB a second, by the best of `repeat` runs in CPU time; nothing without repeats."""
    if not repeat:
        return ""
    best = min(_seconds(work) for _ in range(repeat))
    return f"{size / 1e3 / best:.4g}"


def _seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return max(time.process_time() - begin, 1e-6)


def show(row: dict) -> str:
    """Return a row as one line for the terminal."""
    head = f"{row['kind']:10} {row['sizes']:9} {row['codec']:26} {row['framing']:6}"
    if row["status"] != "ok":
        return f"{head} {row['status']}"
    share = row["compressed"] / row["original"]
    text = f"{head} {row['compressed']:>8} {share:.3f}"
    if row["compress_KBps"]:
        text += f"  {row['compress_KBps']}/{row['decompress_KBps']} KB/s"
    if row.get("batch_compress_KBps"):
        text += f"  in batches {row['batch_compress_KBps']}/{row['batch_decompress_KBps']}"
    return text


if __name__ == "__main__":
    sys.exit(main())
