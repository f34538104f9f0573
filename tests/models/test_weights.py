"""Weight files: two forms of one content, and nothing damaged or hostile gets in."""

import struct
import time

import numpy as np
import pytest
from gru8 import random_weights, write_plain

import fastnz
from fastnz import _core
from fastnz._core import testing

TABLE = 8  # offset of the section table
ROW = 12


def sealed(body):
    """The file with the id that fits its (plain) content."""
    return body + struct.pack("<Q", testing.xxh3_64(body))


def sections_of(plain):
    count = struct.unpack_from("<H", plain, 6)[0]
    at = TABLE + ROW * count
    out = []
    for k in range(count):
        size = struct.unpack_from("<I", plain, TABLE + ROW * k)[0]
        out.append((at, size))
        at += size
    return out


@pytest.fixture(scope="module")
def plain():
    weights = random_weights(np.random.default_rng(3))
    weights.notes = "café".encode()
    return write_plain(weights, testing.xxh3_64)


def test_packing_changes_neither_content_nor_id(network):
    _, plain, name = network
    packed = _core.pack_weights(plain)
    assert len(packed) < len(plain)
    assert packed[-8:] == plain[-8:] == name.to_bytes(8, "little")
    assert _core.unpack_weights(packed) == plain == _core.unpack_weights(plain)
    assert _core.pack_weights(packed) == packed
    assert _core.load_weights(packed) == name


def test_info(plain):
    info = _core.weights_info(plain)
    assert info.pop("id") == int.from_bytes(plain[-8:], "little")
    shape = {"hidden": 32, "depth": 8, "bits": 8}
    assert info == {"model": "gru8", "plain_size": len(plain), "notes": "café".encode()} | shape


@pytest.mark.parametrize("form", ["plain", "packed"])
def test_every_cut_is_refused(plain, form):
    file = plain if form == "plain" else _core.pack_weights(plain)
    for size in [*range(200), *range(200, len(file), 997), len(file) - 1]:
        with pytest.raises(fastnz.FormatError):
            _core.load_weights(file[:size])
    with pytest.raises(fastnz.CorruptError, match="follow"):
        _core.load_weights(file + b"x")


@pytest.mark.parametrize("form", ["plain", "packed"])
def test_every_flipped_bit_is_noticed(plain, form):
    file = plain if form == "plain" else _core.pack_weights(plain)
    rng = np.random.default_rng(4)
    positions = [*range(TABLE + 12 * ROW), *rng.integers(0, len(file), 300), *range(len(file) - 8, len(file))]
    for at in positions:
        broken = bytearray(file)
        broken[at] ^= 1 << int(rng.integers(8))
        with pytest.raises((fastnz.FormatError, fastnz.LimitError)):
            _core.load_weights(bytes(broken))


def test_noise_behind_a_header_is_refused():
    """Random tables and streams: typed errors only, whatever sizes they claim."""
    rng = np.random.default_rng(6)
    for _ in range(3000):
        count = int(rng.integers(1, 14))
        rows = b"".join(
            struct.pack(
                "<IIBBH",
                int(rng.choice([0, 1, 16, 4096, 2**20, 2**31, 2**32 - 1])),
                int(rng.choice([0, 16, 528, 2**32 - 1])),
                int(rng.integers(3)),
                int(rng.choice([1, 2, 4, 3])),
                int(rng.choice([0, 0, 0, 1])),
            )
            for _ in range(count)
        )
        file = b"FNZW" + struct.pack("<BBH", 1, 1, count) + rows + rng.bytes(int(rng.integers(0, 3000)))
        with pytest.raises((fastnz.FormatError, fastnz.LimitError)):
            _core.load_weights(file)


def test_a_claim_of_much_content_is_refused_before_memory_is_taken():
    row = struct.pack("<IIBBH", 2**26, 0, 1, 1, 0)
    with pytest.raises(fastnz.LimitError, match="limit"):
        _core.load_weights(b"FNZW" + struct.pack("<BBH", 1, 1, 2) + row + row + bytes(8))


