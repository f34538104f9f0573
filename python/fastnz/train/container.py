"""The plain form of a weight file, whatever network is in it: docs/weights.md. And the bounds that all networks share.

The invariant: what is written here is what the core reads. Needs NumPy only; entropy coding and hashing are the core's.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

FEATURE_SET = 1

_MAGIC = b"FNZW"
_VERSION = 1
_ROW = struct.Struct("<IIBBH")
_MAX_NOTES = 65536
_ROW_LIMIT = 1 << 31
_FAMILY_AT = 5

Array = npt.NDArray[Any]
Layout = dict[str, tuple[np.dtype[Any], tuple[int, ...]]]

BYTE, SHORT, WORD = np.dtype("<i1"), np.dtype("<i2"), np.dtype("<i4")


def family_of(data: bytes) -> int:
    """Return the family of a plain form."""
    return data[_FAMILY_AT]


def plain_body(family: int, shape: bytes, arrays: Sequence[Array], notes: str) -> bytes:
    """Return the plain form without the id at its end, which is a hash of all this."""
    encoded = notes.encode()
    if len(encoded) > _MAX_NOTES:
        raise ValueError(f"notes must be at most {_MAX_NOTES} bytes, not {len(encoded)}")
    sections = [(shape, 1), *((array.tobytes(), array.itemsize) for array in arrays), (encoded, 1)]
    head = _MAGIC + struct.pack("<BBH", _VERSION, family, len(sections))
    rows = b"".join(_ROW.pack(len(data), len(data), 0, width, 0) for data, width in sections)
    return head + rows + b"".join(data for data, _ in sections)


def sections_of(data: bytes) -> list[bytes]:
    """Return the sections of a plain form that the core has checked, with or without its id."""
    (count,) = struct.unpack_from("<H", data, 6)
    at = 8 + count * _ROW.size
    sections = []
    for row in range(count):
        size = _ROW.unpack_from(data, 8 + row * _ROW.size)[0]
        sections.append(data[at : at + size])
        at += size
    return sections


def check_layout(weights: object, layout: Layout) -> None:
    """Raise `ValueError` unless every array has its type and shape."""
    for name, (kind, shape) in layout.items():
        array = getattr(weights, name)
        if array.dtype != kind or array.shape != shape:
            raise ValueError(f"{name} must be {kind} {shape}, not {array.dtype} {array.shape}")


def check_matrix(name: str, matrix: Array, scale: Array, shift: int) -> None:
    """Raise `ValueError` if a weight or a scale is outside its bounds or a row could wrap."""
    values = matrix.astype(np.int64)
    if values.min() < -127:
        raise ValueError(f"{name} holds -128; its least value is -127")
    if scale.min() < 0 or not 4 <= shift <= 24:
        raise ValueError(f"the scale of {name} is outside its bounds")
    most = 128 * np.abs(values).sum(1) * scale.astype(np.int64) + (1 << (shift - 1))
    if most.max() >= _ROW_LIMIT:
        raise ValueError(f"row {int(most.argmax())} of {name} could wrap")


def check_bounds(name: str, value: int, low: int, high: int, multiple: int = 1) -> None:
    """Raise `ValueError` unless `value` is a multiple of `multiple` from `low` to `high`."""
    if value % multiple or not low <= value <= high:
        kind = f"a multiple of {multiple}" if multiple > 1 else "a number"
        raise ValueError(f"{name} must be {kind} from {low} to {high}, not {value}")


def check_logit_bias(biases: Array) -> None:
    """Raise `ValueError` if a logit's bias is outside its bounds."""
    if np.abs(biases.astype(np.int64)).max() > 1 << 20:
        raise ValueError("a logit's bias is outside +-2^20")
