"""Functions and objects shared between threads: no crash, no mixture within a call, and the interpreter stays free
while the codec works."""

from __future__ import annotations

import io
import random
import sys
import threading

import fastnz
import pytest

THREADS = 4
TEXT = b"".join(b"record %d: %d\n" % (i, i * i % 1009) for i in range(30_000))


def in_threads(function) -> None:
    """Run `function(number)` in some threads at once and raise what any of them raised."""
    errors: list[BaseException] = []

    def run(number: int) -> None:
        try:
            function(number)
        except BaseException as error:  # noqa: BLE001  # raised again below
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_functions_run_at_once() -> None:
    content = TEXT[:50_000]
    expected = fastnz.compress(content, 1)

    def work(number: int) -> None:
        for _ in range(5):
            assert fastnz.compress(content, 1) == expected
            assert fastnz.decompress(expected) == content

    in_threads(work)


@pytest.mark.parametrize("call", [lambda: fastnz.compress(TEXT, 5), lambda: fastnz.decompress(PACKED)])
def test_the_interpreter_is_free_while_the_codec_works(call) -> None:
    entered = threading.Event()
    finished: list[bool] = []

    def work() -> None:
        entered.set()  # the other thread may go on now, but gets the interpreter only when this one lets go of it
        call()
        finished.append(True)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    try:
        worker = threading.Thread(target=work)
        worker.start()
        entered.wait()
        was_finished = bool(finished)
        worker.join()
    finally:
        sys.setswitchinterval(interval)
    assert not was_finished


PACKED = fastnz.compress(TEXT, 5)


def test_a_shared_compressor_takes_each_piece_whole() -> None:
    compressor = fastnz.Compressor(1, block_size=1 << 16)
    packed: list[bytes] = []
    lock = threading.Lock()

    def work(number: int) -> None:
        for i in range(200):
            # The bytes of a block come out of the call that filled it: order matters, so callers keep it.
            with lock:
                packed.append(compressor.compress(b"<%d.%d>" % (number, i) * 50))

    in_threads(work)
    content = fastnz.decompress(b"".join(packed) + compressor.flush())
    whole = {b"<%d.%d>" % (number, i) * 50 for number in range(THREADS) for i in range(200)}
    assert len(content) == sum(map(len, whole))
    assert all(piece in content for piece in whole)


def test_an_unguarded_compressor_does_not_crash() -> None:
    compressor = fastnz.Compressor(1, block_size=1 << 16)

    def work(number: int) -> None:
        try:
            for _ in range(50):
                compressor.compress(b"data" * 100)
                compressor.flush_block()
            compressor.flush()
        except ValueError:
            pass  # another thread was first to finish it

    in_threads(work)


def test_an_unguarded_decompressor_does_not_crash() -> None:
    for seed in range(5):
        decompressor = fastnz.Decompressor()
        pieces = [PACKED[i : i + 997] for i in range(0, len(PACKED), 997)]

        def work(number: int, decompressor=decompressor, pieces=pieces, seed=seed) -> None:
            order = random.Random(seed * THREADS + number)
            for piece in order.sample(pieces, len(pieces)):
                try:
                    decompressor.decompress(piece, order.choice([-1, 10, 10_000]))
                except (fastnz.FastnzError, EOFError, ValueError):
                    return
                assert decompressor.eof in (True, False)
                assert decompressor.needs_input in (True, False)
                assert isinstance(decompressor.unused_data, bytes)

        in_threads(work)


def test_a_shared_file_is_read_call_by_call() -> None:
    store = fastnz.compress(TEXT, 1, block_size=1 << 16, index=True)
    with fastnz.FastnzFile(io.BytesIO(store)) as file:
        lines: list[bytes] = []
        in_threads(lambda number: lines.extend(iter(lambda: file.readline(), b"")))
        assert sorted(lines) == sorted(TEXT.splitlines(keepends=True))


def test_a_shared_file_is_written_call_by_call() -> None:
    store = io.BytesIO()
    with fastnz.FastnzFile(store, "w", 1, block_size=1 << 16) as file:
        in_threads(lambda number: [file.write(b"%d: %d\n" % (number, i) * 20) for i in range(300)])
    lines = fastnz.decompress(store.getvalue()).splitlines()
    assert sorted(lines) == sorted([b"%d: %d" % (n, i) for n in range(THREADS) for i in range(300)] * 20)
