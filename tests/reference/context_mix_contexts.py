"""What the model `context_mix` looks at: its history of bytes and the contexts made of it. Written from
docs/context_mix.md, sections 3 to 6; plain Python, slow. Numbers wrap at 32 bits where they are stored or hashed.
"""

from __future__ import annotations

from collections.abc import Callable

M32, M64 = (1 << 32) - 1, (1 << 64) - 1
TEXT, BINARY, EXECUTABLE, RECORD, IMAGE, SYMBOLS, NUMBERS, SEQUENCES = range(8)

# Section 5: how many contexts are counted as known, then the contexts, best first.
PROFILES = {
    TEXT: (5, "Order2 Order3 Order4 Word Order6 Format Follow2 ColumnAbove WordPair Follow1 Coarse6 MarkWord Order5 "
              "Above Skip1 WordGap FormatWord WordSkip Order1 Skip2 Order8 WordTriple FirstWord Order12"),
    BINARY: (5, "Order2 Order3 Order4 Order6 Order8 Skip2 Skip1 SkipPair Coarse6 Follow1 Follow2 Word Coarse3 Format "
                "Order5 Order1"),
    EXECUTABLE: (3, "Order2 Order3 Order4 CodeOp Order6 CodePast3 CodeOpPast CodeWhere CodeSkeleton4 SkipPair "
                    "Follow1 CodeOperand Skip1 CodeSkeleton2 CodePast2 Word CodeSkeleton6 Order5 CodePast4 CodeOpC1 "
                    "CodeSkip Follow2 Order1 Format"),
    RECORD: (4, "Order1 Order2 Order3 Order4 RecordColumn RecordAbove RecordAbovePair RecordAboveTwo "
                "RecordColumnLast RecordDelta RecordAboveLeft RecordWide Order6 Skip1 Follow2 Word RecordAbove3 "
                "RecordPast"),
    IMAGE: (4, "PixelW PixelLms PixelGradientPlane PixelMeanPlane PixelDiffs PixelGradient PixelNE PixelPlane2 "
               "PixelPlane PixelMean PixelN Order2 PixelLocal PixelLmsError PixelPlaneBoth PixelWWNN PixelNA "
               "PixelGradientPlaneMean PixelMeanA PixelPlaneNE PixelSum6 Order1 PixelPaeth PixelLmsA"),
    SYMBOLS: (8, "Order1 Order2 Order3 Order4 Order6 Symbols8 Symbols11 Symbols12 Symbols16 Symbols20 Symbols24 "
                 "Symbols9 Symbols10 Symbols14 Symbols18 Symbols13"),
    NUMBERS: (4, "NumberSelf NumberLms NumberGradient NumberNE NumberNENext NumberSlopeW NumberColumn "
                 "NumberLmsGradient NumberExactNE NumberSlopeN Order3 NumberW NumberExactAll NumberN "
                 "NumberGradientWN NumberLmsW NumberMean NumberExactWW Skip1 NumberExactN"),
    SEQUENCES: (8, "Order1 Order2 Order3 Order4 Symbols8 Symbols11 Symbols16 Symbols24 ColumnAbove Format "
                   "QualityColumn Symbols12 Above Symbols20 Order6 Symbols14 Quality PhaseColumn FirstWordColumn "
                   "QualityMost Word Follow2 Skip1 Symbols32"),
}


def hash2(a: int, b: int) -> int:
    h = a * 0x2F0B4C47 + b * 0x9E3779B1 & M32
    h = (h ^ h >> 15) * 0x85EBCA6B & M32
    return h ^ h >> 13


def signed(value: int, bits: int) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> bits - 1 else value


def clamp(value: int, low: int, high: int) -> int:
    return low if value < low else high if value > high else value


# Section 3.3: where the next byte stands in x86 code

OPCODE, SECOND_OPCODE, MODRM, SIB, DISPLACEMENT, IMMEDIATE = range(6)
ADDRESSING = 16
PREFIXES = bytes.fromhex("66 67 F2 F3 F0 64 65 26 2E 36 3E")


