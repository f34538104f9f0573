"""Progress, cancellation and Ctrl-C."""

import subprocess
import sys
import time

import pytest
import writer
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


@pytest.mark.parametrize("form", [bytes(1), b"\4\0"])  # exclusive or; sums and their constant
def test_a_transform_that_takes_its_time_can_be_ended(form):
    """256 taps for each of 64 Mi bytes, 2^34 additions that a frame of a thousand bytes asks for."""

    class Stop(Exception):
        pass

    def stop(done, total):
        raise Stop

    size, most = 1 << 26, 1 << 20
    zeros = b"".join(writer.repeat_operation(int(k == 0), most - int(k == 63), 1) for k in range(64))
    taps = b"\xff" + b"".join(b"\1" + b"\1" * (len(form) - 1) for _ in range(256))
    ranges = writer.varint(0) + writer.varint(size) + form + taps
    body = writer.body(b"\0", transforms=[(3, size, ranges), (1, 1, zeros)])
    frame = writer.full([(b"", body)], sizes=[size], memory_kib=1 << 17)
    begin = time.monotonic()
    with pytest.raises(Stop):
        _core.decompress(frame, progress=stop, **LIMITS)
    assert time.monotonic() - begin < 3
