"""What the command line says: messages, the progress line, sizes in words. All of it on standard error.

The invariant: the progress line is drawn only on a terminal and is gone before anything else is printed.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable

_INTERVAL_S = 0.1


class Report:
    """Tells the user what happens, as loudly as the options ask.

    Parameters
    ----------
    verbosity : int
        0 is normal; -1 hides warnings, -2 errors too; 1 tells what was done.
    progress : bool
        Draw a progress line if standard error is a terminal.
    """

    def __init__(self, verbosity: int, progress: bool) -> None:
        self._verbosity = verbosity
        self.draws = progress and verbosity >= 0 and os.isatty(2)
        self._drawn = False
        self._name = ""
        self._began = self._next = 0.0

    def begin(self, name: str) -> None:
        """Start the clock for one file."""
        self._name = name
        self._began = time.monotonic()
        self._next = self._began + 5 * _INTERVAL_S  # short work needs no bar

    def meter(self, total: int | None) -> Callable[[int, int], None] | None:
        """Return what to call as progress(done, _), or None if nobody will see it."""
        return (lambda done, _: self._draw(done, total)) if self.draws else None

    def _draw(self, done: int, total: int | None) -> None:
        """Redraw the line, if it is time: `done` bytes of content, of `total` if that is known."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _INTERVAL_S
        share = f"{min(100 * done / total, 100):5.1f} % of {human(total)}" if total else human(done)
        speed = f"{done / 1e6 / (now - self._began):.2f} MB/s"
        columns = _columns()
        line = f"{self._name[-columns // 2 :]}: {share}, {speed}"[: columns - 1]
        _write(f"\r{line}\x1b[K")
        self._drawn = True

    def clear(self) -> None:
        """Take the progress line away."""
        if self._drawn:
            _write("\r\x1b[K")
            self._drawn = False

    def done(self, verb: str, size: int, packed: int) -> None:
        """Say how it went, on a terminal that showed progress or if asked to."""
        seconds = time.monotonic() - self._began
        shown = self._drawn
        self.clear()
        if shown or self._verbosity > 0:
            share = f" ({100 * packed / size:.2f} %)" if size else ""
            before, after = (size, packed) if verb == "compressed" else (packed, size)
            speed = f", {size / 1e6 / seconds:.2f} MB/s" if seconds > 0 else ""
            _write(f"{self._name}: {before:,} -> {after:,} bytes{share} in {seconds:.2f} s{speed}\n")

    def say(self, text: str) -> None:
        """Print if -v was given."""
        if self._verbosity > 0:
            self.clear()
            _write(f"{text}\n")

    def warn(self, text: str) -> None:
        """Print unless -q was given."""
        self.clear()
        if self._verbosity >= 0:
            _write(f"fastnz: {text}\n")

    def error(self, text: str) -> None:
        """Print unless -q was given twice."""
        self.clear()
        if self._verbosity >= -1:
            _write(f"fastnz: {text}\n")


def human(size: int) -> str:
    """Return a size in bytes as people write it.

    Examples
    --------
    >>> human(999), human(2048), human(5 << 20)
    ('999 B', '2.0 KiB', '5.0 MiB')
    """
    if size < 1024:
        return f"{size} B"
    value = float(size)
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        value /= 1024
        if value < 1024 or unit == "TiB":
            break
    return f"{value:.1f} {unit}"


def _write(text: str) -> None:
    with contextlib.suppress(OSError, ValueError, AttributeError):  # nowhere to complain about it
        sys.stderr.write(text)
        sys.stderr.flush()


def _columns() -> int:
    try:
        return max(os.get_terminal_size(2).columns, 20)
    except OSError:
        return 80
