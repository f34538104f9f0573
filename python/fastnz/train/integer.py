"""`gru8` in integers with NumPy, many streams in lockstep: docs/gru8.md, sections 2 to 4.

The invariant: every value equals the core's. Matrix products go through floating point, where every sum here is an
integer that a double holds exactly. Needs NumPy only; slow beside the core, fast enough to check it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .features import FEATURE_COUNT, buckets_of, inputs_of
from .weights import Weights

FREQUENCY_BITS = 22

Array = npt.NDArray[Any]

_BASE = (0, 4011, 7571, 10407, 12479, 13899, 14831, 15424, 15795, 16024, 16164, 16251, 16303, 16335, 16354, 16366)
_LINEAR = (4134, 3881, 3227, 2431, 1702, 1134, 726, 459, 283, 174, 108, 64, 38, 23, 14, 9)
_SQUARE = (-119, -320, -392, -360, -283, -204, -134, -89, -54, -33, -21, -12, -6, -4, -2, -2)


class IntegerNetwork:
    """Predicts with `Weights`.

    Parameters
    ----------
    weights : Weights
        The network.
    """

    def __init__(self, weights: Weights) -> None:
        weights.check()
        self.weights = weights
        self._state_matrix = weights.from_state.T.astype(np.float64)
        self._feature_matrix = weights.from_features.T.astype(np.float64)
        self._logit_matrix = weights.to_logits.T.astype(np.float64)

    def logits(self, streams: Array) -> Array:
        """Return the logits of every byte of streams of equal length, each from a zero state.

        Parameters
        ----------
        streams : ndarray of uint8, shape (S, n)
            The data.

        Returns
        -------
        ndarray of int32, shape (S, n, 256)
            Log2 probabilities before normalisation, q12.
        """
        net = self.weights
        count, length = streams.shape
        before = np.stack([inputs_of(stream) for stream in streams])
        rows = np.stack([buckets_of(stream, net.bits) for stream in before])
        state = np.zeros((count, net.hidden), np.int64)
        out = np.empty((count, length, 256), np.int32)
        for step in range(length):
            features = net.tables[np.arange(FEATURE_COUNT), rows[:, step]].reshape(count, -1)
            state, out[:, step] = self._step(state, before[:, step], features)
        return out

    def _step(self, state: Array, last: Array, features: Array) -> tuple[Array, Array]:
        net, hidden = self.weights, self.weights.hidden
        from_state = product(_upper(state), self._state_matrix, net.state_scale, net.state_shift)
        from_features = product(features, self._feature_matrix, net.feature_scale, net.feature_shift)
        inputs = from_features + net.bytes_table[last]
        gates = 16384 + half(sat16(from_state + inputs)[:, : 2 * hidden])
        reset, keep = gates[:, :hidden], gates[:, hidden:]
        inner = sat16(from_state[:, 2 * hidden :] + net.bias)
        turned = sat16(sat16(inputs[:, 2 * hidden :]) + mul15(reset, inner))
        new = 2 * half(sat16(turned + turned))
        state = sat16(mul15(keep, state) + mul15(32768 - keep, new))
        seen = np.concatenate([_upper(state), features.astype(np.int64)], axis=1)
        return state, product(seen, self._logit_matrix, net.logit_scale, net.logit_shift) + net.bias_logits


def frequencies(logits: Array) -> Array:
    """Return frequencies of at least 1 with sum 2**22 from logits; shape (..., 256), uint32."""
    top = logits.max(axis=-1, keepdims=True)
    down = np.minimum(top.astype(np.int64) - logits, 98303)
    part = down & 4095
    power = 262144 - ((part * (181294 - ((part * (60592 - ((part * 10383) >> 12))) >> 12))) >> 12)
    shares = ((power << 4) >> (down >> 12)).astype(np.uint64)
    total = shares.sum(axis=-1, keepdims=True)
    ratio = np.uint64(((1 << FREQUENCY_BITS) - 256) << 32) // total
    found = 1 + ((shares * ratio) >> np.uint64(32)).astype(np.int64)
    first = logits.argmax(axis=-1)[..., None]
    missing = (1 << FREQUENCY_BITS) - found.sum(axis=-1, keepdims=True)
    np.put_along_axis(found, first, np.take_along_axis(found, first, -1) + missing, -1)
    return found.astype(np.uint32)


def bits_of(logits: Array, data: Array) -> Array:
    """Return what each byte of `data` costs in bits, coded with the frequencies of `logits`."""
    share = np.take_along_axis(frequencies(logits), data[..., None].astype(np.int64), -1)[..., 0]
    return FREQUENCY_BITS - np.log2(share)


def half(u: Array) -> Array:
    """Return the logistic function of q11 without its half, as q15."""
    size = np.minimum(np.abs(u), 16383)
    piece, position = size >> 10, (size & 1023) << 5
    base, linear, square = (np.array(table, np.int64)[piece] for table in (_BASE, _LINEAR, _SQUARE))
    return np.sign(u) * (base + mul15(position, linear + mul15(position, square)))


def product(values: Array, matrix: Array, scale: Array, shift: int) -> Array:
    """Return the scaled products of integer `values` with a matrix of doubles, transposed."""
    sums = (values.astype(np.float64) @ matrix).astype(np.int64)
    return (sums * scale + (1 << (shift - 1))) >> shift


def _upper(state: Array) -> Array:
    return np.minimum(mul15(state, 128), 127)


def mul15(a: Any, b: Any) -> Array:
    """Return (a * b + 2**14) >> 15."""
    return (a * b + (1 << 14)) >> 15


def sat16(value: Array) -> Array:
    """Return the nearest 16-bit numbers."""
    return np.clip(value, -32768, 32767)