def opcode_map(default: int, rules: list[tuple[int, str]]) -> list[int]:
    """Later rules go before earlier ones; "A-B" is a range, both ends included."""
    table = [default] * 256
    for follows, ops in rules:
        for op in ops.split():
            first, _, last = op.partition("-")
            for k in range(int(first, 16), int(last or first, 16) + 1):
                table[k] = follows
    return table


FIRST_MAP = opcode_map(0, [
    *((16, f"{row:02X}-{row + 3:02X}") for row in range(0, 64, 8)),
    *((1, f"{row + 4:02X}") for row in range(0, 64, 8)),
    *((4, f"{row + 5:02X}") for row in range(0, 64, 8)),
    (16, "62 63 84-8F C4 C5 D0-D3 D8-DF F6 F7 FE FF"), (20, "69 81 C7"), (17, "6B 80 82 83 C0 C1 C6"),
    (1, "6A 70-7F A8 B0-B7 CD D4 D5 E0-E7 EB"), (4, "68 A0-A3 A9 B8-BF E8 E9"), (6, "9A EA"), (2, "C2 CA"), (3, "C8"),
])
SECOND_MAP = opcode_map(16, [
    (0, "05-09 0B 30-35 77 A0-A2 A8 A9 C8-CF"), (4, "80-8F"), (17, "70-73 A4 AC BA C2 C4-C6"),
])


class Instructions:
    def __init__(self) -> None:
        self.past, self.skeleton = [0] * 4, 0
        self.reset()

    def reset(self) -> None:
        self.part, self.left, self.immediate, self.current, self.operand = OPCODE, 0, 0, 0, 0
        self.second_map = self.short = False

    @property
    def where(self) -> int:
        return self.part << 3 | self.left

    def finish(self) -> None:
        self.past = [self.current] + self.past[:3]
        self.reset()

    def begin_immediate(self) -> None:
        self.operand = 0
        if self.immediate == 0:
            self.finish()
        else:
            self.part, self.left = IMMEDIATE, self.immediate

    def begin_operand(self) -> None:
        follows = (SECOND_MAP if self.second_map else FIRST_MAP)[self.current & 255]
        self.immediate = follows & 15
        if self.immediate == 4 and self.short and self.current & 255 < 0xE0:
            self.immediate = 2
        if follows & ADDRESSING:
            self.part, self.left = MODRM, 1
        else:
            self.begin_immediate()

    def push(self, byte: int) -> None:
        if self.part < DISPLACEMENT:
            self.skeleton = (self.skeleton << 8 | byte) & M64
        if self.part == OPCODE:
            self.short |= byte == 0x66
            if byte in PREFIXES:
                return
            if byte == 0x0F:
                self.second_map, self.part = True, SECOND_OPCODE
            else:
                self.current = byte
                self.begin_operand()
        elif self.part == SECOND_OPCODE:
            self.current = 0x100 | byte
            self.begin_operand()
        elif self.part in (MODRM, SIB):
            if self.part == MODRM:
                mode, reg, base = byte >> 6, byte >> 3 & 7, byte & 7
                if not self.second_map and self.current & 0xFE == 0xF6 and reg < 2:
                    self.immediate = 1 if self.current & 1 == 0 else 2 if self.short else 4
                self.current |= byte << 16 | 0x8000
                self.left = 1 if mode == 1 else 4 if mode == 2 or (mode == 0 and base == 5) else 0
                if mode != 3 and base == 4:
                    self.part = SIB
                    return
            elif self.left == 0 and byte & 7 == 5:
                self.left = 4
            if self.left == 0:
                self.begin_immediate()
            else:
                self.part = DISPLACEMENT
        else:
            self.operand = (self.operand << 8 | byte) & M32
            self.left -= 1
            if self.left == 0:
                if self.part == DISPLACEMENT:
                    self.begin_immediate()
                else:
                    self.finish()


# Section 3.4: linear prediction

