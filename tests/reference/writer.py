"""Writes frames with any fields, sound or absurd, but always with fitting CRCs: what a hostile encoder could make."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from decoder import COMPACT, FULL, INDEX_MAGIC, SKIPPABLE, crc32c, xxh3


def u32(value: int) -> bytes:
    return struct.pack("<I", value)


def varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def body(
    payload: bytes, model: int = 0, options: bytes = b"", transforms: Sequence[tuple[int, int, bytes]] = ()
) -> bytes:
    """`transforms`: id, output size, side data."""
    long_count = len(options) >= 7
    out = bytes([(7 if long_count else len(options)) | (8 if transforms else 0) | model << 4])
    out += bytes([len(options)]) * long_count + options
    if transforms:
        out += bytes([len(transforms)])
        out += b"".join(bytes([id]) + varint(size) + varint(len(side)) for id, size, side in transforms)
        out += b"".join(side for _, _, side in transforms)
    return out + payload


def repeat_operation(literals: int, length: int, distance: int) -> bytes:
    return varint(literals) + (length - 1).to_bytes(3, "little") + varint(distance)


def compact(content: bytes, body_bytes: bytes, *, size: int | None = None, content_hash: int | None = None) -> bytes:
    size = len(content) if size is None else size
    content_hash = xxh3(content) if content_hash is None else content_hash
    out = COMPACT + varint(size) + varint(len(body_bytes)) + body_bytes + u32(content_hash & 0xFFFFFFFF)
    return out + u32(crc32c(out))


def full(
    blocks: Sequence[tuple[bytes, bytes]],
    *,
    version: int = 1,
    flags: int = 1,
    level: int = 0,
    reserved: int = 0,
    content_size: int | None = None,
    largest: int | None = None,
    memory_kib: int = 0,
    sizes: Sequence[int] | None = None,
    hashes: Sequence[int] | None = None,
    block_type: int = 1,
    end_size: int | None = None,
    index: bool = False,
    index_bytes: bytes | None = None,
) -> bytes:
    """A full frame of `blocks`: pairs of content and body. The keyword arguments replace what would be true."""
    sizes = [len(content) for content, _ in blocks] if sizes is None else sizes
    hashes = [xxh3(content) for content, _ in blocks] if hashes is None else hashes
    total = sum(sizes) if content_size is None else content_size
    largest = max(sizes, default=0) if largest is None else largest
    header = struct.pack("<3sBBBHQII", FULL, version, flags, level, reserved, total, largest, memory_kib)
    crc = crc32c(header)
    out = header + u32(crc)
    for k, (_, body_bytes) in enumerate(blocks):
        seed = record_seed(crc, k)
        fields = struct.pack(
            "<B3xIIQI", block_type, sizes[k], len(body_bytes), hashes[k], crc32c(body_bytes, seed)
        )
        out += fields + u32(crc32c(fields, seed)) + body_bytes
    entries = b"".join(struct.pack("<II", len(body_bytes), sizes[k]) for k, (_, body_bytes) in enumerate(blocks))
    if index_bytes is None:
        index_bytes = b""
        if index:
            frame_size = len(out) + 28 + len(entries) + 32
            footer = struct.pack("<IQQI", len(blocks), frame_size, sum(sizes), crc32c(entries)) + INDEX_MAGIC
            index_bytes = entries + footer + u32(crc32c(footer))
    end_size = sum(sizes) if end_size is None else end_size
    hash_of_hashes = xxh3(b"".join(struct.pack("<Q", value) for value in hashes))
    fields = struct.pack("<B3xIQQ", 0, len(index_bytes), end_size, hash_of_hashes)
    return out + fields + u32(crc32c(fields, record_seed(crc, len(blocks)))) + index_bytes


def record_seed(frame_crc: int, position: int) -> int:
    return crc32c(struct.pack("<IQ", frame_crc, position))


def skippable(payload: bytes, tag: int = 0, *, size: int | None = None) -> bytes:
    header = struct.pack("<3sBQ", SKIPPABLE, tag, len(payload) if size is None else size)
    crc = crc32c(header)
    return header + u32(crc) + payload + u32(crc32c(payload, crc))
