"""The `fastnz` command: runs the jobs, turns errors into words and exit codes, dies cleanly by signals.

The invariant: the exit code is 0 only if everything that was asked for was done. The codes are documented in
`fastnz --help` and in the README.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

from . import cli_jobs
from .atomic import remove_pending
from .cli_files import Skip, walk
from .cli_options import Options, parse
from .cli_report import Report, human
from .errors import FastnzError, FormatError, LimitError, ModelMissingError, UnsupportedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .frames import Info

OK, ERROR, WARNING, DAMAGED, LIMIT, MODEL_MISSING = range(6)

_JOBS: dict[str, Callable[[str, Options, Report], None]] = {
    "compress": cli_jobs.compress,
    "decompress": cli_jobs.decompress,
    "test": cli_jobs.test,
}

_FLAGS = {"max_memory": "-M", "max_output_size": "--max-output", "block_size": "--block-size"}

_COMMANDS = ("models", "train")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    if words and words[0] in _COMMANDS:
        return _command(words)
    options = parse(words)
    report = Report(options.verbosity, options.progress and not _shows_output(options))
    _handle_signals(report)  # the codec lets signals in some times a second, also while it works on one block
    try:
        if options.mode == "list":
            return _list(options, report)
        job = _JOBS[options.mode]
        return _over_files(options, report, lambda name: job(name, options, report))
    except BrokenPipeError:
        _die(signal.SIGPIPE)
        raise


def _command(words: list[str]) -> int:
    """Run a command of its own module, whatever files there are: one of that name is ./NAME."""
    from importlib import import_module

    _handle_signals(Report(0, False))
    try:
        code: int = import_module(f".cli_{words[0]}", __package__).main(words[1:])
    except BrokenPipeError:
        _die(signal.SIGPIPE)
        raise
    except Exception as error:
        code, text = _explain(error, words[0])
        sys.stderr.write(f"fastnz: {text}\n")
    return code


def _shows_output(options: Options) -> bool:
    """True if content goes to a terminal, where a progress line would be drawn into it."""
    to_stdout = options.stdout or ("-" in options.files and options.output is None)
    return options.mode in ("compress", "decompress") and to_stdout and os.isatty(1)


def _over_files(options: Options, report: Report, job: Callable[[str], None]) -> int:
    """Do every file; the code is that of the first error, or WARNING if there were only warnings."""
    code = OK
    for name in walk(options, report):
        try:
            job(name)
        except Skip as reason:
            report.warn(str(reason))
            code = code or WARNING
        except BrokenPipeError:
            raise
        except Exception as error:
            found, text = _explain(error, name)
            report.error(text)
            code = found if code in (OK, WARNING) else code
    return code


def _explain(error: Exception, name: str) -> tuple[int, str]:
    """Return the exit code for an error and what to tell the user."""
    name = "standard input" if name == "-" else name
    if isinstance(error, LimitError):
        text = str(error)
        for parameter, flag in _FLAGS.items():
            text = text.replace(parameter, flag)
        return LIMIT, f"{name}: {text}"
    if isinstance(error, ModelMissingError):
        return MODEL_MISSING, f"{name}: {error}"
    if isinstance(error, FormatError) and not isinstance(error, UnsupportedError):
        return DAMAGED, f"{name}: {error}"
    if isinstance(error, OSError):
        where = os.fsdecode(error.filename) if error.filename is not None else name
        return ERROR, f"{where}: {error.strerror or error}"
    if isinstance(error, MemoryError):
        return ERROR, f"{name}: out of memory; fewer threads (-T) need less"
    if isinstance(error, (FastnzError, ValueError)):
        return ERROR, f"{name}: {error}"
    return ERROR, f"{name}: {type(error).__name__}: {error}"


def _list(options: Options, report: Report) -> int:
    found: list[tuple[str, Info]] = []
    code = _over_files(options, report, lambda name: found.append(cli_jobs.describe(name)))
    if sys.stdout is None:
        report.error("standard output is closed")
        return ERROR
    # Names of files are bytes: they go out as they came in.
    text = (_as_json(found) if options.json else _as_table(found)).encode(errors="surrogateescape")
    try:
        sys.stdout.buffer.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        report.error(f"standard output: {error.strerror}")
        os.close(1)  # else Python tries again while it shuts down
        return ERROR
    return code


def _as_json(found: list[tuple[str, Info]]) -> str:
    import json

    rows = [
        {"name": name, **about._asdict(), "frames": [frame._asdict() for frame in about.frames]}
        for name, about in found
    ]
    return json.dumps(rows, indent=1) + "\n"


def _as_table(found: list[tuple[str, Info]]) -> str:
    if not found:
        return ""
    lines = [f"{'Frames':>6} {'Blocks':>6} {'Compressed':>12} {'Content':>12} {'Ratio':>7} {'Memory':>10}  Model  Name"]
    for name, about in found:
        frames = [frame for frame in about.frames if not frame.skippable]
        size = about.content_size
        ratio = f"{size / about.compressed_size:.3f}" if size is not None and about.compressed_size else "-"
        models = ",".join(sorted({frame.model for frame in frames if frame.model})) or "-"
        lines.append(
            f"{len(about.frames):>6} {sum(frame.blocks for frame in frames):>6} {human(about.compressed_size):>12} "
            f"{'-' if size is None else human(size):>12} {ratio:>7} {human(about.memory):>10}  {models}  {name}"
        )
    return "\n".join(lines) + "\n"


def _handle_signals(report: Report) -> None:
    def handle(number: int, frame: object) -> None:
        report.clear()
        _die(number)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays in force
            signal.signal(number, handle)


def _die(number: int) -> None:
    """Leave nothing behind and end as the signal would have ended us."""
    remove_pending()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


if __name__ == "__main__":
    sys.exit(main())
