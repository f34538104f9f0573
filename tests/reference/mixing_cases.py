"""Contents for every profile of the mixing models, options to go with them, and their code by the reference models."""

from __future__ import annotations

import random

import decoder
import models
import nibble_mix
import symbol_mix
import writer
from mixing_options import STEPS

PROFILES = ("text", "binary", "executable", "record", "image", "symbols", "numbers", "sequences")
WIDTHS = {"record": (12, 0), "image": (39, 3), "numbers": (16, 2)}


def option_bytes(tier: int, profile: str, width: int = 0, step: int = 0) -> bytes:
    number = PROFILES.index(profile)
    return bytes([tier, number]) + (width.to_bytes(3, "little") + bytes([step]) if number in STEPS else b"")


def content(profile: str, size: int) -> bytes:
    """Something of its kind, with repetitions, runs and surprises in it."""
    rng = random.Random(profile)
    out = bytearray()
    row = bytes(39)
    level, number = 0, 0
    words = [bytes(rng.choices(b"aeinorstlchA\xc3\xa9", k=rng.randint(1, 9))) for _ in range(40)]
    code = [b"\x48\x89\xe5", b"\x48\x8b\x44\x24\x08", b"\x83\xc4\x10", b"\x0f\x84\x20\x01\0\0",
            b"\xe8\x34\x12\0\0", b"\xc3", b"\x66\xb8\x01\x02", b"\xf6\x45\xfc\x01", b"\xf7\xc1\x05\0\0\0",
            b"\x8b\x0d\x44\x33\x22\x11", b"\x74\x05", b"\x8b\x04\x25\0\x10\0\0", b"\x66\x81\xc1\x34\x12",
            b"\x0f\xba\xe0\x03", b"\xc8\x10\0\x01", b"\xf3\xa4"]
    while len(out) < size:
        number += 1
        if profile == "text":
            out += rng.choice(words)
            out += rng.choice([b" ", b" ", b" ", b", ", b".\n", b" 1995", b";\t", b"\n\n", b" (%d)" % number])
        elif profile == "binary":
            out += number.to_bytes(3, "big") + rng.choice([bytes(8), b"\xff" * 5, words[number % 7], rng.randbytes(3)])
        elif profile == "executable":
            out += rng.choice(code) if rng.random() < 0.9 else rng.randbytes(4)
        elif profile == "record":
            out += number.to_bytes(4, "little") + (number * 1000 % 777).to_bytes(2, "little") + b"\0ABC"
            out += rng.choice([b"\0\1", b"\0\2"])
        elif profile == "image":
            row = bytes((v + rng.choice([0, 0, 1, 2, 5, -3]) + k // 3 * 4 - 26) % 256 for k, v in enumerate(row))
            out += row
        elif profile == "numbers":
            for _ in range(3):
                level = max(-30000, min(30000, level + rng.randrange(-300, 301)))
                out += (level & 0xFFFF).to_bytes(2, "little")
        elif profile == "symbols":
            out += bytes(rng.choices(b"ACGT", k=20)) if rng.random() < 0.5 else out[: 30 + number]
        else:
            bases = bytes(rng.choices(b"ACGTN", (9, 9, 9, 9, 1), k=24))
            out += b"@r.%d\n%s\n+\n%s\n" % (number, bases, bytes(rng.choices(b"FFFF:,#", k=24)))
            if number % 4 == 0:
                out += b">r%d\n%s\n" % (number, bases)
    return bytes(out[:size])


def frame(data: bytes, options: bytes, model: int) -> bytes:
    """A compact frame without transforms."""
    code = models.encode(data, decoder.MODELS[model](options, len(data)))
    return writer.compact(data, writer.body(code, model, options))


def frames(size: int) -> dict[str, bytes]:
    """One for each profile and tier."""
    return {
        f"{name}-{profile}-{tier}": frame(
            content(profile, size), option_bytes(tier, profile, *WIDTHS.get(profile, ())), model
        )
        for profile in PROFILES
        for name, model, tiers in (("nibble", 2, nibble_mix.TIERS), ("symbol", 7, symbol_mix.TIERS))
        for tier in tiers
    }
