"""The small files that damage is done to, and every way of doing it."""

from __future__ import annotations

import random
from collections.abc import Iterator

import writer

import fastnz
from fastnz import _core


def words(size: int, seed: int = 0) -> bytes:
    """Bytes that compress somewhat and hold no long copies."""
    return bytes(random.Random(seed).choices(b"abcdefgh \n", k=size))


def flushed(pieces: list[bytes], *, index: bool = False, content_size: int | None = None) -> bytes:
    """A full frame with one block for each piece."""
    encoder = _core.StreamEncoder(1, index=index, content_size=content_size)
    out = b"".join(encoder.feed(piece) + encoder.flush() for piece in pieces)
    return out + encoder.finish()


TEXT = b"It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness."
NOISE = random.Random(7).randbytes(90)


def files() -> dict[str, bytes]:
    """Twenty sound files of every form, each with a content that its damage could change."""
    stored = writer.body
    return {
        "empty": fastnz.compress(b""),
        "one-byte": fastnz.compress(b"a"),
        "text": fastnz.compress(TEXT),
        "text-fastest": fastnz.compress(TEXT, 1),
        "long-text": fastnz.compress(TEXT * 3 + TEXT[::-1]),
        "noise": fastnz.compress(NOISE),
        "noise-200": fastnz.compress(random.Random(8).randbytes(200)),
        "run": fastnz.compress(b"x" * 10_000),
        "repeats": fastnz.compress(NOISE * 50 + TEXT + NOISE * 40),
        "records": fastnz.compress(b"".join(b"%06d;ok\n" % i for i in range(60))),
        "full": _core.compress(TEXT, 1, content_size=False),
        "full-sized": flushed([TEXT, NOISE], content_size=len(TEXT + NOISE)),
        "full-index": _core.compress(TEXT, 1, index=True),
        "full-empty": _core.compress(b"", content_size=False),
        "full-empty-index": _core.compress(b"", index=True),
        "blocks": flushed([TEXT[:20], TEXT[20:50], NOISE[:40]]),
        "blocks-index": flushed([TEXT[:20], TEXT[20:50], NOISE[:40]], index=True),
        "equal-blocks": flushed([b"same"] * 3, index=True),
        "run-in-full": _core.compress(b"y" * 70_000, 1),
        "compact-inside-compact": writer.compact(fastnz.compress(b"inner"), stored(fastnz.compress(b"inner"))),
    }


def flip(data: bytes, mask: int, at: int) -> bytes:
    """Exclusive-or `mask` at bit `at`; bits count from each byte's least significant one."""
    return (int.from_bytes(data, "little") ^ mask << at).to_bytes(len(data), "little")


def flips(data: bytes) -> Iterator[bytes]:
    return (flip(data, 1, at) for at in range(8 * len(data)))


def bursts(data: bytes, each: int, seed: int = 0) -> Iterator[bytes]:
    """At every bit `each` random bursts of 2 to 32 bits that begin there."""
    rng = random.Random(seed)
    for at in range(8 * len(data)):
        for _ in range(each):
            length = min(rng.randint(2, 32), 8 * len(data) - at)
            if length >= 2:
                yield flip(data, 1 | rng.getrandbits(length) | 1 << length - 1, at)


def truncations(data: bytes) -> Iterator[bytes]:
    return (data[:size] for size in range(len(data)))
