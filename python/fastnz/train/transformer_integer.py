"""`transformer8` in integers with NumPy, many streams in lockstep: docs/transformer8.md, section 3.

The invariant: every value equals the core's. Matrix products go through floating point, where every sum here is an
integer that a double holds exactly. Needs NumPy only; slow beside the core, fast enough to check it.
"""

from __future__ import annotations

import numpy as np

from .container import Array
from .features import FEATURE_COUNT, buckets_of, inputs_of
from .integer import mul15, product, sat16
from .transformer_weights import HEAD, TransformerWeights

_POWERS = np.array([127, 64, 32, 16, 8, 4, 2, 1] + 8 * [0])
_LEAST_ROOT = 512


class IntegerTransformer:
    """Predicts with `TransformerWeights`.

    Parameters
    ----------
    weights : TransformerWeights
        The network.
    """

    def __init__(self, weights: TransformerWeights) -> None:
        weights.check()
        self.weights = weights
        self._feature_matrix = weights.from_features.T.astype(np.float64)
        self._first = [matrix.T.astype(np.float64) for matrix in weights.first]
        self._second = [matrix.T.astype(np.float64) for matrix in weights.second]
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
        keys = np.zeros((net.layers, count, net.window, HEAD), np.int64)  # by distance
        values = np.zeros_like(keys)
        out = np.empty((count, length, 256), np.int32)
        for step in range(length):
            features = net.tables[np.arange(FEATURE_COUNT), rows[:, step]].reshape(count, -1).astype(np.int64)
            turned = product(features, self._feature_matrix, net.feature_scale, net.feature_shift)
            stream = sat16(net.bytes_table[before[:, step]] + turned)
            for layer in range(net.layers):
                stream = self._layer(layer, stream, keys[layer], values[layer])
            seen = np.concatenate([_norm(stream), features], axis=1)
            out[:, step] = product(seen, self._logit_matrix, net.logit_scale, net.logit_shift) + net.bias_logits
        return out

    def _layer(self, layer: int, stream: Array, keys: Array, values: Array) -> Array:
        net, attended = self.weights, HEAD * self.weights.heads
        first_shift, second_shift = net.shifts[layer].tolist()
        rows = product(_norm(stream), self._first[layer], net.first_scale[layer], first_shift)
        rows = sat16(rows + net.first_bias[layer])
        straight = np.clip(mul15(rows[:, : attended + 2 * HEAD], 2048), -127, 127)
        for ring, newest in ((keys, straight[:, attended : attended + HEAD]), (values, straight[:, attended + HEAD :])):
            ring[:, 1:] = ring[:, :-1].copy()
            ring[:, 0] = newest
        active = np.maximum(rows[:, attended + 2 * HEAD :], 0)
        means = _attend(net.distances[layer], straight[:, :attended], keys, values)
        joined = np.concatenate([means, np.minimum(mul15(active, active), 127)], axis=1)
        turned = product(joined, self._second[layer], net.second_scale[layer], second_shift)
        return sat16(stream + turned)


def _norm(stream: Array) -> Array:
    wide = stream.astype(np.int64)
    squares = ((wide[:, ::2] ** 2 + wide[:, 1::2] ** 2) >> 8).sum(1)
    mean = 256 * squares // stream.shape[1]
    root = np.sqrt(mean.astype(np.float64)).astype(np.int64)  # exact: below 2^31 no root rounds up to a whole number
    reciprocal = (1 << 24) // np.maximum(root, _LEAST_ROOT)
    return np.clip((wide * reciprocal[:, None] + (1 << 18)) >> 19, -127, 127)


def _attend(distances: Array, queries: Array, keys: Array, values: Array) -> Array:
    heads, window = distances.shape
    scores = np.einsum("sni,swi->snw", queries.reshape(-1, heads, HEAD), keys) + distances
    down = np.minimum((scores.max(2, keepdims=True) - scores) >> 1, 32767)
    position = (down & 2047) << 4
    power = 32767 - mul15(position, 22006 - mul15(position, 5623))
    shares = mul15(power, _POWERS[down >> 11])
    sums = np.einsum("snw,swi->sni", shares, values)
    means = (sums * ((1 << 23) // shares.sum(2))[:, :, None] + (1 << 22)) >> 23
    return means.reshape(-1, heads * HEAD)
