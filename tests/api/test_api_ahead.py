"""Reading ahead from pipes: threads get whole blocks to work on, nobody waits for a slow writer, memory stays within its
limit."""

from __future__ import annotations

import io
import os
import random
import threading
import time

import fastnz
import pytest
from fastnz import ahead, stream

NOISE = random.Random(2).randbytes(3 << 20)  # stored, so quick to read


@pytest.fixture
def pipe():
    """A function that makes a pipe and starts a thread that runs write(fd); returns the end to read."""
    ends, threads = [], []

    def start(write) -> int:
        there, here = os.pipe()

        def run() -> None:
            try:
                write(here)
            except BrokenPipeError:
                pass
            finally:
                os.close(here)

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        ends.append(there)
        return there

    yield start
    for end in ends:
        os.close(end)
    for thread in threads:
        thread.join()


def write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def test_takes_what_keeps_coming(pipe) -> None:
    fd = pipe(lambda fd: write_all(fd, NOISE))
    assert ahead.read_ahead(lambda size: os.read(fd, size), 2 << 20, fd) == NOISE[: 2 << 20]
    assert ahead.read_ahead(lambda size: os.read(fd, size), 2 << 20, fd) == NOISE[2 << 20 :]
    assert ahead.read_ahead(lambda size: os.read(fd, size), 2 << 20, fd) == b""


def test_a_pause_ends_it(pipe) -> None:
    goes_on = threading.Event()

    def write(fd: int) -> None:
        write_all(fd, b"first")
        goes_on.wait()
        write_all(fd, b"second")

    fd = pipe(write)
    try:
        assert ahead.read_ahead(lambda size: os.read(fd, size), 1 << 20, fd) == b"first"
    finally:
        goes_on.set()
    assert ahead.read_ahead(lambda size: os.read(fd, size), 1 << 20, fd) == b"second"


def test_a_trickle_does_not_hold_it_for_ever(pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_LONGEST_S", 0.1)
    enough = threading.Event()

    def write(fd: int) -> None:
        while not enough.is_set():
            write_all(fd, b".")
            time.sleep(0.005)

    fd = pipe(write)
    try:
        assert 1 <= len(ahead.read_ahead(lambda size: os.read(fd, size), 1 << 20, fd)) < 1000
    finally:
        enough.set()


@pytest.mark.parametrize("buffering", [-1, 0], ids=["buffered", "raw"])
@pytest.mark.parametrize("threads", [1, 2])
def test_files_read_from_pipes(pipe, monkeypatch: pytest.MonkeyPatch, threads: int, buffering: int) -> None:
    fed: list[int] = []
    feed = stream.FrameSequence.feed
    monkeypatch.setattr(
        stream.FrameSequence, "feed", lambda self, data, *rest: (fed.append(len(data)), feed(self, data, *rest))[1]
    )
    packed = fastnz.compress(NOISE, 1, block_size=1 << 20)
    fd = os.dup(pipe(lambda fd: write_all(fd, packed)))
    with os.fdopen(fd, "rb", buffering) as source, fastnz.FastnzFile(source, threads=threads) as file:
        assert not file.seekable()
        assert file.read() == NOISE
    assert (max(fed) > 2 << 20) == (threads > 1)  # more than a block, so that each thread has one


@pytest.mark.parametrize("buffering", [-1, 0], ids=["buffered", "raw"])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_flushed_block_is_read_before_more_comes(pipe, threads: int, buffering: int) -> None:
    seen = threading.Event()

    def write(fd: int) -> None:
        compressor = fastnz.Compressor(1)
        write_all(fd, compressor.compress(b"now") + compressor.flush_block())
        seen.wait()
        write_all(fd, compressor.compress(b"later") + compressor.flush())

    fd = os.dup(pipe(write))
    with os.fdopen(fd, "rb", buffering) as source, fastnz.FastnzFile(source, threads=threads) as file:
        try:
            assert file.read1() == b"now"
        finally:
            seen.set()
        assert file.read() == b"later"


def test_threads_do_not_need_a_descriptor() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    with fastnz.FastnzFile(Pipe(fastnz.compress(NOISE, 1, block_size=1 << 16)), threads=3) as file:
        assert file.read() == NOISE