class Predictor:
    def __init__(self) -> None:
        self.weights = [[0] * 16 for _ in range(4)]
        self.inputs, self.answer, self.past_error = [0] * 16, 0, 0

    def predict(self, row: int, inputs: list[int], around: int) -> None:
        self.inputs = inputs + [0] * (16 - len(inputs))
        total = sum(w * x for w, x in zip(self.weights[row], self.inputs))
        self.answer = clamp((total >> 12) + around * 16, -(1 << 30), 1 << 30)

    def learn(self, row: int, actual: int) -> None:
        error = clamp(actual * 16 - self.answer, -(1 << 30), 1 << 30)
        self.past_error += abs(error) - self.past_error >> 3
        power = 64 + sum(x * x for x in self.inputs)
        gain = abs(error) * (1 << 18) // power * (1 if error > 0 else -1)
        self.weights[row] = [
            clamp(w + (gain * x >> 10), -(1 << 18), 1 << 18) for w, x in zip(self.weights[row], self.inputs)
        ]


# Sections 3.1 and 3.2: bytes and their summaries

LETTER, DIGIT, BLANK = 1, 2, 3


class History:
    def __init__(self, profile: int, width: int, step: int) -> None:
        self.profile, self.width, self.step, self.bytes = profile, width, step, bytearray()
        self.size = self.c4 = self.c8 = self.c12 = self.word = self.word1 = self.word2 = self.word_length = 0
        self.format = self.first_word = self.last_mark = self.line_start = self.line1_start = self.column = self.above = 0
        self.symbols = self.line_phase = 0
        self.follow1, self.follow2 = [0] * 256, [0] * 65536
        self.code, self.predictor = Instructions(), Predictor()

    def back(self, distance: int) -> int:
        return self.bytes[self.size - distance] if 0 < distance <= self.size else 0

    def number(self, distance: int) -> int:
        return sum(self.back(distance - k) << 8 * k for k in range(self.step))

    def push(self, byte: int) -> None:
        c1, c2 = self.c4 & 0xFF, self.c4 & 0xFFFF
        self.follow1[c1] = (self.follow1[c1] << 8 | byte) & 0xFFFF
        self.follow2[c2] = (self.follow2[c2] << 8 | byte) & 0xFFFFFF
        self.bytes.append(byte)
        self.size += 1
        self.c12 = (self.c12 << 8 | self.c8 >> 24) & M32
        self.c8 = (self.c8 << 8 | self.c4 >> 24) & M32
        self.c4 = (self.c4 << 8 | byte) & M32
        if byte > 32:
            self.symbols = (self.symbols << 4 | byte & 15) & (1 << 128) - 1
        if self.size == self.line_start + 1:
            self.line_phase = {0x2B: 2, 0x3E: 0}.get(byte, self.line_phase)  # + and >
        lower = byte + 32 if 0x41 <= byte <= 0x5A else byte
        kind = (LETTER if 0x61 <= lower <= 0x7A or lower >= 128 else DIGIT if 0x30 <= lower <= 0x39
                else BLANK if lower == 32 else max(lower, 4))
        if kind != self.format & 0xFF or kind > BLANK:
            self.format = (self.format << 8 | kind) & M32
        if kind == LETTER:
            self.word = (self.word + lower + 1) * 0x2F0B4C47 & M32
            self.word_length += 1
            if self.size - self.line_start <= 12:
                self.first_word = self.first_word * 0x2F0B4C47 + byte & M32
        elif self.word != 0:
            self.word, self.word1, self.word2, self.word_length = 0, self.word, self.word1, 0
        if kind > BLANK:
            self.last_mark = byte
        if byte == 10:
            self.first_word, self.line_phase = 0, self.line_phase + 1 & 3
            self.line1_start, self.line_start = self.line_start, self.size
        offset = self.size - self.line_start
        self.column = min(offset, 255)
        self.above = self.bytes[self.line1_start + offset] if offset < self.line_start - self.line1_start else 0
        if self.profile == IMAGE:
            self.predict_pixel()
        elif self.profile == NUMBERS and self.step <= 4 and self.size % self.step == 0:
            self.predict_number()
        elif self.profile == EXECUTABLE:
            self.code.push(byte)

    def predict_pixel(self) -> None:
        at, p, w = self.back, self.step, self.width
        self.predictor.learn((self.size - 1) % p, at(1))
        around = (at(p) + at(w)) // 2
        inputs = [at(d) - around for d in (p, w, w + p, w - p, 2 * p, 2 * w, 2 * w - p)]
        if p > 1:
            inputs += [at(1) - at(d + 1) for d in (p, w, w + p, w - p)] + [at(2) - at(d + 2) for d in (p, w, w + p)]
        else:
            inputs += [at(d) - around for d in (3, 2 * w + 1, 3 * w, w - 2, w + 2)]
        self.predictor.predict(self.size % p, inputs, around)

    def predict_number(self) -> None:
        def at(distance: int) -> int:
            return signed(self.number(distance), 8 * p)

        p, w = self.step, self.width
        self.predictor.learn(0, at(p))
        around = at(p)
        near = (w, w + p, w - p, 2 * p, 2 * w, 2 * w - p, 3 * p, 4 * p, 5 * p, 6 * p, w + 2 * p, w - 2 * p, 2 * w + p,
                3 * w, 7 * p, 8 * p)
        self.predictor.predict(0, [clamp(at(d) - around, -(1 << 26), 1 << 26) for d in near], around)


