"""Kinds of small records, cut out of the corpus: what they are, and which of them may be trained on.

Two groups answer two questions. `untrained` kinds are cut out of test files and only compressed, by what is shipped.
`trained` kinds come from the ends of training files, each as a user's past and future data are: an earlier part, on which
dictionaries and models may be trained, a gap, and the part that is measured, which lies in what was held back when the
priors were trained.

The invariant: the same corpus gives the same records; nothing is trained on a test file; no record is both trained on and
measured. What is trained here is measured and thrown away, never shipped.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from corpus import load_set

LEAST, MOST = 100, 4096  # bytes of a record
MEASURED_BYTES = 160_000  # of each kind, at most

# Of a training file, counted from its end. The priors have not seen the last 200,000 bytes.
MEASURED_SPAN, GAP, SAMPLE_SPAN = 150_000, 10_000, 2_000_000

UNTRAINED, TRAINED = "untrained", "trained"

Cut = Callable[[bytes], Iterable[bytes]]


class Records(NamedTuple):
    """One kind: `sample` may be trained on and is empty where nothing may, `measured` is what is compressed."""

    kind: str
    group: str
    sample: list[bytes]
    measured: list[bytes]


def load(work: Path, kinds: list[str] | None = None) -> list[Records]:
    """Cut the records of `kinds` (default: all), with the corpus unpacked into `work`."""
    return [_of_training_file(kind, work) if kind in _TRAINED else _of_test_files(kind, work) for kind in kinds or ABOUT]


def _of_test_files(kind: str, work: Path) -> Records:
    pools = [_cut(_UNTRAINED[kind][1], item.path.read_bytes()) for item in load_set(f"records-{kind}", work)]
    measured = dict.fromkeys(record for pool in pools for record in _spread(pool, MEASURED_BYTES // len(pools)))
    return Records(kind, UNTRAINED, [], list(measured))


def _of_training_file(kind: str, work: Path) -> Records:
    (item,) = load_set(f"records-{kind}", work)
    cut, data = _TRAINED[kind][1], item.path.read_bytes()
    sample = _cut(cut, data[-SAMPLE_SPAN : -MEASURED_SPAN - GAP])
    known = set(sample)
    return Records(kind, TRAINED, sample, [r for r in _cut(cut, data[-MEASURED_SPAN:]) if r not in known])


def _cut(cut: Cut, data: bytes) -> list[bytes]:
    """Return the records of suitable sizes, each once."""
    return list(dict.fromkeys(record for record in cut(data) if LEAST <= len(record) <= MOST))


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


# Of training files; what a span begins or ends in the middle of is left out.


def _objects(data: bytes) -> Iterator[bytes]:
    """Yield the objects of indented lists, a compact line each."""
    for match in re.finditer(rb"^  \{\n.*?^  \}", data, re.MULTILINE | re.DOTALL):
        try:
            value = json.loads(match[0])
        except ValueError:
            continue
        yield json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _entries(data: bytes) -> Iterator[bytes]:
    """Yield log lines, with the comment before them that describes what was logged."""
    comment = b""
    for line in data.split(b"\n")[1:-1]:
        if line.startswith(b"# failJSON"):
            comment = line + b"\n"
            continue
        yield comment + line
        comment = b""


def _rows(data: bytes) -> Iterator[bytes]:
    yield from data.split(b"\n")[1:-1]


def _between_empty_lines(data: bytes) -> Iterator[bytes]:
    yield from re.split(rb"\r?\n\s*\r?\n", data)[1:-1]


_UNTRAINED: dict[str, tuple[str, Cut]] = {
    "json": ("JSON lines: lists of amazon_cellphones.ndjson and objects of gsoc-2018.json, one compact line each", _json),
    "logs": ("log lines: the sixteen logs of loghub2k and apache_access.log, in equal numbers", _lines),
    "tweets": ("texts and self-descriptions of twitter.json, mostly Japanese", _tweets),
    "sentences": ("English sentences of dickens, book1, lcet10.txt and alice29.txt, each on one line", _sentences),
    "functions": ("functions of lz4.tar (C) and vuejs_core_packages.tar (TypeScript)", _functions),
}
_TRAINED: dict[str, tuple[str, Cut]] = {
    "traces": ("JSON objects of json.txt: requests that services traced, one compact line each", _objects),
    "entries": ("log lines of logs.txt, at its end those that fail2ban is tested with and the comments on them", _entries),
    "rows": ("rows of csv.txt, at its end a table of countries in many languages", _rows),
    "messages": ("messages of multilang_po.txt, at its end Python's documentation in English and Chinese", _between_empty_lines),
    "paragraphs": ("paragraphs of markdown.txt, at its end proposals about Bitcoin", _between_empty_lines),
    "elements": ("passages of literature_tei.xml, at its end Latin with markup", _between_empty_lines),
    "speeches": ("speeches of plays and paragraphs of books.md, at its end Shakespeare", _between_empty_lines),
}
ABOUT = {kind: about for group in (_UNTRAINED, _TRAINED) for kind, (about, _) in group.items()}
