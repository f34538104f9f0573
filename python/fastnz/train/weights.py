"""The integers of one `gru8` network and the plain form of a weight file: docs/gru8.md section 1, docs/weights.md.

The invariant: what is written here is what the core reads, and `Weights.check` refuses what the core would refuse.
Needs NumPy only; entropy coding and hashing are the core's.
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

FAMILY = 1

_SHAPE = struct.Struct("<HHBBBBB7x")


@dataclass
class Weights:
    """A network in integers; names, shapes and units of docs/gru8.md.

    Attributes
    ----------
    tables : ndarray of int8, shape (4, 2**b, D)
    bytes_table : ndarray of int16, shape (256, 3 H)
        X.
    from_state, state_scale, state_shift : int8 (3 H, H), int16 (3 H,), int
        Wh, mh, kh.
    from_features, feature_scale, feature_shift : int8 (3 H, F), int16 (3 H,), int
        Wf, mf, kf.
    bias : ndarray of int16, shape (H,)
        bn.
    to_logits, logit_scale, logit_shift : int8 (256, H + F), int16 (256,), int
        Wo, mo, ko.
    bias_logits : ndarray of int32, shape (256,)
        bo.
    notes : str
        For people.
    """

    tables: Array
    bytes_table: Array
    from_state: Array
    state_scale: Array
    state_shift: int
    from_features: Array
    feature_scale: Array
    feature_shift: int
    bias: Array
    to_logits: Array
    logit_scale: Array
    logit_shift: int
    bias_logits: Array
    notes: str = ""

    @property
    def hidden(self) -> int:
        """H, the hidden units."""
        return int(self.bias.size)

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
        check_bounds("hidden units", self.hidden, 32, 1024, 32)
        check_bounds("depth", self.depth, 8, 64, 8)
        check_bounds("table bits", self.bits, 8, 18)
        check_layout(self, _layout(self.hidden, self.depth, self.bits))
        check_matrix("from_state", self.from_state, self.state_scale, self.state_shift)
        check_matrix("from_features", self.from_features, self.feature_scale, self.feature_shift)
        check_matrix("to_logits", self.to_logits, self.logit_scale, self.logit_shift)
        check_logit_bias(self.bias_logits)

    def plain_body(self) -> bytes:
        """Return the plain form without the id at its end, which is a hash of all this."""
        self.check()
        shifts = (self.state_shift, self.feature_shift, self.logit_shift)
        shape = _SHAPE.pack(self.hidden, self.depth, self.bits, FEATURE_SET, *shifts)
        arrays = [getattr(self, name) for name in _layout(self.hidden, self.depth, self.bits)]
        return plain_body(FAMILY, shape, arrays, self.notes)

    @classmethod
    def from_plain(cls, data: bytes) -> Weights:
        """Read a plain form that the core has checked, with or without its id."""
        sections = sections_of(data)
        hidden, depth, bits, _, state_shift, feature_shift, logit_shift = _SHAPE.unpack(sections[0])
        arrays = {
            name: np.frombuffer(section, kind).reshape(shape)
            for (name, (kind, shape)), section in zip(
                _layout(hidden, depth, bits).items(), sections[1:-1], strict=True
            )
        }
        return cls(
            **arrays,
            state_shift=state_shift,
            feature_shift=feature_shift,
            logit_shift=logit_shift,
            notes=sections[-1].decode(),
        )


def _layout(hidden: int, depth: int, bits: int) -> Layout:
    features = FEATURE_COUNT * depth
    return {
        "tables": (BYTE, (FEATURE_COUNT, 1 << bits, depth)),
        "bytes_table": (SHORT, (256, 3 * hidden)),
        "from_state": (BYTE, (3 * hidden, hidden)),
        "state_scale": (SHORT, (3 * hidden,)),
        "from_features": (BYTE, (3 * hidden, features)),
        "feature_scale": (SHORT, (3 * hidden,)),
        "bias": (SHORT, (hidden,)),
        "to_logits": (BYTE, (256, hidden + features)),
        "logit_scale": (SHORT, (256,)),
        "bias_logits": (WORD, (256,)),
    }
