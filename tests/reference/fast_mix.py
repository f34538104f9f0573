"""The model `fast_mix`, id 7, as docs/fast_mix.md specifies it: what differs from nibble_mix."""

from __future__ import annotations

from mixing_options import read_options
from mixing_contexts import BINARY, EXECUTABLE, IMAGE, NUMBERS, RECORD, SEQUENCES, SYMBOLS, TEXT
from mixing_history import History
from nibble_mix import NibbleMix

TIERS = (1,)
LISTS = {
    TEXT: "Order4 Word ColumnAbove",
    BINARY: "Order2 Order6 Skip1",
    EXECUTABLE: "Order2 Order3 CodeOp",
    RECORD: "Order3 RecordColumn RecordAbove",
    IMAGE: "PixelW PixelLms PixelGradientPlane",
    SYMBOLS: "Order4 Symbols12 Symbols16",
    NUMBERS: "NumberSelf NumberLms NumberGradient",
    SEQUENCES: "Symbols11 Symbols16 ColumnAbove",
}
TABLE_BITS, SEQUENCES_TABLE_BITS = 22, 24
SURE_LENGTH, SURE_START, SURE, SURE_SHIFT = 16, 60000, 65000, 5


class FastMix(NibbleMix):
    directs = 1  # order 1
    match_bits = 18

    def __init__(self, options: bytes, size: int) -> None:
        _, profile, width, step = read_options(options, "fast_mix", TIERS)
        self.history = History(profile, width, step)
        self.whole = step == 0  # whole bytes may be asked
        self.sure: dict[tuple[int, int], int] = {}
        self.set_up(LISTS[profile].split(), SEQUENCES_TABLE_BITS if profile == SEQUENCES else TABLE_BITS, None, size)
        self.start_byte()

    # Section 3

    def start_byte(self) -> None:
        self.matches.find()
        self.asked: tuple[int, int] | None = None
        self.pair: tuple[int, int] | None = None
        if self.whole and self.matches.length >= SURE_LENGTH:
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

    def end_byte(self, byte: int) -> None:
        if self.pair is not None:
            self.learn_sure(byte == self.matches.expected)
        super().end_byte(byte)

    # Section 4

    def known(self) -> int:
        return sum((tree[1] & 15 != 0) << i for i, tree in enumerate(self.trees))
