"""Draws learning curves from the newest record of prefixes: bits a symbol against position, with the entropy as a line.

    python bench/lineage/curves.py         # record/lineage-curves.png

A point is what the second half of a prefix cost, at its middle.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import records  # noqa: E402

PICTURE = records.RECORD / "lineage-curves.png"


def main() -> int:
    path = records.newest("lineage-curves")
    if path is None:
        print("curves: no record; make one with lineage.py --curves", file=sys.stderr)
        return 2
    with open(path, newline="") as file:
        draw(list(csv.DictReader(file)), PICTURE)
    return 0


def halves(lengths: dict[int, int]) -> list[tuple[float, float]]:
    """Return (position, bits a symbol) of the second half of each prefix, from lengths by prefix."""
    points = []
    sizes = sorted(lengths)
    for shorter, longer in zip(sizes, sizes[1:]):
        bits = 8 * (lengths[longer] - lengths[shorter]) / (longer - shorter)
        points.append(((longer * shorter) ** 0.5, bits))
    return points


def draw(rows: list[dict[str, str]], path: Path) -> None:
    """Draw a field for each source, a curve for each codec."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    sources = list(dict.fromkeys(row["source"] for row in rows))
    across = min(3, len(sources))
    down = -(-len(sources) // across)
    figure, axes = pyplot.subplots(down, across, figsize=(5 * across, 4 * down), squeeze=False)
    colours = pyplot.rcParams["axes.prop_cycle"].by_key()["color"]
    codecs = list(dict.fromkeys(row["codec"] for row in rows))
    for axis, source in zip(axes.flat, sources):
        mine = [row for row in rows if row["source"] == source]
        for codec in codecs:
            lengths = {int(row["symbols"]): int(row["compressed"]) for row in mine if row["codec"] == codec}
            if len(lengths) < 2:
                continue
            x, y = zip(*halves(lengths))
            style = "-" if codec.startswith("fastnz") else "--" if codec.endswith("alone") else ":"
            axis.plot(x, y, style, marker=".", color=colours[codecs.index(codec) % len(colours)], label=codec)
        if mine[0]["entropy"] != "":
            axis.axhline(float(mine[0]["entropy"]), color="black", linewidth=0.8, label="entropy")
        axis.set_xscale("log")
        axis.set_title(source, fontsize=10)
        axis.set_ylim(bottom=min(0.0, axis.get_ylim()[0]))
        axis.grid(alpha=0.3)
        axis.set_xlabel("position, symbols")
        axis.set_ylabel("bits a symbol")
        axis.legend(fontsize=7)
    for axis in axes.flat[len(sources) :]:
        axis.set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=80)
    pyplot.close(figure)


if __name__ == "__main__":
    sys.exit(main())
