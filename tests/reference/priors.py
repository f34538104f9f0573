"""The networks that come with the package, for the reference's hybrid."""

from pathlib import Path

import gru8
import hybrid

from fastnz import _core

FOLDER = Path(__file__).resolve().parents[2] / "python/fastnz/priors"


def load() -> None:
    for number, name in ((1, "small"), (2, "large")):
        file = (FOLDER / f"{name}.fnzw").read_bytes()
        hybrid.NETWORKS[hybrid.PRIORS[number]] = gru8.read_plain(_core.unpack_weights(file))
