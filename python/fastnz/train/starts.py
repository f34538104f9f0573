"""What the mixer of `hybrid` begins with, learnt from records of a corpus: writes csrc/models/nibble_mix/starts.inc.

    python -m fastnz.train.starts FOLDER -o csrc/models/nibble_mix/starts.inc

The invariant: the corpus, the seed and the prior determine the numbers. Needs NumPy and the core, no PyTorch.
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .. import _core
from ..model_files import load
from .data import Kind, record_start
from .recipes import read_corpus

ROWS, INPUTS, MAPS, COLUMNS = 644, 18, 272, 16
_SIZES = (120, 4096)  # of a record, evenly in its logarithm
_STEP, _LAST_STEP = 0.4, 0.03  # of the way to what a record's weights became


class Starts(NamedTuple):
    """What weights and maps begin with."""

    weights: npt.NDArray[np.int16]  # (644, 18): of each row of each set, the inputs
    maps: npt.NDArray[np.uint16]  # (272, 16): of each tree, the columns


def records(kinds: list[Kind], count: int, seed: int) -> list[bytes]:
    """Draw records of the kinds' training parts, each at the start of a line or sentence."""
    random = np.random.default_rng(seed)
    shares = np.array([kind.weight for kind in kinds], float)
    drawn = []
    for which in random.choice(len(kinds), count, p=shares / shares.sum()):
        kind = kinds[which]
        size = int(np.exp(random.uniform(*np.log(_SIZES))))
        at = record_start(kind.train, int(random.integers(0, max(kind.train.size - 2 * size, 1))), random)
        text = kind.train[at : at + size].tobytes()
        drawn.append(text if kind.augment is None else kind.augment(text, random)[:size])
    return [text for text in drawn if text]


def learn(texts: list[bytes], prior: str = "small") -> Starts:
    """Code the texts one after another, each from what the ones before it have taught."""
    steps = np.linspace(_STEP, _LAST_STEP, len(texts)).tolist()
    weights, maps = _core.testing.learn_starts(load(prior), texts, steps)
    return Starts(
        np.frombuffer(weights, np.int16).reshape(ROWS, INPUTS), np.frombuffer(maps, np.uint16).reshape(MAPS, COLUMNS)
    )


def text_of(starts: Starts) -> str:
    """Return the starts as the core includes them."""

    def rows(values: npt.NDArray[np.int16] | npt.NDArray[np.uint16]) -> str:
        return ",\n".join("{" + ", ".join(map(str, row)) + "}" for row in values.tolist())

    return f"// Made by python/fastnz/train/starts.py.\n{{\n{rows(starts.weights)}}},\n{{\n{rows(starts.maps)}}}\n"


def main() -> None:
    """Run as a command."""
    parser = argparse.ArgumentParser(description="Learn what the mixer of hybrid begins with.")
    parser.add_argument("folder", help="the training folder of the corpus")
    parser.add_argument("-o", "--output", required=True, help="the file to write")
    parser.add_argument("--records", type=int, default=8000, metavar="N", help="how many to learn from")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    texts = records(read_corpus(options.folder), options.records, options.seed)
    starts = learn(texts)
    with open(options.output, "w", encoding="ascii") as file:
        file.write(text_of(starts))


if __name__ == "__main__":
    main()
