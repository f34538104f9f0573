"""A folder with a shell in it, and the text that the tests compress."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from shell import TEXT, Shell  # noqa: E402


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """A file called "text", in the shell's folder."""
    path = tmp_path / "text"
    path.write_bytes(TEXT)
    return path
