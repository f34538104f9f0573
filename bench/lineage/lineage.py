"""The founding papers' experiments again: DeepZip's sources beside classical codes, our levels and our networks.

    python bench/lineage/lineage.py            # some 15 minutes of one core; the record goes to bench/record
    python bench/lineage/lineage.py --quick    # a minute: small sizes, few codecs, a record that is thrown away
    python bench/lineage/lineage.py --sources 'markov-*' --codecs 'fastnz-3,xz*'

The record has a row for each source and codec; every code that can be decoded is decoded and compared. Networks code a
shorter piece: on their own, without transforms, as DeepZip's are (`alone`), and as presets of the codec. With --curves the
lengths of prefixes are recorded too, from which curves.py draws bits a symbol against position.
"""

from __future__ import annotations

import argparse
import datetime
import fnmatch
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import lineage_codecs as codecs  # noqa: E402
import machine  # noqa: E402
import records  # noqa: E402
import sources  # noqa: E402
from corpus import ROOT, CorpusError  # noqa: E402

NAME = "lineage"
COLUMNS = [
    "date", "source", "group", "about", "symbols", "alphabet", "incompressible", "entropy", "original", "codec", "version",
    "compressed", "measure", "compress_cpu_s", "decompress_cpu_s", "status",
]  # fmt: skip
SIZE, NETWORK_SIZE, WHOLE = 1_000_000, 100_000, 1 << 62
LONG = 10_000_000  # symbols of the sources over two symbols, once more, for what costs nothing there
TEXT_FILE, TEXT_SIZE = "enwik8", 4_000_000
CURVES = ("markov-20-letters", "markov-140-bytes", "hmm-30-0.1", "iid-0.1", "dickens", "dna-human")


def main() -> int:
    options = parse()
    if options.cpu is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {options.cpu})
    with tempfile.TemporaryDirectory(prefix="fastnz-bench-") as folder:
        try:
            corpus = sources.read_corpus(Path(folder))
        except CorpusError as error:
            print(f"bench: {error}; text and DNA are left out", file=sys.stderr)
            corpus = None
        chosen = [source for source in sources.all_sources(corpus) if matches(source.name, options.sources)]
        today = datetime.date.today().isoformat()
        about = {"date": today, "set": NAME, "commit": machine.commit(ROOT)} | machine.describe()
        name = f"{today}-{machine.kind()}-{NAME}.csv"
        path = options.out or (Path(folder) if options.quick else records.RECORD) / name
        kept = []
        if options.update and path.exists():
            again = {(source.name, codec) for source in chosen for codec in codecs.names() if matches(codec, options.codecs)}
            kept = [row for row in records.read(path)[1] if (row["source"], row["codec"]) not in again]
        writer = records.Writer(path, about, COLUMNS)
        curve_rows: list[dict] = []
        try:
            for row in kept:
                writer.write(row)
            for source in chosen:
                for row in measure_source(source, options):
                    writer.write({"date": today} | row)
                    print(show(row), flush=True)
                if options.curves and source.name in CURVES:
                    curve_rows += measure_curves(source, options)
        finally:
            writer.close()
        if curve_rows:
            curves = path.with_name(f"{today}-{machine.kind()}-{NAME}-curves.csv")
            curves.unlink(missing_ok=True)
            records.append(curves, curve_rows)
        print(f"record: {os.path.relpath(path)}")
    return 0


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure the experiments of the founding papers.")
    listed = lambda text: [part for part in text.split(",") if part]  # noqa: E731
    parser.add_argument("--sources", type=listed, default=["*"], help="patterns of names, separated by commas")
    parser.add_argument("--codecs", type=listed, default=["*"], help="patterns of names, separated by commas")
    parser.add_argument("--size", type=int, default=SIZE, help="symbols (%(default)s)")
    parser.add_argument("--network-size", type=int, default=NETWORK_SIZE, help="symbols for networks (%(default)s)")
    parser.add_argument("--curves", action="store_true", help="record the lengths of prefixes too")
    parser.add_argument("--update", action="store_true", help="keep the record's rows of what is not measured now")
    parser.add_argument("--cpu", type=int, help="processor to stay on; default any, as CPU time is what is measured")
    parser.add_argument("--out", type=Path, help="the record; default: by date and machine in bench/record")
    parser.add_argument("--quick", action="store_true", help="small sizes, no networks; the record is thrown away")
    options = parser.parse_args()
    if options.quick:
        options.size, options.network_size = min(options.size, 50_000), 0
    return options


