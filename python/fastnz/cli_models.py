"""`fastnz models`: the weight files that are installed.

The invariant: a file that cannot be read is told of, not left out. Knows only what the core says of a file.
"""

from __future__ import annotations

import argparse
import sys

from . import _core
from .errors import FastnzError
from .model_files import folders, installed


def main(arguments: list[str]) -> int:
    """Print the table and return the exit code: 1 if a file is not a weight file."""
    parser = argparse.ArgumentParser(
        prog="fastnz models",
        description="List the installed models by name, those in the package first.",
        epilog="\n".join(["looked for in:", *(f"  {folder}" for folder in folders())]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    options = parser.parse_args(arguments)
    rows, code = [], 0
    for name, path in installed():
        try:
            with open(path, "rb") as file:
                data = file.read()
            rows.append({"name": name, "path": path, "size": len(data), **_described(data)})
        except (OSError, FastnzError) as error:
            sys.stderr.write(f"fastnz: {path}: {error}\n")
            code = 1
    print(_as_json(rows) if options.json else _as_table(rows))
    return code


def _described(data: bytes) -> dict[str, object]:
    found = _core.weights_info(data)
    return {**found, "id": f"{found['id']:016x}", "notes": found["notes"].decode(errors="replace")}


def _as_json(rows: list[dict[str, object]]) -> str:
    import json

    return json.dumps(rows, indent=1)


_NOT_SIZES = ("name", "path", "size", "id", "model", "plain_size", "notes")


def _as_table(rows: list[dict[str, object]]) -> str:
    """A line for each model: what is the same for all families, and the sizes of its own family in words."""
    widest = max([len(str(row["name"])) for row in rows], default=0)
    lines = [f"{'Id':16}  {'Bytes':>9}  {'Model':12}  {'Name':{widest}}  Sizes"]
    for row in rows:
        sizes = ", ".join(f"{name} {value}" for name, value in row.items() if name not in _NOT_SIZES)
        lines.append(f"{row['id']:16}  {row['size']:>9,}  {row['model']:12}  {row['name']:{widest}}  {sizes}")
    return "\n".join(lines)
