"""Latency of single calls: short records one by one, through streams, and as lists.

    pytest bench/micro --benchmark-enable --benchmark-only --benchmark-max-time=0.2
"""

from __future__ import annotations

import json
import random

import pytest

import fastnz

LEVELS = (1, 3, 5, 6)


def make_records(count: int, seed: int = 7) -> list[bytes]:
    """Return JSON records of about 200 bytes, as a service would log them."""
    rng = random.Random(seed)
    words = ["cart", "checkout", "login", "search", "upload", "payment", "refund", "profile"]
    return [
        json.dumps(
            {
                "time": f"2024-03-{rng.randrange(1, 29):02}T{rng.randrange(24):02}:{rng.randrange(60):02}:00Z",
                "user": rng.randrange(10**6),
                "event": rng.choice(words),
                "path": f"/{rng.choice(words)}/{rng.choice(words)}?id={rng.randrange(10**5)}",
                "milliseconds": round(rng.expovariate(1 / 80), 2),
                "ok": rng.random() < 0.97,
            }
        ).encode()
        for _ in range(count)
    ]


@pytest.fixture(params=LEVELS, ids=lambda level: f"level{level}")
def level(request: pytest.FixtureRequest) -> int:
    """A level that this build has."""
    try:
        fastnz.compress(b"", level=request.param)
    except fastnz.UnsupportedError as error:
        pytest.skip(str(error))
    return request.param


@pytest.mark.parametrize("size", [100, 1000, 10_000, 100_000])
def test_compress(benchmark: object, level: int, size: int) -> None:
    data = b"\n".join(make_records(size // 100 + 1))[:size]
    benchmark(fastnz.compress, data, level=level)  # type: ignore[operator]


@pytest.mark.parametrize("size", [100, 1000, 10_000, 100_000])
def test_decompress(benchmark: object, level: int, size: int) -> None:
    data = b"\n".join(make_records(size // 100 + 1))[:size]
    blob = fastnz.compress(data, level=level)
    assert benchmark(fastnz.decompress, blob) == data  # type: ignore[operator]


def test_compress_many(benchmark: object, level: int) -> None:
    items = make_records(100)
    benchmark(fastnz.compress_many, items, level=level)  # type: ignore[operator]


def test_decompress_many(benchmark: object, level: int) -> None:
    items = make_records(100)
    blobs = fastnz.compress_many(items, level=level)
    assert list(benchmark(fastnz.decompress_many, blobs)) == items  # type: ignore[operator]


def test_stream_by_pieces(benchmark: object, level: int) -> None:
    pieces = make_records(100)

    def run() -> bytes:
        packer = fastnz.Compressor(level=level)
        return b"".join([*(packer.compress(piece) for piece in pieces), packer.flush()])

    assert fastnz.decompress(benchmark(run)) == b"".join(pieces)  # type: ignore[operator]
