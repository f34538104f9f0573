"""What the mixing models make of their history: contexts, and what selects weights. Written from
docs/contexts.md, sections 3, 4 and 5; plain Python, slow.
"""

from __future__ import annotations

from collections.abc import Callable

from mixing_history import (
    BINARY,
    EXECUTABLE,
    IMAGE,
    M32,
    M64,
    MODRM,
    NUMBERS,
    OPCODE,
    RECORD,
    SECOND_OPCODE,
    SEQUENCES,
    SYMBOLS,
    TEXT,
    History,
    Instructions,
    clamp,
    hash2,
    signed,
)

# Section 5: how many contexts are counted as known, then the contexts, best first.
PROFILES = {
    TEXT: (5, "Order2 Order3 Order4 Word Order6 Format Follow2 ColumnAbove WordPair Follow1 Coarse6 MarkWord Order5 "
              "Above Skip1 WordGap FormatWord WordSkip Order1 Skip2 Order8 WordTriple FirstWord Order12"),
    BINARY: (4, "Order2 Order3 Order4 Order6 Skip2 Coarse6 Follow1 Follow2 Skip1 Word SkipPair Coarse3 Order8 Format "
                "Order5 Order1"),
    EXECUTABLE: (3, "Order2 Order3 Order4 CodeOp Order6 CodePast3 CodeOpPast CodeWhere CodeSkeleton4 SkipPair "
                    "Follow1 CodeOperand Skip1 CodeSkeleton2 CodePast2 Word CodeSkeleton6 Order5 CodePast4 CodeOpC1 "
                    "CodeSkip Follow2 Order1 Format"),
    RECORD: (3, "Order2 Order3 Order4 RecordColumn RecordAbove RecordAbovePair RecordAboveTwo RecordColumnLast "
                "RecordDelta RecordAboveLeft RecordWide Order6 Skip1 Follow2 Word RecordAbove3 RecordPast Order1"),
    IMAGE: (4, "PixelW PixelLms PixelGradientPlane PixelMeanPlane PixelDiffs PixelGradient PixelNE PixelPlane2 "
               "PixelPlane PixelMean PixelN Order2 PixelLocal PixelLmsError PixelPlaneBoth PixelWWNN PixelNA "
               "PixelGradientPlaneMean PixelMeanA PixelPlaneNE PixelSum6 Order1 PixelPaeth PixelLmsA"),
    SYMBOLS: (8, "Order2 Order3 Order4 Order6 Symbols8 Symbols11 Symbols12 Symbols16 Symbols20 Symbols24 Symbols9 "
                 "Symbols10 Symbols14 Symbols18 Symbols13 Order1"),
    NUMBERS: (4, "NumberSelf NumberLms NumberGradient NumberNE NumberNENext NumberSlopeW NumberColumn "
                 "NumberLmsGradient NumberExactNE NumberSlopeN Order3 NumberW NumberExactAll NumberN "
                 "NumberGradientWN NumberLmsW NumberMean NumberExactWW Skip1 NumberExactN"),
    SEQUENCES: (8, "Order2 Order3 Order4 Symbols8 Symbols11 Symbols16 Symbols24 ColumnAbove Format QualityColumn "
                   "Symbols12 Above Symbols20 Order6 Symbols14 Quality PhaseColumn FirstWordColumn QualityMost Word "
                   "Follow2 Skip1 Symbols32 Order1"),
}

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


def set_base(h: History) -> int:
    c1, c2, c3 = h.c4 & 0xFF, h.c4 >> 8 & 0xFF, h.c4 >> 16 & 0xFF
    error = h.predictor.past_error.bit_length()
    if h.profile == TEXT:
        letter = [0x61 <= c | 32 <= 0x7A for c in (c1, c2, c3)]
        kinds = letter[0] + 2 * letter[1] + 4 * letter[2] + 8 * (c1 == 32) + 16 * (c2 == 32)
        return kinds + 32 * min(h.word_length >> 1, 7)
    if h.profile == RECORD:
        return h.size % h.width & 0xFF
    if h.profile == IMAGE:
        across = abs(h.back(h.step) - h.back(h.width))
        return h.size % h.step << 6 | min(15, error) << 2 | (across > 2) + (across > 8) + (across > 24)
    if h.profile == NUMBERS:
        return h.size % h.step << 5 | min(31, error)
    if h.profile == EXECUTABLE:
        return code_set(h.code)
    if h.profile == SEQUENCES:
        return h.line_phase << 6 | min(h.column >> 2, 63)
    return c1
