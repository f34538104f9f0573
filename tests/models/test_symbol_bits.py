"""From the frequencies of 256 symbols to the eight decisions of a byte, exactly."""

import numpy as np
import pytest

from fastnz._core import testing


def reference(freq, byte):
    low, size, made = 0, 256, []
    for shift in range(7, -1, -1):
        size //= 2
        upper, both = int(freq[low + size : low + 2 * size].sum()), int(freq[low : low + 2 * size].sum())
        made.append(max(1, (upper << 16) // both))
        low += size * (byte >> shift & 1)
    return made


@pytest.mark.parametrize("total_bits", [16, 20, 22, 24])
def test_equals_the_definition(total_bits):
    rng = np.random.default_rng(total_bits)
    freq = np.ones((300, 256), np.int64)
    for row in freq:  # from flat to as steep as it can be
        weights = rng.dirichlet(np.full(256, 10.0 ** rng.uniform(-3, 1)))
        row += (weights * ((1 << total_bits) - 256)).astype(np.int64)
        row[rng.integers(256)] += (1 << total_bits) - row.sum()
    data = rng.integers(0, 256, 300).astype(np.uint8)
    made = testing.byte_bits(freq, data, total_bits)
    assert made.min() >= 1 and made.max() <= 65535
    assert (made == [reference(row, int(byte)) for row, byte in zip(freq, data)]).all()


@pytest.mark.parametrize("winner", [0, 127, 128, 255])
def test_certainty_stays_a_probability(winner):
    freq = np.ones((256, 256), np.uint32)
    freq[:, winner] = 2**22 - 255
    made = testing.byte_bits(freq, np.arange(256), 22)
    assert made.min() >= 1 and made.max() <= 65535
