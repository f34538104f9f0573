"""The lanes mode: round trips of odd sizes and lane counts, one file for every instruction set and number of threads, hostile
payloads, memory, and the document's second implementation."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import writer

import fastnz
from fastnz import _core
from fastnz._core import testing

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reference"))

import decoder
import lane_mix
import priors

LANES = 9
_WORDS = "to be or not that is the question whether tis nobler in mind suffer slings and arrows of fortune".split()
RNG = np.random.default_rng(2)
TEXT = " ".join(RNG.choice(_WORDS, 4000)).encode()
LOG = b"".join(b"2026-11-%02d %02d:%02d GET /%s %d\n" % (d % 30, d % 24, d % 60, _WORDS[d % 17].encode(), d * d) for d in range(400))


def options(lane_bits=10, group_bits=6, prior=1, head=0):
    return bytes([lane_bits, group_bits | head << 4, prior])


@pytest.mark.parametrize("lane_bits, group_bits", [(10, 0), (10, 1), (10, 2), (10, 6), (11, 3), (14, 6), (16, 10)])
@pytest.mark.parametrize("size", [1, 2, 1023, 1024, 1025, 2047, 5003, 9217])
def test_sizes_and_groups(lane_bits, group_bits, size):
    """Single lanes and groups, last ones that are short: what is written is read."""
    data, chosen = TEXT[:size], options(lane_bits, group_bits)
    coded = testing.model_encode("lane_mix", chosen, data)
    assert testing.model_decode("lane_mix", chosen, coded, size) == data


@pytest.mark.parametrize("size", [4097, 4098, 5120, 5121, 9000])
def test_a_head(size):
    """Bytes before the lanes, which all groups know; what is left may be a byte."""
    chosen = options(10, 1, head=1)
    coded = testing.model_encode("lane_mix", chosen, LOG[:size])
    assert testing.model_decode("lane_mix", chosen, coded, size) == LOG[:size]


def test_a_head_is_taken_where_content_repeats_itself():
    log = b"".join(b"2026-11-28 %02d:%02d GET /%s %d\n" % (d % 24, d % 60, _WORDS[d % 17].encode(), d * d) for d in range(4600))
    body = fastnz.compress_raw(log, model="lanes")
    assert body[0] >> 4 == LANES and body[0] & 7 == 2 and body[1] == 17 and body[2] >> 4 > 0
    assert fastnz.decompress_raw(body, len(log), model="lanes") == log


@pytest.mark.parametrize("data", [LOG, bytes(5000), RNG.bytes(3000), bytes(range(256)) * 20], ids=["log", "zeros", "noise", "ramp"])
def test_kinds(data):
    coded = testing.model_encode("lane_mix", options(), data)
    assert testing.model_decode("lane_mix", options(), coded, len(data)) == data


def test_groups_know_nothing_of_each_other():
    """A group is coded as it would be alone, if its lanes have the same length."""
    whole = testing.model_encode("lane_mix", options(10, 1), TEXT[:8192])
    parts = [testing.model_encode("lane_mix", options(10, 1), TEXT[k : k + 2048]) for k in range(0, 8192, 2048)]
    codes = [code for part in parts for code in lane_mix.split(part, 2)]
    assert lane_mix.split(whole, 8) == codes


def test_lanes_of_a_group_learn_from_each_other():
    """What other lanes have seen makes a lane's code shorter."""
    together = testing.model_encode("lane_mix", options(10, 6), LOG)
    alone = testing.model_encode("lane_mix", options(10, 0), LOG)
    assert len(together) < 0.95 * len(alone)


@pytest.mark.parametrize(
    "data, chosen", [(TEXT[:2300], options(10, 6)), (LOG[:2500], options(10, 1)), (LOG[:5700], options(10, 1, head=1))]
)
def test_the_document(data, chosen):
    priors.load()
    coded = testing.model_encode("lane_mix", chosen, data)
    assert lane_mix.decode(chosen, coded, len(data), decoder.decode_bits) == data


