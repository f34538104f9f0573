"""The recipes by which the shipped priors were trained, and two for a CUDA device: data, mix, sizes and plans.

The invariant: a recipe and the corpus it names determine the run. Needs NumPy only.
"""

from __future__ import annotations

import lzma
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from .augment import attached, json_lines, wrapped
from .data import Augment, Kind, split

_HELD = 200_000


class Source(NamedTuple):
    """A file of the corpus and its share of the bytes trained on."""

    file: str
    weight: float
    augment: Augment | None = None


# Prose, markup and code first; logs and wikitext are small files, so they come round several times.
CORPUS = (
    Source("books.md", 26, wrapped),
    Source("code.txt", 15),
    Source("json.txt", 11, json_lines),
    Source("markdown.txt", 10),
    Source("multilang_po.txt", 8),
    Source("xmlhtml.txt", 7),
    Source("logs.txt", 6),
    Source("wikitext2_valid_test.txt", 5, attached),
    Source("csv.txt", 5),
    Source("multilang_md.txt", 4),
    Source("literature_tei.xml", 3),
)


class Recipe(NamedTuple):
    """All that a shipped prior depends on besides the corpus: sizes, plan, and the prior that it grew out of.

    `start` is an installed model or, if none of that name is installed, another recipe.
    """

    shape: dict[str, int]
    plan: dict[str, Any]
    start: str = "none"
    sources: tuple[Source, ...] = CORPUS


def _on(rate: float, total: int, fall: int, seed: int) -> dict[str, Any]:
    """Return the plan of a stage that goes on from trained weights: a low rate, level at first, then falling."""
    return {
        "total_bytes": total,
        "validate_every": 4_000_000,
        "rate": rate,
        "final_rate": 2e-5,
        "rise_bytes": 300_000,
        "fall_bytes": fall,
        "rounded_share": 0.05,
        "seed": seed,
        "short": True,
        "table_grid": 16,
        "clear_unseen": True,
    }


def _wide(rate: float, seed: int) -> dict[str, Any]:
    """Return the plan of a run on a CUDA device from random weights: many streams, half a cosine down from `rate`."""
    return {
        "total_bytes": 2_000_000_000,
        "validate_every": 200_000_000,
        "streams": 512,
        "groups": 8,
        "graphed": True,
        "rate": rate,
        "final_rate": 1e-5,
        "rounded_share": 0.05,
        "seed": seed,
        "table_grid": 16,
        "clear_unseen": True,
    }


_SMALL = {"hidden": 192, "depth": 16, "bits": 15}
_LARGE = {"hidden": 384, "depth": 16, "bits": 16}

RECIPES = {
    "small_first": Recipe(_SMALL, {"total_bytes": 42_000_000, "validate_every": 3_000_000}),
    "small_second": Recipe(_SMALL, _on(1e-3, 43_100_000, 16_200_000, 4), start="small_first"),
    "small": Recipe(
        _SMALL, {**_on(2e-3, 190_000_000, 188_000_000, 6), "rise_bytes": 2_000_000, "streams": 128}, start="small_second"
    ),
    "small_wide": Recipe(_SMALL, _wide(4e-3, 1)),
    "large_wide": Recipe({**_LARGE, "hidden": 448}, _wide(3e-3, 2)),
    "large_first": Recipe(
        _LARGE, {**_on(1.2e-3, 30_000_000, 29_400_000, 8), "rise_bytes": 600_000, "streams": 64}, start="small"
    ),
    "large": Recipe(
        _LARGE,
        {**_on(2e-3, 140_000_000, 138_000_000, 10), "rise_bytes": 2_000_000, "streams": 128, "validate_every": 8_000_000},
        start="large_first",
    ),
}


def find(name: str) -> Recipe:
    """Return a recipe by name, or raise `ValueError`."""
    if name not in RECIPES:
        raise ValueError(f"no recipe {name!r}; there are {', '.join(RECIPES)}")
    return RECIPES[name]


def read_corpus(folder: str, sources: tuple[Source, ...] = CORPUS) -> list[Kind]:
    """Read the files of a recipe, plain or `.xz`, and hold back the end of each."""

    def read(source: Source) -> Kind:
        path = os.path.join(folder, source.file)
        if os.path.exists(path):
            data = np.fromfile(path, np.uint8)
        else:
            with lzma.open(path + ".xz") as file:
                data = np.frombuffer(file.read(), np.uint8)
        return split(source.file.split(".")[0], data, _HELD, source.weight, source.augment)

    with ThreadPoolExecutor() as readers:
        return list(readers.map(read, sources))
