"""The model `context_mix`, id 1, as docs/context_mix.md specifies it: plain Python, about 2 KB/s.

Everything that a release could change without a change of structure is in the tables at the top of this file and of
context_mix_contexts.py.
"""

from __future__ import annotations

from collections.abc import Container
from operator import mul
from typing import NamedTuple

from context_mix_contexts import PROFILES, context_hashes, set_bases
from context_mix_history import IMAGE, M32, NUMBERS, RECORD, History, clamp, hash2, signed
from match_finder import MatchFinder


class Tier(NamedTuple):
    contexts: int  # at most
    sets: int  # of weights
    table_bits: int  # log2 of the most bytes of bit histories
    apm_bits: int  # log2 of the most rows of an adaptive probability map


TIERS = {1: Tier(4, 1, 24, 10), 2: Tier(6, 2, 25, 11), 3: Tier(8, 2, 26, 12), 4: Tier(10, 3, 27, 12),
         5: Tier(12, 3, 28, 12), 6: Tier(20, 4, 29, 16)}
STEPS = {RECORD: (0, 0), IMAGE: (1, 4), NUMBERS: (2, 8)}  # profiles with a width: least and greatest step

TABLE_START = 1 << 16  # bytes of content that get 24 bytes of table for each context; the others get 4
MAX_MATCH, MATCH_BITS = 65535, 22
LIMIT = 3071  # of the logistic domain
EXACT_BITS, CAPS = 4, (40, 20, 9, 6, 5)  # of bit histories
STATE_COUNT, MATCH_COUNT = 255, 1023  # where counts stop
DIRECT_SHIFTS, APM_SHIFT = (4, 7), 6
TRAIN_THRESHOLD = 256
RATE, RATE_MORE, RATE_BYTES = 4, 12, 1024  # learning rate, q4: RATE + RATE_MORE / (1 + size / RATE_BYTES)


class UnknownOptions(Exception):
    """Option bytes of a newer version."""


# Section 2: tables