def test_first_weights_of_the_document():
    header = (Path(__file__).resolve().parents[2] / "csrc/kernels/lane_mix_weights.h").read_text()
    listed = header.split("kLaneWeights] = {")[1].split("};")[0].replace(",", " ").split()
    assert [4096 * int(number) for number in listed] == lane_mix.first_weights()
    assert len(listed) == 4 * lane_mix.FEATURES


def test_all_ways_in(tmp_path):
    """Buffers, streams, files, lists, raw records: the same name everywhere."""
    packed = fastnz.compress(TEXT, model="lanes")
    assert len(packed) < len(TEXT) // 5
    assert _core.frame_info(packed)[0]["model"] == "lane_mix"
    assert fastnz.decompress(packed) == TEXT
    stream = fastnz.Compressor(model="lanes:lane=1024")
    assert fastnz.decompress(stream.compress(TEXT) + stream.flush()) == TEXT
    assert fastnz.decompress_many(fastnz.compress_many([TEXT, b"", TEXT[:99]], model="lanes")) == [TEXT, b"", TEXT[:99]]
    raw = fastnz.compress_raw(TEXT, model="lanes")
    assert fastnz.decompress_raw(raw, len(TEXT), model="lanes") == TEXT
    with fastnz.open(tmp_path / "a.fnz", "wb", model="lanes") as file:
        file.write(TEXT)
    assert fastnz.decompress((tmp_path / "a.fnz").read_bytes()) == TEXT


def test_command_line(tmp_path):
    (tmp_path / "a").write_bytes(TEXT)
    run = lambda *more: subprocess.run([sys.executable, "-m", "fastnz", *more], cwd=tmp_path, check=True)  # noqa: E731
    run("--model", "lanes:prior=small", "a")
    assert _core.frame_info((tmp_path / "a.fnz").read_bytes())[0]["model"] == "lane_mix"
    run("-d", "-o", "b", "a.fnz")
    assert (tmp_path / "b").read_bytes() == TEXT


@pytest.mark.parametrize(
    "model", ["lanes:lane=1000", "lanes:lane=512", "lanes:lane=262144", "lanes:group=3", "lanes:group=2048", "lanes:size=1", "lanes:lane=x"]
)
def test_names_that_mean_nothing(model):
    with pytest.raises(ValueError, match="lanes"):
        fastnz.compress(TEXT, model=model)


def test_a_network_that_is_missing():
    with pytest.raises(fastnz.ModelMissingError):
        fastnz.compress(TEXT, model="lanes:prior=nowhere")


def test_any_network_serves(tmp_path, network):
    (tmp_path / "mine.fnzw").write_bytes(network[1])
    packed = fastnz.compress(TEXT[:3000], model=f"lanes:prior={tmp_path / 'mine.fnzw'}")
    assert fastnz.decompress(packed) == TEXT[:3000]


def test_threads_change_nothing():
    name = "lanes:lane=1024,group=4"
    made = fastnz.compress(TEXT, model=name)
    for threads in (2, 3, 5):
        assert fastnz.compress(TEXT, model=name, threads=threads) == made
        assert fastnz.decompress(made, threads=threads) == TEXT


def test_one_file_for_every_instruction_set(run_python):
    program = f"""
import fastnz
data = {TEXT[:4000]!r}
print(repr([fastnz.compress(data, model=m) for m in ("lanes:lane=1024,group=2", "lanes:prior=large,lane=1024")]))
"""
    made = {isa: run_python(program, FASTNZ_ISA=isa).stdout for isa in fastnz.isas()}
    assert len(set(made.values())) == 1 and len(made["scalar"]) > 100
    reader = f"import fastnz\nassert all(fastnz.decompress(f) == {TEXT[:4000]!r} for f in {made['scalar'].strip()})"
    for isa in fastnz.isas():
        assert run_python(reader, FASTNZ_ISA=isa).returncode == 0


