"""What the mixer of `hybrid` begins with: the table is whole, and learning it anew makes records shorter."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from fastnz import _core
from fastnz.model_files import load
from fastnz.train import starts
from fastnz.train.data import split

TABLE = Path(__file__).parents[2] / "csrc/models/nibble_mix/starts.inc"
TEXT = np.frombuffer(b"".join(b"%d: the same words, the same number\n" % i for i in range(3000)), np.uint8)


def test_the_table_is_whole() -> None:
    rows = re.findall(r"\{([-0-9, ]+)\}", TABLE.read_text())
    numbers = [[int(number) for number in row.split(",")] for row in rows]
    weights, maps = numbers[: starts.ROWS], numbers[starts.ROWS :]
    assert len(maps) == starts.MAPS
    assert {len(row) for row in weights} == {starts.INPUTS} and {len(row) for row in maps} == {starts.COLUMNS}
    assert all(-32768 <= w <= 32767 for row in weights for w in row)
    assert all(16 <= p <= 65519 for row in maps for p in row)


def test_records_are_of_the_training_part() -> None:
    kinds = [split("text", TEXT, 10_000, 1.0)]
    drawn = starts.records(kinds, 20, 5)
    assert drawn == starts.records(kinds, 20, 5) != starts.records(kinds, 20, 6)
    assert all(text in kinds[0].train.tobytes() and len(text) <= 4096 for text in drawn)


def test_learning_moves_from_constants_and_is_written_as_it_is_read() -> None:
    first, _ = _core.testing.learn_starts(load("small"), [b"any"], [0.0])
    constants = np.frombuffer(first, np.int16).reshape(starts.ROWS, starts.INPUTS)
    assert len({tuple(row) for row in constants.tolist()}) == 1 and constants[0, 14] == 1638
    texts = [TEXT[k * 300 : k * 300 + 300].tobytes() for k in range(12)]
    learnt = starts.learn(texts)
    assert 0 < (learnt.weights != constants).any(axis=1).sum() < starts.ROWS
    rows = re.findall(r"\{([-0-9, ]+)\}", starts.text_of(learnt))
    assert [int(number) for number in rows[0].split(",")] == learnt.weights[0].tolist()
    assert [int(number) for number in rows[-1].split(",")] == learnt.maps[-1].tolist()
