"""compress and decompress as the core has them: every level, any thread count, concatenation, raw records, lists."""

import os
import threading

import pytest
from damage import words
from hypothesis import given
from hypothesis import strategies as st

import fastnz
from fastnz import _core

LIMITS = {"max_output_size": 1 << 30, "max_memory": 1 << 30}
LEVELS = [row["level"] for row in _core.levels()]
CONTENTS = {
    "empty": b"",
    "one": b"\0",
    "words": words(5000),
    "zeros": bytes(100_000),
    "noise": os.urandom(3000),
    "records": b"".join(b"%05d,%03d;" % (k * 7, k % 13) for k in range(3000)),
    "copies": words(3000, 1) + words(500) + words(3000, 1) * 3,
}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", CONTENTS)
def test_round_trips(level, name):
    content = CONTENTS[name]
    for frame in (
        _core.compress(content, level),
        _core.compress(content, level, index=True),
        _core.compress(content, level, content_size=False, block_size=65_536),
    ):
        assert _core.decompress(frame, **LIMITS) == content
        assert _core.compress(content, level) == _core.compress(content, level, threads=4)
    raw = _core.compress_raw(content, level)
    assert _core.decompress_raw(raw, len(content), level, max_memory=1 << 30) == content


@given(st.binary(max_size=3000), st.sampled_from(LEVELS))
def test_any_bytes(content, level):
    assert _core.decompress(_core.compress(content, level), **LIMITS) == content
    assert _core.decompress(_core.compress(content, level, index=True), **LIMITS) == content


def test_thread_counts_give_the_same_bytes():
    content = words(3 * 65_536 + 77)
    frames = {_core.compress(content, 1, block_size=65_536, threads=threads) for threads in (1, 2, 3, 16)}
    assert len(frames) == 1
    for threads in (1, 2, 3, 16):
        assert _core.decompress(*frames, threads=threads, **LIMITS) == content


def test_fewer_threads_where_memory_is_short():
    content = words(4 * 65_536)
    frame = _core.compress(content, 1, block_size=65_536)
    memory = fastnz.info(frame).memory
    assert _core.decompress(frame, max_output_size=1 << 30, max_memory=memory, threads=4) == content


def test_levels_out_of_range():
    assert LEVELS == list(range(1, 10))
    for level in (0, 10, -1):
        with pytest.raises(ValueError):
            _core.compress(b"x", level)


@pytest.mark.parametrize("block_size", [1, 65_535, (1 << 28) + 1])
def test_block_sizes_out_of_range(block_size):
    with pytest.raises(ValueError, match="block_size"):
        _core.compress(b"x", 1, block_size=block_size)


def test_frame_info():
    frames = [
        _core.skippable_frame(b"abc", 9),
        _core.compress(words(100_000), 1, block_size=65_536, index=True),
        _core.compress(words(140), 2),
        _core.compress(os.urandom(90_000), 1, content_size=False),
    ]
    about = _core.frame_info(b"".join(frames))
    assert [a["compressed_size"] for a in about] == [len(frame) for frame in frames]
    assert [a["offset"] for a in about] == [sum(map(len, frames[:k])) for k in range(4)]
    assert [a["content_size"] for a in about] == [0, 100_000, 140, None]
    assert [a["blocks"] for a in about] == [0, 2, 1, 1]
    assert [a["model"] for a in about] == [None, "symbol_mix", "nibble_mix", None]
    assert [a["level"] for a in about] == [None, 1, None, 1]
    assert [(a["skippable"], a["index"], a["compact"]) for a in about] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
        (False, False, False),
    ]
    assert about[0]["tag"] == 9 and about[1]["memory"] >= _core.levels()[0]["memory"] // 1000
    with pytest.raises(ValueError):
        _core.skippable_frame(b"", 256)


def test_lists():
    items = [words(size, size) for size in (0, 1, 50, 300, 2000)] * 3 + [memoryview(b"view"), bytearray(b"array")]
    plain = [bytes(item) for item in items]
    packed = _core.compress_many(items, 1, threads=3)
    assert packed == [_core.compress(item, 1) for item in items] == _core.compress_many(items, 1)
    assert _core.decompress_many(packed, **LIMITS, threads=3) == plain
    raw = _core.compress_many(items, 1, raw=True, threads=2)
    assert raw == [_core.compress_raw(item, 1) for item in items]
    assert _core.decompress_many(raw, **LIMITS, raw_sizes=[len(item) for item in plain], threads=2) == plain
    assert _core.compress_many([]) == _core.decompress_many([], **LIMITS) == []


def test_lists_name_the_item_at_fault():
    packed = _core.compress_many([b"first item", b"second item", b"third item"], 1)
    packed[1] = packed[1][:-1]
    packed[2] = b"garbage"
    for threads in (1, 3):
        with pytest.raises(fastnz.TruncatedError, match="item 1"):
            _core.decompress_many(packed, **LIMITS, threads=threads)
    with pytest.raises(fastnz.LimitError, match="max_output_size"):
        _core.decompress_many(packed[:1] * 5, max_output_size=49, max_memory=1 << 30)
    with pytest.raises(ValueError):
        _core.decompress_many(packed, **LIMITS, raw_sizes=[1])


def test_many_threads_share_the_functions():
    content = words(3000)
    frame = _core.compress(content, 1)
    wrong = []

    def work():
        for _ in range(20):
            if _core.compress(content, 1) != frame or _core.decompress(frame, **LIMITS) != content:
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_stream_object_shared_by_threads_is_not_undefined():
    encoder = _core.StreamEncoder(1, block_size=65_536)
    made: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: [made.append(encoder.feed(b"0123456789" * 100)) for _ in range(50)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made.append(encoder.finish())
    assert sum(map(len, made)) > 0
