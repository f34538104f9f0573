"""Dictionaries and the model `primed_mix`, id 6, as docs/dictionary.md specifies them: plain Python, so for small ones."""

from __future__ import annotations

import struct
from typing import NamedTuple

import decoder
from mixing_history import History
from hybrid import Hybrid
from nibble_mix import NibbleMix

RECORD_ROOM = 16 << 10
NIBBLE_MIX, HYBRID = 2, 4

DICTIONARIES: dict[int, bytes] = {}  # the files that the reader has, by id


class Dictionary(NamedTuple):
    id: int
    model: int
    options: bytes
    samples: list[bytes]


def read_dictionary(file: bytes) -> Dictionary:
    """Section 1."""
    source = decoder.Bytes(file)
    if source.take(4) != b"FNZD":
        raise decoder.FormatError("no dictionary")
    if source.byte() != 1 or (model := source.byte()) not in (NIBBLE_MIX, HYBRID):
        raise decoder.Unsupported("version or model")
    options = source.take(source.byte())
    count, plain_size = source.varint(), source.varint()
    header = file[: source.at]
    body = source.take(source.varint())
    checked = file[: source.at]
    crc, name = struct.unpack("<IQ", source.take(12))
    decoder.corrupt_unless(not source.rest() and decoder.crc32c(checked) == crc, "CRC")
    plain = decoder.decode_body(body, plain_size)
    decoder.corrupt_unless((decoder.xxh3(header + plain) & 0xFFFFFFFF or 1) == name, "id")
    source = decoder.Bytes(plain)
    lengths = [source.varint() for _ in range(count)]
    samples = [source.take(length) for length in lengths]
    decoder.corrupt_unless(all(lengths) and not source.rest(), "samples")
    return Dictionary(name, model, options, samples)


class Primed:
    """Sections 2 and 3, over either model."""

    def prime(self, samples: list[bytes], record_size: int) -> None:
        for sample in samples:
            self.begin_sample(len(sample))
            for byte in sample:
                for k in range(7, -1, -1):
                    self.update(byte >> k & 1)
        self.begin_sample(record_size)

    def begin_sample(self, size: int) -> None:
        old, new = self.history, History(self.history.profile, 0, 0)
        new.bytes, new.follow1, new.follow2 = old.bytes, old.follow1, old.follow2
        new.size = new.line_start = new.line1_start = old.size
        self.history = self.matches.history = new
        self.matches.length = self.matches.candidate = 0
        self.matches.key = -1
        self.start_byte()


class PrimedCounters(Primed, NibbleMix):
    pass


class PrimedHybrid(Primed, Hybrid):
    def begin_sample(self, size: int) -> None:
        self.left = size
        for network in self.networks:
            network.begin()
        super().begin_sample(size)

    def end_byte(self, byte: int) -> None:
        self.left -= 1
        if self.left:
            super().end_byte(byte)
            return
        for network in self.networks:
            network.learn_cost(byte)
        self.history.push(byte)


def primed_mix(options: bytes, size: int) -> NibbleMix:
    if len(options) != 4:
        raise decoder.Unsupported("options")
    dictionary = read_dictionary(DICTIONARIES[int.from_bytes(options, "little")])
    kind = PrimedCounters if dictionary.model == NIBBLE_MIX else PrimedHybrid
    model = kind(dictionary.options, sum(map(len, dictionary.samples)) + RECORD_ROOM)
    model.prime(dictionary.samples, size)
    return model


decoder.MODELS[6] = primed_mix
