"""The network `gru8` in NumPy, written from docs/gru8.md and docs/weights.md: slow, plain, and an independent opinion.

The invariant: every value is an integer; 64-bit arrays are used throughout, so what the document says does not wrap is
not hidden by a type. Knows nothing of the core.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field

import numpy as np

TOTAL_BITS = 22
MASK = 0xFFFFFFFF
TABLE_MULTIPLIERS = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F)
WORD_MULTIPLIER = 0x2F0B4C47
A = np.array([0, 4011, 7571, 10407, 12479, 13899, 14831, 15424, 15795, 16024, 16164, 16251, 16303, 16335, 16354, 16366])
B = np.array([4134, 3881, 3227, 2431, 1702, 1134, 726, 459, 283, 174, 108, 64, 38, 23, 14, 9])
C = -np.array([119, 320, 392, 360, 283, 204, 134, 89, 54, 33, 21, 12, 6, 4, 2, 2])


@dataclass
class Weights:
    """The tensors of docs/gru8.md, section 1."""

    tables: np.ndarray
    x: np.ndarray
    wh: np.ndarray
    mh: np.ndarray
    wf: np.ndarray
    mf: np.ndarray
    bn: np.ndarray
    wo: np.ndarray
    mo: np.ndarray
    bo: np.ndarray
    kh: int
    kf: int
    ko: int
    notes: bytes = field(default=b"")

    @property
    def hidden(self) -> int:
        return len(self.bn)

    @property
    def bits(self) -> int:
        return self.tables.shape[1].bit_length() - 1


def write_plain(w: Weights, hash64) -> bytes:
    """The plain form of a weight file; `hash64` is XXH3-64."""
    shape = struct.pack("<HHBBBBB7x", w.hidden, w.tables.shape[2], w.bits, 1, w.kh, w.kf, w.ko)
    sections = [
        (shape, 1),
        (w.tables.astype(np.int8).tobytes(), 1),
        (w.x.astype("<i2").tobytes(), 2),
        (w.wh.astype(np.int8).tobytes(), 1),
        (w.mh.astype("<i2").tobytes(), 2),
        (w.wf.astype(np.int8).tobytes(), 1),
        (w.mf.astype("<i2").tobytes(), 2),
        (w.bn.astype("<i2").tobytes(), 2),
        (w.wo.astype(np.int8).tobytes(), 1),
        (w.mo.astype("<i2").tobytes(), 2),
        (w.bo.astype("<i4").tobytes(), 4),
        (w.notes, 1),
    ]
    head = b"FNZW" + struct.pack("<BBH", 1, 1, len(sections))
    head += b"".join(struct.pack("<IIBBH", len(data), len(data), 0, width, 0) for data, width in sections)
    body = head + b"".join(data for data, _ in sections)
    return body + struct.pack("<Q", hash64(body))


def read_plain(plain: bytes) -> Weights:
    """The tensors in the plain form of a weight file."""
    count = struct.unpack_from("<H", plain, 6)[0]
    sizes = [struct.unpack_from("<I", plain, 8 + 12 * k)[0] for k in range(count)]
    parts, at = [], 8 + 12 * count
    for size in sizes:
        parts.append(plain[at : at + size])
        at += size
    h, d, bits, _, kh, kf, ko = struct.unpack_from("<HHBBBBB", parts[0])

    def tensor(k: int, kind: str, *shape: int) -> np.ndarray:
        return np.frombuffer(parts[k], kind).astype(np.int64).reshape(shape)

    f = 4 * d
    return Weights(
        tables=tensor(1, "i1", 4, 1 << bits, d), x=tensor(2, "<i2", 256, 3 * h), wh=tensor(3, "i1", 3 * h, h),
        mh=tensor(4, "<i2", 3 * h), wf=tensor(5, "i1", 3 * h, f), mf=tensor(6, "<i2", 3 * h), bn=tensor(7, "<i2", h),
        wo=tensor(8, "i1", 256, h + f), mo=tensor(9, "<i2", 256), bo=tensor(10, "<i4", 256), kh=kh, kf=kf, ko=ko,
        notes=parts[11],
    )


def random_weights(
    rng: np.random.Generator, hidden: int = 32, depth: int = 8, bits: int = 8, *, spread: float = 1.0
) -> Weights:
    """Weights that use the whole range of every number; `spread` says how far the gates are driven."""
    features = 4 * depth

    def matrix(rows: int, columns: int) -> np.ndarray:
        return np.clip(np.rint(rng.normal(0, 45, (rows, columns))), -127, 127).astype(np.int64)

    def shift(columns: int, unit: float) -> int:
        # A sum of `columns` products of about 45 * 60, to become about 2 `unit`s with a multiplier of 160.
        return min(24, max(4, round(math.log2(160 * 2700 * columns**0.5 / (2 * spread * unit)))))

    wh, wf, wo = matrix(3 * hidden, hidden), matrix(3 * hidden, features), matrix(256, hidden + features)
    return Weights(
        tables=rng.integers(-128, 128, (4, 1 << bits, depth)),
        x=np.clip(np.rint(rng.normal(0, 1500 * spread, (256, 3 * hidden))), -32768, 32767).astype(np.int64),
        wh=wh,
        mh=_multipliers(rng, wh),
        wf=wf,
        mf=_multipliers(rng, wf),
        bn=np.clip(np.rint(rng.normal(0, 600 * spread, hidden)), -32768, 32767).astype(np.int64),
        wo=wo,
        mo=_multipliers(rng, wo),
        bo=rng.integers(-20000, 20000, 256),
        kh=shift(hidden, 2048),
        kf=shift(features, 2048),
        ko=shift(hidden + features, 4096),
    )


def _multipliers(rng: np.random.Generator, matrix: np.ndarray) -> np.ndarray:
    drawn = rng.integers(64, 257, len(matrix))
    return np.minimum(drawn, (2**31 - 2**24) // (128 * np.maximum(1, np.abs(matrix).sum(1))))


class Keys:
    """Section 2: the state of the features."""

    def __init__(self) -> None:
        self.last = self.word = self.key3 = 0
        self.in_word = False

    def rows(self, bits: int) -> list[int]:
        out = []
        for k, key in enumerate((self.last & 0xFFFF, self.last & 0xFFFFFF, self.last, self.key3)):
            t = key * TABLE_MULTIPLIERS[k] & MASK
            out.append(((t ^ t >> 15) * 0x2C1B3C6D & MASK) >> (32 - bits))
        return out

    def push(self, c: int) -> None:
        self.last = (self.last << 8 | c) & MASK
        if c >= 128 or chr(c).isalpha():
            self.word = ((self.word if self.in_word else 0) * WORD_MULTIPLIER + (c | 32 if c < 128 else c)) & MASK
            self.in_word, self.key3 = True, self.word
        else:
            self.in_word, self.key3 = False, (self.word * WORD_MULTIPLIER + c) & MASK


def rows_of(data: bytes, bits: int) -> np.ndarray:
    """The row of each table before each byte of `data`, [n, 4]."""
    keys, out = Keys(), []
    for c in data:
        out.append(keys.rows(bits))
        keys.push(c)
    return np.array(out, np.int64).reshape(len(data), 4)


def scale(a: np.ndarray, m: np.ndarray, k: int) -> np.ndarray:
    product = a * m + (1 << (k - 1))
    assert np.abs(product).max(initial=0) < 2**31
    return product >> k


def mul15(a: np.ndarray, b: np.ndarray | int) -> np.ndarray:
    return (a * b + (1 << 14)) >> 15


def sat16(v: np.ndarray) -> np.ndarray:
    return np.clip(v, -32768, 32767)


def half(u: np.ndarray) -> np.ndarray:
    """Section 3: the logistic function without its half, q15 of q11."""
    a = np.minimum(np.abs(u), 16383)
    s, p = a >> 10, (a & 1023) * 32
    return np.sign(u) * (A[s] + mul15(p, B[s] + mul15(p, C[s])))


def gates(w: Weights, ah: np.ndarray, af: np.ndarray, x: np.ndarray, h: np.ndarray) -> np.ndarray:
    """Section 3 from the two products on: the new h, [..., H]."""
    hidden = w.hidden
    r, z, n = (slice(k * hidden, (k + 1) * hidden) for k in range(3))
    sh, sf, row = scale(ah, w.mh, w.kh), scale(af, w.mf, w.kf), w.x[x]
    reset = 16384 + half(sat16(sh[..., r] + sf[..., r] + row[..., r]))
    keep = 16384 + half(sat16(sh[..., z] + sf[..., z] + row[..., z]))
    v_h = sat16(sh[..., n] + w.bn)
    v_i = sat16(sf[..., n] + row[..., n])
    u = sat16(v_i + mul15(reset, v_h))
    new = 2 * half(sat16(u + u))
    return sat16(mul15(keep, h) + mul15(32768 - keep, new))


def upper(h: np.ndarray) -> np.ndarray:
    return np.minimum(mul15(h, 128), 127)


def logits(w: Weights, ao: np.ndarray) -> np.ndarray:
    return scale(ao, w.mo, w.ko) + w.bo


def frequencies_of(l: np.ndarray) -> np.ndarray:
    """Section 4, for logits [..., 256]."""
    top = l.max(-1, keepdims=True)
    d = np.minimum(top - l, 98303)
    q, p = d >> 12, d & 4095
    y = 262144 - ((p * (181294 - ((p * (60592 - ((p * 10383) >> 12))) >> 12))) >> 12)
    e = (y << 4) >> q
    total = e.sum(-1, keepdims=True)
    r = ((2**TOTAL_BITS - 256) << 32) // total
    n = 1 + ((e.astype(np.uint64) * r.astype(np.uint64)) >> np.uint64(32)).astype(np.int64)
    missing = 2**TOTAL_BITS - n.sum(-1)
    first = np.expand_dims(l.argmax(-1), -1)
    np.put_along_axis(n, first, np.take_along_axis(n, first, -1) + np.expand_dims(missing, -1), -1)
    return n


def log2_q10(n: np.ndarray) -> np.ndarray:
    """Section 7."""
    n = np.asarray(n, np.int64)
    e = np.array([int(v).bit_length() - 1 for v in n.ravel()]).reshape(n.shape)
    m = ((n << 24) >> (14 + e)) - 1024
    return 1024 * e + m + ((m * (1024 - m) * (436 - ((164 * m) >> 10))) >> 20)


def nibble_odds(freq: np.ndarray, byte: int) -> np.ndarray:
    """Logarithms of odds at the 15 nodes of a byte's first nibble, and of its second after the first, [2, 16]."""
    out = np.zeros((2, 16), np.int64)
    for k, leaves in enumerate((freq.reshape(16, 16).sum(1), freq[byte & 0xF0 : (byte & 0xF0) + 16])):
        tree = np.concatenate([np.zeros(16, np.int64), leaves])
        for node in range(15, 0, -1):
            tree[node] = tree[2 * node] + tree[2 * node + 1]
            out[k, node] = log2_q10(tree[2 * node + 1]) - log2_q10(tree[2 * node])
    return out


def frequencies(w: Weights, data: bytes) -> np.ndarray:
    """Frequencies before each byte of `data`, [n, 256]."""
    rows = rows_of(data, w.bits)
    inputs = np.concatenate([[0], np.frombuffer(data, np.uint8)]).astype(np.int64)
    h = np.zeros(w.hidden, np.int64)
    out = np.zeros((len(data), 256), np.int64)
    for i in range(len(data)):
        f = np.concatenate([w.tables[k, rows[i, k]] for k in range(4)]).astype(np.int64)
        h = gates(w, w.wh @ upper(h), w.wf @ f, inputs[i], h)
        out[i] = frequencies_of(logits(w, w.wo @ np.concatenate([upper(h), f])))
    return out