# Section 4: contexts

Context = Callable[[History], int]


def of_symbols(count: int) -> Context:
    def value(h: History) -> int:
        low, high = h.symbols & M64 & (1 << 4 * count) - 1, h.symbols >> 64 & (1 << 4 * max(count - 16, 0)) - 1
        return hash2(hash2(low & M32, low >> 32), (high & M32) * 31 + (high >> 32))

    return value


def code_op(h: History) -> int:
    return hash2(h.code.where, h.code.current)


def code_past(h: History) -> int:
    return hash2(h.code.past[0], h.code.past[1])


# Each with its id, in their order.
CONTEXTS: dict[str, tuple[int, Context]] = {
    "Order1": (0, lambda h: h.c4 & 0xFF),
    "Order2": (1, lambda h: h.c4 & 0xFFFF),
    "Order3": (2, lambda h: h.c4 & 0xFFFFFF),
    "Order4": (3, lambda h: h.c4),
    "Order5": (4, lambda h: hash2(h.c4, h.c8 & 0xFF)),
    "Order6": (5, lambda h: hash2(h.c4, h.c8 & 0xFFFF)),
    "Order8": (7, lambda h: hash2(h.c4, h.c8)),
    "Order12": (9, lambda h: hash2(hash2(h.c4, h.c8), h.c12)),
    "Word": (10, lambda h: hash2(h.word, h.c4 & 0xFF)),
    "WordPair": (11, lambda h: hash2(h.word * 31 + (h.c4 & 0xFF), h.word1)),
    "WordSkip": (12, lambda h: hash2(h.word + (h.c4 & 0xFF), h.word2 * 77)),
    "WordTriple": (13, lambda h: hash2(h.word, h.word1 * 5 + h.word2 * 77)),
    "WordGap": (14, lambda h: hash2(h.word1 * 3, (h.c4 & 0xFF) + 256 * (h.word != 0))),
    "Skip1": (15, lambda h: h.c4 & 0xFFFF00),
    "Skip2": (16, lambda h: h.c4 & 0xFF00FF00),
    "SkipPair": (17, lambda h: h.c4 & 0xFFFF0000),
    "ColumnAbove": (18, lambda h: h.column | h.above << 16),
    "Above": (19, lambda h: h.above | (h.c4 & 0xFF) << 8),
    "Format": (21, lambda h: hash2(h.format, h.c4 & 0xFF)),
    "FormatWord": (22, lambda h: hash2(h.format, h.word)),
    "Follow1": (23, lambda h: h.follow1[h.c4 & 0xFF] | (h.c4 & 0xFF) << 16),
    "Follow2": (24, lambda h: hash2(h.follow2[h.c4 & 0xFFFF], h.c4 & 0xFF)),
    "Coarse3": (26, lambda h: h.c4 & 0xF0F0F0FF),
    "Coarse6": (27, lambda h: hash2(h.c4 & 0xF8F8F8F8, h.c8 & 0xF8F8)),
    "MarkWord": (28, lambda h: hash2(h.last_mark, h.word)),
    "FirstWordColumn": (29, lambda h: hash2(h.first_word, h.column)),
    "FirstWord": (30, lambda h: hash2(h.first_word, h.word)),
    "RecordColumn": (33, lambda h: h.size % h.width | h.back(h.width) << 24),
    "RecordAbove": (34, lambda h: h.back(h.width) | (h.c4 & 0xFF) << 8),
    "RecordAbovePair": (35, lambda h: h.back(h.width) | (h.c4 & 0xFFFF) << 8),
    "RecordAboveTwo": (36, lambda h: h.back(h.width) | h.back(2 * h.width) << 8 | (h.size % h.width & 0xFFF) << 16),
    "RecordAboveLeft": (37, lambda h: h.back(h.width) | h.back(h.width + 1) << 8 | (h.c4 & 0xFF) << 16),
    "RecordDelta": (38, lambda h: hash2(
        h.back(h.width) - h.back(2 * h.width) & 0xFF, h.back(h.width) << 16 | h.size % h.width)),
    "RecordColumnLast": (39, lambda h: hash2(h.size % h.width, h.c4 & 0xFF)),
    "RecordWide": (40, lambda h: hash2(h.size % h.width, h.c4 & 0xFFFFFF)),
    "RecordAbove3": (41, lambda h: (
        h.back(h.width) | h.back(h.width - 1) << 8 | h.back(h.width + 1) << 16 | (h.c4 & 0xFF) << 24)),
    "RecordPast": (42, lambda h: hash2(
        h.back(h.width) | h.back(2 * h.width) << 8 | h.back(3 * h.width) << 16, h.size % h.width)),
    "CodeSkip": (108, lambda h: hash2(h.c4 & 0xFF00FF, h.c8 & 0xFF)),
    "CodeOp": (109, code_op),
    "CodeOpC1": (110, lambda h: hash2(h.code.where << 8 | h.c4 & 0xFF, h.code.current & 0xFFFF)),
    "CodeOpPast": (111, lambda h: hash2(code_op(h), hash2(h.code.past[0], h.code.operand))),
    "CodePast3": (112, lambda h: hash2(
        hash2(h.code.where, h.code.current & 0xFFFF),
        hash2(h.code.past[0] & 0xFFFF, h.code.past[1] << 16 | h.code.past[2] & 0xFFFF) + h.code.operand)),
    "CodePast4": (113, lambda h: hash2(
        hash2(code_op(h), code_past(h)), hash2(h.code.past[2], h.code.past[3]) + h.code.operand)),
    "CodeSkeleton2": (116, lambda h: hash2(hash2(h.code.where, h.code.skeleton & 0xFFFF), h.code.operand)),
    "CodeSkeleton4": (118, lambda h: hash2(hash2(h.code.where, h.code.skeleton & M32), h.code.operand)),
    "CodeSkeleton6": (119, lambda h: hash2(
        hash2(h.code.where, h.code.skeleton & M32), hash2(h.code.skeleton >> 32 & 0xFFFF, h.code.operand))),
    "CodeOperand": (120, lambda h: hash2(code_op(h), h.code.operand)),
    "CodePast2": (121, lambda h: hash2(code_op(h), code_past(h) + h.code.operand)),
    "CodeWhere": (122, lambda h: h.code.where | (h.c4 & 0xFF) << 8),
    "Symbols8": (131, of_symbols(8)),
    "Symbols9": (132, of_symbols(9)),
    "Symbols10": (133, of_symbols(10)),
    "Symbols11": (134, of_symbols(11)),
    "Symbols12": (135, of_symbols(12)),
    "Symbols13": (136, of_symbols(13)),
    "Symbols14": (137, of_symbols(14)),
    "Symbols16": (138, of_symbols(16)),
    "Symbols18": (139, of_symbols(18)),
    "Symbols20": (140, of_symbols(20)),
    "Symbols24": (141, of_symbols(24)),
    "Symbols32": (142, of_symbols(32)),
    "Quality": (143, lambda h: h.c4 & 0xFFFF | max(h.c4 >> 16 & 0xFF, h.c4 >> 24) << 16 | h.line_phase << 24),
    "QualityColumn": (144, lambda h: h.c4 & 0xFFFF | h.column << 16 | h.line_phase << 24),
    "QualityMost": (145, lambda h: (
        h.c4 & 0xFF | max(h.c4 >> 8 & 0xFF, h.c4 >> 16 & 0xFF) << 8 | (h.c4 >> 24 == h.c8 & 0xFF) << 16
        | h.line_phase << 24)),
    "PhaseColumn": (146, lambda h: h.column | h.line_phase << 8),
}


