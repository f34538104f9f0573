"""A way to run the command line as its users do, as another process in a folder of its own, and a text to give it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TIMEOUT_S = 120
COMMAND = [sys.executable, "-m", "fastnz"]
TEXT = b"".join(b"%d green bottles hanging on the wall\n" % i for i in range(3000))


class Shell:
    """Runs `fastnz` in one folder and keeps the environment clean of what the user has set."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("FASTNZ_LEVEL")}
        self.environment.pop("FASTNZ_THREADS", None)

    def __call__(self, *arguments: str | Path, stdin: bytes = b"", expect: int | range = 0, **environment: str):
        """Run to the end; the result has returncode, stdout and stderr (text)."""
        result = subprocess.run(
            [*COMMAND, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            cwd=self.folder,
            env={**self.environment, **environment},
            timeout=TIMEOUT_S,
            check=False,
        )
        result.stderr = result.stderr.decode()
        expected = expect if isinstance(expect, range) else [expect]
        assert result.returncode in expected, (result.returncode, result.stderr)
        assert "Traceback" not in result.stderr
        return result

    def start(self, *arguments: str | Path, command: list[str] = COMMAND, **options) -> subprocess.Popen:
        """Start and return the process."""
        return subprocess.Popen([*command, *map(str, arguments)], cwd=self.folder, env=self.environment, **options)

    def names(self) -> list[str]:
        """Return what the folder holds, hidden files too."""
        return sorted(os.listdir(self.folder))
