"""The model `nibble_mix`, id 2, as docs/nibble_mix.md specifies it: plain Python, about 2 KB/s.

Of a nibble's 15 nodes only those are computed that it comes to.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from mixing_options import power_of_two, read_options
from mixing_contexts import PROFILES, context_hashes, set_base
from mixing_history import M32, History, clamp
from match_finder import MatchFinder


class Tier(NamedTuple):
    contexts: int
    table_bits: int  # log2 of the most bytes of lines
    apm_bits: int | None  # log2 of the most trees of the adaptive probability map


TIERS = {1: Tier(4, 22, None), 2: Tier(6, 24, 13), 3: Tier(8, 27, 13), 4: Tier(10, 27, 13), 5: Tier(12, 28, 13),
         6: Tier(16, 28, 13), 7: Tier(24, 28, 13)}


class State(NamedTuple):
    rate: int
    confidence: int
    same: int
    other: int
    phases: tuple[int, ...] = (0, 1, 2, 3)  # that let it go on to `same`


STATES = [
    State(230, 0, 1, 1), State(102, 0, 2, 8), State(73, 0, 3, 8), State(57, 0, 4, 9), State(47, 0, 5, 9),
    State(39, 0, 6, 9), State(34, 0, 7, 10), State(24, 114, 7, 10), State(73, 64, 9, 9), State(57, 76, 10, 10),
    State(47, 83, 11, 11), State(34, 89, 12, 12, (0, 2)), State(24, 95, 13, 12, (0, 2)), State(17, 102, 14, 12, (0,)),
    State(13, 102, 15, 12, (0,)), State(13, 102, 15, 12, (0,)),
]
FIRST_SOLE = [0, 52429, 57672, 60293, 61604, 62259, 62915]
FIRST_MATCH = 58982
FIRST_APM = [16, 48, 147, 443, 1324, 3855, 10439, 23908, 41627, 55096, 61680, 64211, 65092, 65388, 65487, 65519]
WEIGHT, MANY_WEIGHTS, MATCH_WEIGHT = 1092, 13104, 2184
RATE, RATE_MORE, RATE_BYTES = 308, 2560, 1024  # learning rate, q9: RATE + RATE_MORE / (1 + size / RATE_BYTES)
TABLE_START = 1 << 16  # bytes of content that get 24 bytes of lines for each context; the others get 12
MAX_MATCH, MATCH_BITS = 500, 22
DIRECTS = 2  # contexts with trees of their own: orders 1 and 0
LIMIT, RENEWAL = 16300, 64
NEW_CELL = 0x8000

Tree = list[int]  # a label, then the cells of nodes 1 to 15


def log2_q10(v: int) -> int:
    k = v.bit_length() - 1
    return 1024 * k + 1024 * (v - (1 << k)) // (1 << k)


STRETCH = [log2_q10(2 * i + 1) - log2_q10(8191 - 2 * i) for i in range(4096)]


def times(a: int, b: int) -> int:
    return a * b + (1 << 14) >> 15


def sat(x: int) -> int:
    return -32768 if x < -32768 else 32767 if x > 32767 else x


def squash(x: int) -> int:
    size = abs(x)
    t = 32 * (2047 - size % 1024) * (32768 >> (size >> 10)) >> 16
    u = times(t, -8983)
    u = times(t, u + 24513)
    u = times(t, u - 31915)
    low = times(t, u + 32767)
    return clamp(low if x < 0 else 32767 - low, 1, 32766)


def clear(tree: Tree, label: int) -> None:
    tree[:] = [label] + [NEW_CELL] * 15


def line_number(value: int, count: int, context: int) -> int:
    return value & count - 1 & ~2 | (context & 1) << 1


class NibbleMix:
    def __init__(self, options: bytes, size: int) -> None:
        number, profile, width, step = read_options(options, "nibble_mix", TIERS)
        tier = TIERS[number]
        self.ordered, names = PROFILES[profile][0], PROFILES[profile][1].split()
        self.history = History(profile, width, step)
        self.set_up(names[: min(tier.contexts, len(names) & ~1)], tier.table_bits, tier.apm_bits, size)
        self.start_byte()

    def set_up(self, names: list[str], table_bits: int, apm_bits: int | None, size: int) -> None:
        n, self.names = len(names), names
        start = min(size, TABLE_START)
        wanted = max(n * (24 * start + 12 * (size - start)), 1 << 13)
        line_bytes = min(1 << wanted.bit_length() - 1, 1 << table_bits)
        self.line_count, self.overflow_count = line_bytes // 64, line_bytes // 128
        self.lines: defaultdict[int, tuple[Tree, Tree]] = defaultdict(lambda: ([0] * 16, [0] * 16))
        self.overflow: defaultdict[int, tuple[Tree, Tree]] = defaultdict(lambda: ([0] * 16, [0] * 16))
        self.direct: defaultdict[tuple[int, int], Tree] = defaultdict(lambda: [0] + [NEW_CELL] * 15)
        self.sole = [FIRST_SOLE[:] for _ in range(n + DIRECTS)]
        self.renew()

        self.matches = MatchFinder(self.history, min(2 * power_of_two(max(size, 512)), 1 << MATCH_BITS), MAX_MATCH)
        self.match_counts = [[[FIRST_MATCH] * 4 for _ in range(2)] for _ in range(20)]

        first = [min(WEIGHT, MANY_WEIGHTS // n)] * (n + 1) + [0] * (DIRECTS - 1) + [MATCH_WEIGHT, 0]
        self.weights: list[defaultdict[tuple[int, int], list[int]]] = [defaultdict(first.copy) for _ in range(3)]
        self.apm_count = (
            0 if apm_bits is None else clamp(power_of_two(size // 64), 16, 1 << apm_bits)
        )
        self.apm: defaultdict[tuple[int, int], list[int]] = defaultdict(FIRST_APM.copy)
        self.dither = self.nibbles = 0

    def p1(self) -> int:
        return self.probability

    def update(self, bit: int) -> None:
        self.bits.append(bit)
        self.node = 2 * self.node + bit
        if self.node < 16:
            self.predict()
            return
        self.learn_match()
        self.learn()
        nibble = self.node & 15
        if not self.second:
            self.find_second(nibble)
            self.start_nibble()
            return
        self.end_byte(self.upper << 4 | nibble)

    def end_byte(self, byte: int) -> None:
        if self.matches.length and self.matches.expected != byte:
            self.matches.length = 0
        self.history.push(byte)
        self.start_byte()

    # Section 3

    def start_byte(self) -> None:
        self.matches.find()
        self.start_bits()

    def start_bits(self) -> None:
        h = self.history
        self.c1 = h.c4 & 0xFF
        self.hashes = context_hashes(h, self.names)
        self.base = set_base(h)
        self.find_first()
        self.rate = RATE + RATE_MORE * RATE_BYTES // (RATE_BYTES + h.size)
        self.start_nibble()

    # Section 4: trees

    def find_first(self) -> None:
        self.second, self.upper, self.place = 0, 0, 0
        self.own = []
        for i, value in enumerate(self.hashes):
            check = (value >> 16) * 0x9E37 & 0xFFFF | 1
            number = line_number(value, self.line_count, i)
            pair = self.lines[number], self.lines[number ^ 1]
            line = next((line for line in pair if line[0][0] == check), None)
            if line is None:
                line = min(pair, key=lambda line: line[0][1] & 15)  # the first of equals
                clear(line[0], check)
                clear(line[1], 0)
            self.own.append(line)
        self.trees = [line[0] for line in self.own]

    def find_second(self, upper: int) -> None:
        self.second, self.upper, self.place = 1, upper, 1 + upper
        self.trees = []
        for i, (_, tree) in enumerate(self.own):
            if tree[0] == 0:
                tree[0] = upper + 1
            elif tree[0] != upper + 1:
                tree = self.overflow_tree(i, upper)
            self.trees.append(tree)

    def overflow_tree(self, i: int, upper: int) -> Tree:
        h = (self.hashes[i] + upper * 0x3D4D51CB) * 0x9E3779B1 & M32
        h ^= h >> 15
        check = h >> 16 | 1
        line = self.overflow[line_number((h * 0x85EBCA6B & M32) >> 1, self.overflow_count, i)]
        for tree in line:
            if tree[0] == check:
                return tree
        tree = min(line, key=lambda tree: tree[1] & 15)  # the first of equals
        clear(tree, check)
        return tree

    # Section 5: matches

    def start_match(self) -> None:
        """Fills what a match says at the nodes that it expects: the counts' place and the bit."""
        self.match: dict[int, tuple[int, int]] = {}
        if self.matches.length == 0 or (self.second and self.matches.expected >> 4 != self.upper):
            return
        length = self.matches.length
        bucket = (length if length < 16 else 16 if length < 32 else 17 if length < 64 else 18 if length <= 400 else 19)
        self.counts = self.match_counts[bucket][self.second]
        nibble, node = (self.matches.expected & 15 if self.second else self.matches.expected >> 4), 1
        for k in range(4):
            bit = nibble >> 3 - k & 1
            self.match[node] = (k, bit)
            node = 2 * node + bit

    def learn_match(self) -> None:
        for k, expected in self.match.values():
            right = self.bits[k] == expected
            self.counts[k] += 65535 * right - self.counts[k] >> 6
            if not right:
                break

    # Section 6: prediction

    def start_nibble(self) -> None:
        self.start_match()
        known = self.known()
        self.trees += [self.direct[self.c1, self.place], self.direct[-1, self.place]][: DIRECTS]
        length = self.matches.length
        matched = 0 if not self.match else 1 if length < 8 else 2 if length < 24 else 3
        self.rows = (4 * self.place + matched, 16 * self.second + (8 + matched if matched > 1 else known),
                     256 * self.second + self.base)
        if self.apm_count:
            self.apm_tree = 32 * self.c1 + self.place & self.apm_count - 1
        self.node, self.bits, self.passed = 1, [], []
        self.predict()

    def known(self) -> int:
        return sum(tree[1] & 15 != 0 for tree in self.trees[: self.ordered])

    def inputs(self, node: int) -> list[int]:
        x = []
        for tree, learnt in zip(self.trees, self.learnt):
            cell = tree[node]
            state = cell & 15
            own = times(STRETCH[cell >> 4], 256 * STATES[state].confidence)
            x.append(own + (learnt[state] if cell >= NEW_CELL else -learnt[state]))
        k, bit = self.match.get(node, (-1, 0))
        known = STRETCH[self.counts[k] >> 4] if k >= 0 else 0
        return [*x, known if bit else -known, 256]

    def predict(self) -> None:
        node, x = self.node, self.inputs(self.node)

        weights = [of[row, node] for of, row in zip(self.weights, self.rows)]
        sums = [0, 0]
        for i, (value, first, second, third) in enumerate(zip(x, *weights)):
            sums[i & 1] = sat(sums[i & 1] + times(value, sat(sat(first + second) + third)))
        answer = clamp(sat(2 * sat(sums[0] + sums[1])), -LIMIT, LIMIT)
        mixed = squash(answer)
        self.probability = 2 * mixed
        column, at = [], 0
        if self.apm_count:
            position = (clamp(answer, -12287, 12287) + 12288) * 40960 >> 16
            column, at = self.apm[self.apm_tree, node], position >> 10
            refined = column[at] + ((column[at + 1] - column[at]) * (position & 1023) >> 10)
            self.probability = 2 * mixed + refined + 1 >> 1
            at += position >> 9 & 1
        self.passed.append((node, x, weights, mixed, column, at))

    # Section 7: learning

    def learn(self) -> None:
        for bit, (_, x, weights, mixed, column, at) in zip(self.bits, self.passed):
            error = times(32767 * bit - mixed, self.rate)
            steps = [times(2 * value, error) for value in x]
            for row in weights:
                row[:] = [sat(weight + step) for weight, step in zip(row, steps)]
            if column:
                column[at] += 65535 * bit - column[at] >> 6

        dither, self.dither = self.dither, self.dither * 0x2C1B3C6D + 0x297A2D39 & M32
        depth = dither >> 27 & 3
        node, bit = self.passed[depth][0], self.bits[depth]
        for i in range(dither >> 29 & 1, len(self.trees), 2):
            cell, sole = self.trees[i][node], self.sole[i]
            state = cell & 15
            if 1 <= state <= 6:
                sole[state] += 65535 * (bit == (cell >= NEW_CELL)) - sole[state] >> 7

        noise, phase = dither >> 24 & 7, dither >> 30
        for tree in self.trees:
            for bit, (node, *_) in zip(self.bits, self.passed):
                cell = tree[node]
                p, number = 8 * (cell >> 4), cell & 15
                state = STATES[number]
                p = sat(p + times(32767 * bit - p, 128 * state.rate) + noise)
                if bit != (cell >= NEW_CELL):
                    number = state.other
                elif phase in state.phases:
                    number = state.same
                tree[node] = 16 * (p >> 3) + number

        self.nibbles += 1
        if self.nibbles % RENEWAL == 0:
            self.renew()

    def renew(self) -> None:
        self.learnt = [[0] + [STRETCH[q >> 4] for q in sole[1:]] + [0] * 9 for sole in self.sole]