def clip(value: int) -> int:
    return clamp(value, 0, 255)


class Pixels:
    """The bytes around this one in an image, and the prediction."""

    def __init__(self, h: History) -> None:
        at, p, w = h.back, h.step, h.width
        self.plane = h.size % p
        self.W, self.N, self.NW, self.NE, self.WW, self.NN, self.NNE = map(
            at, (p, w, w + p, w - p, 2 * p, 2 * w, 2 * w - p))
        self.a, self.aW, self.aN, self.aNW, self.aNE, self.b, self.bW, self.bN, self.bNW = map(
            at, (1, p + 1, w + 1, w + p + 1, w - p + 1, 2, p + 2, w + 2, w + p + 2)) if p > 1 else [0] * 9
        self.lms = h.predictor.answer + 8
        self.error = min(15, h.predictor.past_error.bit_length())

    def pack(self, x: int, y: int = 0, z: int = 0) -> int:
        return (self.plane | x << 2 | y << 11 | z << 20) & M32

    @property
    def gradient(self) -> int:
        return self.W + self.N - self.NW

    @property
    def gradient_a(self) -> int:
        return self.a - (self.aW + self.aN - self.aNW)

    @property
    def gradient_b(self) -> int:
        return self.b - (self.bW + self.bN - self.bNW)


