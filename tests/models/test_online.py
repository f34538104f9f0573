"""Networks that learn while they code: bit for bit what docs/online.md says, gradients that are right, one answer on
every instruction set."""

import sys
from pathlib import Path

import numpy as np
import pytest

import fastnz
from fastnz import _core, schedules
from fastnz._core import testing
from fastnz.online import load_online

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reference"))

import online  # noqa: E402

SMALL = {
    "cell": online.GRU, "normalised": 0, "with_mean": 0, "units": 16, "layers": 1, "streams": 1, "period": 3,
    "horizons": 1, "rate": 0x70, "decay": 0, "memory": 13, "table_bits": 0, "table_width": 0, "contexts": 0,
    "heads": 0, "places": 0, "inner": 0, "seed": 0,
}  # fmt: skip
ATTENTION = {"units": 64, "heads": 2, "places": 3, "inner": 32, "period": 6}
CASES = {
    "rnn": {"cell": online.RNN, "layers": 2, "streams": 2},
    "gru": {"units": 32, "horizons": 2},
    "gru-streams": {"layers": 2, "streams": 5, "decay": 1, "seed": 7},
    "gru-contexts": {"streams": 2, "table_bits": 8, "table_width": 16, "contexts": 3, "with_mean": 1},
    "gru-six-contexts": {"table_bits": 9, "table_width": 32, "contexts": 6},
    "lstm": {"cell": online.LSTM, "layers": 2, "streams": 2, "horizons": 2},
    "lstm-normalised": {"cell": online.LSTM, "normalised": 1, "layers": 2, "streams": 3, "memory": 4},
    "gru-bootstrap": {"streams": 2, "bootstrap": 16, "bootstrap_step": 4},
    "lstm-bootstrap": {"cell": online.LSTM, "normalised": 1, "layers": 2, "table_bits": 8, "table_width": 16, "contexts": 3,
                       "bootstrap": 32, "bootstrap_step": 3},
    "trace": ATTENTION | {"cell": online.TRACE, "streams": 2},
    "trace-layers": ATTENTION | {"cell": online.TRACE, "layers": 2, "heads": 4, "places": 1, "with_mean": 1, "decay": 2},
    "nncp": ATTENTION | {"cell": online.NNCP, "layers": 2, "places": 17},
    "nncp-streams": ATTENTION | {"cell": online.NNCP, "units": 32, "streams": 3, "period": 3, "places": 5},
}


REPLAYS = {
    "gru": {"cell": online.GRU, "streams": 2, "period": 4, "every": 6, "doubling": 0, "window": 6, "passes": 2, "lanes": 4,
            "replay_rate": 0x80, "apart": 1, "dropout": 0},
    "lstm-doubling": {"cell": online.LSTM, "period": 8, "horizons": 2, "decay": 2, "every": 6, "doubling": 1, "window": 7,
                      "passes": 8, "lanes": 2, "replay_rate": 0x78, "apart": 0, "with_mean": 1, "dropout": 4},
    "nncp": ATTENTION | {"cell": online.NNCP, "units": 32, "places": 9, "every": 6, "doubling": 0, "window": 8, "passes": 1,
                         "lanes": 8, "replay_rate": 0x80, "apart": 1, "dropout": 7},
}  # fmt: skip


def options(name):
    return SMALL | CASES[name]


def stored_for(o):
    """Numbers of a bootstrap, if there is one: of the bytes of symbols_for() and a few others."""
    if "bootstrap" not in o:
        return b""
    return testing.online_preface(o, np.random.default_rng(5).integers(95, 103, 300).astype(np.uint8).tobytes())


def network_of(o, arithmetic=online.Exact):
    network = online.Network(o, arithmetic)
    for byte in stored_for(o):
        network.bootstrap.take(byte)
    return network


def symbols_for(o, steps, seed=1):
    """Bytes of few values, so that rows of tables meet; the last streams end early."""
    rng = np.random.default_rng(seed)
    symbols = rng.integers(97, 101, (steps, o["streams"])).astype(np.int32)
    if o["streams"] > 1:
        symbols[steps - 2 :, -1] = -1
    return symbols


