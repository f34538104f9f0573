"""The integers of one `gru8` network and the plain form of a weight file: docs/gru8.md section 1, docs/weights.md.

The invariant: what is written here is what the core reads, and `Weights.check` refuses what the core would refuse.
Needs NumPy only; entropy coding and hashing are the core's.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .features import FEATURE_COUNT

_MAGIC = b"FNZW"
_VERSION = 1
_FAMILY = 1
_FEATURE_SET = 1
_ROW = struct.Struct("<IIBBH")
_SHAPE = struct.Struct("<HHBBBBB7x")
_MAX_NOTES = 65536
_ROW_LIMIT = 1 << 31

Array = npt.NDArray[Any]


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
        hidden, depth, bits = self.hidden, self.depth, self.bits
        if hidden % 32 or not 32 <= hidden <= 1024:
            raise ValueError(f"hidden units must be a multiple of 32 from 32 to 1024, not {hidden}")
        if depth % 8 or not 8 <= depth <= 64:
            raise ValueError(f"depth must be a multiple of 8 from 8 to 64, not {depth}")
        if not 8 <= bits <= 18:
            raise ValueError(f"table bits must be from 8 to 18, not {bits}")
        for name, (kind, shape) in _layout(hidden, depth, bits).items():
            array = getattr(self, name)
            if array.dtype != kind or array.shape != shape:
                raise ValueError(f"{name} must be {kind} {shape}, not {array.dtype} {array.shape}")
        for matrix, scale, shift in (
            ("from_state", self.state_scale, self.state_shift),
            ("from_features", self.feature_scale, self.feature_shift),
            ("to_logits", self.logit_scale, self.logit_shift),
        ):
            values = getattr(self, matrix).astype(np.int64)
            if values.min() < -127:
                raise ValueError(f"{matrix} holds -128; its least value is -127")
            if scale.min() < 0 or not 4 <= shift <= 24:
                raise ValueError(f"the scale of {matrix} is outside its bounds")
            most = 128 * np.abs(values).sum(1) * scale.astype(np.int64) + (1 << (shift - 1))
            if most.max() >= _ROW_LIMIT:
                raise ValueError(f"row {int(most.argmax())} of {matrix} could wrap")
        if np.abs(self.bias_logits.astype(np.int64)).max() > 1 << 20:
            raise ValueError("a logit's bias is outside +-2^20")

    def plain_body(self) -> bytes:
        """Return the plain form without the id at its end, which is a hash of all this."""
        self.check()
        shape = _SHAPE.pack(
            self.hidden,
            self.depth,
            self.bits,
            _FEATURE_SET,
            self.state_shift,
            self.feature_shift,
            self.logit_shift,
        )
        notes = self.notes.encode()
        if len(notes) > _MAX_NOTES:
            raise ValueError(f"notes must be at most {_MAX_NOTES} bytes, not {len(notes)}")
        sections = [(shape, 1)]
        for name, (kind, _) in _layout(self.hidden, self.depth, self.bits).items():
            sections.append((np.ascontiguousarray(getattr(self, name), kind).tobytes(), kind.itemsize))
        sections.append((notes, 1))
        head = _MAGIC + struct.pack("<BBH", _VERSION, _FAMILY, len(sections))
        rows = b"".join(_ROW.pack(len(data), len(data), 0, width, 0) for data, width in sections)
        return head + rows + b"".join(data for data, _ in sections)

    @classmethod
    def from_plain(cls, data: bytes) -> Weights:
        """Read a plain form that the core has checked, with or without its id."""
        (count,) = struct.unpack_from("<H", data, 6)
        at = 8 + count * _ROW.size
        sections = []
        for index in range(count):
            size = _ROW.unpack_from(data, 8 + index * _ROW.size)[0]
            sections.append(data[at : at + size])
            at += size
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


def _layout(hidden: int, depth: int, bits: int) -> dict[str, tuple[np.dtype[Any], tuple[int, ...]]]:
    features = FEATURE_COUNT * depth
    byte, short, word = np.dtype("<i1"), np.dtype("<i2"), np.dtype("<i4")
    return {
        "tables": (byte, (FEATURE_COUNT, 1 << bits, depth)),
        "bytes_table": (short, (256, 3 * hidden)),
        "from_state": (byte, (3 * hidden, hidden)),
        "state_scale": (short, (3 * hidden,)),
        "from_features": (byte, (3 * hidden, features)),
        "feature_scale": (short, (3 * hidden,)),
        "bias": (short, (hidden,)),
        "to_logits": (byte, (256, hidden + features)),
        "logit_scale": (short, (256,)),
        "bias_logits": (word, (256,)),
    }