PIXELS: dict[str, tuple[int, Callable[[Pixels], int]]] = {
    "PixelW": (43, lambda q: q.pack(q.W, q.a >> 2)),
    "PixelN": (44, lambda q: q.pack(q.N, q.a >> 2)),
    "PixelGradient": (46, lambda q: q.pack(clip(q.gradient), clip(q.W + q.a - q.aW) >> 1)),
    "PixelNE": (47, lambda q: q.pack(clip(q.N + q.NE - q.NNE), clip(q.N + q.a - q.aN) >> 1)),
    "PixelWWNN": (48, lambda q: q.pack(clip(2 * q.W - q.WW), clip(2 * q.N - q.NN))),
    "PixelMean": (49, lambda q: q.pack(
        q.W + q.N >> 1, q.a - (q.aW + q.aN >> 1) + 256 >> 1, abs(q.W - q.N) >> 4)),
    "PixelPlane": (50, lambda q: q.pack(clip(q.W + q.a - q.aW), clip(q.N + q.a - q.aN))),
    "PixelPlane2": (51, lambda q: q.pack(clip(q.W + q.b - q.bW), clip(q.N + q.b - q.bN))),
    "PixelPaeth": (52, lambda q: q.pack(clip((q.W + q.N) * 3 - q.NW * 2 + 2 >> 2), clip(q.W + q.NE + 1 >> 1))),
    "PixelDiffs": (53, lambda q: q.pack(
        clip(q.gradient + q.a - clip(q.aW + q.aN - q.aNW)), min(255, abs(q.W - q.NW) + abs(q.N - q.NW)) >> 3)),
    "PixelLocal": (55, lambda q: q.pack(clip(q.gradient + q.gradient_a), clip(q.gradient + q.gradient_b))),
    "PixelGradientPlane": (59, lambda q: q.pack(clip(q.gradient + q.gradient_a))),
    "PixelMeanPlane": (60, lambda q: q.pack(
        clip((q.W + q.NE >> 1) + q.a - (q.aW + q.aNE >> 1)), abs(q.W - q.NE) >> 3)),
    "PixelPlaneBoth": (61, lambda q: q.pack(clip(q.W + q.a - q.aW), clip(q.W + q.b - q.bW))),
    "PixelSum6": (67, lambda q: q.pack(
        clip(4 * (q.W + q.N) - 3 * q.NW + 2 * q.NE - q.WW - q.NN + q.NNE + 2 >> 2),
        min(255, abs(q.W - q.NW) + abs(q.N - q.NW) + abs(q.N - q.NE)) >> 3)),
    "PixelPlaneNE": (68, lambda q: q.pack(clip(q.NE + q.a - q.aNE), clip(q.NW + q.a - q.aNW))),
    "PixelLms": (69, lambda q: q.pack(clip(q.lms >> 4))),
    "PixelLmsError": (70, lambda q: q.pack(clip(q.lms >> 4), q.error, q.lms >> 2 & 3)),
    "PixelGradientPlaneMean": (75, lambda q: q.pack(clip(q.gradient + (q.gradient_a + q.gradient_b >> 1)))),
    "PixelNA": (77, lambda q: q.pack(clip(q.N + q.a - q.aN), min(255, abs(q.a - q.aN)) >> 3)),
    "PixelMeanA": (78, lambda q: q.pack(
        clip(q.W + q.N + 2 * q.a - q.aW - q.aN >> 1), min(255, abs(q.W - q.N - q.aW + q.aN)) >> 3)),
    "PixelLmsA": (79, lambda q: q.pack(clip(q.lms >> 4), q.a >> 2)),
}


