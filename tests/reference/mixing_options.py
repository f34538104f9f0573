"""The option bytes of the mixing models, as docs/contexts.md, section 1, specifies them; plain Python."""

from __future__ import annotations

from collections.abc import Container

from mixing_contexts import PROFILES
from mixing_history import IMAGE, NUMBERS, RECORD

STEPS = {RECORD: (0, 0), IMAGE: (1, 4), NUMBERS: (2, 8)}  # profiles with a width: least and greatest step


class UnknownOptions(Exception):
    """Option bytes of a newer version."""


def read_options(options: bytes, model: str, tiers: Container[int]) -> tuple[int, int, int, int]:
    if len(options) < 2 or options[0] not in tiers or options[1] not in PROFILES:
        raise UnknownOptions(f"{model} with options {options.hex()}")
    tier, profile, width, step = options[0], options[1], 0, 0
    sound = len(options) == (6 if profile in STEPS else 2)
    if sound and profile in STEPS:
        width, step = int.from_bytes(options[2:5], "little"), options[5]
        least, most = STEPS[profile]
        sound = least <= step <= most and width > step
    if not sound:
        raise UnknownOptions(f"{model} with options {options.hex()}")
    return tier, profile, width, step


def power_of_two(least: int) -> int:
    return 1 << max(least - 1, 0).bit_length()
