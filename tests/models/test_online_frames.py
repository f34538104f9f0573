"""Whole frames of networks that learn while they code: round trips, one file for every instruction set, hostile options."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import writer

import fastnz
from fastnz import _core, schedules
from fastnz._core import testing
from fastnz.online import load_online

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reference"))

ONLINE = 8
PRESETS = sorted(_core.online_presets())
_WORDS = "to be or not that is the question whether tis nobler in mind suffer slings and arrows of fortune".split()
TEXT = " ".join(np.random.default_rng(2).choice(_WORDS, 600)).encode()  # no copies that a transform would take out
SMALL = "gru:units=16,streams=3,period=4"
REPLAYED = f"lstm:units=16,layers=1,{schedules.Replay(every=64, window=256, lanes=2)}"



@pytest.mark.parametrize("model", PRESETS)
def test_presets_round_trip(model):
    packed = fastnz.compress(TEXT, model=model)
    assert len(packed) < len(TEXT) // 2
    assert fastnz.decompress(packed) == TEXT
    (about,) = _core.frame_info(packed)
    assert about["model"] == "online"


@pytest.mark.parametrize("streams", [1, 2, 3, 7, 16, 64])
def test_lanes_of_every_length(streams):
    """Contents shorter than the lanes are many, and such as leave lanes short or empty."""
    options = testing.online_options(_core.online_presets()["gru"] | {"units": 16, "streams": streams, "period": 2})
    for size in (1, 2, 3, 15, 16, 17, 50, 63, 64, 65, 130, 200):
        data = TEXT[:size]
        coded = testing.model_encode("online", options, data)
        assert testing.model_decode("online", options, coded, size) == data


def test_all_ways_in(tmp_path, run_python):
    """Buffers, streams, files, lists, raw records: the same name everywhere."""
    packed = fastnz.compress(TEXT, model=SMALL)
    stream = fastnz.Compressor(model=SMALL)
    assert fastnz.decompress(stream.compress(TEXT) + stream.flush()) == TEXT
    assert fastnz.decompress_many(fastnz.compress_many([TEXT, b"", TEXT[:99]], model=SMALL)) == [TEXT, b"", TEXT[:99]]
    raw = fastnz.compress_raw(TEXT, model=SMALL)
    assert len(raw) < len(packed)
    assert fastnz.decompress_raw(raw, len(TEXT), model=SMALL) == TEXT
    with fastnz.open(tmp_path / "a.fnz", "wb", model=SMALL) as file:
        file.write(TEXT)
    assert fastnz.decompress((tmp_path / "a.fnz").read_bytes()) == TEXT


def test_command_line(tmp_path):
    (tmp_path / "a").write_bytes(TEXT)
    run = lambda *more: subprocess.run([sys.executable, "-m", "fastnz", *more], cwd=tmp_path, check=True)  # noqa: E731
    run("--model", SMALL, "a")
    assert _core.frame_info((tmp_path / "a.fnz").read_bytes())[0]["model"] == "online"
    run("-d", "-o", "b", "a.fnz")
    assert (tmp_path / "b").read_bytes() == TEXT


def test_one_file_for_every_instruction_set(run_python):
    """Each writes, each reads what every other wrote."""
    program = f"""
