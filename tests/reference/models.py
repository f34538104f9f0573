"""A model in a few lines, for testing what is around models: order 0, one adaptive probability per bit node."""

import numpy as np

from fastnz._core import testing


class OrderZero:
    def __init__(self, options: bytes = b"", size: int = 0) -> None:
        self.p = [1 << 15] * 256
        self.node = 1

    def p1(self) -> int:
        return self.p[self.node]

    def update(self, bit: int) -> None:
        p = self.p[self.node]
        self.p[self.node] = p + (65504 - p >> 4) if bit else p - (p - 32 >> 4)
        self.node = self.node * 2 + bit
        if self.node > 255:
            self.node = 1


def encode(data: bytes, model) -> bytes:
    """The code of `data` by `model`, made with the package's coder."""
    bits, probabilities = [], []
    for byte in data:
        if asked := getattr(model, "asked", None):
            bits.append(asked[0] == byte)
            probabilities.append(asked[1])
            model.answer(asked[0] == byte)
            if asked[0] == byte:
                continue
        for shift in range(7, -1, -1):
            bit = byte >> shift & 1
            bits.append(bit)
            probabilities.append(model.p1())
            model.update(bit)
    return testing.binary_encode(np.array(bits, np.uint8), np.array(probabilities, np.uint32))
