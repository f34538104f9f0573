"""Lists of records: each has the bytes that it has alone, whatever the order, the company, threads and lanes."""

import subprocess
import sys

import numpy as np
import pytest
from gru8 import random_weights, write_plain
from hypothesis import given
from hypothesis import strategies as st

import fastnz
from fastnz import _core
from fastnz._core import testing

LIMITS = {"max_output_size": 1 << 30, "max_memory": 1 << 30}
OWN = "model_of_the_test"


def make_weights(seed):
    weights = random_weights(np.random.default_rng(seed), 32, 8, 8)
    return write_plain(weights, testing.xxh3_64)


@pytest.fixture(scope="module")
def names():
    """Ids of two loaded networks."""
    return [_core.load_weights(make_weights(seed)) for seed in (31, 32)]


def written_by(name, size, seed):
    """What the network would write, so that its code pays."""
    noise = np.random.default_rng(seed).bytes(2 * size + 8)
    return testing.model_decode("gru8", name.to_bytes(8, "little"), noise, size)


@pytest.fixture(scope="module")
def records(names):
    """Empty, tiny, of all sizes to beyond lanes, noise; each with its own frame and raw record by either network."""
    rng = np.random.default_rng(33)
    sizes = [0, 1, 9, 10, 30, 3000, *rng.integers(20, 400, 40), 65536, 65537, 70000]
    contents = [written_by(names[0], int(size), k) for k, size in enumerate(sizes)]
    return [*contents, rng.bytes(300), rng.bytes(5), b"", contents[8]]


@pytest.fixture(scope="module")
def frames(names, records):
    return {name: [_core.compress(record, model=name) for record in records] for name in names}


@pytest.fixture(scope="module")
def raws(names, records):
    return {name: [_core.compress_raw(record, model=name) for record in records] for name in names}


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_as_if_alone(names, records, frames, raws, threads):
    for name in names:
        assert _core.compress_many(records, model=name, threads=threads) == frames[name]
        assert _core.compress_many(records, model=name, threads=threads, raw=True) == raws[name]
        assert _core.decompress_many(frames[name], **LIMITS, threads=threads) == records
        sizes = [len(record) for record in records]
        assert _core.decompress_many(raws[name], **LIMITS, raw_sizes=sizes, model=name, threads=threads) == records
    assert [_core.decompress(frame, **LIMITS) for frame in frames[names[0]]] == records


def test_some_are_coded_by_the_network(names, frames):
    models = [_core.frame_info(frame)[0]["model"] for frame in frames[names[0]]]
    assert models.count("hybrid") > len(models) // 2 and None in models


@given(
    chosen=st.lists(st.integers(0, 55), max_size=70),
    threads=st.integers(1, 4),
    memory=st.sampled_from([1, 4, 20, 1 << 20]),
    other=st.booleans(),
    raw=st.booleans(),
)
def test_any_order_threads_and_lanes(chosen, threads, memory, other, raw, names, records, frames, raws):
    name = names[other]
    alone = raws[name] if raw else frames[name]
    chosen = [i % len(records) for i in chosen]
    items = [records[i] for i in chosen]
    needed = max((_core.frame_info(frames[name][i])[0]["memory"] for i in chosen), default=0)
    made = _core.compress_many(items, model=name, threads=threads, raw=raw, max_memory=memory * needed)
    assert made == [alone[i] for i in chosen]
    sizes = [len(item) for item in items] if raw else None
    limits = {"max_output_size": 1 << 30, "max_memory": memory * needed}
    assert _core.decompress_many(made, **limits, threads=threads, raw_sizes=sizes, model=name) == items


def test_networks_and_counters_in_one_list(names, records, frames):
    counters = [_core.compress(record, 2) for record in records]
    mixed = [made[k % 3] for k, made in enumerate(zip(counters, frames[names[0]], frames[names[1]]))]
    assert _core.decompress_many(mixed, **LIMITS, threads=3) == records


