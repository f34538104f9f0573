"""A decoder for fastnz files in plain Python, written from FORMAT.md alone, section by section.

Slow and complete: it shares no code with the package, so what both read alike is what FORMAT.md says. XXH3 comes from
the `xxhash` package. Models are in MODELS, by id, and written from documents of their own.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple, Protocol

import lane_mix
import xxhash
from mixing_options import UnknownOptions
from hybrid import Hybrid, HybridOnline
from nibble_mix import NibbleMix
from online import Online
from symbol_mix import SymbolMix

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
    """What section 8 asks of a model; of one that answers a nibble as a symbol, starts() and update_nibble(nibble)."""

    def p1(self) -> int: ...
    def update(self, bit: int) -> None: ...


# id -> factory(options, residual size)
MODELS: dict[int, Callable[[bytes, int], Model]] = {2: NibbleMix, 4: Hybrid, 7: SymbolMix, 8: Online, 12: HybridOnline}


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
        bound = t.output_size * (16 if t.id == 4 else 1) + (len(t.side) // 5 << 20 if t.id == 1 else 0)
        corrupt_unless(made <= bound, "a transform cannot make so much")
    if model_id == 0:
        corrupt_unless(len(payload) == residual_size, "the number of stored bytes")
        content = payload
    elif model_id not in MODELS and model_id != 9:
        raise Unsupported(f"model {model_id}")
    elif model_id == 9:
        try:
            content = lane_mix.decode(options, payload, residual_size, decode_bits)
        except UnknownOptions as error:
            raise Unsupported(str(error)) from error
        except lane_mix.BadPayload as error:
            raise Corrupt(str(error)) from error
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


def undo_recurrence(residual: bytes, side: bytes, size: int) -> bytes:
    corrupt_unless(len(residual) == size, "the size after recurrence")
    source, out, at = Bytes(side, short=Corrupt), bytearray(residual), 0
    while source.at < len(side):
        begin = at + source.varint()
        length = source.varint()
        at = begin + length
        corrupt_unless(length >= 1 and at <= size, "a range of recurrence")
        form = source.byte()
        width, sums, interval, listed = 1 << (form & 3), bool(form & 4), bool(form & 8), bool(form & 16)
        corrupt_unless(form < 32 and not (interval and listed), "the form of a recurrence")
        alphabet = bytes(range(256))
        if interval or listed:
            modulus = source.byte() + 1
            first = source.byte()
            corrupt_unless(modulus >= 2 and (listed or first + modulus <= 256), "an alphabet")
            alphabet = bytes([first]) + source.take(modulus - 1) if listed else bytes(range(first, first + modulus))
            corrupt_unless(list(alphabet) == sorted(set(alphabet)), "an alphabet's order")
        corrupt_unless(width == 1 or (sums and not interval and not listed), "the width of a unit")
        modulus = len(alphabet) if width == 1 else 1 << 8 * width
        corrupt_unless(sums or modulus & modulus - 1 == 0, "an exclusive or of symbols")
        constant = int.from_bytes(source.take(width), "little") if sums else 0
        corrupt_unless(constant < modulus, "a constant")
        taps, lag = [], 0
        for _ in range(source.byte() + 1):
            gap = source.varint()
            lag += gap
            corrupt_unless(gap >= 1 and lag <= 65535, "a lag")
            factor = int.from_bytes(source.take(width), "little") if sums else 1
            corrupt_unless(1 <= factor < modulus, "a factor")
            taps.append((lag, factor))
        corrupt_unless(length % width == 0, "the length of a range of units")
        units = [int.from_bytes(out[k : k + width], "little") for k in range(begin, at, width)]
        if interval or listed:
            seed = units[:lag]
            corrupt_unless(set(seed) <= set(alphabet) and max(units[lag:], default=0) < modulus, "a symbol")
            units[:lag] = [alphabet.index(byte) for byte in seed]
        for n in range(lag, len(units)):
            if sums:
                units[n] = (units[n] + constant + sum(factor * units[n - i] for i, factor in taps)) % modulus
            else:
                for i, _ in taps:
                    units[n] ^= units[n - i]
        symbols = [alphabet[unit] for unit in units] if width == 1 else units
        out[begin:at] = b"".join(unit.to_bytes(width, "little") for unit in symbols)
    return bytes(out)


def undo_words(residual: bytes, packed: bytes, size: int) -> bytes:
    """Section 6.4: the dictionary, the codes' symbols, and the bytes that those stand for."""
    source = Bytes(packed, short=Corrupt)
    side_size = source.varint()
    coded = source.rest()
    corrupt_unless(side_size <= min(1 << 20, (len(coded) + 8) * 45604), "the size of side data")
    side = Bytes(decode_bits(coded, NibbleMix(WORDS_OPTIONS, side_size), side_size), short=Corrupt)
    first = side.byte()
    prefixes, raw = first >> 1, first & 1
    kept = [bool(bits >> k & 1) for bits in side.take(32) for k in range(8)]
    corrupt_unless(raw <= prefixes <= 96 and not any(kept[256 - prefixes :]), "the layout of words")
    free = [v for v in range(256 - prefixes) if not kept[v]]
    corrupt_unless(len(free) >= 3, "no values for the flags")
    singles = {v: v for v in range(256) if kept[v]} | {v: 256 + k for k, v in enumerate(free[:3])}
    count, pages = side.varint(), prefixes - raw
    corrupt_unless(count <= min(1 << 14, len(free) - 3 + 256 * pages, (side_size - side.at) // 2), "the number of entries")

    def single(codes: Bytes) -> int:
        byte = codes.byte()
        if raw and byte == 256 - prefixes:
            return codes.byte()
        corrupt_unless(byte in singles, "a byte of an entry")
        return singles[byte]

    entries: list[list[int]] = []
    for _ in range(count):
        sizes = side.byte()
        common, own = sizes >> 4, (sizes & 15) + 1
        before = entries[-1] if entries else []
        corrupt_unless(common <= len(before) and 2 <= common + own <= 16, "the size of an entry")
        entries.append([single(side) for _ in range(own)] + before[len(before) - common :])
    corrupt_unless(side.at == side_size, "bytes behind the dictionary")

    symbols: list[int] = []
    codes, long = Bytes(residual, short=Corrupt), len(free) - 3
    while codes.at < len(residual):
        byte = codes.data[codes.at]
        if byte < 256 - prefixes and byte not in singles:
            index = free.index(codes.byte()) - 3
        elif byte >= 256 - prefixes + raw:
            index = long + 256 * (codes.byte() - (256 - pages)) + codes.byte()
        else:
            symbols.append(single(codes))
            continue
        corrupt_unless(index < count, "a code without an entry")
        symbols += entries[index]

    out, joined, pending, active = bytearray(), False, 0, 0
    for symbol in symbols:
        if symbol == 256:
            joined = True
        elif symbol > 256:
            pending = symbol
        elif symbol == 32:
            if not joined:
                out.append(32)
            joined, active, pending = False, pending, 0
        else:
            out.append(symbol - 32 if active and 97 <= symbol <= 122 else symbol)
            active = 258 if active == 258 else 0
    corrupt_unless(len(out) == size, "the size after words")
    return bytes(out)


WORDS_OPTIONS = b"\x05\x00"
INVERSES = {1: undo_repeat, 2: undo_x86, 3: undo_recurrence, 4: undo_words}


# Section 8: the binary range coder


def decode_bits(payload: bytes, model: Model, size: int) -> bytes:
    source = payload + bytes(8)
    span, code, at = 0xFFFFFFFF, int.from_bytes(source[:4], "big"), 4
    out = bytearray()

    def decode(p1: int) -> int:
        nonlocal span, code
        bound = span * p1 >> 16
        bit = code < bound
        if bit:
            span = bound
        else:
            span, code = span - bound, code - bound
        refill()
        return int(bit)

    def decode_nibble(starts: list[int]) -> int:
        nonlocal span, code
        unit = span >> 15
        nibble = max(v for v in range(16) if starts[v] <= code // unit)
        code -= unit * starts[nibble]
        span = span - unit * starts[15] if nibble == 15 else unit * (starts[nibble + 1] - starts[nibble])
        refill()
        return nibble

    def refill() -> None:
        nonlocal span, code, at
        while span < 1 << 24:
            corrupt_unless(at < len(source), "the coded bytes end too early")
            span, code, at = span << 8, code << 8 | source[at], at + 1

    while getattr(model, "in_preface", False):
        model.update(decode(model.p1()))
    for _ in range(size):
        if asked := getattr(model, "asked", None):
            as_expected = decode(asked[1]) == 1
            model.answer(as_expected)
            if as_expected:
                out.append(asked[0])
                continue
        byte = 0
        if hasattr(model, "starts"):
            for _ in range(2):
                nibble = decode_nibble(model.starts())
                model.update_nibble(nibble)
                byte = byte << 4 | nibble
            out.append(byte)
            continue
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
