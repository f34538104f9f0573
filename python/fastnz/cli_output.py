"""Where the commands that make a model file write it: -o, -n and -f, alike for networks and dictionaries.

The invariant: an output that this returns does not exist yet, unless -f was given, and one with a name is found by it.
"""

from __future__ import annotations

import os

from .model_files import DICTIONARY_SUFFIX, SUFFIX, folders

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def add_output_options(parser: argparse.ArgumentParser) -> None:
    """Declare them."""
    add = parser.add_argument
    add("-o", "--output", metavar="OUTPUT", help="the file to write")
    add("-n", "--name", metavar="NAME", help="write it where models are looked for, under this name")
    add("-f", "--force", action="store_true", help="overwrite OUTPUT")


def output_path(options: argparse.Namespace, parser: argparse.ArgumentParser, suffix: str) -> str:
    """Return the path to write; what is installed under a name gets `suffix`, and its folder is there."""
    if (options.output is None) == (options.name is None):
        parser.error("say with -o where to write, or with -n how to call it")
    output: str = options.output if options.name is None else _place(options.name, parser, suffix)
    if os.path.lexists(output) and not options.force:
        parser.error(f"{output} exists already; use -f to overwrite it")
    return output


def _place(name: str, parser: argparse.ArgumentParser, suffix: str) -> str:
    if not name or os.sep in name or name.startswith("."):
        parser.error(f"{name!r} is a path; -o takes paths, -n a name")
    own, theirs = folders()
    hiding = [os.path.join(own, name + SUFFIX)]
    if suffix == DICTIONARY_SUFFIX:
        hiding.append(os.path.join(theirs, name + SUFFIX))
    if any(map(os.path.exists, hiding)):
        parser.error(f"there is a network named {name!r}, which would be found first")
    os.makedirs(theirs, exist_ok=True)
    return os.path.join(theirs, name + suffix)
