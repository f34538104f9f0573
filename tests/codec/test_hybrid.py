"""Levels with a network: round trips, the choice per block, small contents at the default level, missing networks."""

import os
import random
import subprocess
import sys

import pytest

import fastnz
from fastnz import _core
from fastnz.model_files import load

TEXT = (
    b"The committee met again in the afternoon. Nobody had read the report, but everybody had an opinion about it, "
    b"and the chairman, who had written most of it, listened with growing impatience. \"Gentlemen,\" he said at last, "
    b"\"we have been here for three hours, and we have decided nothing.\"\n"
)


def words(size: int) -> bytes:
    rng = random.Random(3)
    known = TEXT.split()
    return b" ".join(rng.choice(known) for _ in range(size // 5))[:size]


def model_of(frame: bytes) -> str | None:
    return _core.frame_info(frame)[0]["model"]


@pytest.mark.parametrize("level", [3, 7, 8])
@pytest.mark.parametrize("content", [b"", b"a", TEXT, TEXT * 9, words(70_000), bytes(1000), os.urandom(3000)])
def test_round_trip(level, content):
    assert fastnz.decompress(fastnz.compress(content, level=level)) == content


def test_small_text_takes_the_network_at_the_default_level():
    packed = fastnz.compress(TEXT)
    assert model_of(packed) == "hybrid"
    assert len(packed) < len(fastnz.compress(TEXT, level=6)) * 3 // 4
    assert _core.frame_info(packed)[0]["options"] == b""  # the commonest case is said in no bytes
    assert model_of(fastnz.compress(words(40_000))) == "nibble_mix"


def test_small_text_at_the_network_levels():
    """The common case is said in no bytes there too, and the other prior in one."""
    for content in (TEXT, words(1000), TEXT * 50):
        assert fastnz.compress(content, 7) == fastnz.compress(content, 3)
        assert _core.frame_info(fastnz.compress(content, 7))[0]["options"] == b""
        assert _core.frame_info(fastnz.compress(content, 8))[0]["options"] == b"\2"
    assert _core.frame_info(fastnz.compress(words(40_000), 7))[0]["options"] == b"\7\0"


def test_level_9_adds_a_network_that_learns():
    content = words(66_000)
    packed = _core.compress(content, 9)
    assert model_of(packed) == "hybrid_online" and _core.frame_info(packed)[0]["options"] == b"\1\7\0\2"
    assert packed == _core.compress(content, 9, threads=2)  # the learner has a thread of its own
    assert _core.decompress(packed, threads=2, max_output_size=1 << 20, max_memory=1 << 30) == content
    assert fastnz.info(packed).frames[0].networks == fastnz.info(_core.compress(content, 8)).frames[0].networks
    assert fastnz.compress(words(40_000), 9) == fastnz.compress(words(40_000), 8)  # too short to learn from


def test_data_that_the_network_does_not_know():
    rng = random.Random(4)
    noise = bytes(4 * rng.randrange(64) for _ in range(100_000))  # six bits of eight, and no more to know
    packed = fastnz.compress(noise, level=7)
    assert model_of(packed) != "hybrid"
    assert len(packed) <= len(fastnz.compress(noise, level=6))


@pytest.mark.parametrize("level", [7, 8])
def test_never_larger_than_the_strongest_counters(level):
    for content in (words(100_000), TEXT * 300, bytes(range(256)) * 400):
        assert len(fastnz.compress(content, level=level)) <= len(fastnz.compress(content, level=6))


@pytest.mark.parametrize("level", [3, 7])
def test_lanes_make_the_same_bytes(level):
    rng = random.Random(5)
    records = [TEXT[rng.randrange(200) :][: rng.randrange(1, 400)] for _ in range(60)] + [b"", words(9000), os.urandom(99)]
    packed = fastnz.compress_many(records, level=level)
    assert packed == [fastnz.compress(record, level=level) for record in records]
    assert fastnz.decompress_many(packed, threads=2) == records


def test_memory_is_declared():
    for level in (3, 7, 8):
        for content in (TEXT, words(70_000)):
            packed = fastnz.compress(content, level=level)
            needed = fastnz.info(packed).memory
            assert 0 < needed <= _core.model_memory(level, len(content)) + 3 * len(content)
            with pytest.raises(fastnz.LimitError):
                fastnz.decompress(packed, max_memory=needed // 2)


def test_large_contents_keep_the_tier_of_their_level():
    """Also with a named network: the bound on memory is that of the size."""
    small = load("small")
    frame = _core.compress(words(40_000), level=8, model=small)
    assert _core.frame_info(frame)[0]["options"][:2] == b"\7\0"
    assert fastnz.decompress(frame) == words(40_000)


def run_without_networks(code: str, data: bytes = b"") -> bytes:
    head = "import sys, fastnz\nfastnz._core.set_weights_finder(None)\ndata = sys.stdin.buffer.read()\n"
    done = subprocess.run([sys.executable, "-c", head + code], input=data, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout


def test_without_the_networks():
    run_without_networks(
        "for level in range(1, 7):\n"
        "    packed = fastnz.compress(data, level=level)\n"
        "    assert fastnz.decompress(packed) == data and fastnz.info(packed).frames[0].model != 'hybrid'\n"
        "assert len(fastnz.levels()) >= 8\n"
        "for level in (7, 8):\n"
        "    try:\n"
        "        fastnz.compress(data, level=level)\n"
        "    except fastnz.ModelMissingError as error:\n"
        "        assert len(str(error).split()[2]) == 16, str(error)\n"
        "    else:\n"
        "        raise AssertionError(level)\n",
        TEXT,
    )


@pytest.mark.parametrize("size", [300, 70_000])
def test_what_a_frame_needs_is_told_without_it(root, size):
    content = b"".join(path.read_bytes() for path in sorted((root / "docs").glob("*.md")))[:size]
    packed = fastnz.compress(content, level=7)
    (name,) = fastnz.info(packed).frames[0].networks
    (larger,) = fastnz.info(fastnz.compress(content, level=8)).frames[0].networks
    assert larger != name
    code = (
        "frame = fastnz.info(data).frames[0]\n"
        "assert frame.model == 'hybrid'\n"
        "try:\n"
        "    fastnz.decompress(data)\n"
        "except fastnz.ModelMissingError as error:\n"
        "    assert frame.networks[0] in str(error), str(error)\n"
        "else:\n"
        "    raise AssertionError('decoded')\n"
        "sys.stdout.write(frame.networks[0])\n"
    )
    assert run_without_networks(code, packed).decode() == name


def test_named_network_joins_the_counters(root):
    name = _core.load_weights((root / "python/fastnz/priors/small.fnzw").read_bytes())
    packed = _core.compress(TEXT, 3, model=name)
    assert model_of(packed) == "hybrid" and _core.decompress(packed, max_output_size=1 << 20, max_memory=1 << 30) == TEXT
    assert _core.frame_info(packed)[0]["options"][-8:] == name.to_bytes(8, "little")