def fold(value: int) -> int:
    return hash2(value & M32, value >> 32 & M32)


class Numbers:
    """The numbers around this one; of this one, the `index` lowest bytes are known."""

    def __init__(self, h: History) -> None:
        p, w = h.step, h.width
        self.index, self.column, self.bits = h.size % p, h.size % w, 8 * p
        self.W, self.N, self.NW, self.NE, self.WW, self.NN = (
            h.number(d + self.index) for d in (p, w, w + p, w - p, 2 * p, 2 * w))
        self.known = sum(h.back(self.index - k) << 8 * k for k in range(self.index))
        self.lms, self.error = h.predictor.answer + 8 >> 4, h.predictor.past_error.bit_length()

    def near(self, guess: int) -> int:
        half = 0 if self.index == 0 else 1 << 8 * self.index - 1
        return guess - self.known + half >> 8 * self.index & 255

    def magnitude(self, value: int) -> int:
        value = signed(value, self.bits)
        return (~value if value < 0 else value).bit_length()

    def mean(self, x: int, y: int) -> int:
        gap = signed(y - x, self.bits)
        return x + (gap >> 1 if gap >= 0 else -(-gap >> 1))

    def pack(self, x: int, y: int = 0, z: int = 0) -> int:
        return (self.index | x << 3 | y << 11 | z << 19) & M32

    def exact(self, value: int) -> int:
        return hash2(value, fold(self.known) + self.index)


