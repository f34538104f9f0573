"""The reference decoder and writer, importable by name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reference"))

import pytest  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def priors():
    """The networks that come with the package, for the reference's hybrid."""
    import priors

    priors.load()
