"""The network `transformer8` in NumPy, written from docs/transformer8.md and docs/weights.md: slow and plain.

The invariant: every value is an integer; 64-bit arrays are used throughout, so what the document says does not wrap is
not hidden by a type. What the document takes over from gru8.md is taken from `gru8`. Knows nothing of the core.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field

import numpy as np
from gru8 import frequencies_of, mul15, rows_of, sat16, scale

HEAD = 32
T = np.array([127, 64, 32, 16, 8, 4, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0])


@dataclass
class Weights:
    """The tensors of docs/transformer8.md, section 1; those of layers have a first axis of L."""

    tables: np.ndarray
    e: np.ndarray
    wf: np.ndarray
    mf: np.ndarray
    w1: np.ndarray
    m1: np.ndarray
    b1: np.ndarray
    w2: np.ndarray
    m2: np.ndarray
    p: np.ndarray
    wo: np.ndarray
    mo: np.ndarray
    bo: np.ndarray
    kf: int
    shifts: np.ndarray
    ko: int
    notes: bytes = field(default=b"")

    @property
    def width(self) -> int:
        return self.e.shape[1]

    @property
    def attended(self) -> int:
        return HEAD * self.p.shape[1]

    @property
    def window(self) -> int:
        return self.p.shape[2]

    @property
    def units(self) -> int:
        return self.w2.shape[2] - self.attended

    @property
    def bits(self) -> int:
        return self.tables.shape[1].bit_length() - 1


def write_plain(w: Weights, hash64) -> bytes:
    """The plain form of a weight file; `hash64` is XXH3-64."""
    layers, heads = w.p.shape[:2]
    sizes = (w.width, w.units, w.window, layers, heads, w.tables.shape[2], w.bits, 1, w.kf, w.ko)
    sections = [
        (struct.pack("<HHHBBBBBBB3x", *sizes), 1),
        (w.tables.astype(np.int8).tobytes(), 1),
        (w.e.astype("<i2").tobytes(), 2),
        (w.wf.astype(np.int8).tobytes(), 1),
        (w.mf.astype("<i2").tobytes(), 2),
        (w.shifts.astype(np.uint8).tobytes(), 1),
        (w.w1.astype(np.int8).tobytes(), 1),
        (w.m1.astype("<i2").tobytes(), 2),
        (w.b1.astype("<i2").tobytes(), 2),
        (w.w2.astype(np.int8).tobytes(), 1),
        (w.m2.astype("<i2").tobytes(), 2),
        (w.p.astype("<i2").tobytes(), 2),
        (w.wo.astype(np.int8).tobytes(), 1),
        (w.mo.astype("<i2").tobytes(), 2),
        (w.bo.astype("<i4").tobytes(), 4),
        (w.notes, 1),
    ]
    head = b"FNZW" + struct.pack("<BBH", 1, 2, len(sections))
    head += b"".join(struct.pack("<IIBBH", len(data), len(data), 0, width, 0) for data, width in sections)
    body = head + b"".join(data for data, _ in sections)
    return body + struct.pack("<Q", hash64(body))


def random_weights(
    rng: np.random.Generator,
    width: int = 32,
    layers: int = 2,
    heads: int = 1,
    window: int = 32,
    units: int = 32,
    depth: int = 8,
    bits: int = 8,
    *,
    spread: float = 1.0,
) -> Weights:
    """Weights that use the whole range of every number; `spread` says how far results are driven."""
    features, attended = 4 * depth, HEAD * heads
    rows, joined = attended + 2 * HEAD + units, attended + units

    def matrix(*shape: int) -> np.ndarray:
        return np.clip(np.rint(rng.normal(0, 45, shape)), -127, 127).astype(np.int64)

    def multipliers(matrix: np.ndarray) -> np.ndarray:
        drawn = rng.integers(64, 257, matrix.shape[:-1])
        return np.minimum(drawn, (2**31 - 2**24) // (128 * np.maximum(1, np.abs(matrix).sum(-1))))

    def shift(columns: int, size: float, unit: float) -> int:
        # A sum of `columns` products of about 45 * size, to become about `unit` with a multiplier of 160.
        return min(24, max(4, round(math.log2(160 * 45 * size * columns**0.5 / (spread * unit)))))

    wf, wo = matrix(width, features), matrix(256, width + features)
    w1, w2 = matrix(layers, rows, width), matrix(layers, width, joined)
    shifts = [(shift(width, 32, 900), shift(joined, 40, 1500))] * layers
    return Weights(
        tables=rng.integers(-128, 128, (4, 1 << bits, depth)),
        e=np.clip(np.rint(rng.normal(0, 1500 * spread, (256, width))), -32768, 32767).astype(np.int64),
        wf=wf,
        mf=multipliers(wf),
        w1=w1,
        m1=multipliers(w1),
        b1=np.clip(np.rint(rng.normal(0, 500 * spread, (layers, rows))), -32768, 32767).astype(np.int64),
        w2=w2,
        m2=multipliers(w2),
        p=np.clip(np.rint(rng.normal(0, 6000, (layers, heads, window))), -32768, 32767).astype(np.int64),
        wo=wo,
        mo=multipliers(wo),
        bo=rng.integers(-20000, 20000, 256),
        kf=shift(features, 74, 1500),
        shifts=np.array(shifts),
        ko=shift(width + features, 50, 8000),
    )


def round8(p: np.ndarray) -> np.ndarray:
    return np.clip(mul15(p, 2048), -127, 127)


def norm(x: np.ndarray) -> np.ndarray:
    s = sum((int(a) ** 2 + int(b) ** 2) >> 8 for a, b in x.reshape(-1, 2))
    g = max(math.isqrt(256 * s // len(x)), 512)
    return np.clip((x * (2**24 // g) + 2**18) >> 19, -127, 127)


def power(p: np.ndarray) -> np.ndarray:
    return 32767 - mul15(16 * p, 22006 - mul15(16 * p, 5623))


def attend(p: np.ndarray, q: np.ndarray, keys: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Section 3 for p [N][W], q [32 N], keys and values [W][32] by distance."""
    out = []
    for n in range(len(p)):
        s = keys @ q[HEAD * n : HEAD * n + HEAD] + p[n]
        z = np.minimum((s.max() - s) >> 1, 32767)
        e = mul15(power(z % 2048), T[z >> 11])
        out.append(((e @ values) * (2**23 // e.sum()) + 2**22) >> 23)
    return np.concatenate(out)


class State:
    """Keys and values of every layer, [L][W][32] by distance."""

    def __init__(self, w: Weights) -> None:
        self.keys = np.zeros((len(w.p), w.window, HEAD), np.int64)
        self.values = np.zeros((len(w.p), w.window, HEAD), np.int64)

    def push(self, layer: int, key: np.ndarray, value: np.ndarray) -> None:
        for ring, newest in ((self.keys[layer], key), (self.values[layer], value)):
            ring[1:] = ring[:-1].copy()
            ring[0] = newest


def step(w: Weights, state: State, byte: int, f: np.ndarray) -> np.ndarray:
    """Section 3: the logits after `byte` with features f."""
    a, kv = w.attended, w.attended + 2 * HEAD
    x = sat16(w.e[byte] + scale(w.wf @ f, w.mf, w.kf))
    for i in range(len(w.p)):
        k1, k2 = (int(k) for k in w.shifts[i])
        rows = sat16(scale(w.w1[i] @ norm(x), w.m1[i], k1) + w.b1[i])
        v = np.maximum(rows[kv:], 0)
        straight = round8(rows[:kv])
        state.push(i, straight[a : a + HEAD], straight[a + HEAD :])
        joined = [attend(w.p[i], straight[:a], state.keys[i], state.values[i]), np.minimum(mul15(v, v), 127)]
        x = sat16(x + scale(w.w2[i] @ np.concatenate(joined), w.m2[i], k2))
    return scale(w.wo @ np.concatenate([norm(x), f]), w.mo, w.ko) + w.bo


def frequencies(w: Weights, data: bytes) -> np.ndarray:
    """Frequencies before each byte of `data`, [n, 256]."""
    rows = rows_of(data, w.bits)
    inputs = [0, *data]
    state = State(w)
    out = np.zeros((len(data), 256), np.int64)
    for i in range(len(data)):
        f = np.concatenate([w.tables[k, rows[i, k]] for k in range(4)]).astype(np.int64)
        out[i] = frequencies_of(step(w, state, inputs[i], f))
    return out
