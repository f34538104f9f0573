"""The reference decoder and writer, importable by name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reference"))

import pytest  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def priors():
    """The networks that come with the package, for the reference's hybrid."""
    import gru8
    import hybrid

    from fastnz import _core

    folder = Path(__file__).resolve().parents[2] / "python/fastnz/priors"
    for number, name in ((1, "small"), (2, "large")):
        file = (folder / f"{name}.fnzw").read_bytes()
        hybrid.NETWORKS[hybrid.PRIORS[number]] = gru8.read_plain(_core.unpack_weights(file))
