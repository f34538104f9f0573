"""Any flags with any names in a folder: no traceback, only exit codes that are documented, nothing half-made or lost."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import fastnz
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shell import TEXT, Shell

FLAGS = [
    *("-z", "-d", "-t", "-l", "-c", "-k", "-f", "-r", "-q", "-qq", "-v", "-vv", "--rm", "--json", "--no-progress"),
    *("--index", "--no-index", "-1", "-3", "-9", "--best", "-T0", "-T3", "-T99999999999999999999", "-T-1", "-Tx"),
    *("-M1G", "-M1M", "-M0", "-M-1", "--memory=1T", "--max-output=10", "--max-output=0", "--block-size=64K"),
    *("--block-size=1", "-o", "-oout", "-o-", "-omissing/out", "-", "--", "--unknown", "-V"),
]
NAMES = [
    *("text", "packed.fnz", "empty", "damaged.fnz", "-x", "./-x", "sp ace\n.fnz", "folder", "folder/", "link"),
    *("\udcff", "dangling", "hard", "missing", "", ".", "text/", "/dev/null", "out", ".fnz", "é.fnz.fnz"),
]
STDIN = [b"", b"some text", fastnz.compress(b"content of standard input", 1), b"\xf1"]


def fill(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "folder").mkdir(parents=True)
    (folder / "text").write_bytes(TEXT)
    (folder / "packed.fnz").write_bytes(fastnz.compress(b"packed", 1))
    (folder / "empty").write_bytes(b"")
    (folder / "damaged.fnz").write_bytes(fastnz.compress(b"damaged", 1)[:-1] + b"?")
    (folder / "-x").write_bytes(b"named like a flag")
    (folder / "sp ace\n.fnz").write_bytes(fastnz.compress(b"odd name", 1))
    (folder / "folder" / "inside").write_bytes(b"inside")
    (folder / "folder" / "packed.fnz").write_bytes(fastnz.compress(b"packed inside", 1))
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff")).write_bytes(b"a name that is no text")
    (folder / "link").symlink_to("text")
    (folder / "dangling").symlink_to("nowhere")
    os.link(folder / "text", folder / "hard")


def holds_text(path: Path) -> bool:
    content = path.read_bytes()
    try:
        return content == TEXT or fastnz.decompress(content) == TEXT
    except fastnz.FastnzError:
        return False


@pytest.mark.slow
@given(
    st.lists(st.sampled_from(FLAGS), max_size=4),
    st.lists(st.sampled_from(NAMES), max_size=3),
    st.randoms(use_true_random=False),
    st.sampled_from(STDIN),
)
def test_any_flags_with_any_names(tmp_path: Path, flags: list[str], names: list[str], random, stdin: bytes) -> None:
    words = flags + names
    random.shuffle(words)
    folder = tmp_path / "folder of its own"
    fill(folder)
    Shell(folder)(*words, stdin=stdin, expect=range(6))
    assert not [name for name in os.listdir(folder) if name.startswith(".") and name != ".fnz"]
    assert any(holds_text(folder / name) for name in ("text", "hard", "text.fnz", "link.fnz", "hard.fnz", "out"))
