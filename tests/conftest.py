"""What every test folder may use: the repository's root, the build tree and the instruction sets of this CPU."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# Same examples in every run, so that a failure is found again; FASTNZ_HYPOTHESIS=deep searches for new ones.
settings.register_profile(
    "default",
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("deep", settings.get_profile("default"), max_examples=2000, derandomize=False)
settings.load_profile(os.environ.get("FASTNZ_HYPOTHESIS", "default"))

# A shell's `&` and nohup hand down signals that are ignored, and what ignores a signal cannot be tested with it. A
# handler that does nothing keeps them harmless here, and processes that the tests start have the default again.
for _signal in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(_signal) is signal.SIG_IGN:
        signal.signal(_signal, lambda *_: None)


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the source tree."""
    return ROOT


@pytest.fixture(scope="session")
def build_dir() -> Path:
    """The newest native build tree, or the one that FASTNZ_BUILD_DIR names (a cross build, for example)."""
    if forced := os.environ.get("FASTNZ_BUILD_DIR"):
        return Path(forced).resolve()
    programs = sorted(ROOT.glob("build/cp*/fastnz_selftest"), key=lambda path: path.stat().st_mtime)
    if not programs:
        pytest.skip("no build tree with FASTNZ_BUILD_TESTING=ON (run `make build`)")
    return programs[-1].parent


@pytest.fixture(scope="session")
def run_python():
    """Run a Python program text in a fresh interpreter; returns the completed process, with text output."""

    def run(program: str, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run
