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
    if hasattr(model, "starts"):
        return encode_nibbles(data, model)
    for byte in data:
        for shift in range(7, -1, -1):
            bit = byte >> shift & 1
            bits.append(bit)
            probabilities.append(model.p1())
            model.update(bit)
    return testing.binary_encode(np.array(bits, np.uint8), np.array(probabilities, np.uint32))


def encode_nibbles(data: bytes, model) -> bytes:
    """The same for a model that answers a nibble as a symbol and may ask whole bytes."""
    steps, starts = [], []

    def bit(value: int, p1: int) -> None:
        steps.append(value)
        starts.append([p1] * 16)

    for byte in data:
        if model.asked:
            expected, p1 = model.asked
            bit(expected == byte, p1)
            model.answer(expected == byte)
            if expected == byte:
                continue
        for nibble in (byte >> 4, byte & 15):
            steps.append(nibble)
            starts.append(model.starts())
            model.update_nibble(nibble)
    return testing.nibble_encode(np.array(steps, np.uint8), np.array(starts, np.uint16).reshape(-1, 16))
