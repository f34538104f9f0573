"""Where model files are and what they are called, weights and dictionaries: those in the package and those that the user has installed.

The invariant: a name means the same file for every caller; the package's own come first. Knows nothing of what is in
a file but what the core says of it.
"""

from __future__ import annotations

import os

from .errors import ModelMissingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIX = ".fnzw"
DICTIONARY_SUFFIX = ".fnzd"
_SUFFIXES = (SUFFIX, DICTIONARY_SUFFIX)
_ID_SIZE = 8  # at the end of either

_loaded: dict[tuple[str, str | None], tuple[tuple[str, int, int], int]] = {}  # by what was asked for


def folders() -> list[str]:
    """Return the folders in which models are looked for, the package's own first.

    The second is ``FASTNZ_MODELS`` from the environment, or ``fastnz/models`` in the user's data folder.
    """
    own = os.path.join(os.path.dirname(os.path.abspath(__file__)), "priors")
    theirs = os.environ.get("FASTNZ_MODELS")
    if not theirs:
        data = os.environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
        theirs = os.path.join(data, "fastnz", "models")
    return [own, theirs]


def installed() -> Iterator[tuple[str, str]]:
    """Yield the name and path of every installed model; the name is the file's without its ending."""
    seen = set()
    for folder in folders():
        try:
            files = sorted(os.listdir(folder))
        except OSError:
            continue
        for file in files:
            name = file.removesuffix(SUFFIX).removesuffix(DICTIONARY_SUFFIX)
            if file.endswith(_SUFFIXES) and name not in seen:
                seen.add(name)
                yield name, os.path.join(folder, file)


def with_id(wanted: int) -> bytes | None:
    """Return the installed model file of that id, or None. Only its end is looked at; the core checks it."""
    for _, path in installed():
        try:
            with open(path, "rb") as file:
                file.seek(-_ID_SIZE, os.SEEK_END)
                if int.from_bytes(file.read(), "little") == wanted:
                    file.seek(0)
                    return file.read()
        except OSError:  # shorter than an id, or not to be read: not the one
            continue
    return None


def find(model: str) -> str:
    """Return the path of a model given by its name or its path.

    Raises
    ------
    ModelMissingError
        If no file is at that path and no model of that name is installed.
    """
    if os.sep in model or model.endswith(_SUFFIXES):
        if os.path.isfile(model):
            return model
        raise ModelMissingError(f"no weight file at {model}, and no dictionary")
    names = dict(installed())
    if model in names:
        return names[model]
    known, places = ", ".join(names) or "none", ", ".join(folders())
    raise ModelMissingError(f"no model named {model!r} is installed; installed: {known}; looked in {places}")


def load(model: str | os.PathLike[str] | None) -> int:
    """Return the id of a model given by its name or its path, and see to it that the core has it; 0 for None.

    A name of a network that learns while it codes (`online`), and that of the lanes mode (`lanes`), come before all files. A file is read anew only if it has
    changed.

    Raises
    ------
    ModelMissingError
        As `find`.
    FormatError
        If the file is not a model of this build, or damaged.
    """
    if model is None:
        return 0
    from . import _core
    from .lanes import is_lanes, load_lanes
    from .online import is_online, load_online

    asked = os.fspath(model)
    if is_online(asked):
        return load_online(asked)
    if is_lanes(asked):
        return load_lanes(asked)
    key = asked, os.environ.get("FASTNZ_MODELS")
    if key in _loaded:
        mark, found = _loaded[key]
        if _mark(mark[0]) == mark:
            return found
    path = find(asked)
    before = _mark(path)
    with open(path, "rb") as file:
        found = _core.load_weights(file.read())
    if before is not None:
        _loaded[key] = before, found
    return found


def _mark(path: str) -> tuple[str, int, int] | None:
    """Return what tells a file from a later one at the same place."""
    try:
        about = os.stat(path)
    except OSError:
        return None
    return path, about.st_mtime_ns, about.st_size
