"""Kinds of small records, cut out of the corpus's test files: what they are, and two disjoint parts of each.

The invariant: the same corpus gives the same records; no record of the part that is measured is in the part that models
and dictionaries may be trained on, and both parts of a source file are contiguous, as a user's past and future data
are. Nothing made from either part is shipped: what is trained here is measured and thrown away.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from corpus import Item, load_set

LEAST, MOST = 100, 4096  # bytes of a record
SAMPLE_SHARE = 0.6  # of each source file, from its start
MEASURED_BYTES = 160_000  # of each kind, at most
SAMPLE_BYTES = 4_000_000

ABOUT = {
    "json": "JSON lines: lists of amazon_cellphones.ndjson and objects of gsoc-2018.json, one compact line each",
    "logs": "log lines: the sixteen logs of loghub2k and apache_access.log, in equal numbers",
    "tweets": "texts and self-descriptions of twitter.json, mostly Japanese",
    "sentences": "English sentences of dickens, book1, lcet10.txt and alice29.txt, each on one line",
    "functions": "functions of lz4.tar (C) and vuejs_core_packages.tar (TypeScript)",
}


class Records(NamedTuple):
    """One kind: `sample` may be trained on, `measured` is what is compressed."""

    kind: str
    sample: list[bytes]
    measured: list[bytes]


def load(work: Path, kinds: list[str] | None = None) -> list[Records]:
    """Cut the records of `kinds` (default: all), with the corpus unpacked into `work`."""
    return [_split(kind, load_set(f"records-{kind}", work)) for kind in kinds or ABOUT]


def _split(kind: str, items: list[Item]) -> Records:
    sample: list[bytes] = []
    pools = []
    for item in items:
        records = list(dict.fromkeys(r for r in _CUT[kind](item.path.read_bytes()) if LEAST <= len(r) <= MOST))
        cut = int(len(records) * SAMPLE_SHARE)
        sample += records[:cut]
        pools.append(records[cut:])
    known = set(sample)
    measured = []
    for pool in pools:
        new = [record for record in pool if record not in known]
        measured += _spread(new, MEASURED_BYTES // len(pools))
    return Records(kind, _spread(sample, SAMPLE_BYTES), measured)


def _spread(records: list[bytes], most: int) -> list[bytes]:
    """Return records evenly from all places, `most` bytes of them or a little more."""
    total = sum(map(len, records))
    if total <= most:
        return records
    count = max(1, len(records) * most // total)
    return [records[i * len(records) // count] for i in range(count)]


def _json(data: bytes) -> Iterator[bytes]:
    if data.startswith(b"{"):
        for value in json.loads(data).values():
            yield json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    else:
        yield from data.splitlines()


def _lines(data: bytes) -> Iterator[bytes]:
    yield from data.splitlines()


def _tweets(data: bytes) -> Iterator[bytes]:
    for status in json.loads(data)["statuses"]:
        for part in (status, status.get("retweeted_status")):
            if part:
                yield part["text"].encode()
                yield part["user"]["description"].encode()


def _sentences(data: bytes) -> Iterator[bytes]:
    for paragraph in re.split(rb"\r?\n\s*\r?\n", data):
        yield from re.split(rb"(?<=[.!?]) (?=[A-Z\"'`])", b" ".join(paragraph.split()))


def _functions(data: bytes) -> Iterator[bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            if member.isfile() and member.name.endswith((".c", ".h", ".cpp", ".ts")):
                text = archive.extractfile(member)
                assert text is not None
                yield from _functions_of(text.read())


def _functions_of(text: bytes) -> Iterator[bytes]:
    """Yield what begins in the first column with a name and a parameter list and ends with a lone brace."""
    lines: list[bytes] = []
    for line in text.splitlines():
        if line == b"}" and lines:
            body = b"\n".join([*lines, line])
            if b"(" in body.split(b"{")[0]:
                yield body
            lines = []
        elif re.match(rb"[A-Za-z_]", line):
            if not lines or not _continues(lines):
                lines = []
            lines.append(line)
        elif lines:
            lines.append(line)
        if line.startswith(b"#") and not any(b"{" in part for part in lines):
            lines = []


def _continues(lines: list[bytes]) -> bool:
    """Whether a name in the first column goes on with a head that has begun, as in C with the type on its own line."""
    return b"{" not in b"".join(lines) and not lines[-1].rstrip().endswith((b";", b"*/")) and lines[-1].strip() != b""


_CUT = {"json": _json, "logs": _lines, "tweets": _tweets, "sentences": _sentences, "functions": _functions}
