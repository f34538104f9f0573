"""Batches from several processes: the same for any speed of theirs, and a run goes on from a mark as if nothing had been."""

from __future__ import annotations

import numpy as np
import pytest

from fastnz.train import feed as feed_module
from fastnz.train.data import Batch, split
from fastnz.train.feed import Feed, GroupedFeed

TEXT = np.frombuffer(b"".join(b"%d: the same words, the same number\n" % i for i in range(3000)), np.uint8)
KINDS = [split("text", TEXT, 10_000, 1.0)]
COMMON = (KINDS, 8, 16, 8, 3, False)


def same(one: Batch, two: Batch) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


@pytest.fixture
def grouped(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(feed_module, "_MARK", 4)
    made = []

    def make(groups: int) -> GroupedFeed:
        made.append(GroupedFeed(*COMMON, groups))
        return made[-1]

    yield make
    for feed in made:
        feed.close()


def test_groups_are_streams_of_their_own_seeds(grouped) -> None:
    feed = grouped(2)
    alone = [Feed(KINDS, 4, 16, 8, 3000 + group, False) for group in range(2)]
    for _ in range(6):
        batch, parts = feed.next(), [one.next() for one in alone]
        assert batch.inputs.shape == (16, 8) and batch.buckets.shape == (16, 8, 4) and batch.fresh.shape == (8,)
        for k in range(2):
            mine = slice(4 * k, 4 * k + 4)
            across = [array[:, mine] for array in batch[:4]]
            assert same(Batch(*across, *(array[mine] for array in batch[4:])), parts[k])


def test_a_run_goes_on_from_a_mark(grouped) -> None:
    first, second = grouped(2), grouped(2)
    for _ in range(4):
        first.next()
    assert first.marked
    second.restore(first.position())
    for _ in range(5):
        assert same(first.next(), second.next())
    assert not first.marked
    with pytest.raises(ValueError, match="between two marks"):
        first.position()


def test_groups_must_divide_the_streams() -> None:
    with pytest.raises(ValueError, match="cannot be cut"):
        GroupedFeed(*COMMON, 3)
