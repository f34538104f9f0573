"""Damage small compressed files in every small way and count what the decoders say.

    python bench/robustness/flips.py [--frames 20] [--level 5] [--bursts 2000]

For each file: every single-bit flip, every truncation, and random bursts of 2 to 32 bits (first and last bit of a burst
are flipped, those between at random). Outcomes:

- ``typed``: an error of the codec's own class;
- ``harmless``: the right bytes all the same;
- ``silent``: wrong bytes and no error, the one that must not happen;
- ``other``: an error of another class, a bug in ours;
- ``hang``: no answer within the limit, the decoder is killed.

Beside ours: `lzma` with CRC64, and `zstandard` with checksum and without.
"""

from __future__ import annotations

import argparse
import lzma
import multiprocessing
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import fastnz
from common import make_text, report

try:
    import zstandard
except ImportError:
    zstandard = None

OUTCOMES = ("typed", "harmless", "silent", "other", "hang")
LIMIT = 20.0  # seconds for one chunk of damaged files without any answer
MAX_OUTPUT = 1 << 20


@dataclass(frozen=True)
class Codec:
    """A compressor, a decoder, and the errors that the decoder may raise."""

    name: str
    compress: Callable[[bytes], bytes]
    decompress: Callable[[bytes], bytes]
    errors: tuple[type[BaseException], ...]


def codecs(level: int) -> list[Codec]:
    """Return what is compared."""

    def ours(blob: bytes) -> bytes:
        return fastnz.decompress(blob, max_output_size=MAX_OUTPUT)

    found = [
        Codec(f"fastnz-{level}", lambda data: fastnz.compress(data, level=level), ours, (fastnz.FastnzError,)),
        Codec("lzma", lzma.compress, _lzma, (lzma.LZMAError, EOFError)),
    ]
    if zstandard is None:
        print("zstandard is not installed: left out")
        return found
    for name, checksum in (("zstd", False), ("zstd --check", True)):
        packer = zstandard.ZstdCompressor(level=19, write_checksum=checksum)
        found.append(Codec(name, packer.compress, _zstd, (zstandard.ZstdError,)))
    return found


def _lzma(blob: bytes) -> bytes:
    decoder = lzma.LZMADecompressor(memlimit=256 << 20)
    out = decoder.decompress(blob, max_length=MAX_OUTPUT)
    if not decoder.eof:
        raise EOFError
    return out


def _zstd(blob: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompress(blob, max_output_size=MAX_OUTPUT)


def contents(count: int) -> list[bytes]:
    """Return small inputs of different kinds: empty, tiny, text, structured, repetitive, random."""
    rng = random.Random(4)
    fixed = [
        b"",
        b"x",
        b"hello, world\n",
        bytes(300),
        b"abc" * 150,
        rng.randbytes(40),
        bytes(range(256)),
        b"".join(value.to_bytes(4, "little") for value in range(1000, 1100)),
        b'{"id": 1, "name": "first"}\n{"id": 2, "name": "second"}\n' * 3,
        rng.randbytes(200),
    ]
    return [*fixed, *(make_text(60 + 40 * index, seed=index) for index in range(max(0, count - len(fixed))))][:count]


def damaged(blob: bytes, kind: str, bursts: int, rng: random.Random) -> Iterator[bytes]:
    """Yield damaged versions of a compressed file."""
    bits = 8 * len(blob)
    whole = int.from_bytes(blob, "little")
    if kind == "bit flip":
        for bit in range(bits):
            yield (whole ^ 1 << bit).to_bytes(len(blob), "little")
    elif kind == "truncation":
        for length in range(len(blob)):
            yield blob[:length]
    else:
        for _ in range(bursts):
            length = rng.randint(2, min(32, bits))
            pattern = 1 | 1 << (length - 1) | rng.getrandbits(length)
            yield (whole ^ pattern << rng.randint(0, bits - length)).to_bytes(len(blob), "little")


def judge(codec: Codec, blob: bytes, data: bytes) -> str:
    """Decode a damaged file and name the outcome."""
    try:
        out = codec.decompress(blob)
    except codec.errors:
        return "typed"
    except Exception:
        return "other"
    return "harmless" if out == data else "silent"


def _work(codec: Codec, kind: str, frames: int, bursts: int, channel: object) -> None:
    rng = random.Random(9)
    for data in contents(frames):
        for blob in damaged(codec.compress(data), kind, bursts, rng):
            channel.send(judge(codec, blob, data))  # type: ignore[attr-defined]
    channel.send("done")  # type: ignore[attr-defined]


def count_outcomes(codec: Codec, kind: str, frames: int, bursts: int) -> dict:
    """Run one codec and one kind of damage in a process that can be killed; return the counts as a row."""
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_work, args=(codec, kind, frames, bursts, theirs))
    child.start()
    theirs.close()
    counts = dict.fromkeys(OUTCOMES, 0)
    while True:
        try:
            answer = mine.recv() if mine.poll(LIMIT) else "hang"
        except EOFError:
            answer = "other"  # the process died: a crash
        if answer == "done":
            break
        counts[answer] += 1
        if answer == "hang" or not child.is_alive() and not mine.poll(0):
            child.kill()
            break
    child.join()
    total = sum(counts.values())
    return {"codec": codec.name, "damage": kind, "cases": total} | counts


def main() -> int:
    parser = argparse.ArgumentParser(description="Count what decoders say about damaged files.")
    parser.add_argument("--frames", type=int, default=20)
    parser.add_argument("--level", type=int, default=5)
    parser.add_argument("--bursts", type=int, default=500, help="per file")
    options = parser.parse_args()
    rows = [
        count_outcomes(codec, kind, options.frames, options.bursts)
        for codec in codecs(options.level)
        for kind in ("bit flip", "truncation", "burst")
    ]
    report("flips", rows)
    bad = sum(row["silent"] + row["other"] + row["hang"] for row in rows if row["codec"].startswith("fastnz"))
    print(f"{'FAILED' if bad else 'held'}: {bad} of ours silent, untyped or hung")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
