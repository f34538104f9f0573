"""The shared corpus: where it is, what belongs to a set, and plain copies of its files.

The corpus is not part of the project. `FASTNZ_CORPUS` names its folder; without it, ``../shared/corpus`` beside the
project is tried. Its MANIFEST.tsv gives size and SHA-256 of every file, and nothing is measured on a file that does
not match them.
"""

from __future__ import annotations

import csv
import fnmatch
import hashlib
import lzma
import os
from dataclasses import dataclass
from pathlib import Path

from tables import BENCH, read_table

ROOT = BENCH.parent


class CorpusError(Exception):
    """The corpus is missing, or is not what its manifest says."""


@dataclass(frozen=True)
class Item:
    """One thing to compress.

    Attributes
    ----------
    name : str
        Short name, as records show it.
    path : Path
        The plain, uncompressed file.
    size : int
        Its length in bytes.
    sha256 : str
        What a decoder must reproduce.
    """

    name: str
    path: Path
    size: int
    sha256: str


def find_corpus() -> Path:
    """Return the corpus folder, or raise `CorpusError` that says what to set."""
    named = os.environ.get("FASTNZ_CORPUS")
    folder = Path(named) if named else ROOT.parent / "shared" / "corpus"
    if not (folder / "MANIFEST.tsv").is_file():
        hint = "it was named by FASTNZ_CORPUS" if named else "set FASTNZ_CORPUS to its folder"
        raise CorpusError(f"no corpus: {folder / 'MANIFEST.tsv'} does not exist ({hint})")
    return folder


def read_manifest(corpus: Path) -> dict[str, tuple[int, str]]:
    """Return name -> (size, sha256) of every corpus file."""
    with open(corpus / "MANIFEST.tsv", newline="") as file:
        return {row["name"]: (int(row["bytes"]), row["sha256"]) for row in csv.DictReader(file, delimiter="\t")}


def read_sets() -> dict[str, dict]:
    """Return sets.toml: set name -> table, and the table `joined`."""
    return read_table("sets")


def load_set(set_name: str, work: Path, only: list[str] | None = None) -> list[Item]:
    """Unpack the files of a set into `work`.

    Parameters
    ----------
    set_name : str
        A table of sets.toml.
    work : Path
        Folder for the plain copies.
    only : list of str, optional
        Patterns of short names; items that match none are left out.

    Returns
    -------
    list of Item
        In order of size, smallest first.

    Raises
    ------
    CorpusError
        The corpus or a file of it is missing or differs from the manifest, or there is no such set.
    """
    corpus = find_corpus()
    manifest = read_manifest(corpus)
    sets = read_sets()
    joined = sets.pop("joined", {})
    if set_name not in sets:
        raise CorpusError(f"no set {set_name!r}; there are: {', '.join(sets)}")
    names: list[str] = []
    for entry in sets[set_name]["files"]:
        found = [entry] if entry in joined else sorted(fnmatch.filter(manifest, entry))
        if not found:
            raise CorpusError(f"set {set_name!r}: the manifest has nothing named {entry!r}")
        names += [name for name in found if name not in names]
    if only:
        names = [name for name in names if any(fnmatch.fnmatch(_short(name), pattern) for pattern in only)]
    parts = {name: sorted(fnmatch.filter(manifest, joined[name])) if name in joined else [name] for name in names}
    items = [_unpack(corpus, manifest, name, parts[name], work) for name in names]
    return sorted(items, key=lambda item: item.size)


def _short(name: str) -> str:
    return name.removeprefix("test/")


def _unpack(corpus: Path, manifest: dict[str, tuple[int, str]], name: str, parts: list[str], work: Path) -> Item:
    path = work / _short(name).replace("/", "_")
    whole = hashlib.sha256()
    size = 0
    with open(path, "wb") as out:
        for part in parts:
            data = _read_checked(corpus, part, *manifest[part])
            whole.update(data)
            size += len(data)
            out.write(data)
    return Item(_short(name), path, size, whole.hexdigest())


def _read_checked(corpus: Path, name: str, size: int, sha256: str) -> bytes:
    packed = corpus / (name + ".xz")
    if not packed.is_file():
        raise CorpusError(f"{packed} does not exist")
    with lzma.open(packed) as file:
        data = file.read()
    if len(data) != size or hashlib.sha256(data).hexdigest() != sha256:
        raise CorpusError(f"{packed} is not what MANIFEST.tsv says")
    return data