def matches(name: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def sizes(source: sources.Source, codec: codecs.Codec, options: argparse.Namespace) -> list[int]:
    """Return how many symbols a codec gets of a source: none, one size, or a longer one besides."""
    if codec.network:
        return [options.network_size] if options.network_size and useful(source, codec) else []
    if codec.slow and source.group != "text":
        return []
    if source.name == TEXT_FILE and codec.name.startswith(("fastnz", "xz")) and not options.quick:
        return [options.size, TEXT_SIZE]
    longer = source.entropy == 0.0 and source.alphabet == 2 and codec.name == "fastnz-3" and not options.quick
    return [options.size, LONG] if longer else [options.size]


def useful(source: sources.Source, codec: codecs.Codec) -> bool:
    """Networks are slow: text and DNA get all of them, of the generated sources those over letters only DeepZip's two.

    A preset is the network and transforms, which change next to nothing of text: one of them is shown on what they do change.
    """
    if source.group in ("text", "dna"):
        return codec.name.endswith(" alone")
    return not source.name.endswith("-bytes") and codec.name in ("gru alone", "gru_feat alone", "fastnz gru_feat")


def measure_source(source: sources.Source, options: argparse.Namespace):
    """Yield a row for each codec and size."""
    for codec in codecs.all_codecs():
        if not matches(codec.name, options.codecs):
            continue
        for size in sizes(source, codec, options):
            data = source.make(size)
            yield describe(source, data) | {"codec": codec.name, "version": codec.version} | codecs.measure(codec, data)


def describe(source: sources.Source, data: bytes) -> dict:
    """Return the columns that say what was coded; both bounds in bytes."""
    bits = (source.alphabet - 1).bit_length()
    entropy = "" if source.entropy is None else round(source.entropy * len(data) / 8)
    return {
        "source": source.name,
        "group": source.group,
        "about": source.about,
        "symbols": len(data),
        "alphabet": source.alphabet,
        "incompressible": len(data) * bits // 8,
        "entropy": entropy,
        "original": len(data),
    }


def measure_curves(source: sources.Source, options: argparse.Namespace) -> list[dict]:
    """Return the lengths of prefixes that double: what lies between two of them cost the difference."""
    rows = []
    for codec in codecs.all_codecs():
        if not matches(codec.name, options.codecs) or not (codec.network or codec.name in codecs.OF_CURVES):
            continue
        size = options.network_size if codec.network else options.size
        data = source.make(size)
        prefix = len(data)
        while prefix >= 1000:
            made = codec.compress(data[:prefix])
            if made is None:
                break
            length = made if isinstance(made, int) else len(made)
            entropy = "" if source.entropy is None else source.entropy
            rows.append({"source": source.name, "entropy": entropy, "codec": codec.name, "symbols": prefix, "compressed": length})
            prefix //= 2
    return rows


def show(row: dict) -> str:
    """Return a row as one line for the terminal."""
    head = f"{row['source']:22} {row['symbols']:>9} {row['codec']:16}"
    if row["status"] != "ok":
        return f"{head} {row['status']}"
    share = row["compressed"] / row["incompressible"]
    return f"{head} {row['compressed']:>9} {share:8.3%} of {row['incompressible']:,}  {row['compress_cpu_s']} s"


if __name__ == "__main__":
    sys.exit(main())