def test_a_list_of_frames_in_one_value(names, frames, records):
    joined = [b"".join(frames[names[0]][a:b]) for a, b in ((0, 3), (3, 4), (4, 20))]
    plain = [b"".join(records[a:b]) for a, b in ((0, 3), (3, 4), (4, 20))]
    assert _core.decompress_many(joined, **LIMITS) == plain


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("bad", [7, 25, 45])
def test_one_bad_record_is_named(names, records, frames, raws, bad, threads):
    damaged = list(frames[names[0]])
    damaged[bad] = damaged[bad][:-1] + bytes([damaged[bad][-1] ^ 1])
    with pytest.raises(fastnz.CorruptError, match=f"^item {bad}: "):
        _core.decompress_many(damaged, **LIMITS, threads=threads)
    sizes = [len(record) for record in records]
    cut = list(raws[names[0]])
    cut[bad] = cut[bad][: len(cut[bad]) // 4]
    cut[46] = cut[46][:4]
    with pytest.raises(fastnz.CorruptError, match=f"^item {bad}: "):
        _core.decompress_many(cut, **LIMITS, raw_sizes=sizes, model=names[0], threads=threads)


def test_raw_records_do_not_name_their_model(names, records, frames, raws):
    name, raw, content = names[0].to_bytes(8, "little"), raws[names[0]][20], records[20]
    assert not any(name in record for record in raws[names[0]])
    assert frames[names[0]][20].count(name) == 1
    info = _core.frame_info(frames[names[0]][20])[0]
    options = info["options"].removesuffix(name)
    assert info["options"] == options + name
    assert raw == bytes([0x40 | len(options)]) + options + testing.model_encode("hybrid", info["options"], content)
    assert _core.decompress_raw(raw, len(content), model=names[0], max_memory=1 << 30) == content
    with pytest.raises(fastnz.CorruptError, match="option bytes"):
        _core.decompress_raw(b"\x47\x0f" + bytes(15) + b"code", 5, model=names[0], max_memory=1 << 30)
    stored = _core.compress_raw(b"stored", model=names[0])
    assert _core.decompress_raw(stored, 6, model=names[1], max_memory=1) == b"stored"


def test_a_hash_that_does_not_fit_is_named(names, records, frames):
    """Bytes that are whole but decode to something else: the CRC is right, the content's hash is not."""
    frame = bytearray(frames[names[0]][20])
    frame[-8] ^= 1
    frame[-4:] = testing.crc32c(bytes(frame[:-4])).to_bytes(4, "little")
    with pytest.raises(fastnz.CorruptError, match=r"^item 2: .*XXH3"):
        _core.decompress_many([*frames[names[0]][10:12], bytes(frame)], **LIMITS)


def test_missing_weights_are_named(frames, names):
    missing = 0x0123456789ABCDEF
    frame = frames[names[0]][20].replace(names[0].to_bytes(8, "little"), missing.to_bytes(8, "little"))
    frame = frame[:-4] + testing.crc32c(frame[:-4]).to_bytes(4, "little")
    with pytest.raises(fastnz.ModelMissingError, match=r"item 1: .*0123456789abcdef"):
        _core.decompress_many([frames[names[0]][20], frame], **LIMITS)


def test_limits_hold(names, records, frames):
    total = sum(map(len, records))
    packed = frames[names[0]]
    assert _core.decompress_many(packed, max_output_size=total, max_memory=1 << 30) == records
    with pytest.raises(fastnz.LimitError, match=f"item {len(records) - 1}: .*max_output_size"):
        _core.decompress_many(packed, max_output_size=total - 1, max_memory=1 << 30)
    needed = _core.frame_info(packed[20])[0]["memory"]
    assert _core.decompress_many([packed[20]] * 5, max_output_size=total, max_memory=needed) == [records[20]] * 5
    with pytest.raises(fastnz.LimitError, match=r"item 0: .*max_memory"):
        _core.decompress_many([packed[20]] * 5, max_output_size=total, max_memory=needed - 1)


def test_lanes_are_cut_to_memory(names):
    options = b"\x05\x00" + names[0].to_bytes(8, "little")
    sizes = [100] * 99 + [65536, 65537]

    def cut(threads, memory):
        return testing.lane_groups("hybrid", options, sizes, threads, memory)

    for threads in (1, 2, 8):
        for memory in (0, 1 << 18, 1 << 20, 1 << 30):
            groups = cut(threads, memory)
            assert sorted(i for items, _ in groups for i in items) == list(range(100))  # the last is too long for lanes
            assert len(groups) >= min(threads, 2)
    assert {lanes for _, lanes in cut(2, 0)} == {1}
    needed = _core.model_memory(3, 65536, names[0])
    for lanes in (1, 3, 8):
        assert {found for _, found in cut(2, 2 * lanes * (needed // 2))} <= set(range(1, lanes + 1))
    assert testing.lane_groups("nibble_mix", b"\x01\x00", sizes, 1, 1 << 30) == []


def test_numpy_arrays(names, records, frames):
    arrays = [np.frombuffer(record, np.uint8) for record in records]
    assert _core.compress_many(arrays, model=names[0]) == frames[names[0]]
    blobs = [np.frombuffer(frame, np.uint8) for frame in frames[names[0]]]
    assert _core.decompress_many(blobs, **LIMITS) == records


def test_by_name_and_path(tmp_path, monkeypatch, names, records, frames):
    path = tmp_path / f"{OWN}.fnzw"
    path.write_bytes(_core.pack_weights(make_weights(31)))
    expected = frames[names[0]][20]
    content = records[20]
    assert fastnz.compress(content, model=path) == expected == fastnz.compress(content, model=str(path))
    monkeypatch.setenv("FASTNZ_MODELS", str(tmp_path))
    assert fastnz.compress_many([content] * 3, model=OWN) == [expected] * 3
    compressor = fastnz.Compressor(model=OWN)
    assert compressor.compress(content) + compressor.flush() == expected
    out = bytearray(fastnz.compress_bound(len(content)))
    assert out[: fastnz.compress_into(content, out, model=OWN)] == expected
    raw = fastnz.compress_raw(content, model=OWN)
    assert fastnz.decompress_raw(raw, len(content), model=OWN) == content
    assert fastnz.decompress_many([raw], raw_sizes=[len(content)], model=path) == [content]
    with fastnz.open(tmp_path / "file", "wb", model=OWN, index=False) as file:
        file.write(content)
    assert (tmp_path / "file").read_bytes() == expected

    assert fastnz.decompress_many([expected], model=OWN) == [content] == [fastnz.decompress(expected, model=path)]

    path.write_bytes(_core.pack_weights(make_weights(32)))  # the file is another one now
    assert fastnz.compress(content, model=OWN) == frames[names[1]][20]
    path.unlink()
    with pytest.raises(fastnz.ModelMissingError, match=OWN):
        fastnz.compress(content, model=OWN)
    with pytest.raises(fastnz.ModelMissingError, match="no weight file"):
        fastnz.compress_many([content], model=path)
    with pytest.raises(TypeError, match="model must be a name or a path"):
        fastnz.compress(content, model=5)
    with pytest.raises(fastnz.ModelMissingError, match="0000000000000005"):
        _core.compress(content, model=5)


READER = """
import sys
import fastnz

path, way = sys.argv[1:]
frame = sys.stdin.buffer.read()
if way == "none":
    try:
        fastnz.decompress(frame)
    except fastnz.ModelMissingError as error:
        sys.exit(str(error))
ways = {
    "decompress": lambda: fastnz.decompress(frame, model=path),
    "many": lambda: fastnz.decompress_many([frame], model=path)[0],
    "into": lambda: (out := bytearray(4000), fastnz.decompress_into(frame, out, model=path))[0].rstrip(b"\\0"),
    "stream": lambda: fastnz.Decompressor(model=path).decompress(frame),
    "file": lambda: fastnz.open(__import__("io").BytesIO(frame), model=path).read(),
}
sys.stdout.buffer.write(ways[way]())
"""


@pytest.mark.parametrize("way", ["none", "decompress", "many", "into", "stream", "file", "command"])
def test_a_reader_that_names_the_model(tmp_path, way, names, records, frames):
    """In a fresh process, where nothing of it is loaded or installed."""
    path = tmp_path / "own.fnzw"
    path.write_bytes(_core.pack_weights(make_weights(31)))
    command = [sys.executable, "-c", READER, path, way]
    if way == "command":
        command = [sys.executable, "-m", "fastnz", "-dc", "--model", path]
    done = subprocess.run(command, input=frames[names[0]][5], capture_output=True, timeout=120)
    if way == "none":
        assert done.returncode == 1 and f"{names[0]:016x}" in done.stderr.decode()
    else:
        assert done.stdout == records[5] and done.returncode == 0
