"""`make demo`: compress real text, restore it, and set size and speed beside what Python users know.

The text is the source code of the running Python's own library, so the demo needs no download.
"""

from __future__ import annotations

import importlib.util
import lzma
import sys
import sysconfig
import time
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import fastnz

_SIZE = 1_000_000


def main() -> int:
    """Run the demo and return 0 if everything was restored exactly."""
    text = sample_text(_SIZE)
    print(f"{len(text):,} bytes of Python source code, one thread, fastnz {fastnz.__version__} ({fastnz.isa()})\n")
    print(f"{'':<14} {'bytes':>10} {'ratio':>7} {'compress':>12} {'decompress':>12}")
    exact = True
    for name, compress, decompress in _contestants():
        packed, up = _timed(compress, text)
        restored, down = _timed(decompress, packed)
        same = restored == text
        exact &= same
        verdict = "" if same else "   NOT RESTORED"
        speeds = f"{len(text) / 1e6 / up:>7.2f} MB/s {len(text) / 1e6 / down:>7.2f} MB/s"
        print(f"{name:<14} {len(packed):>10,} {len(text) / len(packed):>7.3f} {speeds}{verdict}")
    damaged = bytearray(fastnz.compress(text[:10_000]))
    damaged[len(damaged) // 2] ^= 1
    try:
        fastnz.decompress(damaged)
    except fastnz.CorruptError as error:
        print(f"\nOne bit of a frame changed: {error}")
    else:
        print("\nOne bit of a frame changed, and nobody noticed")
        exact = False
    print("Everything was restored exactly." if exact else "SOMETHING WENT WRONG.")
    return 0 if exact else 1


def sample_text(size: int) -> bytes:
    """Return about `size` bytes of this Python's library, the same on every run."""
    library = Path(sysconfig.get_path("stdlib"))
    pieces: list[bytes] = []
    for path in sorted(library.glob("*.py")) + sorted(library.glob("*/*.py")):
        if "site-packages" in path.parts:
            continue
        pieces.append(path.read_bytes())
        size -= len(pieces[-1])
        if size <= 0:
            break
    return b"".join(pieces)


def _contestants() -> list[tuple[str, Callable[[bytes], bytes], Callable[[bytes], bytes]]]:
    rows: list[tuple[str, Callable[[bytes], bytes], Callable[[bytes], bytes]]] = [
        ("zlib -9", lambda data: zlib.compress(data, 9), zlib.decompress),
        ("lzma -9e", lambda data: lzma.compress(data, preset=9 | lzma.PRESET_EXTREME), lzma.decompress),
    ]
    if importlib.util.find_spec("zstandard"):
        import zstandard

        rows.append(("zstd -19", zstandard.ZstdCompressor(19).compress, zstandard.ZstdDecompressor().decompress))
    for level in (1, fastnz.DEFAULT_LEVEL, 7):  # the stronger ones take minutes for so much
        rows.append((f"fastnz -{level}", partial(fastnz.compress, level=level), fastnz.decompress))
    return rows


def _timed(function: Callable[[bytes], bytes], data: bytes) -> tuple[bytes, float]:
    start = time.perf_counter()
    result = function(data)
    return result, time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
