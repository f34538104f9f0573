"""The model `lane_mix`, id 9, as docs/lane_mix.md specifies it: lanes in groups, a network's logits with bonuses, a code for each
lane. Plain Python, about 1 KB/s; networks are of the family `gru8`, found by id in `hybrid.NETWORKS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import gru8
import hybrid
import numpy as np
from mixing_options import UnknownOptions
from nibble_mix import NibbleMix

MASK = 0xFFFFFFFF
SHORT, LONG = 6, 12
CONTEXTS, FEATURES = 5, 384


def first_weights() -> list[int]:
    """Section 7."""
    document = (Path(__file__).resolve().parents[2] / "docs/lane_mix.md").read_text()
    return [4096 * int(number) for number in document.split("## 7.")[1].split("```")[1].split()]


class BadPayload(Exception):
    """Sizes or codes that do not fit."""


@dataclass
class Options:
    lane_bits: int = 14
    group_bits: int = 6
    head: int = 0
    weights: int = 0


def read_options(data: bytes) -> Options:
    options, rest = Options(), data
    if len(data) in (2, 3, 10):
        options.lane_bits, options.group_bits = data[0], data[1] & 15
        h = data[1] >> 4
        options.head = 2 ** (11 + h) if h else 0
        rest = data[2:]
    if len(rest) not in (0, 1, 8) or not 10 <= options.lane_bits <= 17 or options.group_bits > 10 or options.head > 65536:
        raise UnknownOptions("lane_mix")
    if len(rest) == 8:
        options.weights = int.from_bytes(rest, "little")
    else:
        number = rest[0] if rest else 1
        if number not in hybrid.PRIORS:
            raise UnknownOptions("lane_mix: prior")
        options.weights = hybrid.PRIORS[number]
    return options


def hash_of(low: int, high: int, salt: int) -> int:
    x = (low + salt) * 0x9E3779B1 & MASK ^ high * 0x85EBCA77 & MASK
    x = (x ^ x >> 15) * 0x2C1B3C6D & MASK
    x = (x ^ x >> 12) * 0x297A2D39 & MASK
    return x ^ x >> 15


def length_class(n: int) -> int:
    if n < 4:
        return int(n > 0)
    if n < 16:
        return n // 2
    return 8 + (n - 16) // 4 if n < 32 else 12 + (n >= 48) + (n >= 64) + (n >= 128)


def few(n: int) -> int:
    return (0, 1, 2, 2, 3)[min(n, 4)]


def many(n: int) -> int:
    return n if n < 5 else 5 + (n >= 7) + (n >= 10)


def forget(n: int) -> int:
    return n - 1 - (n >> 2) if n > 3 else n - 1 if n > 1 else n


def learn(slot: tuple, check: int, c: int) -> tuple:
    """Section 3: (check, [symbol, count] * 3) after the byte c."""
    if slot[0] != check:
        return check, [c, 1], [0, 0], [0, 0]
    (a, n0), (b, n1), (d, n2) = slot[1:]
    if a == c:
        n0, n1, n2 = min(n0 + 1, 15), forget(n1), forget(n2)
    elif n1 > 0 and b == c:
        n1, n0, n2 = n1 + 1, forget(n0), forget(n2)
        if n1 >= n0:
            a, n0, b, n1 = b, n1, a, n0
    elif n2 > 0 and d == c:
        n2, n0, n1 = n2 + 1, forget(n0), forget(n1)
        if n2 >= n1:
            b, n1, d, n2 = d, n2, b, n1
    else:
        n0 = forget(n0)
        if n1 == 0:
            b, n1 = c, 1
        else:
            n1, d, n2 = forget(n1), c, 1
    return check, [a, n0], [b, n1], [d, n2]


class Match:
    def __init__(self, least: int, outlives: bool) -> None:
        self.least, self.outlives, self.table = least, outlives, {}
        self.drop()

    def drop(self) -> None:
        self.position = self.offset = self.length = self.misses = 0


class Lane:
    def __init__(self, weights: gru8.Weights, begin: int, size: int) -> None:
        self.w, self.begin, self.size = weights, begin, size
        self.keys, self.h, self.last = gru8.Keys(), np.zeros(weights.hidden, np.int64), 0
        self.history = self.word = 0
        self.matches = Match(SHORT, True), Match(LONG, False)

    def logits(self) -> np.ndarray:
        rows = self.keys.rows(self.w.bits)
        f = np.concatenate([self.w.tables[k, rows[k]] for k in range(4)]).astype(np.int64)
        self.h = gru8.gates(self.w, self.w.wh @ gru8.upper(self.h), self.w.wf @ f, self.last, self.h)
        return gru8.logits(self.w, self.w.wo @ np.concatenate([gru8.upper(self.h), f]))

    def push(self, c: int) -> None:
        self.keys.push(c)
        self.last = c
        self.history = (self.history << 8 | c) & (2**64 - 1)
        letter = 97 <= (c | 32) <= 122 or c >= 128
        self.word = (self.word + (c | 32) + 1) * 0x2F0B4C47 & MASK if letter else 0

    def contexts(self) -> list[int]:
        low, high = self.history & MASK, self.history >> 32
        return [hash_of(low, high & 0xFFFF, 1), hash_of(low, 0, 2), hash_of(low & 0xFFFFFF, 0, 3),
                hash_of(self.word, low & 0xFF, 4), hash_of(low & 0xFFFF, 0, 5)]  # fmt: skip

    def entry(self, least: int) -> int:
        low, high = self.history & MASK, self.history >> 32
        return hash_of(low, high & 0xFFFF if least < 8 else high, least * 0x1000193 & MASK)


class Group:
    """The lanes of a group and what they share."""

    def __init__(self, lanes: list[Lane], slot_bits: int, lane_size: int, content: bytearray, head: int) -> None:
        self.lanes, self.shift, self.lane_size, self.content, self.head = lanes, 32 - slot_bits, lane_size, content, head
        self.weights = first_weights()
        self.slots: list[dict] = [{} for _ in range(CONTEXTS)]
        self.entries: tuple[dict, dict] = ({}, {})
        reader = Lane(lanes[0].w, 0, head)
        for end in range(1, head + 1):
            byte = content[end - 1]
            for k, x in enumerate(reader.contexts()):
                at, check = x >> self.shift, x & 0x7FFF | 0x8000
                self.slots[k][at] = learn(self.slots[k].get(at, (0,)), check, byte)
            reader.push(byte)
            for match, entries in zip(reader.matches, self.entries):
                if match.least <= end < head:
                    entries[reader.entry(match.least) >> self.shift] = end

    def points(self, match: Match, t: int) -> bool:
        return match.position > 0 and (match.position < self.head or match.offset < t)

    def candidates(self, lane: Lane, t: int) -> list[tuple[int, int]]:
        out = []
        short, long = lane.matches
        for k, match in enumerate((short, long)):
            if self.points(match, t):
                c = self.content[match.position]
                flag = match.misses > 0 if k == 0 else bool(out) and out[0][0] == c
                out.append((c, 320 + 32 * k + 2 * length_class(match.length) + flag))
        for k, x in enumerate(lane.contexts()):
            slot = self.slots[k].get(x >> self.shift)
            if slot is None or slot[0] != x & 0x7FFF | 0x8000:
                continue
            (a, n0), (b, n1), (d, n2) = slot[1:]
            out.append((a, 64 * k + 4 * many(n0) + few(n1)))
            if n1:
                out.append((b, 64 * k + 32 + 4 * few(n1) + few(n0)))
            if n2:
                out.append((d, 64 * k + 48 + 4 * few(n2) + few(n0)))
        return out

    def step(self, t: int, code) -> None:
        """`code(lane, frequencies)` returns the byte that comes."""
        gradients: dict[int, int] = {}
        writes = []
        active = [lane for lane in self.lanes if t < lane.size]
        came = []
        for lane in active:
            plain = lane.logits()
            l, used = plain.copy(), []
            for c, feature in self.candidates(lane, t):
                below = int(plain.max() - plain[c]) >> 12
                w = feature + FEATURES * ((below >= 1) + (below >= 4) + (below >= 8))
                used.append((c, w))
                l[c] += self.weights[w] >> 4
            freq = gru8.frequencies_of(l)
            byte = code(lane, freq)
            came.append((lane, byte))
            for c, w in used:
                gradients[w] = gradients.get(w, 0) + (65536 if c == byte else 0) - (int(freq[c]) >> 6)
        for lane, byte in came:
            self.content[lane.begin + t] = byte
        for w, g in gradients.items():
            self.weights[w] = max(-(2**20), min(2**20, self.weights[w] + (g + 32 >> 6)))
        for lane, byte in came:
            for k, x in enumerate(lane.contexts()):
                at, check = x >> self.shift, x & 0x7FFF | 0x8000
                writes.append((self.slots[k], at, learn(self.slots[k].get(at, (0,)), check, byte)))
            for match in lane.matches:
                self.move(match, t, byte)
            lane.push(byte)
            for match, entries in zip(lane.matches, self.entries):
                writes += self.look(lane, match, entries, t)
        for table, at, value in writes:
            table[at] = value

    def move(self, match: Match, t: int, byte: int) -> None:
        if not match.position:
            return
        if not self.points(match, t):
            match.drop()
            return
        if self.content[match.position] == byte:
            match.length = min(match.length + 1, 255)
            if match.length >= 16:
                match.misses = 0
        else:
            match.length = 0
            match.misses += 1
            if not match.outlives or match.misses > 8:
                match.drop()
                return
        in_head = match.position < self.head
        match.position += 1
        match.offset += not in_head
        if match.position == self.head or match.offset >= self.lane_size or match.position >= len(self.content):
            match.drop()

    def look(self, lane: Lane, match: Match, entries: dict, t: int) -> list:
        end = lane.begin + t + 1
        if t + 1 >= self.lane_size or end >= len(self.content) or t + 1 < match.least:
            return []
        at = lane.entry(match.least) >> self.shift
        if match.position == 0 or (match.misses > 0 and match.length < match.least):
            found = entries.get(at, 0)
            if found:
                offset = 0 if found < self.head else (found - self.head) % self.lane_size
                before, n = found if found < self.head else offset, 0
                while n < min(before, t + 1, 32) and self.content[found - 1 - n] == self.content[end - 1 - n]:
                    n += 1
                if n >= match.least:
                    match.position, match.offset, match.length, match.misses = found, offset, n, 0
        return [(entries, at, end)]


class Decoder:
    """Section 6."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data + bytes(12), 8
        self.range, self.code = 2**64 - 1, int.from_bytes(self.data[:8], "big")

    def __call__(self, freq: np.ndarray) -> int:
        unit = self.range >> 22
        target = min(self.code // unit, 2**22 - 1)
        sums = np.cumsum(freq)
        c = int(np.searchsorted(sums, target, "right"))
        below = int(sums[c]) - int(freq[c])
        self.code -= unit * below
        self.range = self.range - unit * below if sums[c] == 2**22 else unit * int(freq[c])
        while self.range < 2**56:
            if self.at >= len(self.data):
                raise BadPayload("a lane's code ends too early")
            self.range, self.code, self.at = self.range << 8, self.code << 8 | self.data[self.at], self.at + 1
        return c


def varint(payload: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(payload) or shift > 63:
            raise BadPayload("sizes of codes")
        byte = payload[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at


def split(payload: bytes, lanes: int) -> list[bytes]:
    sizes, at = [], 0
    for _ in range(lanes):
        size, at = varint(payload, at)
        sizes.append(size)
    if at + sum(sizes) != len(payload):
        raise BadPayload("sizes of codes do not fit the payload")
    codes = []
    for size in sizes:
        codes.append(payload[at : at + size])
        at += size
    return codes


def decode(options_bytes: bytes, payload: bytes, n: int, decode_bits) -> bytes:
    """`decode_bits(code, model, size)` is the binary range coder of FORMAT.md."""
    options = read_options(options_bytes)
    head, rest = options.head, n - options.head
    if rest <= 0:
        raise BadPayload("a head as long as the content")
    wanted = -(-rest // 2**options.lane_bits)
    lane_size = -(-rest // wanted)
    lanes = -(-rest // lane_size)
    group_size = min(2**options.group_bits, lanes)
    slot_bits = 8
    while slot_bits < 22 and 2 ** (slot_bits + 3) < group_size * lane_size:
        slot_bits += 1
    content = bytearray(n)
    if head:
        size, at = varint(payload, 0)
        if size > len(payload) - at:
            raise BadPayload("the head's code")
        content[:head] = decode_bits(payload[at : at + size], NibbleMix(bytes([5, 0]), head), head)
        payload = payload[at + size :]
    codes = split(payload, lanes)
    weights = hybrid.NETWORKS[options.weights]
    for first in range(0, lanes, group_size):
        numbers = range(first, min(first + group_size, lanes))
        members = [Lane(weights, head + s * lane_size, min(lane_size, rest - s * lane_size)) for s in numbers]
        decoders = {id(lane): Decoder(codes[s]) for lane, s in zip(members, numbers)}
        group = Group(members, slot_bits, lane_size, content, head)
        for t in range(lane_size):
            group.step(t, lambda lane, freq: decoders[id(lane)](freq))
    return bytes(content)
