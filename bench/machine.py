"""What a record says about the machine it was made on: nothing that names it, everything that explains figures."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path


def describe() -> dict[str, str]:
    """Return key -> text: CPU, cores, memory, operating system, Python, compiler, load."""
    return {
        "cpu": cpu_model(),
        "cores": str(os.cpu_count() or 1),
        "memory": _memory(),
        "os": _os_name(),
        "python": platform.python_version(),
        "compiler": _compiler(),
        "load": load(),
    }


def kind() -> str:
    """Return a short word for file names: processor architecture, family and number of cores."""
    words = re.sub(r"\(.*?\)|@.*|\bCPU\b|\bProcessor\b|\d+-Core", " ", cpu_model())
    slug = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:24].strip("-")
    return f"{slug or platform.machine()}-{os.cpu_count() or 1}c"


def cpu_model() -> str:
    """Return the processor's name as the kernel tells it, or its architecture."""
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                if line.startswith(("model name", "Model")):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _memory() -> str:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return "unknown"
    return f"{total / 2**30:.1f} GiB"


def _os_name() -> str:
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        name = ""
    return f"{name} {platform.system()} {platform.release().split('-')[0]}".strip()


def _compiler() -> str:
    for program in (os.environ.get("CXX", ""), "c++", "g++", "clang++"):
        if program and shutil.which(program):
            done = subprocess.run([program, "--version"], capture_output=True, text=True)
            return (done.stdout.splitlines() or ["unknown"])[0]
    return "none"


def commit(folder: Path) -> str:
    """Return the version-control id of a source tree, with "-dirty" where files differ; "unknown" without one."""
    try:
        done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=folder, capture_output=True, text=True)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"


def load() -> str:
    """Return the load average at the start: over one or two, clock times say little."""
    try:
        return f"{os.getloadavg()[0]:.1f}"
    except OSError:
        return "unknown"