@pytest.mark.parametrize(
    ("what", "error"),
    [
        (b"FNZX", fastnz.FormatError),
        (b"FNZW\x02", fastnz.UnsupportedError),
        (b"FNZW\x01\x03", fastnz.UnsupportedError),
        (b"FNZW\x01\x01\x00\x00", fastnz.CorruptError),
    ],
)
def test_headers(plain, what, error):
    with pytest.raises(error):
        _core.load_weights(what + plain[len(what) :])


def poke(plain, section, offset, form, value):
    at = sections_of(plain)[section][0] + offset
    changed = bytearray(plain[:-8])
    struct.pack_into(form, changed, at, value)
    return sealed(bytes(changed))


@pytest.mark.parametrize(
    ("section", "offset", "form", "value", "error"),
    [
        (0, 0, "<H", 48, fastnz.UnsupportedError),  # H is no multiple of 32
        (0, 0, "<H", 0, fastnz.UnsupportedError),
        (0, 0, "<H", 2048, fastnz.UnsupportedError),
        (0, 0, "<H", 64, fastnz.CorruptError),  # a shape that the sections do not have
        (0, 2, "<H", 4, fastnz.UnsupportedError),
        (0, 4, "B", 7, fastnz.UnsupportedError),
        (0, 4, "B", 9, fastnz.CorruptError),
        (0, 5, "B", 2, fastnz.UnsupportedError),  # feature set
        (0, 6, "B", 3, fastnz.CorruptError),  # shifts
        (0, 7, "B", 25, fastnz.CorruptError),
        (0, 8, "B", 0, fastnz.CorruptError),
        (0, 15, "B", 1, fastnz.CorruptError),
        (3, 5, "b", -128, fastnz.CorruptError),
        (5, 5, "b", -128, fastnz.CorruptError),
        (8, 5, "b", -128, fastnz.CorruptError),
        (4, 0, "<h", -1, fastnz.CorruptError),
        (4, 0, "<h", 32767, fastnz.CorruptError),  # its row could leave 32 bits
        (9, 510, "<h", 32767, fastnz.CorruptError),
        (10, 0, "<i", 2**20 + 1, fastnz.CorruptError),
        (10, 1020, "<i", -(2**20) - 1, fastnz.CorruptError),
    ],
)
def test_values_outside_their_bounds(plain, section, offset, form, value, error):
    with pytest.raises(error):
        _core.load_weights(poke(plain, section, offset, form, value))


def test_values_at_their_bounds(plain):
    assert _core.load_weights(poke(plain, 10, 0, "<i", 2**20)) and _core.load_weights(poke(plain, 4, 0, "<h", 0))
    assert _core.load_weights(poke(plain, 1, 0, "b", -128))  # features may be


def test_the_greatest_multiplier_that_fits_is_taken(plain):
    at, _ = sections_of(plain)[3]
    size = int(np.abs(np.frombuffer(plain[at : at + 32], np.int8).astype(int)).sum())
    shift = plain[sections_of(plain)[0][0] + 6]
    most = (2**31 - 1 - (1 << (shift - 1))) // (128 * size)
    if most < 32767:
        _core.load_weights(poke(plain, 4, 0, "<h", most))
        with pytest.raises(fastnz.CorruptError, match="32 bits"):
            _core.load_weights(poke(plain, 4, 0, "<h", most + 1))


def test_four_megabytes_load_in_a_moment():
    rng = np.random.default_rng(8)
    file = _core.pack_weights(write_plain(random_weights(rng, 512, 32, 14), testing.xxh3_64))
    assert len(file) > 3 << 20
    best = 1.0
    for _ in range(5):
        start = time.process_time()
        _core.load_weights(file)
        best = min(best, time.process_time() - start)
    assert best < 0.2  # 0.05 on a quiet machine; room for an emulated or busy one
