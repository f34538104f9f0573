"""fastnz: lossless compression with models that learn, exact on every machine.

    >>> import fastnz
    >>> packed = fastnz.compress(b"any bytes " * 50)
    >>> fastnz.decompress(packed) == b"any bytes " * 50
    True

Shaped like `zlib`, `bz2` and `lzma`: `compress`, `decompress`, `Compressor`, `Decompressor`, `open`, `FastnzFile`.
Importing this package imports no numpy and nothing large; the file and stream classes load when first used.
"""

from __future__ import annotations

from . import _core
from ._common import DEFAULT_LEVEL, DEFAULT_MAX_MEMORY, DEFAULT_MAX_OUTPUT_SIZE
from .api import compress, compress_bound, compress_into, decompress, decompress_into, skippable_frame
from .batch import compress_many, compress_raw, decompress_many, decompress_raw
from .errors import (
    CorruptError,
    DeviceError,
    FastnzError,
    FormatError,
    LimitError,
    ModelMissingError,
    TruncatedError,
    UnsupportedError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .dictionary import train_dictionary
    from .file import FastnzFile, open
    from .frames import FrameInfo, Info, info, test
    from .stream import Compressor, Decompressor

__version__: str = _core.__version__
format_version: int = _core.format_version

_LAZY = {
    "Compressor": "stream",
    "Decompressor": "stream",
    "FastnzFile": "file",
    "FrameInfo": "frames",
    "Info": "frames",
    "info": "frames",
    "open": "file",
    "test": "frames",
    "train_dictionary": "dictionary",
}

__all__ = [
    "DEFAULT_LEVEL",
    "DEFAULT_MAX_MEMORY",
    "DEFAULT_MAX_OUTPUT_SIZE",
    "Compressor",
    "CorruptError",
    "Decompressor",
    "DeviceError",
    "FastnzError",
    "FastnzFile",
    "FormatError",
    "FrameInfo",
    "Info",
    "LimitError",
    "ModelMissingError",
    "TruncatedError",
    "UnsupportedError",
    "compress",
    "compress_bound",
    "compress_into",
    "compress_many",
    "compress_raw",
    "decompress",
    "decompress_into",
    "decompress_many",
    "decompress_raw",
    "devices",
    "format_version",
    "info",
    "isa",
    "isas",
    "levels",
    "models",
    "open",
    "skippable_frame",
    "test",
    "train_dictionary",
]


def levels() -> list[dict[str, Any]]:
    """Return the levels that this build has, fastest first: each one's model, block size and memory for a block."""
    return [dict(row) for row in _core.levels()]


def models() -> list[dict[str, Any]]:
    """Return the models that this build can decode, by id and name."""
    return [dict(row) for row in _core.models()]


def devices() -> list[dict[str, Any]]:
    """Return the GPUs that parameters `device` may name: each one's name, index, memory in bytes and compute capability.

    Empty where there is no driver, no GPU of compute capability 8.0 or later, or no CUDA code in this build. The driver is
    first looked for here, or when a model that can use a GPU runs.
    """
    return [dict(row) for row in _core.devices()]


def isa() -> str:
    """Return the instruction set in use. `FASTNZ_ISA` in the environment forces one; the output is the same in all."""
    return _core.isa()


def isas() -> list[str]:
    """Return the instruction sets that this processor and this build have in common."""
    return _core.isas()


def __getattr__(name: str) -> Any:
    module = _LAZY.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def _find_weights(wanted: int) -> bytes | None:
    from .model_files import with_id

    return with_id(wanted)


_core.set_weights_finder(_find_weights)  # data names the network it needs: it is looked for when it is first needed


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(_LAZY))
