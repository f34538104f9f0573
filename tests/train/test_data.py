"""Streams draw what they promise: only from what is not held back, from record starts, the same for the same seed."""

from __future__ import annotations

import json

import numpy as np
import pytest

from fastnz.train.augment import attached, json_lines, wrapped
from fastnz.train.data import Streams, held_lines, held_segments, padded, read_kind, split
from fastnz.train.features import buckets_of, inputs_of
from fastnz.train.recipes import read_corpus

LINES = b"".join(b"line %d of some text. With a sentence.\n" % i for i in range(4000))


def kind(name: str = "text", weight: float = 1.0, letter: bytes = b"l"):
    return split(name, np.frombuffer(LINES.replace(b"l", letter), np.uint8), 20000, weight)


def test_held_part_is_not_in_the_training_part() -> None:
    found = kind()
    assert found.train.size + found.held.size == len(LINES) and found.held.size == 20000
    assert found.held.tobytes() == LINES[-20000:]


def test_streams_follow_themselves() -> None:
    streams = Streams([kind()], 3, 64, 10, seed=5)
    before = [b""] * 3
    for _ in range(60):
        batch = streams.next()
        for stream in range(3):
            text = batch.targets[:, stream].astype(np.uint8).tobytes()
            if batch.fresh[stream]:
                before[stream] = b""
                assert batch.inputs[0, stream] == 0
            before[stream] += text
            inputs = inputs_of(np.frombuffer(before[stream], np.uint8))
            assert batch.inputs[:, stream].tolist() == inputs[-64:].tolist()
            assert batch.buckets[:, stream].tolist() == buckets_of(inputs, 10)[-64:].tolist()
            assert before[stream] in LINES


def test_segments_start_at_lines_or_sentences() -> None:
    streams = Streams([kind()], 16, 64, 8, seed=1)
    for _ in range(20):
        batch = streams.next()
        for stream in np.flatnonzero(batch.fresh):
            assert batch.targets[:5, stream].astype(np.uint8).tobytes() in (b"line ", b"With ")


def test_kinds_get_their_share() -> None:
    streams = Streams([kind("a", 1), kind("b", 3, b"m")], 8, 64, 8, seed=2)
    seen = np.zeros(2)
    for _ in range(3000):
        seen += np.bincount(streams.next().kinds, minlength=2)
    assert seen[1] / seen.sum() == pytest.approx(0.75, abs=0.03)


def test_same_seed_same_streams_and_position_restores() -> None:
    first, second = (Streams([kind()], 4, 64, 8, seed=9) for _ in range(2))
    for _ in range(7):
        first.next(), second.next()
    third = Streams([kind()], 4, 64, 8, seed=1)
    third.restore(json.loads(json.dumps(first.position())))
    for _ in range(50):
        a, b, c = first.next(), second.next(), third.next()
        for x, y, z in zip(a, b, c, strict=True):
            assert np.array_equal(x, y) and np.array_equal(x, z)


def test_held_segments_come_from_what_is_held_back() -> None:
    found = held_segments([kind()], 512, 4)
    assert len(found) == 4 and all(text.size == 512 and text.tobytes() in LINES[-20000:] for _, text in found)


def test_reading_files_and_folders(tmp_path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a").write_bytes(LINES)
    (tmp_path / "b").write_bytes(LINES)
    assert read_kind(str(tmp_path / "b")).held.size == len(LINES) // 20
    both = read_kind(str(tmp_path))
    assert both.train.size + both.held.size == 2 * len(LINES) and both.name == tmp_path.name
    (tmp_path / "deep" / "a").write_bytes(b"too little")
    with pytest.raises(ValueError, match="holds 10 bytes; training needs at least 16384"):
        read_kind(str(tmp_path / "deep"))


def test_corpus_is_read_plain_or_packed(tmp_path) -> None:
    import lzma

    from fastnz.train.recipes import Source

    data = LINES * 3
    (tmp_path / "plain.txt").write_bytes(data)
    (tmp_path / "packed.txt.xz").write_bytes(lzma.compress(data))
    kinds = read_corpus(str(tmp_path), (Source("plain.txt", 1), Source("packed.txt", 2)))
    assert [found.name for found in kinds] == ["plain", "packed"]
    assert all(np.concatenate([found.train, found.held]).tobytes() == data for found in kinds)


def test_lines_come_whole_and_alone() -> None:
    lines = [b"%d: %s\n" % (number, b"word " * (number % 40)) for number in range(1, 2000)]
    data = b"".join(lines)
    streams = Streams([split("text", np.frombuffer(data, np.uint8), 1000, 1.0)], 3, 32, 8, seed=4, lines=True)
    allowed, texts = set(lines), [b""] * 3
    for _ in range(100):
        batch = streams.next()
        for stream in range(3):
            size = int(batch.counted[:, stream].sum())
            assert size and batch.counted[:size, stream].all() and not batch.targets[size:, stream].any()
            if batch.fresh[stream]:
                assert batch.inputs[0, stream] == 0 and (texts[stream] in allowed or not texts[stream])
                texts[stream] = b""
            texts[stream] += batch.targets[:size, stream].astype(np.uint8).tobytes()


def test_held_lines_are_whole_lines_of_what_is_held_back() -> None:
    held = set(LINES[-20000:].split(b"\n")[1:])
    found = held_lines([kind()], 1000, 50)
    assert len(found) == 50 and all(text.tobytes()[:-1] in held and text[-1] == 10 for _, text in found)
    assert all(text.size == 7 for _, text in held_lines([kind()], 7, 50))
    one = split("no line ends", np.full(3000, 97, np.uint8), 1000, 1.0)
    assert [text.size for _, text in held_lines([one], 4000, 5)] == [1000]


def test_padding_keeps_the_texts() -> None:
    texts = [np.frombuffer(text, np.uint8) for text in (b"abc", b"", b"abcdefg")]
    rows, sizes = padded(texts)
    assert rows.shape == (3, 7) and sizes.tolist() == [3, 0, 7]
    assert [row[:size].tobytes() for row, size in zip(rows, sizes, strict=True)] == [b"abc", b"", b"abcdefg"]


def test_rewriting_keeps_the_words() -> None:
    text = b"It was a long line , with many words in it ; " * 20 + b"\n" + LINES[:3000]
    for seed in range(40):
        random = np.random.default_rng(seed)
        assert wrapped(text, random).split() == text.split()
        assert b"".join(attached(text, random).split()) == b"".join(text.split())


def test_json_stays_the_same_json() -> None:
    value = {"a": [1, 2, {"b": "c d"}], "e": {"f": None, "g": "h"}}
    text = json.dumps(value, indent=2).encode()
    styles = {json_lines(text, np.random.default_rng(seed)) for seed in range(40)}
    assert len(styles) == 3 and all(json.loads(style) == value for style in styles)
