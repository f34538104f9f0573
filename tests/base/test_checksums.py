"""CRC-32C and XXH3-64 against independent implementations."""

import google_crc32c
import numpy as np
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from fastnz._core import testing

NOISE = np.random.default_rng(1).integers(0, 256, 20_000, dtype=np.uint8).tobytes()

# Every short form of XXH3 (0 to 240 bytes), the first blocks of the long one, and both sides of block borders.
LENGTHS = [*range(0, 600), 1023, 1024, 1025, 1087, 1088, 1089, 2048, 2049, 16384, 16385, 20_000]


def test_xxh3_64_equals_xxhash_at_every_form():
    for length in LENGTHS:
        data = NOISE[:length]
        assert testing.xxh3_64(data) == xxhash.xxh3_64_intdigest(data), length


@given(st.lists(st.integers(0, 700), max_size=30))
def test_xxh3_64_does_not_depend_on_the_cut(pieces):
    stream, at = testing.Xxh3Stream(), 0
    for size in pieces:
        stream.update(NOISE[at : at + size])
        at = min(at + size, len(NOISE))
        assert stream.digest() == testing.xxh3_64(NOISE[:at])


@pytest.mark.parametrize("crc", [testing.crc32c, testing.crc32c_scalar], ids=["chosen", "scalar"])
def test_crc32c_equals_google_crc32c(crc):
    for length in LENGTHS[::3]:
        for start in range(9):
            data = NOISE[start : start + length]
            assert crc(data) == google_crc32c.value(data), (start, length)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_crc32c_continues(a, b):
    assert testing.crc32c(b, testing.crc32c(a)) == testing.crc32c(a + b)
