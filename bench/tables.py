"""Reads this folder's tables, peers.toml and sets.toml, with any Python that fastnz supports."""

from __future__ import annotations

import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # of the extra fastnz[bench]

BENCH = Path(__file__).resolve().parent


def read_table(name: str) -> dict:
    """Return the content of `<name>.toml`."""
    with open(BENCH / f"{name}.toml", "rb") as file:
        return tomllib.load(file)
