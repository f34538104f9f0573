"""The model `symbol_mix`, id 7, as docs/symbol_mix.md specifies it: plain Python, about 3 KB/s."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from match_finder import MatchFinder
from mixing_contexts import BINARY, EXECUTABLE, IMAGE, NUMBERS, RECORD, SEQUENCES, SYMBOLS, TEXT, context_hashes, set_base
from mixing_history import M32, History, clamp
from mixing_options import power_of_two, read_options
from nibble_mix import STRETCH, sat, times

TIERS = (1,)
LISTS = {
    TEXT: "Order4 Word ColumnAbove",
    BINARY: "Order2 Order6 Skip1",
    EXECUTABLE: "Order2 Order3 CodeOp",
    RECORD: "Order3 RecordColumn RecordAbove",
    IMAGE: "PixelW PixelLms PixelGradientPlane",
    SYMBOLS: "Order4 Symbols12 Symbols16",
    NUMBERS: "NumberSelf NumberNE NumberGradient",
    SEQUENCES: "Symbols11 Symbols16 ColumnAbove",
}
N = 3
TABLE_BITS, SEQUENCES_TABLE_BITS, MATCH_BITS, MAX_MATCH = 22, 24, 18, 500
SURE_LENGTH, SURE_START, SURE, SURE_SHIFT = 16, 60000, 65000, 5
FRESH = [2048 * j for j in range(16)]
RATES = [29491] + [max(1092, 327670 // (10 * v + 13)) for v in range(1, 32)]
KNOWN = [0, 1, 1, 1] + [2] * 16 + [3] * 12
WEIGHT, MATCH_WEIGHT, WEIGHT_LIMIT = 314573, 419430, 4 << 20
SHIFTS = ((256, 12), (640, 13), (1536, 14), (3584, 15))

Node = list[int]  # a label and a count of visits, then what the symbols before 1..15 have


class Nibble(NamedTuple):
    """What is remembered of a nibble from its prediction until it is learnt."""

    half: int
    nodes: list[Node]
    visits: list[int]
    rows: list[list[int]]
    inputs: list[list[int]]
    expected: int | None
    length: int
    starts: list[int]


def log_q11(p: int) -> int:
    v = p | 4
    k = v.bit_length() - 1
    return 2048 * k + 2048 * (v - (1 << k)) // (1 << k) - 30720


def power_q14(z: int) -> int:
    d = clamp(-z, 0, 8191)
    return 32 * (1023 - d % 512) * (32768 >> (d >> 9)) >> 16


def gaps(sums: list[int], end: int) -> list[int]:
    return [b - a for a, b in zip(sums, [*sums[1:], end])]


class SymbolMix:
    def __init__(self, options: bytes, size: int) -> None:
        _, profile, width, step = read_options(options, "symbol_mix", TIERS)
        self.names = LISTS[profile].split()
        self.history = History(profile, width, step)
        self.history.predicts = any("Lms" in name for name in self.names)
        start = min(size, 1 << 16)
        most = 1 << (SEQUENCES_TABLE_BITS if profile == SEQUENCES else TABLE_BITS)
        wanted = max(N * (48 * start + 24 * min(size - start, most)), 1 << 13)
        self.line_count = min(1 << wanted.bit_length() - 1, most) // 64
        self.lines: defaultdict[int, tuple[Node, Node]] = defaultdict(lambda: ([0] * 16, [0] * 16))
        self.direct: defaultdict[tuple[int, int], Node] = defaultdict(FRESH.copy)
        self.matches = MatchFinder(self.history, min(2 * power_of_two(max(size, 512)), 1 << MATCH_BITS), MAX_MATCH)
        self.shares = [[40000] * 5 + [60000] * 10, [64000] * 15]
        self.known_rows: defaultdict[tuple[int, int], list[int]] = defaultdict(lambda: [WEIGHT] * (N + 1) + [MATCH_WEIGHT])
        self.nibble_rows: defaultdict[tuple[int, int], list[int]] = defaultdict(lambda: [0] * (N + 2))
        self.base_rows: defaultdict[tuple[int, int], list[int]] = defaultdict(lambda: [0] * (N + 2))
        self.sure: dict[tuple[int, int], int] = {}
        self.start_byte()

    # Section 3

    def start_byte(self) -> None:
        self.matches.find()
        self.asked: tuple[int, int] | None = None
        self.pair: tuple[int, int] | None = None
        if self.matches.length >= SURE_LENGTH:
            self.pair = self.history.c4 & 0xFF, self.matches.expected
            count = self.sure.get(self.pair, SURE_START)
            if count >= SURE:
                self.asked = self.matches.expected, count
                return
        self.start_bits()

    def answer(self, as_expected: bool) -> None:
        self.learn_sure(as_expected)
        if as_expected:
            self.history.push(self.matches.expected)
            self.start_byte()
        else:
            self.matches.length, self.asked, self.pair = 0, None, None
            self.start_bits()

    def learn_sure(self, as_expected: bool) -> None:
        assert self.pair is not None
        count = self.sure.get(self.pair, SURE_START)
        self.sure[self.pair] = count + (65535 * as_expected - count >> SURE_SHIFT)

    # Section 4

    def start_bits(self) -> None:
        h = self.history
        self.c1 = h.c4 & 0xFF
        self.hashes = context_hashes(h, self.names)
        self.base = set_base(h)
        self.shift = next((shift for below, shift in SHIFTS if h.size < below), 16)
        self.now = self.predict(0, 0)

    def node(self, h: int) -> Node:
        a, b = self.lines[(h >> 11) % self.line_count]
        label = h << 5 & 0xFFE0
        for node in (a, b):
            if node[0] & 0xFFE0 == label:
                return node
        node = a if a[0] & 31 <= b[0] & 31 else b
        node[:] = [label, *FRESH[1:]]
        return node

    def second_hash(self, h: int, upper: int) -> int:
        if self.history.profile == SEQUENCES:
            return (h & ~0x7FF ^ 1 << 11) + (h + 157 * (upper + 1) & 0x7FF)
        return (h + upper * 0x3D4D51CB) * 0x9E3779B1 & M32

    # Sections 5 and 6

    def predict(self, half: int, upper: int) -> Nibble:
        hashes = self.hashes if half == 0 else [self.second_hash(h, upper) for h in self.hashes]
        nodes = [self.direct[self.c1, half * (1 + upper)], *map(self.node, hashes)]
        visits = [node[0] & 31 for node in nodes]
        known = 0
        for v in visits[1:]:
            known = 4 * known + KNOWN[v]
        rows = [
            self.known_rows[half, known],
            self.nibble_rows[half, upper if half else self.c1 >> 4],
            self.base_rows[half, self.base],
        ]
        weights = [sat(sum(w) >> 7) for w in zip(*rows)]

        inputs = [[log_q11(p) for p in gaps([0, *node[1:]], 32767)] for node in nodes]
        length, expected = self.matches.length, None
        if length and (half == 0 or self.matches.expected >> 4 == upper):
            expected = self.matches.expected & 15 if half else self.matches.expected >> 4
        odds = -clamp(2 * STRETCH[self.shares[half][place(length)] >> 4] + 8192, 0, 28000)
        inputs.append([0 if expected in (None, v) else odds for v in range(16)])

        z = [sum_of(weights, [x[v] for x in inputs]) for v in range(16)]
        powers = [power_q14(x) for x in z]
        if not 4096 <= sum(powers) < 65536:
            z = [max(x, -32767) for x in z]
            powers = [power_q14(sat(x - max(z))) for x in z]
            if sum(powers) >= 65536:
                powers = [p >> 2 for p in powers]
        scale = (32752 << 13) // sum(powers)
        starts = [(sum(powers[:v]) * scale >> 13) + v for v in range(16)]
        return Nibble(half, nodes, visits, rows, inputs, expected, length, starts)

    def starts(self) -> list[int]:
        return self.now.starts

    # Section 7

    def update_nibble(self, value: int) -> None:
        done = self.now
        if done.half == 0:
            self.upper = value
            self.now = self.predict(1, value)
        else:
            byte = self.upper << 4 | value
            as_expected = self.matches.length != 0 and self.matches.expected == byte
            self.history.push(byte)
            if self.pair is not None:
                self.learn_sure(as_expected)
            if not as_expected:
                self.matches.length = 0
            self.start_byte()
        self.learn(done, value)

    def learn(self, done: Nibble, value: int) -> None:
        errors = [32767 * (v == value) - f for v, f in enumerate(gaps(done.starts, 32768))]
        for k, x in enumerate(done.inputs):
            step = sum(e * y for e, y in zip(errors, x)) >> self.shift
            for row, part in zip(done.rows, (step, step >> 1, step >> 1)):
                row[k] = clamp(row[k] + part, -WEIGHT_LIMIT, WEIGHT_LIMIT)
        for node, visits in zip(done.nodes, done.visits):
            for j in range(1, 16):
                node[j] += times(32767 * (j > value) - node[j], RATES[visits])
            node[0] = node[0] + (visits < 31) & 0xFFFF
        if done.expected is not None:
            share = self.shares[done.half]
            share[place(done.length)] += 65535 * (done.expected == value) - share[place(done.length)] >> 6


def place(length: int) -> int:
    return (length // 2 if length < 16 else 8 + (length - 16) // 4 if length < 32 else 12 if length < 64
            else 13 if length < 400 else 14)


def sum_of(weights: list[int], x: list[int]) -> int:
    even, odd = 0, 0
    for k, (w, v) in enumerate(zip(weights, x)):
        if k % 2 == 0:
            even = sat(even + times(v, w))
        else:
            odd = sat(odd + times(v, w))
    return sat(even + odd)
