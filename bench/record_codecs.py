"""What small records are compressed with, in two framings that are compared within themselves.

- `frame`: a file of its own. zstd with magic, content size and checksum of 32 bits; fastnz's compact frame with magic,
  sizes, CRC-32C and hash. brotli has neither magic nor checksum, so it stands in the other framing only.
- `bare`: what a container needs that keeps identity and checks itself, but not lengths. zstd without magic and checksum
  but with the content size; brotli, which ends by itself; fastnz's raw records and one or two bytes for the size, which
  they lack.
"""

from __future__ import annotations

import importlib.metadata
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from record_kinds import Records

ZSTD_LEVEL, BROTLI_QUALITY = 19, 11
DICTIONARY_BYTES = 110 << 10
OUR_LEVELS = (3, 7, 8)
_HELD: list = []  # dictionaries are files while this process lives

One = tuple[Callable[[bytes], bytes], Callable[[bytes, int], bytes]]
Many = tuple[Callable[[list[bytes]], list[bytes]], Callable[[list[bytes], list[int]], list[bytes]]]


def _nothing(records: list[bytes]) -> int:
    return 0


class Codec(NamedTuple):
    """One way to compress a record: calls for one, maybe calls for a list, and bytes that it costs besides."""

    name: str
    framing: str
    version: str
    one_by_one: One
    in_batches: Many | None = None
    extra: Callable[[list[bytes]], int] = _nothing
    trained: str = ""  # on what, if it was


def all_codecs(kind: Records, models: Path | None) -> list[Codec]:
    """Return what is installed, and what of it can be trained on the kind's sample, if it has one."""
    return [*_zstd(kind), *_brotli(), *_fastnz(kind, models)]


def _zstd(kind: Records) -> list[Codec]:
    try:
        import zstandard
    except ImportError:
        return []
    version = zstandard.__version__
    made = []
    packers = [(f"zstd-{ZSTD_LEVEL}", None, "")]
    if kind.sample:
        dictionary = _train_zstd(zstandard, kind.sample)
        packers.append((f"zstd-{ZSTD_LEVEL} dictionary", dictionary, f"dictionary of {len(dictionary.as_bytes()):,} bytes"))
    for name, data, about in packers:
        for framing in ("frame", "bare"):
            one = _zstd_pair(zstandard, data, framing == "bare")
            made.append(Codec(name, framing, version, one, trained=about))
    return made


def _train_zstd(zstandard: object, sample: list[bytes]) -> object:
    """Train a dictionary of 110 KB, or of a share of the sample that its trainer accepts."""
    size = min(DICTIONARY_BYTES, sum(map(len, sample)) // 2)
    while True:
        try:
            return zstandard.train_dictionary(size, sample, level=ZSTD_LEVEL)  # type: ignore[attr-defined]
        except zstandard.ZstdError:  # type: ignore[attr-defined]
            size //= 2
            if size < 256:
                raise


def _zstd_pair(zstandard: object, dictionary: object, bare: bool) -> One:
    form = zstandard.FORMAT_ZSTD1_MAGICLESS if bare else zstandard.FORMAT_ZSTD1  # type: ignore[attr-defined]
    settings = zstandard.ZstdCompressionParameters.from_level(  # type: ignore[attr-defined]
        ZSTD_LEVEL, format=form, write_content_size=True, write_checksum=not bare, write_dict_id=False
    )
    packer = zstandard.ZstdCompressor(compression_params=settings, dict_data=dictionary)  # type: ignore[attr-defined]
    unpacker = zstandard.ZstdDecompressor(dict_data=dictionary, format=form)  # type: ignore[attr-defined]
    return packer.compress, lambda blob, size: unpacker.decompress(blob, max_output_size=size)


def _brotli() -> list[Codec]:
    try:
        import brotli
    except ImportError:
        return []
    one = (
        lambda record: brotli.compress(record, quality=BROTLI_QUALITY),
        lambda blob, size: brotli.decompress(blob),
    )
    return [Codec(f"brotli-{BROTLI_QUALITY}", "bare", importlib.metadata.version("brotli"), one)]


def _fastnz(kind: Records, models: Path | None) -> list[Codec]:
    import fastnz

    built = [row["level"] for row in fastnz.levels()]
    made = [codec for level in OUR_LEVELS if level in built for codec in _fastnz_pair(f"fastnz-{level}", level, None)]
    trained = {}
    if kind.sample:
        trained["dictionary"] = _kept(fastnz.train_dictionary(kind.sample))
        trained["dictionary, no network"] = _kept(fastnz.train_dictionary(kind.sample, network="none"))
    if models and (models / f"{kind.kind}.fnzw").is_file():
        trained["model"] = models / f"{kind.kind}.fnzw"
    for name, path in trained.items():
        made += _fastnz_pair(f"fastnz-3 {name}", 3, path, f"{name} of {path.stat().st_size:,} bytes")
    return made


def _kept(dictionary: bytes) -> Path:
    """Return the path of a file of it that is there while this process lives."""
    file = tempfile.NamedTemporaryFile(suffix=".fnzd")
    _HELD.append(file)
    file.write(dictionary)
    file.flush()
    return Path(file.name)


def _fastnz_pair(name: str, level: int, model: Path | None, trained: str = "") -> list[Codec]:
    import fastnz

    frame_one: One = (
        lambda record: fastnz.compress(record, level, model=model),
        lambda blob, size: fastnz.decompress(blob, model=model),
    )
    frame_many: Many = (
        lambda batch: fastnz.compress_many(batch, level, model=model, threads=1),
        lambda blobs, sizes: fastnz.decompress_many(blobs, model=model, threads=1),
    )
    raw_one: One = (
        lambda record: fastnz.compress_raw(record, level, model=model),
        lambda blob, size: fastnz.decompress_raw(blob, size, level, model=model),
    )
    raw_many: Many = (
        lambda batch: fastnz.compress_many(batch, level, model=model, threads=1, raw=True),
        lambda blobs, sizes: fastnz.decompress_many(blobs, model=model, threads=1, raw_sizes=sizes, level=level),
    )
    version = fastnz.__version__
    return [
        Codec(name, "frame", version, frame_one, frame_many, trained=trained),
        Codec(name, "bare", version, raw_one, raw_many, _sizes, trained),
    ]


def _sizes(records: list[bytes]) -> int:
    """Return the bytes that the sizes of the records take as numbers of 7 bits a byte."""
    return sum(1 if len(record) < 128 else 2 for record in records)