def logistic_tables() -> tuple[list[int], list[int]]:
    """`squash[x + LIMIT]`, 16 bits, for x from -LIMIT to LIMIT; `stretch[p]` for p of 12 bits."""
    squash, power = [0] * (2 * LIMIT + 1), 1 << 60
    for i in range(LIMIT + 1):
        e = power >> 14
        low = clamp(((e << 17) // ((1 << 46) + e) + 1) // 2, 1, 65535)
        squash[LIMIT - i], squash[LIMIT + i] = low, 65536 - low
        power = power * 1148426689630428644 >> 60
    stretch, x = [], -2047
    for i in range(4096):
        while x < 2047 and squash[x + LIMIT] < 16 * i + 8:
            x += 1
        stretch.append(x)
    return squash, stretch


SQUASH, STRETCH = logistic_tables()
RECIPROCAL = [65536 // (2 * count + 3) for count in range(1024)]


class BitHistory(NamedTuple):
    zeros: int
    ones: int
    length: int  # of the exact history, or -1
    bits: int  # the exact history, or the last bit

    def in_bounds(self) -> bool:
        low, high = sorted(self[:2])
        return low < len(CAPS) and high <= CAPS[low]

    def after(self, bit: int) -> BitHistory:
        same, other = (self.ones, self.zeros) if bit else (self.zeros, self.ones)
        same += 1
        if other > 2:
            other = min(8, other - 1, (other + 2 + (other < 6)) // 2)
        while not BitHistory(same, other, 0, 0).in_bounds():
            if same > other and same > (CAPS[other] if other < len(CAPS) else 0) and BitHistory(
                same - 1, other, 0, 0
            ).in_bounds():
                same -= 1
            else:
                other -= 1
        zeros, ones = (other, same) if bit else (same, other)
        if 0 <= self.length < EXACT_BITS and zeros + ones == self.length + 1:
            return BitHistory(zeros, ones, self.length + 1, self.bits << 1 | bit)
        return BitHistory(zeros, ones, -1, bit if zeros and ones else 0)


def state_machine() -> list[BitHistory]:
    found = [BitHistory(0, 0, 0, 0)]
    for history in found:
        found += [after for bit in (0, 1) if (after := history.after(bit)) not in found]
    return sorted(found, key=lambda h: (h.zeros != 0 and h.ones != 0, h.zeros + h.ones, h))


STATES = state_machine()
NEXT = [bytes(STATES.index(history.after(bit)) for history in STATES) for bit in (0, 1)]
KNOWLEDGE = [history.zeros + history.ones for history in STATES]
DETERMINISTIC = sum(history.zeros == 0 or history.ones == 0 for history in STATES)
FIRST_MAP = [min(65536 * (2 * h.ones + 1) // (2 * (h.zeros + h.ones) + 2), 65535) << 16 for h in STATES]
# The position of a cell cuts towards zero
FIRST_APM = [SQUASH[LIMIT + (1 if c > 15 else -1) * (abs(2 * c - 31) * LIMIT // 31)] for c in range(32)]


# Section 1: options and shape


def read_options(
    options: bytes, model: str = "context_mix", tiers: Container[int] = frozenset(TIERS)
) -> tuple[int, int, int, int]:
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


class ContextMix:
    def __init__(self, options: bytes, size: int) -> None:
        number, profile, width, step = read_options(options)
        tier = TIERS[number]
        self.ordered, names = PROFILES[profile][0], PROFILES[profile][1].split()
        self.names, self.sets = names[: tier.contexts], tier.sets
        n = self.contexts = len(self.names)
        self.history = History(profile, width, step)
        start = min(size, TABLE_START)
        wanted = max(start * 24 + (size - start) * 4, 1 << 14) * n
        self.table = bytearray(min(1 << wanted.bit_length() - 1, 1 << tier.table_bits))
        self.slot_mask = len(self.table) // 16 - 1
        self.matches = MatchFinder(self.history, min(power_of_two(max(size, 1024)), 1 << MATCH_BITS), MAX_MATCH)
        self.apm_mask = clamp(power_of_two(size // 4), 1024, 1 << tier.apm_bits) - 1
        self.maps = [FIRST_MAP[:] for _ in range(n)]
        self.match_map = [0x40000000, 0xC0000000] * (25 * 256)
        self.direct = [[1 << 15] * 512, [1 << 15] * 131072]
        self.apms: list[dict[int, list[int]]] = [{}, {}]
        self.first_weights = [min((1 << 28) // 3, (1 << 28) // n * 2)] * n + [0] * (n + 4) + [1 << 26, 0, 0]
        self.weights: list[dict[int, list[int]]] = [{} for _ in range(self.sets)]
        self.final_weights = [[(1 << 28) // self.sets] * self.sets for _ in range(8)]
        self.start_byte()
        self.predict()

    def p1(self) -> int:
        return self.probability

    def update(self, bit: int) -> None:
        self.learn(bit)
        self.partial = self.partial << 1 | bit
        self.node = self.node << 1 | bit
        self.bit_index += 1
        if self.bit_index == 8:
            if self.matches.length and self.matches.expected != self.partial & 255:
                self.matches.length = 0
            self.history.push(self.partial & 255)
            self.start_byte()
        elif self.bit_index == 4:
            flip = (self.node & 15) * 8 + 4 & self.slot_mask
            self.lines = [line ^ flip for line in self.lines]
            self.find_slots()
        self.predict()

    # Section 6: slots

    def start_byte(self) -> None:
        h = self.history
        hashes = context_hashes(h, self.names)
        self.lines = [value & self.slot_mask for value in hashes]
        self.checks = [(value * 0x9E3779B1 & M32) >> 24 for value in hashes]
        self.partial, self.bit_index, self.c1 = 1, 0, h.c4 & 0xFF
        self.bases = set_bases(h)
        self.apm_base = hash2(h.c4 & 0xFFFFFF, 3)
        self.rate = RATE + RATE_MORE * RATE_BYTES // (RATE_BYTES + h.size)
        self.matches.find()
        self.find_slots()

    def find_slots(self) -> None:
        self.node, self.slots, table = 1, [], self.table
        for line, check in zip(self.lines, self.checks):
            choices = (16 * line, 16 * line ^ 16, 16 * line ^ 32)
            slot = next((choice for choice in choices if table[choice] == check), -1)
            if slot < 0:
                slot = min(choices, key=lambda choice: KNOWLEDGE[table[choice + 1]])  # the first of the least
                table[slot : slot + 16] = bytes([check]) + bytes(15)
            self.slots.append(slot)

    # Section 9: from inputs to a probability

    def predict(self) -> None:
        node, partial, bit_index, table = self.node, self.partial, self.bit_index, self.table
        self.states = states = [table[slot + node] for slot in self.slots]
        self.entries = entries = [of[state] for of, state in zip(self.maps, states)]
        x = [STRETCH[entry >> 20] for entry in entries]
        x += [value if state < DETERMINISTIC else 0 for value, state in zip(x, states)]
        known = sum(state != 0 for state in states[: self.ordered])
        self.direct_at = (2 * partial, 2 * (self.c1 << 8 | partial))
        for of, at in zip(self.direct, self.direct_at):
            x += [STRETCH[of[at] >> 4], STRETCH[of[at + 1] >> 4]]

        if self.matches.length and (self.matches.expected | 256) >> 8 - bit_index != partial:
            self.matches.length = 0
        length, self.match_entry = self.matches.length, -1
        if length:
            bit = self.matches.expected >> 7 - bit_index & 1
            bucket = (length if length < 16 else 16 + (length - 16) // 4 if length < 32
                      else 20 + (length - 32) // 8 if length < 64 else 24)
            self.match_entry = (bucket * 256 + self.c1) * 2 + bit
            by_length = 16 * min(length, 32)
            x += [STRETCH[self.match_map[self.match_entry] >> 20], by_length if bit else -by_length]
        else:
            x += [0, 0]
        x.append(256)
        self.x = x

        matched = 0 if length == 0 else 1 + (length >= 12) + (length >= 20) + (length >= 32)
        rows = [matched * 256 + partial, (8 + matched if matched else known) * 8 + bit_index]
        rows += [base * 8 + bit_index for base in self.bases]
        self.selected, self.y, mixed = [], [], 0
        for of, row, final in zip(self.weights, rows, self.final_weights[bit_index]):
            weights = of.setdefault(row, self.first_weights)
            self.selected.append((of, row))
            total = signed(sum(map(mul, x, [w >> 16 for w in weights])), 32)
            y = clamp(total >> 12, -LIMIT, LIMIT)
            self.y.append(y)
            mixed += y * (final >> 12) >> 4
        mixed = clamp(mixed >> 12, -LIMIT, LIMIT)
        self.mixed = SQUASH[mixed + LIMIT]

        position = (mixed + LIMIT) * 84600 >> 12
        low, weight = position >> 12, position & 4095
        both, self.cells = 0, []
        for of, row in zip(self.apms, ((self.c1 << 8) + partial, self.apm_base ^ partial * 0x9E35)):
            cells = of.setdefault(row & self.apm_mask, FIRST_APM[:])
            both += cells[low] * (4096 - weight) + cells[low + 1] * weight >> 12
            self.cells.append((cells, low + (weight >> 11)))
        self.probability = clamp(both + 1 >> 1, 1, 65535)

    # Section 10: learning

    def learn(self, bit: int) -> None:
        target = bit << 16
        error = target - self.mixed
        if abs(error) > TRAIN_THRESHOLD:
            for (of, row), y in zip(self.selected, self.y):
                step = clamp((target - SQUASH[y + LIMIT]) * self.rate >> 4, -32768, 32767)
                of[row] = [
                    w if -(1 << 31) <= w < 1 << 31 else signed(w, 32)
                    for w in map(int.__add__, of[row], [v * step + 8 >> 4 for v in self.x])
                ]
            final = self.final_weights[self.bit_index]
            for j, y in enumerate(self.y):
                final[j] = signed(final[j] + (y * (error >> 3) + 8 >> 4), 32)
        target = bit * 65535
        for cells, at in self.cells:
            cells[at] += target - cells[at] >> APM_SHIFT
        after = NEXT[bit]
        for of, entry, state, slot in zip(self.maps, self.entries, self.states, self.slots):
            of[state] = moved(entry, target, STATE_COUNT)
            self.table[slot + self.node] = after[state]
        for of, at in zip(self.direct, self.direct_at):
            for k, shift in enumerate(DIRECT_SHIFTS):
                of[at + k] += target - of[at + k] >> shift
        if self.match_entry >= 0:
            self.match_map[self.match_entry] = moved(self.match_map[self.match_entry], target, MATCH_COUNT)


def moved(entry: int, target: int, limit: int) -> int:
    """A probability of 22 bits above a count of 10, moved towards the bit by 1 / (count + 1.5)."""
    count = entry & 1023
    step = (target - (entry >> 16)) * RECIPROCAL[count] >> 9
    return entry + (step << 10) + (count < limit)
