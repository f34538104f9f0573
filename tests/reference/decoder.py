"""A decoder for fastnz files in plain Python, written from FORMAT.md alone, section by section.

Slow and complete: it shares no code with the package, so what both read alike is what FORMAT.md says. XXH3 comes from
the `xxhash` package. Models are in MODELS, by id, and written from documents of their own.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple, Protocol

import xxhash
from context_mix import ContextMix, UnknownOptions
from fast_mix import FastMix
from hybrid import Hybrid, HybridOnline
from nibble_mix import NibbleMix
from online import Online

COMPACT, FULL, SKIPPABLE = b"\xf1nz", b"\xf1NZ", b"\xf1sk"
INDEX_MAGIC = b"ZN\xf1i"


class FormatError(Exception):
    """Not fastnz data."""


class Truncated(FormatError):
    """The bytes end too early."""


class Corrupt(FormatError):
    """The bytes were changed."""


class Unsupported(FormatError):
    """Sound, but of a kind this decoder does not know."""


class Model(Protocol):
    """What section 8 asks of a model."""

    def p1(self) -> int: ...
    def update(self, bit: int) -> None: ...


# id -> factory(options, residual size)
MODELS: dict[int, Callable[[bytes, int], Model]] = {1: ContextMix, 2: NibbleMix, 4: Hybrid, 7: FastMix, 8: Online, 12: HybridOnline}


# Conventions


def _crc_table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_CRC = _crc_table()


def crc32c(data: bytes, seed: int = 0) -> int:
    crc = seed ^ 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def xxh3(data: bytes) -> int:
    return xxhash.xxh3_64_intdigest(data)


def corrupt_unless(holds: bool, what: str) -> None:
    if not holds:
        raise Corrupt(what)


class Bytes:
    """A position in bytes. `short` is the error that running out of them means."""

    def __init__(self, data: bytes, at: int = 0, short: type[FormatError] = Truncated) -> None:
        self.data, self.at, self.short = data, at, short

    def take(self, size: int) -> bytes:
        if size > len(self.data) - self.at:
            raise self.short(f"{size} bytes are needed at {self.at}, {len(self.data) - self.at} are there")
        self.at += size
        return self.data[self.at - size : self.at]

    def byte(self) -> int:
        return self.take(1)[0]

    def varint(self, longest: int = 10) -> int:
        value = 0
        for k in range(longest):
            byte = self.byte()
            value |= (byte & 0x7F) << 7 * k
            if byte < 0x80:
                corrupt_unless(byte != 0 or k == 0, "a varint is not in its shortest form")
                corrupt_unless(value < 1 << 64, "a varint has more than 64 bits")
                return value
        raise Corrupt("a varint is too long")

    def rest(self) -> bytes:
        return self.take(len(self.data) - self.at)


# Sections 1 to 4: files and frames


def decode(data: bytes) -> bytes:
    """Return the content of a file; raise a FormatError if it is not sound."""
    if not data:
        raise Truncated("an empty file")
    source, content = Bytes(data), []
    while source.at < len(data):
        magic = data[source.at : source.at + 3]
        if magic == COMPACT:
            content.append(compact_frame(source))
        elif magic == FULL:
            content.append(full_frame(source))
        elif magic == SKIPPABLE:
            skippable_frame(source)
        elif len(magic) < 3 and any(known.startswith(magic) for known in (COMPACT, FULL, SKIPPABLE)):
            raise Truncated("the file ends inside a magic")
        else:
            raise FormatError(f"no frame begins at {source.at}")
    return b"".join(content)


def compact_frame(source: Bytes) -> bytes:
    start = source.at
    source.take(3)
    size, body_size = source.varint(3), source.varint(3)
    corrupt_unless(size <= 65536 and 1 <= body_size <= size + 1, "impossible sizes")
    body, stored_hash = source.take(body_size), source.take(4)
    covered = source.data[start : source.at]
    corrupt_unless(source.take(4) == struct.pack("<I", crc32c(covered)), "the check of a compact frame")
    content = decode_body(body, size)
    corrupt_unless(struct.pack("<I", xxh3(content) & 0xFFFFFFFF) == stored_hash, "the content's hash")
    return content


def record(source: Bytes, seed: int) -> bytes:
    fields, stored = source.take(24), source.take(4)
    corrupt_unless(struct.pack("<I", crc32c(fields, seed)) == stored, "the CRC of a record")
    return fields


def full_frame(source: Bytes) -> bytes:
    start = source.at
    header = record(source, 0)
    frame_crc = source.data[source.at - 4 : source.at]
    version, flags, _level, reserved, size, largest, _memory = struct.unpack("<3xBBBHQII", header)
    if version != 1 or flags & ~1 or reserved:
        raise Unsupported("a newer frame")
    corrupt_unless(largest <= 1 << 28 and (flags or size == 0), "the frame header")
    content, hashes, entries = [], b"", b""
    while True:
        seed = crc32c(frame_crc + struct.pack("<Q", len(content)))
        fields = record(source, seed)
        if fields[0] > 1 or any(fields[1:4]):
            raise Unsupported("a newer record")
        if fields[0] == 0:
            break
        content_size, body_size, stored_hash, body_crc = struct.unpack("<4xIIQI", fields)
        corrupt_unless(1 <= content_size <= largest and 1 <= body_size <= content_size + 1, "a block's sizes")
        body = source.take(body_size)
        corrupt_unless(crc32c(body, seed) == body_crc, "the CRC of a body")
        content.append(decode_body(body, content_size))
        corrupt_unless(xxh3(content[-1]) == stored_hash, "the hash of a block's content")
        hashes += struct.pack("<Q", stored_hash)
        entries += struct.pack("<II", body_size, content_size)
    index_size, total, hash_of_hashes = struct.unpack("<4xIQQ", fields)
    made = sum(map(len, content))
    corrupt_unless(total == made and hash_of_hashes == xxh3(hashes), "the end record")
    corrupt_unless(not flags or size == made, "the frame header's content size")
    if index_size:
        stored = source.take(index_size)
        footer = struct.pack("<IQQI", len(content), source.at - start, made, crc32c(entries)) + INDEX_MAGIC
        corrupt_unless(stored == entries + footer + struct.pack("<I", crc32c(footer)), "the index")
    return b"".join(content)


def skippable_frame(source: Bytes) -> None:
    header, crc = source.take(12), source.take(4)
    corrupt_unless(struct.pack("<I", crc32c(header)) == crc, "the header of a skippable frame")
    (size,) = struct.unpack("<4xQ", header)
    corrupt_unless(size < 1 << 32, "the size of a skippable frame")
    payload = source.take(size)
    expected = struct.pack("<I", crc32c(payload, struct.unpack("<I", crc)[0]))
    corrupt_unless(source.take(4) == expected, "the payload of a skippable frame")


# Sections 5 and 7: bodies and limits


class Transform(NamedTuple):
    id: int
    output_size: int
    side: bytes


def decode_body(body: bytes, size: int) -> bytes:
    source = Bytes(body, short=Corrupt)
    descriptor = source.byte()
    options_size, model_id = descriptor & 7, descriptor >> 4
    if options_size == 7:
        options_size = source.byte()
        corrupt_unless(7 <= options_size <= 15, "the number of option bytes")
    corrupt_unless(model_id != 0 or options_size == 0, "options of a stored block")
    options = source.take(options_size)
    transforms: list[Transform] = []
    if descriptor & 8:
        count = source.byte()
        corrupt_unless(1 <= count <= 4, "the number of transforms")
        heads = [(source.byte(), source.varint(), source.varint()) for _ in range(count)]
        corrupt_unless(all(output_size <= 1 << 28 for _, output_size, _ in heads), "the size of a transform's output")
        transforms = [Transform(id, output_size, source.take(side)) for id, output_size, side in heads]
    payload = source.rest()
    residual_size = transforms[-1].output_size if transforms else size
    inputs = [size] + [t.output_size for t in transforms]
    for t, made in zip(transforms, inputs):
        if t.id not in INVERSES:
            raise Unsupported(f"transform {t.id}")
        bound = t.output_size + (len(t.side) // 5 << 20 if t.id == 1 else 0)
        corrupt_unless(made <= bound, "a transform cannot make so much")
    if model_id == 0:
        corrupt_unless(len(payload) == residual_size, "the number of stored bytes")
        content = payload
    elif model_id not in MODELS:
        raise Unsupported(f"model {model_id}")
    else:
        corrupt_unless(residual_size <= (len(payload) + 8) * 45604, "so few coded bytes cannot hold so much")
        try:
            model = MODELS[model_id](options, residual_size)
        except UnknownOptions as error:
            raise Unsupported(str(error)) from error
        content = decode_bits(payload, model, residual_size)
    for t, made in reversed(list(zip(transforms, inputs))):
        content = INVERSES[t.id](content, t.side, made)
    return content


# Section 6: transforms


def undo_repeat(residual: bytes, side: bytes, size: int) -> bytes:
    operations, source, out = Bytes(side, short=Corrupt), Bytes(residual, short=Corrupt), bytearray()
    while operations.at < len(side):
        out += source.take(operations.varint())
        length = int.from_bytes(operations.take(3), "little") + 1
        distance = operations.varint()
        corrupt_unless(length <= 1 << 20 and 1 <= distance <= len(out), "a copy")
        corrupt_unless(len(out) + length <= size, "a copy past the end")
        piece = out[-distance:]
        out += (piece * (length // len(piece) + 1))[:length]
    out += source.rest()
    corrupt_unless(len(out) == size, "the size after repeat")
    return bytes(out)


def undo_x86(residual: bytes, side: bytes, size: int) -> bytes:
    corrupt_unless(len(residual) == size, "the size after x86")
    ranges, out, at = Bytes(side, short=Corrupt), bytearray(residual), 0
    while ranges.at < len(side):
        begin = at + ranges.varint()
        length = ranges.varint()
        at = begin + length
        corrupt_unless(length >= 1 and at <= size, "a range of x86")
        x = out[begin:at]
        for i in range(length - 4):
            opcode = x[i] in (0xE8, 0xE9) or (i > 0 and x[i - 1] == 0x0F and 0x80 <= x[i] <= 0x8F)
            if opcode and x[i + 4] in (0x00, 0xFF):
                operand = (int.from_bytes(x[i + 1 : i + 5], "little") - i) % (1 << 25)
                x[i + 1 : i + 5] = (operand | (0xFE000000 if operand >> 24 else 0)).to_bytes(4, "little")
        out[begin:at] = x
    return bytes(out)


INVERSES = {1: undo_repeat, 2: undo_x86}


# Section 8: the binary range coder


def decode_bits(payload: bytes, model: Model, size: int) -> bytes:
    source = payload + bytes(8)
    span, code, at = 0xFFFFFFFF, int.from_bytes(source[:4], "big"), 4
    out = bytearray()
    def decode(p1: int) -> int:
        nonlocal span, code, at
        bound = span * p1 >> 16
        bit = code < bound
        if bit:
            span = bound
        else:
            span, code = span - bound, code - bound
        while span < 1 << 24:
            corrupt_unless(at < len(source), "the coded bytes end too early")
            span, code, at = span << 8, code << 8 | source[at], at + 1
        return int(bit)

    for _ in range(size):
        if asked := getattr(model, "asked", None):
            as_expected = decode(asked[1]) == 1
            model.answer(as_expected)
            if as_expected:
                out.append(asked[0])
                continue
        byte = 0
        for _ in range(8):
            bit = decode(model.p1())
            model.update(bit)
            byte = byte << 1 | bit
        out.append(byte)
    return in_lanes(out, getattr(model, "lanes", 1))


def in_lanes(coded: bytearray, lanes: int) -> bytes:
    """The content of which one byte of each lane was coded, then the next of each (docs/online.md, section 1)."""
    size, lane_size, out = len(coded), -(-len(coded) // lanes), bytearray(len(coded))
    order = (i for position in range(lane_size) for i in range(position, size, lane_size))
    for i, byte in zip(order, coded):
        out[i] = byte
    return bytes(out)
