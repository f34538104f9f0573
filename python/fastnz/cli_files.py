"""Which files the command line works on, what their outputs are called, and how both are opened.

The invariant: nothing special is touched unasked: no links are followed when the input is to be removed, no device
or pipe is read or replaced without -c or -o, no file is overwritten without -f. Knows nothing of compression.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from .atomic import AtomicFile, write_all
from .cli_options import SUFFIX, Options
from .cli_report import Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Sink: TypeAlias = "AtomicFile | DirectSink | NullSink"


class Skip(Exception):
    """This file is left alone; the text says why. A warning, not an error."""


class Source:
    """An input: its descriptor, what to call it, and what `fstat` said."""

    def __init__(self, fd: int, name: str, path: str | None) -> None:
        self.fd = fd
        self.name = name
        self.path = path  # None for standard input
        self.stat = os.fstat(fd)
        self.is_regular = stat.S_ISREG(self.stat.st_mode)

    def close(self) -> None:
        if self.path is not None:
            os.close(self.fd)


class DirectSink:
    """Standard output, a device or a pipe: written to as it is."""

    def __init__(self, fd: int, owned: bool) -> None:
        self._fd = fd
        self._owned = owned

    def write(self, data: bytes | memoryview) -> None:
        write_all(self._fd, data)

    def close(self) -> None:
        if self._owned:
            os.close(self._fd)


class NullSink:
    """Where content goes that is only to be checked."""

    def write(self, data: bytes | memoryview) -> None:
        pass

    def close(self) -> None:
        pass


def walk(options: Options, report: Report) -> Iterator[str]:
    """Yield the files to work on; directories only turn into their files with -r."""
    for name in options.files:
        if name != "-" and os.path.isdir(name):
            if options.recursive:
                yield from _walk_directory(name, options, report)
                continue
        yield name


def _walk_directory(top: str, options: Options, report: Report) -> Iterator[str]:
    wants_packed = options.mode != "compress"
    for folder, folders, names in os.walk(
        top, onerror=lambda error: report.warn(f"{error.filename}: {error.strerror}")
    ):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            if name.endswith(SUFFIX) != wants_packed:
                report.say(f"{path}: passed over")
            elif os.path.islink(path) or not os.path.isfile(path):
                report.say(f"{path}: passed over, not a regular file")
            else:
                yield path


def open_source(name: str, options: Options) -> Source:
    """Open an input, or raise `Skip` or `OSError`."""
    if name == "-":
        if options.mode != "compress" and not options.force and os.isatty(0):
            raise Skip("compressed data is not read from a terminal; use -f to do it anyway")
        return Source(0, "standard input", None)
    removes = options.remove and options.mode in ("compress", "decompress")
    if removes and not options.force and os.path.islink(name):
        raise Skip(f"{name}: is a symbolic link; not used together with --rm, skipped")
    found = os.stat(name)
    if stat.S_ISDIR(found.st_mode):
        raise Skip(f"{name}: is a directory; use -r to go into it, skipped")
    if not stat.S_ISREG(found.st_mode):
        if removes:
            raise Skip(f"{name}: is not a regular file; not used together with --rm, skipped")
        if not options.stdout and options.output is None and options.mode != "test":
            raise Skip(f"{name}: is not a regular file; use -c or -o to read it, skipped")
    if removes and not options.force and found.st_nlink > 1:
        raise Skip(f"{name}: has {found.st_nlink} names (hard links); not used together with --rm, skipped")
    return Source(os.open(name, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0)), name, name)


def _output_name(source: Source, options: Options) -> str | None:
    """Return the path to write, or None for standard output."""
    if options.output is not None:
        return options.output
    if options.stdout or source.path is None:
        return None
    name = source.path
    if options.mode == "compress":
        if name.endswith(SUFFIX) and not options.force:
            raise Skip(f"{name}: ends in {SUFFIX} already; use -f to compress it again, skipped")
        return name + SUFFIX
    if not name.endswith(SUFFIX) or os.path.basename(name) == SUFFIX:
        raise Skip(f"{name}: does not end in {SUFFIX}; use -o or -c to say where to put its content, skipped")
    return name.removesuffix(SUFFIX)


def open_sink(source: Source, options: Options) -> Sink:
    """Open the output that belongs to an input, or raise `Skip` or `OSError`."""
    if options.mode == "test":
        return NullSink()
    path = _output_name(source, options)
    if path is None:
        if options.mode == "compress" and not options.force and os.isatty(1):
            raise Skip("compressed data is not written to a terminal; use -o, or -f to do it anyway")
        return DirectSink(1, owned=False)
    try:
        there = os.stat(path)
    except FileNotFoundError:
        there = None
    if there is not None:
        if os.path.samestat(there, source.stat):
            raise FileExistsError(0, "is the input itself; not overwritten", path)
        if stat.S_ISDIR(there.st_mode):
            raise IsADirectoryError(0, "is a directory; not overwritten", path)
        if not stat.S_ISREG(there.st_mode):
            if options.output is None:
                raise FileExistsError(0, "exists and is not a regular file; not overwritten", path)
            return DirectSink(os.open(path, os.O_WRONLY | getattr(os, "O_CLOEXEC", 0)), owned=True)
    if not options.force and os.path.lexists(path):
        raise FileExistsError(0, "exists already; use -f to overwrite it", path)
    return AtomicFile(path, overwrite=options.force)
