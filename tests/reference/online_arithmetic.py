"""Arithmetic of networks that learn while they code, docs/online.md section 2: fp32 bit for bit (`Exact`), or fp64 (`Real`).

`Exact` computes a fused multiply-add of fp32 through fp64 rounded to odd, which leaves the last rounding right; `Real` takes
fp64 as it is, for gradients.
"""

import functools

import numpy as np

LANES = 16
M32 = 0xFFFFFFFF


class Exact:
    kind = np.float32

    @staticmethod
    def fma(a, b, c):
        a, b, c = (np.asarray(x, np.float32).astype(np.float64) for x in (a, b, c))
        product = a * b
        total = product + c
        part = total - product
        error = (product - (total - part)) + (c - part)
        bits = total.view(np.int64)
        odd = np.where((error > 0) == (total > 0), bits + 1, bits - 1)
        inexact_and_even = (error != 0) & (bits & 1 == 0)
        return np.where(inexact_and_even, odd, bits).view(np.float64).astype(np.float32)

    @classmethod
    def exp(cls, x):
        f = np.float32
        shift = f(1.5 * 2**23)
        shifted = cls.fma(x, f(float.fromhex("0x1.715476p0")), shift)
        n = shifted - shift
        r = cls.fma(n, f(-float.fromhex("0x1.62e4p-1")), x)
        r = cls.fma(n, f(-float.fromhex("0x1.7f7d1cp-20")), r)
        q = f(float.fromhex("0x1.630652p-10"))
        for c in ("0x1.120b6ep-7", "0x1.55612ap-5", "0x1.5554dcp-3", "0x1.fffff4p-2", "1", "1"):
            q = cls.fma(q, r, f(float.fromhex(c)))
        return np.ldexp(q, n.astype(np.int32)).astype(np.float32)

    @classmethod
    def logistic(cls, x):
        one = np.float32(1)
        return one / (one + cls.exp(-np.clip(x, np.float32(-30), np.float32(30))))

    @classmethod
    def tanh(cls, x):
        one, x = np.float32(1), np.clip(x, np.float32(-15), np.float32(15))
        return one - np.float32(2) / (one + cls.exp(x + x))

    @classmethod
    def inverse_root(cls, x):
        x = np.asarray(x, np.float32)
        half = x * np.float32(-0.5)
        y = (np.uint32(0x5F375A86) - (x.view(np.uint32) >> np.uint32(1))).view(np.float32)
        for _ in range(2):
            y = y * cls.fma(half * y, y, np.float32(1.5))
        return y

    @classmethod
    def tree(cls, lanes):
        """The sum over the last axis, of 16 lanes."""
        for half in (8, 4, 2, 1):
            lanes = lanes[..., :half] + lanes[..., half : 2 * half]
        return lanes[..., 0]

    @classmethod
    def dot(cls, a, b):
        """Over the last axis: a chain for each of 16 lanes, then the tree."""
        lanes = np.zeros(np.broadcast(a, b).shape[:-1] + (LANES,), np.float32)
        for j in range(0, a.shape[-1], LANES):
            lanes = cls.fma(a[..., j : j + LANES], b[..., j : j + LANES], lanes)
        return cls.tree(lanes)

    @classmethod
    def chain(cls, start, a, b):
        """start [i][n] + a [i][j] b [j][n], one fused multiply-add after the other."""
        for j in range(a.shape[1]):
            start = cls.fma(a[:, j : j + 1], b[j], start)
        return start


class Real:
    kind = np.float64
    fma = staticmethod(lambda a, b, c: a * b + c)
    logistic = staticmethod(lambda x: 1 / (1 + np.exp(-x)))
    tanh = staticmethod(np.tanh)
    inverse_root = staticmethod(lambda x: 1 / np.sqrt(x))
    dot = staticmethod(lambda a, b: (a * b).sum(-1))
    chain = staticmethod(lambda start, a, b: start + a @ b)
    exp = staticmethod(np.exp)


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & M32, (a >> 32) ^ c[3] ^ k[1], a & M32]
        k = [(k[0] + 0x9E3779B9) & M32, (k[1] + 0xBB67AE85) & M32]
    return c


@functools.cache
def drawn(count, bound, seed, place):
    numbers = [x for i in range((count + 3) // 4) for x in philox((i, place, 0, 0), (seed, 0))][:count]
    unit = np.array([n >> 8 for n in numbers], np.float32) * np.float32(2.0**-23) - np.float32(1)
    return unit * np.float32(bound)