def reference_run(o, symbols, arithmetic=online.Exact, learns=True):
    network, freq = network_of(o, arithmetic), []
    for row in symbols:
        freq.append(network.predict())
        network.update(row, learns)
    return network, np.array(freq)


@pytest.mark.parametrize("name", CASES)
def test_as_the_document_says(name):
    """Frequencies, gradients and parameters after several updates, bit for bit."""
    o = options(name)
    symbols = symbols_for(o, 4 * o["period"])
    made = testing.run_online(o, symbols, stored=stored_for(o))
    network, freq = reference_run(o, symbols)
    assert (freq.sum(2) == 1 << online.TOTAL_BITS).all() and freq.min() >= 1
    assert (made["frequencies"] == freq).all()
    assert made["gradients"].tobytes() == network.g.tobytes()
    assert made["parameters"].tobytes() == network.w.tobytes()
    for mine, its in zip(made["tables"], network.tables):
        assert mine.tobytes() == its.tobytes()


@pytest.mark.parametrize("name", REPLAYS)
def test_replays_as_the_document_says(name):
    """Through two replays and more; the last gradients may be a replay's."""
    o = SMALL | REPLAYS[name]
    symbols = symbols_for(o, 150)
    made = testing.run_online(o, symbols)
    network, freq = reference_run(o, symbols)
    assert network.replay.due > 128
    assert (made["frequencies"] == freq).all()
    assert made["parameters"].tobytes() == network.w.tobytes()
    for mine, its in zip(made["tables"], network.tables):
        assert mine.tobytes() == its.tobytes()


@pytest.mark.parametrize("name", CASES)
def test_gradients(name):
    """In fp32 as in fp64, and in fp64 as differences of the loss have them."""
    o = options(name) | {"horizons": 1, "period": 6}
    symbols = symbols_for(o, o["period"])
    made = testing.run_online(o, symbols, learns=False, stored=stored_for(o))
    network, _ = reference_run(o, symbols, online.Real, learns=False)
    scale = np.abs(network.g).max()
    near = (2e-5 if o["normalised"] or o["places"] else 2e-6) * scale  # inverse_root is right to 5e-6
    assert np.abs(made["gradients"] - network.g).max() < near
    for used, expected in zip(made["table_gradients"], network.table_g):
        assert sorted(used) == sorted(expected)
        for row, gradient in expected.items():
            assert np.abs(used[row] - gradient).max() < near

    def loss(change):
        other = network_of(o, online.Real)
        change(other)
        total = 0.0
        for row in symbols:
            p = other.predict()
            total -= sum(np.log(p[s, symbol]) for s, symbol in enumerate(row) if symbol >= 0)
            for history, x in zip(other.history, row):
                history.push(max(int(x), 0))
            if other.bootstrap:
                other.bootstrap.push(row)
        return total

    def difference(change_by):
        return (loss(change_by(1e-5)) - loss(change_by(-1e-5))) / 2e-5

    rng = np.random.default_rng(3)
    for place, (at, rows, columns) in network.places.items():
        for _ in range(2 if rows * columns else 0):
            i = at + int(rng.integers(1 if place == "beside" else rows * columns))  # of sixteen equal numbers the first is read

            def by(step, i=i):
                return lambda other: other.w.__setitem__(i, other.w[i] + step)

            assert difference(by) == pytest.approx(network.g[i], abs=2e-8 * scale + 1e-7, rel=1e-5)
    for k, used in enumerate(network.table_g):
        row = int(rng.choice(list(used)))
        j = int(rng.integers(network.tables[k].shape[1]))

        def by(step, k=k, row=row, j=j):
            return lambda other: other.tables[k].__setitem__((row, j), other.tables[k][row, j] + step)

        assert difference(by) == pytest.approx(used[row][j], abs=2e-8 * scale + 1e-7, rel=1e-5)