import sys
import fastnz
data, models = {TEXT[:300]!r}, {[*PRESETS, SMALL, REPLAYED, "lstm:streams=5,layers=3,units=32"]!r}
small = dict(trace="units=64,heads=2,inner=32", nncp="units=32,heads=2,inner=32,places=8")
models = [m if ":" in m else m + ":" + small.get(m, "units=32") for m in models]
frames = [fastnz.compress(data * 2, model=model) for model in models]
print(repr(frames))
"""
    made = {isa: run_python(program, FASTNZ_ISA=isa).stdout for isa in fastnz.isas()}
    assert len(set(made.values())) == 1 and len(made["scalar"]) > 100
    reader = f"import fastnz\nassert all(fastnz.decompress(f) == {TEXT[:300] * 2!r} for f in {made['scalar'].strip()})"
    for isa in fastnz.isas():
        assert run_python(reader, FASTNZ_ISA=isa).returncode == 0


BOOTSTRAPPED = "dzip:units=16,table_bits=0,table_width=0,contexts=0,streams=64,bootstrap=16"
LONGER = " ".join(np.random.default_rng(3).choice(_WORDS, 3500)).encode()


def test_a_bootstrap_is_stored_where_the_content_is_long_enough():
    """From 1,024 bytes for each of its units on; before, there is the other network alone."""
    assert len(LONGER) > 16384
    packed = fastnz.compress(LONGER, model=BOOTSTRAPPED)
    assert fastnz.decompress(packed) == LONGER
    short = LONGER[:16000]
    alone = fastnz.compress(short, model="gru:units=16,streams=64")
    assert len(fastnz.compress(short, model=BOOTSTRAPPED)) == len(alone)


def test_a_bootstrap_is_found_alike_on_every_instruction_set(run_python):
    program = f"import fastnz, zlib; print(zlib.crc32(fastnz.compress({LONGER!r}, model={BOOTSTRAPPED!r})))"
    made = {run_python(program, FASTNZ_ISA=isa).stdout for isa in fastnz.isas()}
    assert len(made) == 1 and made != {""}


def test_training_can_be_ended():
    class Stop(Exception):
        pass

    def stop(done, total):
        raise Stop

    shuffled = np.random.default_rng(4).permutation(np.frombuffer(LONGER * 100, np.uint8)).tobytes()  # nothing for transforms
    model = load_online("dzip:bootstrap=240")
    begin = time.monotonic()
    with pytest.raises(Stop):
        _core.compress_raw(shuffled, 6, model=model, progress=stop)
    assert time.monotonic() - begin < 5


def test_hostile_bootstraps():
    """More than a content of that size may have, none, a coarse step, beside attention; a code that ends inside of it."""
    plain = good_options()
    for byte in (0x42, 0x4F):
        with pytest.raises(fastnz.CorruptError, match="bootstrap"):
            decode(plain + bytes([byte]), size=16 * 1024 * (byte & 15) - 1)
    for options in (plain + b"\x40", plain + b"\x11", testing.online_options(_core.online_presets()["nncp"]) + b"\x41"):
        with pytest.raises(fastnz.CorruptError, match="bootstrap"):
            decode(options, size=1 << 16)
    with pytest.raises(fastnz.CorruptError, match="end before"):
        decode(plain + b"\x41", size=1 << 14)
    assert _core.model_memory(6, 1 << 16, load_online("dzip")) > _core.model_memory(6, 1 << 16, load_online("gru_feat")) + 300_000
    assert testing.online_memory(bytes(plain + b"\x41"), 1 << 16) > testing.online_memory(bytes(plain), 1 << 16) + 90_000


def good_options(**changes):
    return bytearray(testing.online_options(_core.online_presets()["gru"] | changes))


def decode(options, size=1000, **limits):
    frame = writer.full([(b"x" * size, writer.body(b"1234", ONLINE, bytes(options)))], memory_kib=1 << 30)
    return _core.decompress(frame, **{"max_output_size": 1 << 40, "max_memory": 1 << 40, **limits})


@pytest.mark.parametrize(
    "byte, value",
    [(0, 0x10), (0, 0x16), (0, 0x15), (1, 0), (1, 65), (1, 255), (2, 0), (2, 9), (3, 0), (3, 65), (3, 255), (4, 0), (4, 129),
     (5, 0), (5, 255), (7, 25), (8, 3), (8, 21), (9, 7), (9, 21), (9, 255), (10, 1), (10, 255)],
)  # fmt: skip
def test_options_out_of_their_bounds(byte, value):
    options = good_options()
    options[byte] = value
    with pytest.raises(fastnz.CorruptError, match="online"):
        decode(options)


@pytest.mark.parametrize("preset, byte, value", [
    ("trace", 1, 2), ("trace", 5, 0), ("trace", 5, 3), ("trace", 5, 255), ("trace", 10, 0), ("trace", 2, 0), ("trace", 2, 25),
    ("nncp", 1, 65), ("nncp", 5, 0), ("nncp", 5, 7), ("nncp", 10, 0), ("nncp", 3, 65), ("nncp", 4, 0),
])  # fmt: skip
def test_options_of_attention_out_of_their_bounds(preset, byte, value):
    options = bytearray(testing.online_options(_core.online_presets()[preset]))
    options[byte] = value
    with pytest.raises(fastnz.CorruptError, match="online"):
        decode(options)


def test_schedules_out_of_their_bounds():
    """More lanes than 64, and more work than a byte may cost."""
    with pytest.raises(fastnz.CorruptError, match="lanes"):
        decode(good_options() + bytes([7 << 4, 0, 0]))
    with pytest.raises(fastnz.CorruptError, match="work"):
        decode(good_options(units=512) + bytes([6 << 4, 0, 0]))


def test_the_past_is_part_of_the_memory():
    """A replay keeps the content: as much as a block may have."""
    options = bytes(good_options()) + bytes([0, 0, 0])
    assert testing.online_memory(options) > testing.online_memory(bytes(good_options()))
    with pytest.raises(fastnz.LimitError, match="max_memory"):
        decode(options, size=1 << 25, max_memory=1 << 25)


def test_options_of_other_lengths_and_versions():
    for options in (b"", good_options()[:11], good_options() + b"\0"):
        with pytest.raises(fastnz.CorruptError, match="online"):
            decode(options)
    options = good_options()
    options[0] |= 0x20
    with pytest.raises(fastnz.UnsupportedError, match="version 3"):
        decode(options)


def test_each_option_alone_fits_but_not_all_together():
    options = good_options()
    options[1], options[2] = 64, 8
    with pytest.raises(fastnz.CorruptError, match="work"):
        decode(options)


def test_memory_is_told_and_limited():
    """Tables of 2^16 rows of 64 are sound, and too much for the limit; nothing is reserved before that is known."""
    options = good_options(table_bits=16, table_width=64, contexts=3)
    needed = testing.online_memory(bytes(options))
    assert needed > 3 * 2 * 4 * (1 << 16) * 64
    with pytest.raises(fastnz.LimitError, match="max_memory"):
        decode(options, max_memory=1 << 26)
    options[9] = 17
    with pytest.raises(fastnz.CorruptError, match="tables"):
        decode(options)


@pytest.mark.parametrize("changes", [{}, {"units": 64, "streams": 16, "layers": 3}, {"table_bits": 12, "table_width": 32}])
def test_memory_is_what_is_reserved(changes, run_python):
    """The process grows by what the model declares, within a fraction and what a process has anyway."""
    fields = _core.online_presets()["gru"] | {"table_bits": 16, "table_width": 64, "contexts": 3} | changes
    done = run_python(
        f"""
import fastnz
from fastnz._core import testing
options = testing.online_options({fields!r})
size = lambda: int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) * 1024
testing.model_encode("online", options, b"warm" * 3)
before = size()
print(before, testing.online_memory(options))
"""
    )
    peak, declared = map(int, done.stdout.split())
    assert 0.8 * declared < peak < declared + (64 << 20), done.stderr


def test_noise_is_stored():
    noise = np.random.default_rng(1).bytes(5000)
    packed = fastnz.compress(noise, model=SMALL)
    assert len(packed) <= len(noise) + 20 and fastnz.decompress(packed) == noise


@pytest.mark.parametrize("model", ["gru:unit=16", "gru:units=x", "gru:units=99999", "gru:units=17", "gru:rate=", "lstm:layers=0", "gru:seed=256"])
def test_names_that_mean_nothing(model):
    with pytest.raises(ValueError, match="model|network"):
        fastnz.compress(b"x", model=model)


def test_a_name_that_is_no_presets_is_a_files():
    with pytest.raises(fastnz.ModelMissingError):
        fastnz.compress(b"x", model="gruu")
