"""The transform `words`: the reference decoder undoes what the package made, and refuses what it refuses."""

import decoder
import pytest
import writer
from hypothesis import given
from hypothesis import strategies as st

import fastnz
from fastnz._core import testing

OPTIONS = b"\x05\x00"
TEXT = (
    b"The Quick brown fox; the LAZY dog's den. \xc3\x84pfel und \xc3\xa4pfel, McDonald 1999\r\nthe quick Fox is HTTPServer_X "
    * 8
    + bytes(range(256))
    + b"the brown den of the fox, the Den of the dog. THE FOX und DEN. " * 30
)


def packed(side: bytes) -> bytes:
    return writer.varint(len(side)) + testing.model_encode("nibble_mix", OPTIONS, side)


def frame(out: bytes, side: bytes) -> bytes:
    """A stored residual behind the transform."""
    return writer.body(out, transforms=[(4, len(out), packed(side))])


def test_undone_alike():
    out, side = testing.transform_forward("words", TEXT)
    body = frame(out, side)
    assert decoder.decode_body(body, len(TEXT)) == TEXT == fastnz.decompress_raw(body, len(TEXT))
    assert len(packed(side)) < len(side)


def test_a_network_over_codes():
    whole = fastnz.compress(TEXT, model="rnn:units=16,layers=1,words=1")
    assert decoder.decode(whole) == TEXT == fastnz.decompress(whole)


@given(st.booleans(), st.integers(0, 400), st.integers(0, 255), st.integers(-3, 3))
def test_changes_are_judged_alike(in_side, at, value, longer):
    out, side = testing.transform_forward("words", TEXT)
    changed = bytearray(side if in_side else out)
    changed[at % len(changed)] = value
    body = frame(bytes(out if in_side else changed), bytes(changed if in_side else side))
    results = []
    for decode in (decoder.decode_body, fastnz.decompress_raw):
        try:
            results.append(decode(body, len(TEXT) + longer))
        except (decoder.Corrupt, fastnz.CorruptError):
            results.append(None)
    assert results[0] == results[1]


@pytest.mark.parametrize(
    "side",
    [writer.varint((1 << 20) + 1) + bytes(200), writer.varint(1 << 20) + bytes(4), b"\xff", writer.varint(40), b""],
    ids=["more than ever", "more than the code holds", "cut", "no code", "nothing"],
)
def test_sizes_of_side_data(side):
    body = writer.body(b"abc", transforms=[(4, 3, side)])
    with pytest.raises(decoder.Corrupt):
        decoder.decode_body(body, 30)
    with pytest.raises(fastnz.CorruptError):
        fastnz.decompress_raw(body, 30)


def test_memory_is_told_and_limited():
    body = frame(*testing.transform_forward("words", TEXT))
    with pytest.raises(fastnz.LimitError):
        fastnz.decompress_raw(body, len(TEXT), max_memory=1 << 20)
