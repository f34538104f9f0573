"""Weight files of `transformer8`: nothing damaged or hostile gets in, and what is at its bounds does."""

import struct

import numpy as np
import pytest
from transformer8 import random_weights, write_plain

import fastnz
from fastnz import _core
from fastnz._core import testing

TABLE = 8  # offset of the section table
ROW = 12
SECTIONS = 16


def sections_of(plain):
    at = TABLE + ROW * SECTIONS
    out = []
    for k in range(SECTIONS):
        size = struct.unpack_from("<I", plain, TABLE + ROW * k)[0]
        out.append((at, size))
        at += size
    return out


def poke(plain, section, offset, form, value):
    at = sections_of(plain)[section][0] + offset
    changed = bytearray(plain[:-8])
    struct.pack_into(form, changed, at, value)
    return bytes(changed) + struct.pack("<Q", testing.xxh3_64(bytes(changed)))


@pytest.fixture(scope="module")
def plain():
    weights = random_weights(np.random.default_rng(3))
    weights.notes = "café".encode()
    return write_plain(weights, testing.xxh3_64)


def test_packing_changes_neither_content_nor_id(plain):
    packed = _core.pack_weights(plain)
    assert len(packed) < len(plain) and packed[-8:] == plain[-8:]
    assert _core.unpack_weights(packed) == plain == _core.unpack_weights(plain)
    assert _core.load_weights(packed) == _core.load_weights(plain) == int.from_bytes(plain[-8:], "little")


@pytest.mark.parametrize("form", ["plain", "packed"])
def test_every_cut_and_every_flipped_bit_is_noticed(plain, form):
    file = plain if form == "plain" else _core.pack_weights(plain)
    for size in [*range(0, 260, 7), *range(260, len(file), 997), len(file) - 1]:
        with pytest.raises(fastnz.FormatError):
            _core.load_weights(file[:size])
    rng = np.random.default_rng(4)
    positions = [*range(TABLE + SECTIONS * ROW), *rng.integers(0, len(file), 300), *range(len(file) - 8, len(file))]
    for at in positions:
        broken = bytearray(file)
        broken[at] ^= 1 << int(rng.integers(8))
        with pytest.raises((fastnz.FormatError, fastnz.LimitError)):
            _core.load_weights(bytes(broken))


@pytest.mark.parametrize(
    ("section", "offset", "form", "value", "error"),
    [
        (0, 0, "<H", 48, fastnz.UnsupportedError),  # d is no multiple of 32
        (0, 0, "<H", 0, fastnz.UnsupportedError),
        (0, 0, "<H", 544, fastnz.UnsupportedError),
        (0, 0, "<H", 64, fastnz.CorruptError),  # a shape that the sections do not have
        (0, 2, "<H", 0, fastnz.UnsupportedError),  # U
        (0, 2, "<H", 1056, fastnz.UnsupportedError),
        (0, 2, "<H", 64, fastnz.CorruptError),
        (0, 4, "<H", 16, fastnz.UnsupportedError),  # W
        (0, 4, "<H", 288, fastnz.UnsupportedError),
        (0, 4, "<H", 64, fastnz.CorruptError),
        (0, 6, "B", 0, fastnz.UnsupportedError),  # L
        (0, 6, "B", 17, fastnz.UnsupportedError),
        (0, 6, "B", 3, fastnz.CorruptError),
        (0, 7, "B", 0, fastnz.UnsupportedError),  # N
        (0, 7, "B", 17, fastnz.UnsupportedError),
        (0, 7, "B", 2, fastnz.CorruptError),
        (0, 8, "B", 4, fastnz.UnsupportedError),
        (0, 9, "B", 19, fastnz.UnsupportedError),
        (0, 9, "B", 9, fastnz.CorruptError),
        (0, 10, "B", 2, fastnz.UnsupportedError),  # feature set
        (0, 11, "B", 3, fastnz.CorruptError),  # shifts
        (0, 12, "B", 25, fastnz.CorruptError),
        (0, 13, "B", 1, fastnz.CorruptError),
        (5, 0, "B", 3, fastnz.CorruptError),
        (5, 3, "B", 25, fastnz.CorruptError),
        (3, 5, "b", -128, fastnz.CorruptError),
        (6, 5000, "b", -128, fastnz.CorruptError),
        (9, 3000, "b", -128, fastnz.CorruptError),
        (12, 5, "b", -128, fastnz.CorruptError),
        (4, 0, "<h", -1, fastnz.CorruptError),
        (4, 0, "<h", 32767, fastnz.CorruptError),  # its row could leave 32 bits
        (7, 400, "<h", 32767, fastnz.CorruptError),
        (10, 100, "<h", 32767, fastnz.CorruptError),
        (13, 510, "<h", 32767, fastnz.CorruptError),
        (14, 0, "<i", 2**20 + 1, fastnz.CorruptError),
        (14, 1020, "<i", -(2**20) - 1, fastnz.CorruptError),
    ],
)
def test_values_outside_their_bounds(plain, section, offset, form, value, error):
    with pytest.raises(error):
        _core.load_weights(poke(plain, section, offset, form, value))


def test_values_at_their_bounds(plain):
    assert _core.load_weights(poke(plain, 14, 0, "<i", 2**20)) and _core.load_weights(poke(plain, 7, 0, "<h", 0))
    assert _core.load_weights(poke(plain, 1, 0, "b", -128))  # features may be
    for value in (-32768, 32767):
        for section in (2, 8, 11):
            assert _core.load_weights(poke(plain, section, 0, "<h", value))


@pytest.mark.parametrize("isa", fastnz.isas())
def test_extremes_everywhere_predict_alike(isa):
    """Every number at one of its bounds: nothing wraps, so every instruction set agrees with the scalar one."""
    rng = np.random.default_rng(9)
    for k in range(30):
        w = random_weights(rng, 64, 2, 3, 64, 64, 8, 8)
        w.tables = rng.choice([-128, 127], w.tables.shape)
        for name in ("wf", "w1", "w2", "wo"):
            setattr(w, name, rng.choice([-127, 127], getattr(w, name).shape))
        for name in ("e", "b1", "p"):
            setattr(w, name, rng.choice([-32768, 32767, 0], getattr(w, name).shape))
        w.kf, w.ko, w.shifts = 4, 4 + k % 21, np.full((2, 2), 4 + k % 9)
        for name, matrix in (("mf", w.wf), ("m1", w.w1), ("m2", w.w2), ("mo", w.wo)):
            setattr(w, name, (2**31 - 1 - (1 << 23)) // (128 * np.abs(matrix).sum(-1)))
        name = _core.load_weights(write_plain(w, testing.xxh3_64))
        streams = rng.integers(0, 256, (1 + k % 3, 70)).astype(np.uint8)
        made = testing.lane_frequencies(streams, name, isa)
        assert (made == testing.lane_frequencies(streams, name, "scalar")).all()
        assert (made.sum(2) == 2**22).all()
