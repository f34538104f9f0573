"""The command line's options: parsing them and nothing else.

The invariant: what comes out is complete and consistent, or a usage error was reported. Reads FASTNZ_LEVEL and
FASTNZ_THREADS from the environment and no other variable. Touches no file.
"""

from __future__ import annotations

import argparse
import os

from . import __version__, levels
from ._common import DEFAULT_LEVEL, MAX_BLOCK_SIZE, MIN_BLOCK_SIZE, check_device, processors
from .errors import DeviceError

TYPE_CHECKING = False  # module typing would cost some milliseconds at start-up
if TYPE_CHECKING:
    from typing import NoReturn

SUFFIX = ".fnz"
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_MIN_MEMORY = 1 << 30

_EPILOG = """\
commands of their own: fastnz train, fastnz models (--help tells more); files of these names are ./train, ./models
sizes: bytes, or with a suffix K, M, G (KiB, MiB, GiB)
environment: FASTNZ_LEVEL, FASTNZ_THREADS give defaults for -1..-9 and -T
exit status: 0 done, 1 error, 2 warning (something was skipped), 3 damaged or foreign data, 4 over a limit,
5 model not installed
"""


class Options(argparse.Namespace):
    """What the user wants, after defaults."""

    mode: str  # "compress", "decompress", "test" or "list"
    level: int
    model: str | None
    threads: int
    device: str
    memory: int
    max_output: int | None
    block_size: int | None
    index: bool
    stdout: bool
    output: str | None
    force: bool
    remove: bool
    recursive: bool
    json: bool
    verbosity: int  # 0 is normal; -1 hides warnings, -2 errors too; 1 tells what was done
    progress: bool
    files: list[str]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(1, f"fastnz: {message}\nTry 'fastnz --help'.\n")


def parse(arguments: list[str]) -> Options:
    """Turn command-line arguments into options, or exit with a usage error."""
    parser = _build()
    end = arguments.index("--") if "--" in arguments else len(arguments)  # argparse loses it when it intermixes
    options = parser.parse_intermixed_args(arguments[:end], namespace=Options())
    options.files = options.files + arguments[end + 1 :] or ["-"]
    options.verbosity = options.verbose - options.quiet
    if options.output == "-":
        options.output, options.stdout = None, True
    if options.json and options.mode != "list":
        parser.error("--json goes with -l")
    if options.output is not None:
        if options.stdout:
            parser.error("-o and -c exclude each other")
        if len(options.files) > 1 or options.recursive:
            parser.error("-o takes one input; use -c to join several")
    if options.mode == "compress":
        _settle_level(options, parser)
    if options.threads is None:
        options.threads = _from_environment("FASTNZ_THREADS", 0, 1 << 16, parser) or 0
    options.threads = options.threads or processors()
    try:
        check_device(options.device)
    except (DeviceError, ValueError) as error:
        parser.error(f"--device: {error}")
    if options.memory is None:
        options.memory = max(_MIN_MEMORY, _physical_memory() // 4)
    return options


def _build() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="fastnz",
        usage="fastnz [OPTION]... [FILE]...",
        description=f"Compress or decompress FILEs (standard input without FILE, or where FILE is -) to FILE{SUFFIX}.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,
    )
    parser.add_argument("files", nargs="*", help=argparse.SUPPRESS)

    add = parser.add_argument_group("what to do").add_argument
    parser.set_defaults(mode="compress")
    add("-z", "--compress", dest="mode", action="store_const", const="compress", help="compress (the default)")
    add("-d", "--decompress", dest="mode", action="store_const", const="decompress", help="decompress")
    add("-t", "--test", dest="mode", action="store_const", const="test", help="decode and check, write nothing")
    add("-l", "--list", dest="mode", action="store_const", const="list", help="tell sizes, blocks, model")
    add("--json", action="store_true", help="with -l: as JSON")
    add("-h", "--help", action="help", help="this text")
    add("-V", "--version", action="version", version=f"fastnz {__version__}")

    add = parser.add_argument_group("how").add_argument
    for level in range(1, 10):
        add(f"-{level}", dest="level", action="store_const", const=level, help=_level_help(level))
    add("--best", dest="level", action="store_const", const=0, help="the highest level")
    add(
        "--model",
        metavar="NAME",
        help="use a model of your own, by its name or path (see fastnz models), a network that learns as it codes (rnn, gru, gru_feat, lstm, trace, nncp, dzip), or lanes",
    )
    add("-T", "--threads", type=_threads, metavar="N", help="use N threads; 0 is one for each processor, the default")
    add("--device", default="auto", metavar="NAME", help="cpu, cuda or cuda:N for models that can use a GPU; auto: as there is")
    add("-M", "--memory", type=_size, metavar="SIZE", help="use no more memory; default 1/4 of the machine's, >= 1G")
    add("--max-output", type=_size, metavar="SIZE", help="decompress no more than this from one file; no default")
    add("--block-size", type=_block_size, metavar="SIZE", help="bytes per independent block, 64K to 256M")
    parser.set_defaults(index=True)
    add("--index", dest="index", action="store_true", help="write a table of the blocks (the default)")
    add("--no-index", dest="index", action="store_false", help="write none")

    add = parser.add_argument_group("files").add_argument
    add("-c", "--stdout", action="store_true", help="write to standard output")
    add("-o", "--output", metavar="FILE", help="write to FILE")
    add("-f", "--force", action="store_true", help="overwrite; follow links; write to a terminal")
    parser.set_defaults(remove=False)
    add("-k", "--keep", dest="remove", action="store_false", help="keep the input (the default)")
    add("--rm", dest="remove", action="store_true", help="remove the input once the output is checked and safe")
    add("-r", "--recursive", action="store_true", help="go into directories")

    add = parser.add_argument_group("messages").add_argument
    add("-v", "--verbose", action="count", default=0, help="tell what was done")
    add("-q", "--quiet", action="count", default=0, help="no warnings; twice: no errors")
    add("--no-progress", dest="progress", action="store_false", help="no progress bar on a terminal")
    return parser


def _settle_level(options: Options, parser: argparse.ArgumentParser) -> None:
    level: int | None = options.level
    if level == 0:
        level = max(row["level"] for row in levels())
    if level is None:
        level = _from_environment("FASTNZ_LEVEL", 1, 9, parser)
    options.level = DEFAULT_LEVEL if level is None else level


def _from_environment(name: str, low: int, high: int, parser: argparse.ArgumentParser) -> int | None:
    text = os.environ.get(name)
    if not text:
        return None
    if not text.isdecimal() or not low <= int(text) <= high:
        parser.error(f"{name} must be a number from {low} to {high}, not {text!r}")
    return int(text)


def _level_help(level: int) -> str | None:
    if level == 1:
        return "fastest"
    if level == DEFAULT_LEVEL:
        return "the default"
    return "smallest" if level == 9 else argparse.SUPPRESS


def _threads(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be 0 or more, not {text!r}")
    return int(text)


def _size(text: str) -> int:
    number = text.upper().removesuffix("B").removesuffix("I")
    unit = number.lstrip("0123456789")
    digits = number[: len(number) - len(unit)]
    if not digits or unit not in _UNITS:
        raise argparse.ArgumentTypeError(f"must be a size such as 65536, 64K or 1G, not {text!r}")
    return int(digits) * _UNITS[unit]


def _block_size(text: str) -> int:
    size = _size(text)
    if not MIN_BLOCK_SIZE <= size <= MAX_BLOCK_SIZE:
        raise argparse.ArgumentTypeError(f"must be from 64K to 256M, not {text}")
    return size


def _physical_memory() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 0