@pytest.mark.parametrize("name", ["gru-contexts", "lstm-normalised", "nncp"])
def test_gradients_under_dropout(name):
    """Of the reference, which test_replays holds the core to: as differences of the loss have them under the same masks."""
    o = options(name) | {"horizons": 1, "period": 6}
    symbols = symbols_for(o, o["period"])

    def run(i=0, step=0.0):
        network = online.Network(o, online.Real)
        network.dropout = 5
        network.w[i] += step
        total = 0.0
        for row in symbols:
            p = network.predict()
            total -= sum(np.log(p[s, symbol]) for s, symbol in enumerate(row) if symbol >= 0)
            network.find(row)
        return network, total

    network, _ = run()
    assert abs(np.mean(network.factors() == 0) - 5 / 16) < 0.15
    rng, scale = np.random.default_rng(3), np.abs(network.g).max()
    for at, rows, columns in network.places.values():
        for _ in range(2 if rows * columns else 0):
            i = at + int(rng.integers(rows * columns))
            difference = (run(i, 1e-5)[1] - run(i, -1e-5)[1]) / 2e-5
            assert difference == pytest.approx(network.g[i], abs=2e-8 * scale + 1e-7, rel=1e-5)


@pytest.mark.parametrize("name", [name for name in CASES if "bootstrap" not in CASES[name]])
def test_gradients_as_torch_has_them(name):
    pytest.importorskip("torch")
    import online_torch

    o = options(name) | {"horizons": 1, "period": 12}
    symbols = symbols_for(o, o["period"])
    made = testing.run_online(o, symbols, learns=False)
    network = online.Network(o, online.Real)  # for the rows of its tables
    rows = []
    for row in symbols if o["cell"] <= online.LSTM else ():
        rows.append([network.rows_of(history)[1:] for history in network.history])
        for history, symbol in zip(network.history, row):
            history.push(max(int(symbol), 0))
    tables = [table.reshape(its.shape) for table, its in zip(made["tables"], network.tables)]
    dense, table_gradients = online_torch.gradients(o, made["parameters"], tables, symbols, rows)
    near = (2e-5 if o["normalised"] or o["places"] else 2e-6) * np.abs(dense).max()
    assert np.abs(made["gradients"] - dense).max() < near
    for used, expected in zip(made["table_gradients"], table_gradients):
        for row, gradient in enumerate(expected):
            assert np.abs(used.get(row, 0) - gradient).max() < near


def random_options(rng):
    cell = int(rng.integers(1, 6))
    o = SMALL | {
        "cell": cell, "with_mean": int(rng.integers(2)), "units": 16 * int(rng.integers(1, 6)),
        "layers": int(rng.integers(1, 4)), "streams": int(rng.choice([1, 2, 3, 4, 5, 9, 16, 17])),
        "period": int(rng.integers(1, 9)), "rate": int(rng.integers(0, 0xF0)), "decay": int(rng.integers(0, 8)),
        "memory": int(rng.integers(4, 14)), "seed": int(rng.integers(256)),
    }  # fmt: skip
    if cell > online.LSTM:
        units = 64 * int(rng.integers(1, 3))
        heads = int(rng.choice([heads for heads in (1, 2, 4, 8) if units % (16 * heads) == 0]))
        return o | {"units": units, "heads": heads, "places": int(rng.integers(1, 20)), "inner": 32 * int(rng.integers(1, 4))}
    o |= {"normalised": int(cell == online.LSTM and rng.random() < 0.5), "horizons": int(rng.integers(1, 4))}
    if rng.random() < 0.3:
        o |= {"every": 6, "doubling": int(rng.integers(2)), "window": int(rng.integers(6, 22)), "passes": int(rng.integers(1, 9))}
        o |= {"lanes": int(rng.choice([1, 2, 8, 64])), "replay_rate": int(rng.integers(0, 0xF0)), "apart": int(rng.integers(2))}
        o |= {"dropout": int(rng.integers(8))}
    elif rng.random() < 0.3:
        o |= {"bootstrap": 16 * int(rng.integers(1, 4)), "bootstrap_step": int(rng.integers(2, 16))}
    if rng.random() < 0.5:
        width = 16 * int(rng.integers(1, 3))
        o |= {"table_bits": int(rng.choice([8, 10])), "table_width": width, "contexts": int(rng.integers(3, 7))}
    return o


