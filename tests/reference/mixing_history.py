"""What the mixing models know of the bytes so far. Written from docs/contexts.md, section 2; plain Python,
slow. Numbers wrap at 32 bits where they are stored or hashed.
"""

from __future__ import annotations

M32, M64 = (1 << 32) - 1, (1 << 64) - 1
TEXT, BINARY, EXECUTABLE, RECORD, IMAGE, SYMBOLS, NUMBERS, SEQUENCES = range(8)


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
        self.predicts = True  # section 2.4 applies
        self.size = self.c4 = self.c8 = self.c12 = self.word = self.word1 = self.word2 = self.word_length = 0
        self.format = self.first_word = self.last_mark = self.symbols = 0
        self.line_start = self.line1_start = self.column = self.above = self.line_phase = 0
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
        if self.profile == IMAGE and self.predicts:
            self.predict_pixel()
        elif self.profile == NUMBERS and self.predicts and self.step <= 4 and self.size % self.step == 0:
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
