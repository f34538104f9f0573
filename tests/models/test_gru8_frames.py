"""Whole frames whose block names a network: they decode where its weights are, and say which are missing where not."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import writer
from gru8 import TOTAL_BITS, frequencies, random_weights, write_plain

import fastnz
from fastnz import _core
from fastnz._core import testing

GRU8 = 3


def reference_bits(weights, data):
    """P(1) before each bit of `data`, from the document."""
    made = []
    for row, byte in zip(frequencies(weights, data), data):
        low, size = 0, 256
        for shift in range(7, -1, -1):
            size //= 2
            both = int(row[low : low + 2 * size].sum())
            made.append(max(1, (int(row[low + size : low + 2 * size].sum()) << 16) // both))
            low += size * (byte >> shift & 1)
        assert int(row.sum()) == 1 << TOTAL_BITS
    return made


def content_of(name, size=400):
    """What the network itself would write: noise, decoded with it. Its code is shorter than it is."""
    noise = np.random.default_rng(size).bytes(2 * size)
    return testing.model_decode("gru8", name.to_bytes(8, "little"), noise, size)


def frame_of(data, name, make=writer.compact):
    options = name.to_bytes(8, "little")
    body = writer.body(testing.model_encode("gru8", options, data), GRU8, options)
    return make(data, body) if make is writer.compact else make([(data, body)], memory_kib=4096)


@pytest.mark.parametrize("make", [writer.compact, writer.full])
def test_a_frame_decodes(network, make):
    _, _, name = network
    data = content_of(name)
    frame = frame_of(data, name, make)
    assert fastnz.decompress(frame) == data
    (info,) = _core.frame_info(frame)
    assert info["model"] == "gru8" and info["options"] == name.to_bytes(8, "little")


def test_its_code_is_that_of_the_document(network, text):
    """The bytes themselves, from the reference's probabilities and the package's coder."""
    weights, _, name = network
    bits = [byte >> shift & 1 for byte in text for shift in range(7, -1, -1)]
    expected = testing.binary_encode(bits, reference_bits(weights, text))
    assert testing.model_encode("gru8", name.to_bytes(8, "little"), text) == expected


@pytest.mark.parametrize("make", [writer.compact, writer.full])
def test_missing_weights_are_named(make):
    missing = 0xFEDCBA9876543210
    options = missing.to_bytes(8, "little")
    body = writer.body(b"0123456789", GRU8, options)
    data = b"some content of a block"
    frame = make(data, body) if make is writer.compact else make([(data, body)], memory_kib=4096)
    for read in (fastnz.decompress, fastnz.test, lambda data: fastnz.Decompressor().decompress(data)):
        with pytest.raises(fastnz.ModelMissingError, match="fedcba9876543210"):
            read(frame)


CHILD = """
import sys
import numpy as np
import fastnz
from fastnz import _core
from fastnz._core import testing

sys.path.insert(0, sys.argv[1])
from gru8 import random_weights, write_plain

files = [write_plain(random_weights(np.random.default_rng(seed)), testing.xxh3_64) for seed in (123, 124)]
_core.set_weights_finder({int.from_bytes(file[-8:], "little"): file for file in files}.get)
frames = sys.stdin.buffer.read()
whole = fastnz.decompress(frames, threads=2)
assert fastnz.decompress_many([frames] * 20, threads=2) == [whole] * 20
sys.stdout.buffer.write(whole)
"""


def test_the_finder_serves_frames_on_threads(root):
    """A fresh process whose threads ask for weights that only Python can find."""
    frames, content = b"", b""
    for seed in (123, 124):
        name = _core.load_weights(write_plain(random_weights(np.random.default_rng(seed)), testing.xxh3_64))
        data = content_of(name)
        frames += frame_of(data, name)
        content += data
    reference = Path(root) / "tests/reference"
    done = subprocess.run([sys.executable, "-c", CHILD, reference], input=frames, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == content
