"""`words`: every input comes back, dictionaries are what FORMAT.md says, hostile ones are an error in bounded time."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastnz
from fastnz import _core

testing = _core.testing
VOCABULARY = "to be or not that is the question whether tis nobler in mind suffer slings and arrows of fortune".split()
PIECES = [
    b"word", b"Word", b"WORD", b"wORD", b"W", b"A", b" ", b"  ", b"\r\n", b"\n", b".", b"1999", b"\xc3\x84pfel", b"\xff",
    b"\x00", b"O'Neill", b"McDonald", b"HTTPServer", b"x" * 40, b"X" * 40, b" " * 40, b"([{", b"the", b"The", b"THE",
]  # fmt: skip


def english(count: int, seed: int = 1) -> bytes:
    rng = random.Random(seed)
    words = [rng.choice([w, w, w.capitalize(), w.upper()]) for w in rng.choices(VOCABULARY, k=count)]
    return "".join(word + rng.choice([" ", " ", " ", ", ", ".\n", "-"]) for word in words).encode()


FORWARD = testing.transform_forward("words", english(3000))


def there_and_back(data: bytes):
    made = testing.transform_forward("words", data)
    if made is not None:
        assert testing.transform_inverse("words", *made, len(data)) == data
    return made


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=4)), max_size=60), st.binary(max_size=5))
def test_any_words_between_known_ones(pieces, between):
    data = english(900) + between.join(pieces) + english(900, 2)
    assert there_and_back(data) is not None
    assert there_and_back(data + between.join(pieces) * 3) is not None


@pytest.mark.parametrize("values", [range(256), range(128, 256), range(160, 256), range(65, 91), range(64)], ids=str)
def test_all_values_among_words(values):
    """Values that prefixes and flags would take, rare and common."""
    for times in (1, 40):
        assert there_and_back(english(20000) + bytes(values) * times + english(20000, 3)) is not None


def test_many_distinct_words():
    """More words that come again than codes, and ones that do not."""
    rng = random.Random(3)
    words = ["".join(rng.choices("abcdefghij", k=rng.randrange(3, 30))) for _ in range(40_000)]
    side = there_and_back(english(12_000) + " ".join(words + rng.sample(words, 35_000)).encode())[1]
    assert side[0] >> 1 > 40  # prefixes


def test_codes_are_short():
    data = english(30_000)
    out, side = there_and_back(data)
    assert len(out) + len(side) < len(data) / 2.5


@pytest.mark.parametrize("data", [b"", b"x" * 100, random.Random(1).randbytes(100_000)], ids=["empty", "short", "noise"])
def test_other_data_is_left_alone(data):
    assert testing.transform_forward("words", data) is None


@given(st.data())
def test_changed_codes_and_dictionaries(data):
    """Some bytes, or an error, and never more than the bound."""
    out, side = FORWARD
    which, at, value = data.draw(st.booleans()), data.draw(st.integers(0, 600)), data.draw(st.integers(0, 255))
    changed = bytearray(side if which else out)
    changed[at % len(changed)] = value
    parts = (out, bytes(changed)) if which else (bytes(changed), side)
    for size in (data.draw(st.integers(0, 100_000)), len(english(3000))):
        try:
            assert len(testing.transform_inverse("words", *parts, size)) == size
        except fastnz.FormatError:
            pass


LAYOUT = bytes(33)  # nothing is kept, no prefixes: codes 0 to 2 are flags


@pytest.mark.parametrize(
    "side",
    [
        b"",
        LAYOUT[:20],
        LAYOUT,  # no number of entries
        bytes([97 << 1]) + bytes(32) + b"\0",  # too many prefixes
        b"\x01" + bytes(32) + b"\0",  # a raw page without a prefix
        b"\x02" + bytes(31) + b"\x80\0",  # a prefix is kept
        b"\x00" + b"\xff" * 32 + b"\0",  # no values left for flags
        LAYOUT + b"\xff\x01",  # more entries than codes
        LAYOUT + b"\x01",  # no entry
        LAYOUT + b"\x01\x01\x00",  # cut
        LAYOUT + b"\x01\x00\x00\x00",  # one symbol
        LAYOUT + b"\x01\x11\x00\x00",  # the first one shares
        LAYOUT + b"\x02\x01\x00\x01\x30\x02",  # shares more than there is
        LAYOUT + b"\x01\x01\x00\x09",  # a value that stands for nothing
        LAYOUT + b"\x01\x01\x00\x00\x00",  # bytes behind
        b"\x00" + b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80" * 3 + bytes(2) + b"\xff" * 9 + b"\x01",
    ],
)
def test_refuses(side):
    with pytest.raises(fastnz.FormatError):
        testing.transform_inverse("words", b"\x00", side, 1)


def test_frames_say_so_and_only_where_they_were_asked():
    data = english(2500)
    plain, asked = fastnz.compress(data, model="rnn:units=16"), fastnz.compress(data, model="rnn:units=16,words=1")
    assert [len(_core.frame_info(frame)) for frame in (plain, asked)] == [1, 1]
    assert fastnz.decompress(asked) == data
    assert fastnz.decompress_raw(fastnz.compress_raw(data, model="rnn:units=16,words=1"), len(data)) == data
    stream = fastnz.Compressor(model="rnn:units=16,words=1")
    assert fastnz.decompress(stream.compress(data) + stream.flush()) == data
    assert fastnz.compress(data, 3) == fastnz.compress(data, 3)
    with pytest.raises(ValueError, match="words"):
        fastnz.compress(data, model="rnn:words=2")


def test_forward_is_linear():
    """Some seconds at the very least if a unit cost what the content has."""
    rng = random.Random(5)
    data = b" ".join(rng.randbytes(8).hex().encode() for _ in range(60_000)) + english(100_000)
    begin = time.thread_time()
    there_and_back(data)
    assert time.thread_time() - begin < 8
