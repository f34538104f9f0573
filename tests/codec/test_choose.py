"""The encoder's choice of a context list: typical contents get the profile, width and step that fit them."""

import math
import random
import struct

import pytest
from damage import words

from fastnz import _core

PROFILES = ["text", "binary", "executable", "record", "image", "symbols", "numbers", "sequences"]
LEVEL = 5


def picture(width, height, channels):
    """A smooth field with noise, the colours alike."""
    random_bits = random.Random(5)
    rows = bytearray()
    for y in range(height):
        for x in range(width):
            light = 80 + 40 * math.sin(x / 17) + 30 * math.cos(y / 23)
            rows += bytes(int(light + 40 * c + random_bits.randrange(5)) & 255 for c in range(channels))
    return bytes(rows)


def grid(width, height, form):
    random_bits = random.Random(6)
    return b"".join(
        struct.pack(form, int(900 * math.sin(x / 30) * math.cos(y / 25)) + random_bits.randrange(6))
        for y in range(height)
        for x in range(width)
    )


def records(count):
    random_bits = random.Random(7)
    return b"".join(
        struct.pack("<IqBBf10s", 1000 + k, 1_600_000_000_000 + 977 * k, random_bits.randrange(4), 1, k * 0.25, random_bits.choice([b"ALPHA", b"BETA"]))
        for k in range(count)
    )


def reads(count):
    random_bits = random.Random(8)
    lines = []
    for k in range(count):
        bases = "".join(random_bits.choices("ACGT", k=100))
        lines.append(f"@RUN1:{k // 7}:{k}\n{bases}\n+\n{'F' * 90}{'A' * 10}\n")
    return "".join(lines).encode()


def bases(count):
    return "".join(random.Random(9).choices("acgt", k=count)).encode()


CONTENTS = {
    "prose": (words(20_000), ("text",)),
    "symbols": (bases(30_000), ("symbols",)),
    "reads": (reads(150), ("sequences",)),
    "records": (records(2000), ("record", 28)),
    "ppm": (b"P6\n96 80\n255\n" + picture(96, 80, 3), ("image", 288, 3)),
    "pgm": (b"P5\n# made\n160 120\n255\n" + picture(160, 120, 1), ("image", 160, 1)),
    "pixels without a header": (picture(300, 200, 3), ("image", 900, 3)),
    "numbers": (grid(180, 120, "<i"), ("numbers", 720, 4)),
    "short numbers": (grid(180, 160, "<h"), ("numbers", 360, 2)),
}


def chosen(frame):
    """(profile, width, step) of the first block, read from its option bytes."""
    info = _core.frame_info(frame)[0]
    options = bytes(info["options"])
    row = (PROFILES[options[1]],)
    return row if len(options) == 2 else (*row, int.from_bytes(options[2:5], "little"), options[5])


@pytest.mark.parametrize("name", CONTENTS)
def test_profiles(name):
    content, expected = CONTENTS[name]
    frame = _core.compress(content, LEVEL)
    assert _core.decompress(frame, max_output_size=1 << 30, max_memory=1 << 30) == content
    assert _core.compress(content, LEVEL) == frame
    assert chosen(frame)[: len(expected)] == expected
