"""Throughput of single kernels, coders, checksums and transforms, below the API.

    pytest bench/micro --benchmark-enable --benchmark-only --benchmark-max-time=0.2

Every call does enough work for the call itself to be a small part of the time.
"""

from __future__ import annotations

import random

import numpy as np
import pytest

import fastnz
from fastnz._core import testing

ELEMENTS = 1 << 16
BYTES = random.Random(5).randbytes(1 << 20)


@pytest.fixture(params=fastnz.isas())
def isa(request: pytest.FixtureRequest) -> str:
    """Every instruction set that this CPU and this build have."""
    return request.param


def test_match_length(benchmark: object, isa: str) -> None:
    assert benchmark(testing.match_length, isa, BYTES, BYTES, 0) == len(BYTES)  # type: ignore[operator]


@pytest.mark.parametrize("name", ["crc32c", "crc32c_scalar", "xxh3_64"])
def test_checksum(benchmark: object, name: str) -> None:
    benchmark(getattr(testing, name), BYTES)  # type: ignore[operator]


def test_binary_encode(benchmark: object) -> None:
    bits, p1 = _bits()
    benchmark(testing.binary_encode, bits, p1)  # type: ignore[operator]


def test_binary_decode(benchmark: object) -> None:
    bits, p1 = _bits()
    coded = testing.binary_encode(bits, p1)
    decoded, overran = benchmark(testing.binary_decode, coded, p1)  # type: ignore[operator]
    assert not overran and (decoded == bits).all()


def test_rans_encode(benchmark: object) -> None:
    symbols, frequencies = _symbols()
    benchmark(testing.rans_encode, symbols, frequencies, 12)  # type: ignore[operator]


def test_rans_decode(benchmark: object) -> None:
    symbols, frequencies = _symbols()
    coded = testing.rans_encode(symbols, frequencies, 12)
    decoded, whole = benchmark(testing.rans_decode, coded, frequencies, 12, len(symbols))  # type: ignore[operator]
    assert whole and (decoded == symbols).all()


@pytest.mark.parametrize("name", [row["name"] for row in fastnz._core.transforms()])
def test_transform_forward_on_random_bytes(benchmark: object, name: str) -> None:
    """The price that data pay on which a transform has nothing to do."""
    benchmark(testing.transform_forward, name, BYTES)  # type: ignore[operator]


def _bits() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(6)
    p1 = rng.integers(1, 65536, ELEMENTS).astype(np.uint32)
    return (rng.integers(0, 65536, ELEMENTS) < p1).astype(np.uint8), p1


def _symbols() -> tuple[np.ndarray, np.ndarray]:
    symbols = np.random.default_rng(9).geometric(0.1, ELEMENTS).clip(0, 99).astype(np.uint16)
    return symbols, testing.normalize_frequencies(np.bincount(symbols, minlength=100), 12)