NUMBER: dict[str, tuple[int, Callable[[Numbers], int]]] = {
    "NumberSelf": (80, lambda v: hash2(fold(v.known), v.index)),
    "NumberW": (81, lambda v: v.pack(v.near(v.W), v.magnitude(v.W))),
    "NumberN": (82, lambda v: v.pack(v.near(v.N), v.magnitude(v.N))),
    "NumberGradient": (84, lambda v: v.pack(
        v.near(v.W + v.N - v.NW), v.magnitude(v.W - v.NW) + v.magnitude(v.N - v.NW))),
    "NumberSlopeW": (85, lambda v: v.pack(v.near(2 * v.W - v.WW), v.magnitude(v.W - v.WW))),
    "NumberSlopeN": (86, lambda v: v.pack(v.near(2 * v.N - v.NN), v.magnitude(v.N - v.NN))),
    "NumberNE": (87, lambda v: v.pack(v.near(v.W + v.NE - v.N), v.magnitude(v.N - v.NE))),
    "NumberMean": (88, lambda v: v.pack(
        v.near(v.mean(v.W, v.N)), v.magnitude(v.W - v.N), v.known >> 8 * v.index - 8 if v.index else 0)),
    "NumberExactN": (90, lambda v: v.exact(fold(v.N))),
    "NumberExactAll": (92, lambda v: v.exact(hash2(fold(v.W) * 3 + fold(v.NW), fold(v.N)))),
    "NumberExactWW": (93, lambda v: v.exact(hash2(fold(v.W), fold(v.WW)))),
    "NumberColumn": (94, lambda v: hash2(fold(v.known), v.column)),
    "NumberNENext": (95, lambda v: hash2(v.pack(v.near(v.N), v.near(v.NE), v.near(v.W)), 1)),
    "NumberExactNE": (96, lambda v: v.exact(hash2(fold(v.W) * 3 + fold(v.NE), fold(v.N)))),
    "NumberGradientWN": (97, lambda v: hash2(v.pack(v.near(v.W + v.N - v.NW), v.near(v.W), v.near(v.N)), 2)),
    "NumberLms": (101, lambda v: v.pack(v.near(v.lms), v.error)),
    "NumberLmsW": (102, lambda v: v.pack(v.near(v.lms), v.near(v.W))),
    "NumberLmsGradient": (103, lambda v: v.pack(v.near(v.lms), v.near(v.W + v.N - v.NW))),
}


def context_hashes(h: History, names: list[str]) -> list[int]:
    around = Pixels(h) if h.profile == IMAGE else Numbers(h) if h.profile == NUMBERS else None
    hashes = []
    for name in names:
        if name in CONTEXTS:
            id, value = CONTEXTS[name]
            hashes.append(hash2(value(h), (id + 1) * 0x9E3779B1))
        else:
            id, value_around = (PIXELS if h.profile == IMAGE else NUMBER)[name]
            hashes.append(hash2(value_around(around), (id + 1) * 0x9E3779B1))
    return hashes


# Section 7: what selects the rows of the third and fourth weight set


def code_set(code: Instructions) -> int:
    if code.part == OPCODE:
        return code.past[0] & 0x7F
    return 128 | (code.current >> 3 & 31 if code.part in (SECOND_OPCODE, MODRM) else 32 + (code.where & 31))


def set_bases(h: History) -> list[int]:
    c1, c2, c3 = h.c4 & 0xFF, h.c4 >> 8 & 0xFF, h.c4 >> 16 & 0xFF
    error = h.predictor.past_error.bit_length()
    if h.profile == TEXT:
        letter = [0x61 <= c | 32 <= 0x7A for c in (c1, c2, c3)]
        kinds = letter[0] + 2 * letter[1] + 4 * letter[2] + 8 * (c1 == 32) + 16 * (c2 == 32)
        return [kinds + 32 * min(h.word_length >> 1, 7), c1]
    if h.profile == RECORD:
        return [h.size % h.width & 0xFF, c1]
    if h.profile == IMAGE:
        plane, north = h.size % h.step << 6, h.back(h.width)
        across = abs(h.back(h.step) - north)
        return [plane | min(15, error) << 2 | (across > 2) + (across > 8) + (across > 24), plane | north >> 2]
    if h.profile == NUMBERS:
        index = h.size % h.step << 5
        return [index | min(31, error), index | h.back(h.width) >> 3]
    if h.profile == EXECUTABLE:
        return [code_set(h.code), c1]
    if h.profile == SEQUENCES:
        return [h.line_phase << 6 | min(h.column >> 2, 63), c1]
    return [c1, c2]
