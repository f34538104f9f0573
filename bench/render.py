"""Turn a record into the README's tables and the picture of size against speed.

    python bench/render.py                      # newest record of the core set
    python bench/render.py --record FILE --no-picture
    python bench/render.py --set records        # the table of small records
    python bench/render.py --set lineage        # the tables of lineage/

The tables replace what stands between ``<!-- bench:begin -->`` and ``<!-- bench:end -->`` in README.md.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import records
import render_lineage
import render_records
from corpus import ROOT

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
PICTURE = records.RECORD / "pareto.png"


def main() -> int:
    parser = argparse.ArgumentParser(description="Render a benchmark record into README.md and a picture.")
    parser.add_argument("--record", type=Path, help="default: the newest one of the set")
    parser.add_argument("--set", default="core")
    parser.add_argument("--readme", type=Path, default=ROOT / "README.md")
    parser.add_argument("--picture", type=Path, default=PICTURE)
    parser.add_argument("--no-picture", action="store_true")
    parser.add_argument("--print", action="store_true", help="show the text, leave README.md alone")
    options = parser.parse_args()
    path = options.record or records.newest(options.set)
    if path is None:
        print(f"render: no record of set {options.set!r} in {records.RECORD.name}", file=sys.stderr)
        return 2
    about, rows = records.read(path)
    special = {"records": render_records, "lineage": render_lineage}.get(options.set)
    text = (special.render if special else render)(about, rows, os.path.relpath(path, ROOT))
    begin, end = (special.BEGIN, special.END) if special else (BEGIN, END)
    if options.print:
        print(text)
    else:
        replace(options.readme, text, begin, end)
    if not options.no_picture and not special:
        draw(about, summaries(rows), options.picture)
    return 0


def summaries(rows: list[dict[str, str]]) -> list[dict]:
    """Sum up a record: one row per codec that did every file, smallest first; then the rest, with the reason.

    Rows of one codec on the same files are comparable; a codec that failed on a file has no totals.
    """
    names = list(dict.fromkeys(row["codec"] for row in rows))
    files = {row["file"] for row in rows if row["file"]}
    done, rest = [], []
    for name in names:
        mine = [row for row in rows if row["codec"] == name]
        good = [row for row in mine if row["status"] == "ok"]
        if {row["file"] for row in good} == files:
            done.append(_totals(name, good))
        else:
            incomplete = {"status": "not measured on every file", "file": ""}
            bad = next((row for row in mine if row["status"] != "ok"), incomplete)
            failed = sum(row["status"] != "ok" for row in mine)
            where = f" on {failed} of {len(files)} files" if bad["file"] else ""
            rest.append({"codec": name, "status": bad["status"] + where})
    return sorted(done, key=lambda row: row["size"]) + rest


def _totals(name: str, rows: list[dict[str, str]]) -> dict:
    original = sum(int(row["original"]) for row in rows)
    size = sum(int(row["compressed"]) for row in rows)
    mean = sum(8 * int(row["compressed"]) / int(row["original"]) for row in rows) / len(rows)
    total: dict = {"codec": name, "status": "ok", "version": rows[0]["version"], "size": size, "bpb": mean}
    for direction in ("compress", "decompress"):
        seconds = sum(int(row["original"]) / 1e6 / float(row[f"{direction}_MBps"]) for row in rows)
        total[direction] = original / 1e6 / max(seconds, 1e-9)
        total[f"{direction}_peak"] = max(float(row[f"{direction}_peak_MiB"]) for row in rows)
    return total


def render(about: dict[str, str], rows: list[dict[str, str]], path: str) -> str:
    """Return the Markdown text of a record."""
    totals = summaries(rows)
    done = [row for row in totals if row["status"] == "ok"]
    count = len({row["file"] for row in rows if row["file"]})
    original = sum({row["file"]: int(row["original"]) for row in rows if row["file"]}.values())
    lines = [
        f"{count} files, {original:,} bytes, one thread. Bits per byte is the mean over files; speeds are all bytes"
        " over all seconds; memory is the largest of any file, on top of the data themselves for Python packages.",
        "",
        "| codec | bytes | bits per byte | compress MB/s | decompress MB/s | memory MiB (both ways) |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for row in done:
        name = f"**{row['codec']}**" if row["codec"].startswith("fastnz") else row["codec"]
        speeds = f"{_speed(row['compress'])} | {_speed(row['decompress'])}"
        memory = f"{row['compress_peak']:.0f} / {row['decompress_peak']:.0f}"
        lines.append(f"| {name} | {row['size']:,} | {row['bpb']:.3f} | {speeds} | {memory} |")
    rest = [row for row in totals if row["status"] != "ok"]
    if rest:
        lines += ["", "Not in the table: " + "; ".join(f"{row['codec']} ({row['status']})" for row in rest) + "."]
    lines += ["", *per_file(rows, [row["codec"] for row in done])]
    clock = next((row["clock"] for row in rows if row["clock"]), "cpu")
    lines += [
        "",
        f"{about.get('cpu', '?')}, {about.get('cores', '?')} cores, {about.get('memory', '?')}, {about.get('os', '?')},"
        f" {about.get('compiler', '?')}; {about.get('date', '?')}; speeds by {clock} time; load was {about.get('load')}"
        f" at the start; commit {about.get('commit', 'unknown')}. Record: `{path}`.",
    ]
    if "remark" in about:
        lines[-1] += f" Remark: {about['remark']}."
    return "\n".join(lines)


def per_file(rows: list[dict[str, str]], codecs: list[str]) -> list[str]:
    """Return a table of compressed bytes, files down and codecs across; the smallest of each file is bold."""
    size = {(row["file"], row["codec"]): int(row["compressed"]) for row in rows if row["status"] == "ok"}
    files = list(dict.fromkeys(row["file"] for row in rows if row["file"]))
    original = {row["file"]: int(row["original"]) for row in rows if row["file"]}
    lines = [
        "<details><summary>Bytes per file</summary>",
        "",
        "| file | original | " + " | ".join(codecs) + " |",
        "|---|--:|" + "--:|" * len(codecs),
    ]
    for file in files:
        known = [size[file, codec] for codec in codecs if (file, codec) in size]
        least = min(known, default=-1)
        cells = [_cell(size.get((file, codec)), least) for codec in codecs]
        lines.append(f"| {file} | {original[file]:,} | " + " | ".join(cells) + " |")
    return [*lines, "", "</details>"]


def _cell(value: int | None, least: int) -> str:
    if value is None:
        return "–"
    return f"**{value:,}**" if value == least else f"{value:,}"


def _speed(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def replace(readme: Path, text: str, begin: str = BEGIN, end: str = END) -> None:
    """Put `text` between the markers of `readme`."""
    old = readme.read_text()
    if begin not in old or end not in old:
        raise SystemExit(f"render: {readme.name} has no {begin} and {end}")
    head, tail = old.split(begin)[0], old.split(end, 1)[1]
    readme.write_text(f"{head}{begin}\n{text}\n{end}{tail}")


def draw(about: dict[str, str], totals: list[dict], path: Path) -> None:
    """Draw bits per byte against speed, for both directions; ours are joined by a line."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    done = [row for row in totals if row["status"] == "ok"]
    figure, axes = pyplot.subplots(1, 2, figsize=(12, 5), sharey=True)
    for axis, direction in zip(axes, ("compress", "decompress")):
        ours = sorted((row for row in done if row["codec"].startswith("fastnz")), key=lambda row: row["codec"])
        peers = [row for row in done if row not in ours]
        for group, style, colour, label in ((ours, "o-", "tab:red", "fastnz"), (peers, "s", "tab:gray", "peers")):
            x, y = [row[direction] for row in group], [row["bpb"] for row in group]
            axis.plot(x, y, style, color=colour, label=label)
        for row in done:
            place = (row[direction], row["bpb"])
            axis.annotate(row["codec"], place, fontsize=7, xytext=(4, 3), textcoords="offset points")
        axis.set_xscale("log")
        axis.set_xlabel(f"{direction} MB/s, one thread")
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("bits per byte, mean over files (smaller is better)")
    axes[0].legend()
    figure.suptitle(f"set {about.get('set', '?')}, {about.get('cpu', '?')}, {about.get('date', '?')}", fontsize=10)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


if __name__ == "__main__":
    sys.exit(main())
