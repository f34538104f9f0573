"""The features of a whole string are what a byte-by-byte reading of docs/gru8.md section 2 gives."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fastnz.train.features import KEY_MULTIPLIERS, MIX_MULTIPLIER, WORD_MULTIPLIER, buckets_of, inputs_of, keys_of

MASK = 0xFFFFFFFF


def keys_one_by_one(data: bytes):
    last = word = 0
    in_word = False
    for byte in data:
        last = ((last << 8) + byte) & MASK
        if (chr(byte).isascii() and chr(byte).isalpha()) or byte >= 128:
            word = 0 if not in_word else word
            word = (word * WORD_MULTIPLIER + (byte | 0x20 if byte < 128 else byte)) & MASK
            in_word, key = True, word
        else:
            in_word, key = False, (word * WORD_MULTIPLIER + byte) & MASK
        yield last & 0xFFFF, last & 0xFFFFFF, last, key


@given(st.binary(max_size=300) | st.text(alphabet="ab Z\u00e9.9\n", max_size=200).map(str.encode))
def test_keys(data: bytes) -> None:
    inputs = inputs_of(np.frombuffer(data, np.uint8))
    assert [tuple(row) for row in keys_of(inputs).tolist()] == list(keys_one_by_one(inputs.tobytes()))


def test_buckets() -> None:
    inputs = np.frombuffer(b"\0The quick brown fox.", np.uint8)
    for bits in (8, 14, 18):
        expected = []
        for keys in keys_one_by_one(inputs.tobytes()):
            row = []
            for key, multiplier in zip(keys, KEY_MULTIPLIERS, strict=True):
                mixed = key * multiplier & MASK
                mixed = (mixed ^ mixed >> 15) * MIX_MULTIPLIER & MASK
                row.append(mixed >> (32 - bits))
            expected.append(row)
        assert buckets_of(inputs, bits).tolist() == expected


def test_first_byte_is_seen_after_nothing() -> None:
    assert keys_of(inputs_of(np.frombuffer(b"x", np.uint8))).tolist() == [[0, 0, 0, 0]]
