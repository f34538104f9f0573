"""Ways to rewrite training text so that it comes in the forms in which people store it.

The invariant: words stay what they are; only line ends, indentation and spacing change.
"""

from __future__ import annotations

import re

import numpy as np


def wrapped(text: bytes, random: np.random.Generator) -> bytes:
    """Break long lines at a width drawn at random, three times in four; one time in five of these with CR LF."""
    if random.random() < 0.25:
        return text
    width = int(random.integers(58, 80))
    end = b"\r\n" if random.random() < 0.2 else b"\n"
    lines: list[bytes] = []
    for paragraph in text.split(b"\n"):
        line = b""
        for word in paragraph.split(b" "):
            if line and len(line) + len(word) >= width:
                lines.append(line)
                line = word
            else:
                line = line + b" " + word if line else word
        lines.append(line)
    return end.join(lines)


_AROUND = re.compile(rb"[ \t]*\n[ \t]*")


def json_lines(text: bytes, random: np.random.Generator) -> bytes:
    """Leave JSON as it is half of the time, else take out its line ends, in one of the usual ways."""
    style = random.random()
    if style < 0.5:
        return text
    if style < 0.75:  # no spaces at all
        return _AROUND.sub(b"", text).replace(b'": ', b'":').replace(b'", "', b'","')
    return _AROUND.sub(b" ", text).replace(b"{ ", b"{").replace(b" }", b"}").replace(b"[ ", b"[").replace(b" ]", b"]")


_DETACHED = re.compile(rb" ([,.;:!?)\]]|'s|n't)")


def attached(text: bytes, random: np.random.Generator) -> bytes:
    """Undo the tokenisation of a language-model corpus: no spaces before punctuation, none around inner marks."""
    if random.random() < 0.15:
        return text
    text = re.sub(rb" @(.)@ ", rb"\1", text)
    text = _DETACHED.sub(rb"\1", text).replace(b"( ", b"(")
    text = re.sub(rb'" ([^"\n]*) "', rb'"\1"', text)
    return re.sub(rb"\n ", b"\n", text)