def decode(payload, chosen=options(), size=5000, **limits):
    frame = writer.full([(b"x" * size, writer.body(payload, LANES, chosen))], memory_kib=1 << 30)
    return _core.decompress(frame, **{"max_output_size": 1 << 40, "max_memory": 1 << 40, **limits})


def test_options_out_of_their_bounds():
    for chosen in (options(9), options(18), options(10, 11), options(10, 6, 0), options(10, 6, 99), b"\3", bytes(4), bytes(9), bytes(11)):
        with pytest.raises(fastnz.UnsupportedError, match="lane_mix"):
            decode(b"\0" * 5, chosen)


def test_a_head_as_long_as_the_content():
    with pytest.raises(fastnz.CorruptError, match="head"):
        decode(b"\0" * 5, options(head=1), 4096)
    with pytest.raises(fastnz.CorruptError, match="head"):
        decode(b"\x7f\0", options(head=1), 5000)
    with pytest.raises(fastnz.UnsupportedError, match="head"):
        decode(b"\0" * 5, options(head=6), 1 << 20)


def test_payloads_that_lie():
    """Five lanes of 1000 bytes."""
    codes = b"12345"
    for payload in (
        b"",  # no sizes
        b"\1\1\1\1",  # too few of them
        b"\1\1\1\1\1" + codes[:4],  # codes end too early
        b"\1\1\1\1\1" + codes + b"6",  # or too late
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\1\1\1\1" + codes,  # 2^64 - 1 bytes
        b"\xff" * 11,  # more than 64 bits
        b"\x80\0\1\1\1\1" + codes,  # not in its shortest form
        b"\1\1\1\1\x80",  # a size that ends nowhere
    ):
        with pytest.raises(fastnz.CorruptError):
            decode(payload)


def test_codes_that_end_too_early():
    coded = testing.model_encode("lane_mix", options(), TEXT[:5000])
    codes = lane_mix.split(coded, 5)
    for k in range(5):
        cut = [code[: len(code) // 2] if k == s else code for s, code in enumerate(codes)]
        payload = b"".join(writer.varint(len(code)) for code in cut) + b"".join(cut)
        with pytest.raises(fastnz.CorruptError):
            decode(payload)


def test_no_more_than_a_payload_can_hold():
    """Each lane takes a byte: a short payload cannot claim a long content, and nothing is reserved for it."""
    with pytest.raises(fastnz.CorruptError, match="lanes"):
        decode(b"\0" * 100, options(10, 6), 1 << 20)


def test_noise_as_codes():
    rng = np.random.default_rng(5)
    for _ in range(20):
        sizes = rng.integers(0, 300, 5)
        payload = b"".join(writer.varint(int(n)) for n in sizes) + rng.bytes(int(sizes.sum()))
        with pytest.raises(fastnz.CorruptError):  # too short a code, or another content than the hash says
            decode(payload)


def test_memory_is_told_and_limited():
    needed = testing.model_memory("lane_mix", options(14, 10), 1 << 24)
    assert needed > 48 << 21
    payload = b"\0" * 1024
    with pytest.raises(fastnz.LimitError, match="max_memory"):
        decode(payload, options(14, 10), 1 << 24, max_memory=1 << 26)


def test_memory_is_what_is_reserved(run_python):
    """The process grows by what the model declares beyond the weights, which are there before."""
    done = run_python(
        """
import random
from fastnz._core import testing
options = bytes([14, 6, 1])
size = lambda: int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) * 1024
testing.model_encode("lane_mix", bytes([10, 0, 1]), b"warm" * 3)
data = random.Random(1).randbytes(1 << 20)  # touches every slot
before = size()
testing.model_encode("lane_mix", options, data)
print(before, size(), testing.model_memory("lane_mix", options, len(data)), testing.model_memory("lane_mix", options, 1))
"""
    )
    before, after, declared, least = map(int, done.stdout.split())
    assert 0.5 * (declared - least) < after - before < declared + (8 << 20), done.stderr
