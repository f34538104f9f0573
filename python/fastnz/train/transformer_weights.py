"""The integers of one `transformer8` network: docs/transformer8.md section 1, docs/weights.md.

The invariant: what is written here is what the core reads, and `TransformerWeights.check` refuses what the core would
refuse. Needs NumPy only.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from .container import (
    BYTE,
    FEATURE_SET,
    SHORT,
    WORD,
    Array,
    Layout,
    check_bounds,
    check_layout,
    check_logit_bias,
    check_matrix,
    plain_body,
    sections_of,
)
from .features import FEATURE_COUNT

FAMILY = 2
HEAD = 32

_SHAPE = struct.Struct("<HHHBBBBBBB3x")
_UNSIGNED_BYTE = np.dtype("<u1")


@dataclass
class TransformerWeights:
    """A network in integers; names, shapes and units of docs/transformer8.md.

    Attributes
    ----------
    tables : ndarray of int8, shape (4, 2**b, D)
    bytes_table : ndarray of int16, shape (256, d)
        E.
    from_features, feature_scale, feature_shift : int8 (d, F), int16 (d,), int
        Wf, mf, kf.
    shifts : ndarray of uint8, shape (L, 2)
        k1 and k2 of each layer.
    first, first_scale, first_bias : int8 (L, R, d), int16 (L, R), int16 (L, R)
        W1, m1, b1.
    second, second_scale : int8 (L, d, A + U), int16 (L, d)
        W2, m2.
    distances : ndarray of int16, shape (L, N, W)
        P.
    to_logits, logit_scale, logit_shift : int8 (256, d + F), int16 (256,), int
        Wo, mo, ko.
    bias_logits : ndarray of int32, shape (256,)
        bo.
    notes : str
        For people.
    """

    tables: Array
    bytes_table: Array
    from_features: Array
    feature_scale: Array
    feature_shift: int
    shifts: Array
    first: Array
    first_scale: Array
    first_bias: Array
    second: Array
    second_scale: Array
    distances: Array
    to_logits: Array
    logit_scale: Array
    logit_shift: int
    bias_logits: Array
    notes: str = ""

    @property
    def width(self) -> int:
        """d, the numbers of the stream between layers."""
        return int(self.bytes_table.shape[1])

    @property
    def layers(self) -> int:
        """L."""
        return int(self.distances.shape[0])

    @property
    def heads(self) -> int:
        """N."""
        return int(self.distances.shape[1])

    @property
    def window(self) -> int:
        """W."""
        return int(self.distances.shape[2])

    @property
    def units(self) -> int:
        """U, of the feed-forward part."""
        return int(self.second.shape[2]) - HEAD * self.heads

    @property
    def depth(self) -> int:
        """D, the values of a table row."""
        return int(self.tables.shape[2])

    @property
    def bits(self) -> int:
        """b, log2 of the rows of a table."""
        return int(self.tables.shape[1]).bit_length() - 1

    def check(self) -> None:
        """Raise `ValueError` if a value is outside its bounds or a row could wrap."""
        check_sizes(self.width, self.units, self.window, self.layers, self.heads, self.depth, self.bits)
        check_layout(self, self._layout())
        check_matrix("from_features", self.from_features, self.feature_scale, self.feature_shift)
        check_matrix("to_logits", self.to_logits, self.logit_scale, self.logit_shift)
        for layer, (first_shift, second_shift) in enumerate(self.shifts.tolist()):
            check_matrix(f"first[{layer}]", self.first[layer], self.first_scale[layer], first_shift)
            check_matrix(f"second[{layer}]", self.second[layer], self.second_scale[layer], second_shift)
        check_logit_bias(self.bias_logits)

    def plain_body(self) -> bytes:
        """Return the plain form without the id at its end, which is a hash of all this."""
        self.check()
        sizes = (self.width, self.units, self.window, self.layers, self.heads, self.depth, self.bits)
        shape = _SHAPE.pack(*sizes, FEATURE_SET, self.feature_shift, self.logit_shift)
        return plain_body(FAMILY, shape, [getattr(self, name) for name in self._layout()], self.notes)

    @classmethod
    def from_plain(cls, data: bytes) -> TransformerWeights:
        """Read a plain form that the core has checked, with or without its id."""
        sections = sections_of(data)
        width, units, window, layers, heads, depth, bits, _, feature_shift, logit_shift = _SHAPE.unpack(sections[0])
        layout = _layout(width, units, window, layers, heads, depth, bits)
        arrays = {
            name: np.frombuffer(section, kind).reshape(shape)
            for (name, (kind, shape)), section in zip(layout.items(), sections[1:-1], strict=True)
        }
        return cls(**arrays, feature_shift=feature_shift, logit_shift=logit_shift, notes=sections[-1].decode())

    def _layout(self) -> Layout:
        return _layout(self.width, self.units, self.window, self.layers, self.heads, self.depth, self.bits)


def check_sizes(width: int, units: int, window: int, layers: int, heads: int, depth: int, bits: int) -> None:
    """Raise `ValueError` if a size is outside its bounds."""
    check_bounds("width", width, 32, 512, 32)
    check_bounds("units", units, 32, 1024, 32)
    check_bounds("window", window, 32, 256, 32)
    check_bounds("layers", layers, 1, 16)
    check_bounds("heads", heads, 1, 16)
    check_bounds("depth", depth, 8, 64, 8)
    check_bounds("table bits", bits, 8, 18)


def _layout(width: int, units: int, window: int, layers: int, heads: int, depth: int, bits: int) -> Layout:
    features, attended = FEATURE_COUNT * depth, HEAD * heads
    rows = attended + 2 * HEAD + units
    return {
        "tables": (BYTE, (FEATURE_COUNT, 1 << bits, depth)),
        "bytes_table": (SHORT, (256, width)),
        "from_features": (BYTE, (width, features)),
        "feature_scale": (SHORT, (width,)),
        "shifts": (_UNSIGNED_BYTE, (layers, 2)),
        "first": (BYTE, (layers, rows, width)),
        "first_scale": (SHORT, (layers, rows)),
        "first_bias": (SHORT, (layers, rows)),
        "second": (BYTE, (layers, width, attended + units)),
        "second_scale": (SHORT, (layers, width)),
        "distances": (SHORT, (layers, heads, window)),
        "to_logits": (BYTE, (256, width + features)),
        "logit_scale": (SHORT, (256,)),
        "bias_logits": (WORD, (256,)),
    }
