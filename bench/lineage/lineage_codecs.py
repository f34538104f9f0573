"""What the sources are coded with: classical codes, gzip and xz, our levels, and our networks in two ways.

The invariant: a codec either gives bytes, which `measure` decodes and compares, or a length, which the record calls a code
length. A network `alone` is the model without transforms, what DeepZip's columns are; the preset of the same name is the codec
that a user gets, transforms included.
"""

from __future__ import annotations

import gzip
import lzma
import platform
import random
import time
from collections.abc import Callable
from typing import NamedTuple

import coders

import fastnz
from fastnz import _core

NETWORKS = tuple(_core.online_presets())
OF_CURVES = ("fastnz-3", "xz", "arithmetic-2")
SLOW_LEVELS = 7  # from here on text only
WITH_CODEC_ONLY = ("dzip",)  # what it stores is trained on the content before it is coded


class Codec(NamedTuple):
    """One way to code; `compress` returns bytes, or a length where there is no decoder, or None where it has no code."""

    name: str
    version: str
    compress: Callable[[bytes], bytes | int | None]
    decompress: Callable[[bytes, int], bytes] | None = None
    network: bool = False
    slow: bool = False


def all_codecs() -> list[Codec]:
    """Return all of them, the classical ones first."""
    python = platform.python_version()
    made = [
        Codec("morse", "", coders.morse),
        Codec("huffman", "", coders.huffman),
        *(Codec(f"arithmetic-{order}", "", lambda data, order=order: coders.adaptive(data, order)) for order in (0, 1, 2)),
        Codec("arithmetic-24", "", lambda data: coders.adaptive(data, 24) if len(set(data)) <= 2 else None),
        Codec("gzip", python, lambda data: gzip.compress(data, 6, mtime=0), lambda blob, size: gzip.decompress(blob)),
        Codec("xz", python, lambda data: lzma.compress(data, preset=9), lambda blob, size: lzma.decompress(blob)),
    ]
    for row in fastnz.levels():
        made.append(_level(row["level"]))
    for name in NETWORKS:
        if name not in WITH_CODEC_ONLY:
            made.append(_alone(name))
        made.append(_preset(name))
    return made


def names() -> list[str]:
    """Return the names of all codecs."""
    return [codec.name for codec in all_codecs()]


def _level(level: int) -> Codec:
    return Codec(
        f"fastnz-{level}",
        fastnz.__version__,
        lambda data: fastnz.compress(data, level),
        lambda blob, size: fastnz.decompress(blob),
        slow=level >= SLOW_LEVELS,
    )


def _preset(name: str) -> Codec:
    return Codec(
        f"fastnz {name}",
        fastnz.__version__,
        lambda data: fastnz.compress(data, model=name),
        lambda blob, size: fastnz.decompress(blob),
        network=True,
    )


def _alone(name: str) -> Codec:
    letters = bytes(random.Random(0).choices(b"abcd", k=400))  # a block that is coded names the preset's options
    options = _core.frame_info(fastnz.compress(letters, model=name))[0]["options"]
    return Codec(
        f"{name} alone",
        fastnz.__version__,
        lambda data: _core.testing.model_encode("online", options, data),
        lambda blob, size: _core.testing.model_decode("online", options, blob, size),
        network=True,
    )


def measure(codec: Codec, data: bytes) -> dict:
    """Code, decode and compare; return those columns of the row."""
    begin = time.process_time()
    made = codec.compress(data)
    middle = time.process_time()
    if made is None:
        return {"status": "no code for these data"}
    row = {"compress_cpu_s": f"{middle - begin:.4f}"}
    if isinstance(made, int):
        return row | {"compressed": made, "measure": "code length", "status": "ok"}
    assert codec.decompress is not None
    if codec.decompress(made, len(data)) != data:
        return row | {"status": "failed: decoded data differ"}
    row["decompress_cpu_s"] = f"{time.process_time() - middle:.4f}"
    return row | {"compressed": len(made), "measure": "bytes", "status": "ok"}
