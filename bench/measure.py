"""One measurement, in a process of its own: one codec, one file, both directions.

``python measure.py`` reads a job as JSON from standard input and writes the figures as JSON to standard output. The
process is short-lived so that its peak memory belongs to this one measurement, and imports little so that the floor
under the memory figures of programs stays low.

Speeds of Python packages leave out reading and writing files; programs are timed from start to exit. Both are timed in
CPU seconds (user and system) as well as in seconds of the clock.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
import time

MIN_TOTAL = 0.05  # seconds: a call shorter than this is repeated and the mean taken


class Failed(Exception):
    """The codec did not do its work; the message goes into the record."""


def main() -> int:
    job = json.load(sys.stdin)
    try:
        pin(job.get("cpu"))
        result = run_module(job) if job["codec"]["kind"] == "module" else run_command(job)
    except Failed as error:
        result = {"status": f"failed: {error}"}
    except Exception as error:  # any error of a peer is a row of the record
        result = {"status": f"failed: {type(error).__name__}: {error}"[:200]}
    json.dump(result, sys.stdout)
    return 0


def pin(cpu: int | None) -> None:
    """Keep this process and its children on one processor."""
    if cpu is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {cpu})


def best(runs: list[tuple[float, float]]) -> tuple[float, float]:
    """Return the smallest CPU time and the smallest clock time."""
    return min(run[0] for run in runs), min(run[1] for run in runs)


# --- Python packages -------------------------------------------------------------------------------------------------


def run_module(job: dict) -> dict:
    """Measure one direction of a Python package: `job["direction"]` is "compress" or "decompress"."""
    from peers import adapter

    compress, decompress = adapter(job["codec"])
    packing = job["direction"] == "compress"
    with open(job["input"], "rb") as file:
        data = file.read()
    function = compress if packing else decompress
    before = _start_peak()
    runs, out = [], b""
    for _ in range(job["repeat"]):
        out = b""
        run, out = _time_call(function, data)
        runs.append(run)
    peak = _peak() - before
    if packing:
        with open(job["output"], "wb") as file:
            file.write(out)
    elif hashlib.sha256(out).hexdigest() != job["sha256"]:
        raise Failed("decoded data differ")
    cpu, wall = best(runs)
    return {"status": "ok", "cpu": cpu, "wall": wall, "peak": max(0, peak), "size": len(out)}


def _time_call(function: object, data: bytes) -> tuple[tuple[float, float], bytes]:
    count = 0
    wall, cpu = time.perf_counter(), time.process_time()
    while True:
        out = function(data)  # type: ignore[operator]
        count += 1
        if time.perf_counter() - wall >= MIN_TOTAL:
            break
        del out
    return ((time.process_time() - cpu) / count, (time.perf_counter() - wall) / count), out


def _start_peak() -> int:
    """Forget the peak so far where the kernel allows it; return the memory held now, in bytes."""
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        return _peak()
    return _status("VmRSS")


def _peak() -> int:
    return _status("VmHWM") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _status(key: str) -> int:
    try:
        with open("/proc/self/status") as file:
            for line in file:
                if line.startswith(key + ":"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


# --- programs --------------------------------------------------------------------------------------------------------


def run_command(job: dict) -> dict:
    """Measure one direction of a program.

    Notes
    -----
    The kernel gives a child at least the peak of the process that started it, a dozen MiB here: smaller figures of
    memory mean "no more than that".
    """
    codec, packing = job["codec"], job["direction"] == "compress"
    arguments = codec["compress" if packing else "decompress"]
    target = job["output"]
    produced = target + (codec.get("suffix", "") if packing else "")
    if codec.get("restores_name") and not packing:
        produced = os.path.join(job["scratch"], os.path.basename(job["original"]))
    runs, peak = [], 0
    for _ in range(job["repeat"]):
        if os.path.exists(produced):
            os.unlink(produced)
        run, memory = _run_once(job, arguments)
        runs.append(run)
        peak = max(peak, memory)
    if not os.path.isfile(produced):
        raise Failed("no output")
    if not packing and _sha256(produced) != job["sha256"]:
        raise Failed("decoded data differ")
    size = os.path.getsize(produced)
    if not packing:
        os.unlink(produced)
    cpu, wall = best(runs)
    return {"status": "ok", "cpu": cpu, "wall": wall, "peak": peak, "size": size}


def _run_once(job: dict, arguments: list[str]) -> tuple:
    codec, target, limit = job["codec"], job["output"], job["timeout"]
    names = {"{in}": job["input"], "{out}": target, "{original}": job["original"]}
    command = [names.get(part, part) for part in arguments]
    start = time.perf_counter()
    with open(target if codec.get("stdout") else os.devnull, "wb") as out, open(os.devnull, "rb") as nothing:
        child = subprocess.Popen(command, cwd=job.get("scratch"), stdin=nothing, stdout=out, stderr=subprocess.DEVNULL)
        status, usage = _wait(child.pid, start + limit)
    wall = time.perf_counter() - start
    if status is None:
        raise Failed(f"no end after {limit:.0f} s")
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        raise Failed(f"signal {-code}" if code < 0 else f"exit status {code}")
    return (usage.ru_utime + usage.ru_stime, wall), usage.ru_maxrss * 1024


def _wait(pid: int, deadline: float) -> tuple:
    """Wait for a child as `os.wait4` does; kill it at the deadline and return None for its status."""
    pause = 0.0005
    while True:
        done, status, usage = os.wait4(pid, os.WNOHANG)
        if done:
            return status, usage
        if time.perf_counter() > deadline:
            os.kill(pid, 9)
            os.wait4(pid, 0)
            return None, usage
        time.sleep(pause)
        pause = min(pause * 1.5, 0.02)


def _sha256(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
