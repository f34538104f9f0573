"""`fastnz train --dictionary`: from samples to a dictionary, in seconds and without PyTorch.

The invariant: what is printed as its gain was measured on records that it was not made of.
"""

from __future__ import annotations

import argparse
import os
import sys

from . import _core
from .atomic import AtomicFile
from .cli_output import add_output_options, output_path
from .cli_report import Report, human
from .dictionary import DEFAULT_DICTIONARY_SIZE, train_dictionary
from .model_files import DICTIONARY_SUFFIX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import NoReturn

_UNITS = {"": 1, "K": 10**3, "M": 10**6}
_MOST_BYTES = 64 << 20  # of samples that are looked at
_HELD_BACK = 10  # every tenth sample
_MOST_MEASURED = 1 << 20  # bytes of them
_FEW_FILES = 20  # fewer of them are cut into lines
_LONGEST_LINE = 4096  # on average, of a file of lines
_FEWEST = 10  # samples

_EPILOG = """\
Each PATH is a file or a folder. Of fewer than 20 files every line is a sample, if they are text; of more, every file is
one. --lines and --files say which, where that is not what your records are. A dictionary needs ten samples at least and
should have a thousand. What is taken is told. Then:

  fastnz --model OUTPUT FILE...          fastnz.compress_many(records, model="OUTPUT")
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(1, f"fastnz train --dictionary: {message}\nTry 'fastnz train --dictionary --help'.\n")


def main(arguments: list[str]) -> int:
    """Make the dictionary and return the exit code."""
    options = _parse(arguments)
    report = Report(-1 if options.quiet else 0, not options.quiet)
    samples = _samples(options)
    held = samples[_HELD_BACK - 1 :: _HELD_BACK]
    kept = [sample for i, sample in enumerate(samples) if i % _HELD_BACK != _HELD_BACK - 1]
    report.begin(options.output)
    made = train_dictionary(
        kept, options.size, network=options.network, progress=report.meter(sum(map(len, kept)))
    )
    report.clear()
    with AtomicFile(options.output, overwrite=options.force) as file:
        file.write(made)
        file.commit()
    if not options.quiet:
        about = _core.weights_info(made)
        sys.stderr.write(
            f"{options.output}: {human(len(made))}, {about['samples']:,} of {len(kept):,} samples, "
            f"{human(about['sample_bytes'])} of {human(sum(map(len, kept)))}; "
            f"network beside them: {about['network']}\n"
        )
        _tell_gain(held, made)
    return 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = _Parser(
        prog="fastnz train --dictionary",
        usage="fastnz train --dictionary [OPTION]... PATH... {-o OUTPUT | -n NAME}",
        description=f"Make a dictionary of samples and write it to OUTPUT ({DICTIONARY_SUFFIX}), or install it as NAME.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--dictionary", action="store_true", help=argparse.SUPPRESS)
    add("paths", nargs="+", metavar="PATH", help=argparse.SUPPRESS)
    add_output_options(parser)
    add("-q", "--quiet", action="store_true", help="no progress and no measurement")
    size = f"bytes of samples to keep; default {DEFAULT_DICTIONARY_SIZE}"
    add("--size", type=_size, default=DEFAULT_DICTIONARY_SIZE, metavar="SIZE", help=size)
    add("--lines", action="store_true", help="every line is a sample")
    add("--files", action="store_true", help="every file is a sample")
    network = "a network to predict beside them: a name, a path or none; default small, if a trial shows 2 %% of gain"
    add("--network", metavar="MODEL", help=network)
    options = parser.parse_args(arguments)
    if options.lines and options.files:
        parser.error("--lines or --files, not both")
    options.output = output_path(options, parser, DICTIONARY_SUFFIX)
    return options


def _size(text: str) -> int:
    number = text.upper().rstrip("KM")
    unit = text.upper()[len(number) :]
    if not number.isdigit() or unit not in _UNITS:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write 110K, 1M or 112640")
    return int(number) * _UNITS[unit]


def _samples(options: argparse.Namespace) -> list[bytes]:
    paths = list(_files(options.paths))
    budget = _MOST_BYTES // max(1, len(paths))
    samples: list[bytes] = []
    whole = 0
    for path in paths:
        with open(path, "rb") as file:
            data = file.read(max(budget, _LONGEST_LINE))
        by_lines = options.lines or not options.files and len(paths) < _FEW_FILES and _is_lines(data)
        samples += [line for line in data.splitlines() if line] if by_lines else [data] if data else []
        whole += bool(data) and not by_lines
    _check_count(samples, whole)
    if not options.quiet:
        lines = len(samples) - whole
        taken = [f"{count:,} {what}" for count, what in ((lines, "lines"), (whole, "whole files")) if count]
        sys.stderr.write(f"samples: {' and '.join(taken)}\n")
    return samples


def _is_lines(data: bytes) -> bool:
    return b"\n" in data and b"\0" not in data and len(data) <= _LONGEST_LINE * data.count(b"\n")


def _check_count(samples: list[bytes], whole: int) -> None:
    """Refuse what is too little to tell what records have in common."""
    if len(samples) >= _FEWEST:
        return
    if not samples:
        raise ValueError("no samples: the files are empty")
    count = "1 sample is" if len(samples) == 1 else f"{len(samples)} samples are"
    hint = "; with --lines every line is one" if whole else ""
    raise ValueError(f"{count} too few, a dictionary needs {_FEWEST} and should have a thousand{hint}")


def _files(paths: list[str]) -> Iterator[str]:
    for path in paths:
        if not os.path.isdir(path):
            yield path
            continue
        for folder, folders, names in os.walk(path):
            folders.sort()
            yield from (os.path.join(folder, name) for name in sorted(names))


def _tell_gain(held: list[bytes], made: bytes) -> None:
    """Print what records that were held back come to, each on its own, with the dictionary and without."""
    total = 0
    measured: list[bytes] = []
    for sample in held:
        if total >= _MOST_MEASURED:
            break
        measured.append(sample)
        total += len(sample)
    if not total:
        return
    plain = sum(map(len, _core.compress_many(measured, threads=0)))
    primed = sum(map(len, _core.compress_many(measured, threads=0, model=_core.load_weights(made))))
    sys.stderr.write(
        f"{len(measured):,} samples held back, {human(total)} in records of their own: {human(plain)} without, "
        f"{human(primed)} with it ({100 * (1 - primed / plain):.0f} % less)\n"
    )
