"""Every codec that can be measured: ours at each level, and the peers of peers.toml.

A codec is a plain dict, so that it travels to the measuring process as JSON. Adapters of Python packages import what
they need when they are made, never before: an absent peer is a row that says so, not an import error.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import re
import shutil
import subprocess
from collections.abc import Callable

from tables import read_table

Pair = tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]

LEVELS = (1, 2, 3, 4, 5, 6)


def all_codecs(levels: tuple[int, ...] = LEVELS) -> list[dict]:
    """Return ours at `levels`, then the peers in the order of peers.toml."""
    ours = [
        {"name": f"fastnz-{level}", "kind": "module", "module": "fastnz", "adapter": "fastnz", "level": level}
        for level in levels
    ]
    return ours + read_table("peers")["codec"]


def probe(codec: dict) -> tuple[str, str]:
    """Find out whether a codec can run here.

    Returns
    -------
    version : str
        As the package or program tells it; empty where it does not.
    absent : str
        Why it cannot run; empty if it can.
    """
    if codec["kind"] == "module":
        try:
            adapter(codec)
        except ImportError:
            return "", f"Python package {codec['module']} is not installed"
        except ValueError as error:  # ours: UnsupportedError for a level that this build lacks
            return "", str(error)
        return _module_version(codec["module"]), ""
    program = codec["compress"][0]
    if shutil.which(program) is None:
        return "", f"program {program} is not on PATH"
    return _command_version(codec), ""


def adapter(codec: dict) -> Pair:
    """Return (compress, decompress) of a codec of kind "module"."""
    module = importlib.import_module(codec["module"])
    return _ADAPTERS[codec["adapter"]](module, codec.get("level", 0))


def _module_version(module: str) -> str:
    top = module.split(".")[0]
    try:
        return importlib.metadata.version(top)
    except importlib.metadata.PackageNotFoundError:
        found = importlib.import_module(top)
        return str(getattr(found, "ZLIB_RUNTIME_VERSION", "")) or "standard library"


def _command_version(codec: dict) -> str:
    if "version" not in codec:
        return ""
    try:
        done = subprocess.run(
            codec["version"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"\d+\.\d+(\.\d+)?", done.stdout.decode(errors="replace"))
    return found.group() if found else ""


def _fastnz(module: object, level: int) -> Pair:
    module.compress(b"", level=level)  # type: ignore[attr-defined]  # raises where the level does not exist
    return (
        lambda data: module.compress(data, level=level, threads=1),  # type: ignore[attr-defined]
        lambda blob: module.decompress(blob, max_output_size=None, max_memory=None),  # type: ignore[attr-defined]
    )


def _level_only(module: object, level: int) -> Pair:
    return lambda data: module.compress(data, level), module.decompress  # type: ignore[attr-defined]


def _lzma(module: object, level: int) -> Pair:
    preset = level | module.PRESET_EXTREME  # type: ignore[attr-defined]
    return lambda data: module.compress(data, preset=preset), module.decompress  # type: ignore[attr-defined]


def _zstandard(module: object, level: int) -> Pair:
    packer = module.ZstdCompressor(level=level)  # type: ignore[attr-defined]
    return packer.compress, module.ZstdDecompressor().decompress  # type: ignore[attr-defined]


def _brotli(module: object, level: int) -> Pair:
    return lambda data: module.compress(data, quality=level, lgwin=24), module.decompress  # type: ignore[attr-defined]


def _lz4(module: object, level: int) -> Pair:
    return (
        lambda data: module.compress(data, compression_level=level),  # type: ignore[attr-defined]
        module.decompress,  # type: ignore[attr-defined]
    )


def _deflate(module: object, level: int) -> Pair:
    return lambda data: module.gzip_compress(data, level), module.gzip_decompress  # type: ignore[attr-defined]


def _ppmd7(module: object, level: int) -> Pair:
    """The bare format stores no length, so eight bytes for it are added and counted."""
    memory = 256 << 20

    def compress(data: bytes) -> bytes:
        encoder = module.Ppmd7Encoder(level, memory)  # type: ignore[attr-defined]
        return len(data).to_bytes(8, "little") + encoder.encode(data) + encoder.flush()

    def decompress(blob: bytes) -> bytes:
        size = int.from_bytes(blob[:8], "little")
        decoder = module.Ppmd7Decoder(level, memory)  # type: ignore[attr-defined]
        out = decoder.decode(blob[8:], size)
        while len(out) < size:
            more = decoder.decode(b"\0" if decoder.needs_input else b"", size - len(out))
            if not more:
                raise ValueError("ppmd7: no progress")
            out += more
        return out

    return compress, decompress


_ADAPTERS: dict[str, Callable[[object, int], Pair]] = {
    "fastnz": _fastnz,
    "zlib": _level_only,
    "bz2": _level_only,
    "lzma": _lzma,
    "zstandard": _zstandard,
    "brotli": _brotli,
    "lz4": _lz4,
    "deflate": _deflate,
    "ppmd7": _ppmd7,
}