def assert_equal_everywhere(seed):
    rng = np.random.default_rng(seed)
    o = random_options(rng)
    symbols = symbols_for(o, o["period"] * (o["horizons"] + 2) + 2 + 80 * ("every" in o), seed)
    stored = stored_for(o)  # by the fastest instruction set; test_online_frames has the others train too
    runs = [testing.run_online(o, symbols, isa, stored=stored) for isa in fastnz.isas()]
    for run in runs:
        assert np.isfinite(run["parameters"]).all() and np.isfinite(run["gradients"]).all()
        assert (run["frequencies"].sum(2) == 1 << online.TOTAL_BITS).all()
        for part in ("frequencies", "gradients", "parameters"):
            assert run[part].tobytes() == runs[0][part].tobytes(), (o, part)
        for mine, first in zip(run["tables"], runs[0]["tables"]):
            assert mine.tobytes() == first.tobytes(), o


def test_one_answer_on_every_instruction_set():
    """Rates up to 2 among them: what diverges does so alike and stays finite."""
    for seed in range(25):
        assert_equal_everywhere(seed)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_one_answer_for_a_thousand_configurations(part):
    for seed in range(1000 + 100 * part, 1100 + 100 * part):
        assert_equal_everywhere(seed)


def test_flushing_denormals_is_the_callers_own_business(run_python):
    """A library that was built with fast math sets this for the whole process."""
    done = run_python(
        """
import ctypes, ctypes.util, platform, sys
import fastnz
data = b"to be, or not to be: that is the question. " * 40
before = fastnz.compress(data, model="gru:units=16,rate=0.1")
libm = ctypes.CDLL(ctypes.util.find_library("m") or "libm.so.6")
if platform.machine() != "x86_64":
    sys.exit()
env = (ctypes.c_uint32 * 8)()
libm.fegetenv(env)
env[7] |= 0x8040  # MXCSR: flush to zero, denormals are zeros
libm.fesetenv(env)
assert fastnz.compress(data, model="gru:units=16,rate=0.1") == before
libm.fegetenv(env)
assert env[7] & 0x8040 == 0x8040
"""
    )
    assert done.returncode == 0, done.stderr


def test_options_of_a_bootstrap_go_together():
    assert load_online("gru:bootstrap=16") == load_online("gru:bootstrap=16,bootstrap_step=3") != load_online("gru")
    assert load_online("gru:bootstrap=0") == load_online("gru")
    for model, what in (("gru:bootstrap_step=3", "without a bootstrap"), ("dzip:every=64", "learn again")):
        with pytest.raises(ValueError, match=what):
            load_online(model)


def test_a_schedule_is_options():
    """What a user writes is what the core is given, and what does not fit is told in words."""
    schedule = schedules.Replay(every=256, window=4096, passes=3, lanes=8, rate=0.002, apart=False, doubling=True, dropout=0.25)
    text = f"gru:{schedule}"
    fields = _core.online_presets()["gru"] | {
        "every": 8, "doubling": 1, "window": 12, "passes": 3, "lanes": 8, "replay_rate": 0x90, "apart": 0, "dropout": 4,
    }  # fmt: skip
    assert load_online(text) == _core.load_online(fields) != load_online("gru")
    for change in ({"every": 255}, {"window": 32}, {"passes": 9}, {"lanes": 3}, {"lanes": 128}, {"rate": 3.0}, {"dropout": 0.5}):
        with pytest.raises(ValueError, match="gru|network"):
            load_online(f"gru:{schedules.Replay(**change)}")
