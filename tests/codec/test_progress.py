"""Progress, cancellation and Ctrl-C."""

import subprocess
import sys
import time

import pytest
from damage import words

from fastnz import _core

LIMITS = {"max_output_size": 1 << 30, "max_memory": 1 << 30}
CONTENT = words(1_000_000)
FRAME = _core.compress(CONTENT, 1, block_size=262_144)


@pytest.mark.parametrize("threads", [1, 2])
def test_progress_is_called_rarely_and_ends_at_the_total(threads):
    for work in (
        lambda p: _core.compress(CONTENT, 1, block_size=262_144, threads=threads, progress=p),
        lambda p: _core.decompress(FRAME, threads=threads, progress=p, **LIMITS),
    ):
        calls = []
        begin = time.monotonic()
        work(lambda done, total: calls.append((time.monotonic(), done, total)))
        assert calls[-1][1:] == (len(CONTENT), len(CONTENT))
        assert len(calls) <= 2 + (time.monotonic() - begin) / 0.09
        done = [call[1] for call in calls]
        assert done == sorted(done) and all(call[2] == len(CONTENT) for call in calls)


@pytest.mark.parametrize("threads", [1, 2])
def test_an_exception_in_progress_ends_the_work(threads):
    class Stop(Exception):
        pass

    def stop(done, total):
        assert done < total
        raise Stop

    large = words(2_000_000)
    begin = time.monotonic()
    with pytest.raises(Stop):
        _core.compress(large, 6, block_size=1 << 20, threads=threads, progress=stop)
    assert time.monotonic() - begin < 20


@pytest.mark.parametrize("call", ["compress(data, 6)", "compress(data, 6, threads=2, block_size=65536)"])
def test_ctrl_c_ends_the_work(call):
    program = f"""
import signal, threading, os, random, time
from fastnz import _core
data = bytes(random.Random(1).choices(b"abcdefgh", k=3 << 20))
threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    for _ in range(100):
        _core.{call}
    print("finished")
except KeyboardInterrupt:
    print("interrupted")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "interrupted", done.stderr
