"""Where the latest bytes were last seen, docs/contexts.md, section 6."""

from __future__ import annotations

from mixing_history import History, hash2

HASH_BYTES, LEAST, SEARCH = 5, 6, 64


class MatchFinder:
    """A match of ``length`` bytes before ``expected``; a length of 0 is no match. Whoever sees it fail sets it to 0."""

    def __init__(self, history: History, entries: int, most: int) -> None:
        self.history, self.mask, self.most = history, entries - 1, most
        self.table: dict[int, int] = {}
        self.at = self.length = self.candidate = self.expected = 0
        self.key = -1

    def find(self) -> None:
        h = self.history
        if self.length:
            self.at += 1
            self.length = min(self.length + 1, self.most)
        elif self.candidate:
            at, length = self.candidate + 1, 0
            while length < SEARCH and length < at and h.bytes[at - 1 - length] == h.bytes[h.size - 1 - length]:
                length += 1
            self.at, self.length = at, length if length >= LEAST else 0
        self.candidate = 0
        if self.key >= 0:
            found = self.table.get(self.key, 0)
            self.candidate = found + 1 if found else 0
            self.table[self.key] = h.size - 1
        self.key = hash2(h.c4, h.c8 & 0xFF) & self.mask if h.size >= HASH_BYTES else -1
        self.expected = h.bytes[self.at] if self.length else 0
