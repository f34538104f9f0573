"""Damage is found: every flip, truncation and burst, every moved block, with the error that fits, by every reader."""

import pytest
from damage import bursts, files, flips, flushed, truncations

import fastnz
from fastnz import _core

FILES = files()
LIMITS = {"max_output_size": 1 << 20, "max_memory": 1 << 30}


def one_shot(data: bytes) -> bytes:
    return _core.decompress(data, **LIMITS)


def stream(data: bytes) -> bytes:
    """One frame, its first bytes before the rest."""
    decoder = _core.StreamDecoder(**LIMITS)
    out, rest = decoder.feed(data[:40]), data[40:]
    if not decoder.eof:
        out, rest = out + decoder.feed(rest), b""
    if not decoder.eof:
        raise fastnz.TruncatedError("the input ended")
    if decoder.unused_data or rest:
        raise fastnz.FormatError("something follows")
    return out


def at_random(data: bytes) -> bytes:
    reader = _core.BlockReader(lambda offset, size: data[offset : offset + size], len(data))
    return b"".join(reader.read_block(k) for k in range(reader.block_count))


def error_of(read, data: bytes) -> type:
    try:
        read(data)
    except fastnz.FormatError as error:
        return type(error)
    pytest.fail(f"silent: {data.hex(' ')}")


@pytest.mark.parametrize("name", FILES)
def test_every_flip(name):
    good = FILES[name]
    one_shot(good)
    for k, bad in enumerate(flips(good)):
        error = error_of(one_shot, bad)
        if k < 24:
            assert error is fastnz.FormatError
        else:
            assert error in (fastnz.CorruptError, fastnz.TruncatedError)


@pytest.mark.parametrize("name", [name for name in FILES if FILES[name][:3] == b"\xf1NZ"])
def test_every_flip_of_a_full_frame_is_corrupt_and_nothing_else(name):
    """Its sizes are proven before they are believed, so no flip makes it look cut."""
    for bad in list(flips(FILES[name]))[24:]:
        assert error_of(one_shot, bad) is fastnz.CorruptError


@pytest.mark.parametrize("name", FILES)
def test_every_flip_by_pieces(name):
    for k, bad in enumerate(flips(FILES[name])):
        error = error_of(stream, bad)
        assert (error is fastnz.FormatError) == (k < 24)


@pytest.mark.parametrize("name", FILES)
def test_every_truncation(name):
    for bad in truncations(FILES[name]):
        assert error_of(one_shot, bad) is fastnz.TruncatedError
        assert error_of(stream, bad) is fastnz.TruncatedError


@pytest.mark.parametrize("name", FILES)
def test_bursts_up_to_32_bits(name):
    for bad in bursts(FILES[name], 10):
        error_of(one_shot, bad)


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_many_bursts(name):
    for seed in range(20):
        for bad in bursts(FILES[name], 50, seed):
            error_of(one_shot, bad)


@pytest.mark.parametrize("name", FILES)
def test_every_changed_byte_and_every_lost_one(name):
    good = FILES[name]
    for at in range(len(good)):
        for value in {0, 255, good[at] ^ 0x55} - {good[at]}:
            error_of(one_shot, good[:at] + bytes([value]) + good[at + 1 :])
        if good[:at] + good[at + 1 :] != good:
            error_of(one_shot, good[:at] + good[at + 1 :])
        error_of(one_shot, good[:at] + b"\0" + good[at:])


@pytest.mark.parametrize("name", ["blocks", "blocks-index", "equal-blocks"])
def test_flips_seen_by_random_access(name):
    """What random access does not read it cannot check; what it returns is right all the same."""
    good = FILES[name]
    content = one_shot(good)
    for bad in flips(good):
        try:
            assert at_random(bad) == content
        except fastnz.FormatError:
            pass


def records(frame: bytes) -> tuple[bytes, list[bytes], bytes]:
    """The header, the blocks and the rest of a full frame."""
    at, blocks = 28, []
    while frame[at]:
        size = 28 + int.from_bytes(frame[at + 8 : at + 12], "little")
        blocks.append(frame[at : at + size])
        at += size
    return frame[:28], blocks, frame[at:]


PIECES = [b"first block", b"second one!", b"first block", b"the last one"]


@pytest.mark.parametrize("index", [False, True])
@pytest.mark.parametrize(
    "order",
    [
        *([1, 0, 2, 3], [2, 1, 0, 3], [0, 1, 3, 2]),
        *([0, 1, 2], [1, 2, 3], []),
        *([0, 0, 1, 2, 3], [0, 1, 1, 2, 3], [0, 1, 2, 3, 3]),
    ],
)
def test_moved_doubled_and_dropped_blocks(order, index):
    head, blocks, tail = records(flushed(PIECES, index=index))
    bad = head + b"".join(blocks[k] for k in order) + tail
    assert error_of(one_shot, bad) is fastnz.CorruptError
    assert error_of(stream, bad) is fastnz.CorruptError


def test_blocks_of_another_frame():
    head, blocks, tail = records(flushed(PIECES))
    _, others, _ = records(flushed([b"other block", *PIECES[1:]]))
    _, longer, _ = records(flushed([b"other block", *PIECES[1:]], content_size=len(b"".join(PIECES))))
    for foreign in (others, longer):
        bad = head + foreign[0] + b"".join(blocks[1:]) + tail
        assert error_of(one_shot, bad) is fastnz.CorruptError


@pytest.mark.parametrize("name", FILES)
def test_garbage_behind_and_before(name):
    for garbage in (b"\0", b"\n", b"garbage", b"\xf1N?"):
        assert error_of(one_shot, FILES[name] + garbage) is fastnz.FormatError
    assert error_of(one_shot, b"\0" + FILES[name]) is fastnz.FormatError
    assert error_of(one_shot, FILES[name] + b"\xf1N") is fastnz.TruncatedError


def test_offsets_tell_the_place():
    good = fastnz.compress(b"one")
    bad = bytearray(good + fastnz.compress(b"two"))
    bad[len(good) + 7] ^= 1
    with pytest.raises(fastnz.CorruptError) as caught:
        one_shot(bytes(bad))
    assert caught.value.offset == len(good)
    with pytest.raises(fastnz.FormatError) as caught:
        one_shot(good + b"garbage")
    assert caught.value.offset == len(good)
