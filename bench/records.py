"""Records of measurements: CSV files with a few comment lines ahead that describe the machine.

Append-only while a run goes on, so that an interrupted run leaves what it measured.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

RECORD = Path(__file__).resolve().parent / "record"

COLUMNS = [
    "date",
    "codec",
    "version",
    "kind",
    "file",
    "original",
    "compressed",
    "compress_MBps",
    "decompress_MBps",
    "clock",
    "compress_cpu_s",
    "compress_wall_s",
    "decompress_cpu_s",
    "decompress_wall_s",
    "compress_peak_MiB",
    "decompress_peak_MiB",
    "repeat",
    "status",
]


class Writer:
    """Writes rows to a CSV file as they come.

    Parameters
    ----------
    path : Path
        The record; an existing one is replaced.
    about : dict of str to str
        Becomes the comment lines.
    columns : list of str
        Column names, in order.
    """

    def __init__(self, path: Path, about: dict[str, str], columns: list[str] = COLUMNS) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(path, "w", newline="")
        for key, value in about.items():
            self._file.write(f"# {key}: {value}\n")
        self._csv = csv.DictWriter(self._file, columns, lineterminator="\n", restval="")
        self._csv.writeheader()
        self._file.flush()

    def write(self, row: dict) -> None:
        """Add one row and see to it that it reaches the file."""
        self._csv.writerow(row)
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def read(path: Path) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Return the description and the rows of a record."""
    about, lines = {}, []
    for line in path.read_text().splitlines():
        if line.startswith("# "):
            key, _, value = line[2:].partition(": ")
            about[key] = value
        else:
            lines.append(line)
    return about, list(csv.DictReader(io.StringIO("\n".join(lines))))


def newest(set_name: str) -> Path | None:
    """Return the record of a set with the latest date in its name, or None."""
    found = sorted(RECORD.glob(f"????-??-??-*-{set_name}.csv"))
    return found[-1] if found else None


def append(path: Path, rows: Iterable[dict]) -> None:
    """Append rows to a plain CSV file; its columns are the first row's keys."""
    rows = list(rows)
    if not rows:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = not path.exists()
    with open(path, "a", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        if fresh:
            writer.writeheader()
        writer.writerows(rows)


def table(rows: list[dict]) -> str:
    """Return rows as a text table, numbers to the right."""
    if not rows:
        return "(nothing)"
    columns = list(rows[0])
    cells = [columns] + [[str(row[column]) for column in columns] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    right = [all(_is_number(line[i]) for line in cells[1:]) for i in range(len(columns))]
    lines = []
    for line in cells:
        padded = [c.rjust(w) if number else c.ljust(w) for c, w, number in zip(line, widths, right)]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def _is_number(text: str) -> bool:
    try:
        float(text or 0)
    except ValueError:
        return False
    return True
