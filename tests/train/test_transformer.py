"""`transformer8` in training: causal, the same in pieces, the same as its integers, and those as the reference."""

from __future__ import annotations

import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from fastnz import _core
from fastnz.cli import main
from fastnz.train.integer import frequencies
from fastnz.train.transformer_integer import IntegerTransformer
from fastnz.train.transformer_weights import TransformerWeights

DATA = np.frombuffer(b"Some words, some words again. \xc3\xa9 \0\xff" * 3, np.uint8)


@pytest.fixture(scope="module")
def reference(root: Path):
    """tests/reference/transformer8.py, which was written from the document too, and from nothing here."""
    sys.path.insert(0, str(root / "tests" / "reference"))
    import transformer8

    return transformer8


@pytest.fixture(scope="module")
def drawn(reference):
    """Random weights in both forms."""
    theirs = reference.random_weights(np.random.default_rng(1), 64, 2, 2, 32, 32, 8, 8)
    names = {"tables": "tables", "e": "bytes_table", "wf": "from_features", "mf": "feature_scale", "w1": "first"}
    names |= {"m1": "first_scale", "b1": "first_bias", "w2": "second", "m2": "second_scale", "p": "distances"}
    names |= {"wo": "to_logits", "mo": "logit_scale", "bo": "bias_logits", "shifts": "shifts"}
    kinds = {"shifts": np.uint8, "bo": np.int32}
    kinds |= dict.fromkeys(("tables", "wf", "w1", "w2", "wo"), np.int8)
    arrays = {long: getattr(theirs, short).astype(kinds.get(short, np.int16)) for short, long in names.items()}
    return theirs, TransformerWeights(**arrays, feature_shift=theirs.kf, logit_shift=theirs.ko, notes="drawn")


def test_integers_equal_the_reference(drawn, reference) -> None:
    theirs, ours = drawn
    made = frequencies(IntegerTransformer(ours).logits(DATA[None])[0])
    assert np.array_equal(made, reference.frequencies(theirs, DATA.tobytes()))


def test_lanes_are_independent_and_the_future_is_not_seen(drawn) -> None:
    data = np.random.default_rng(0).integers(0, 256, (4, 50), np.uint8)
    network = IntegerTransformer(drawn[1])
    together = network.logits(data)
    data[:, 30:] += 1
    for lane in range(4):
        assert np.array_equal(network.logits(data[lane : lane + 1])[0, :31], together[lane, :31])


def test_plain_form_keeps_everything(drawn) -> None:
    ours = drawn[1]
    found = TransformerWeights.from_plain(ours.plain_body())
    for field in fields(TransformerWeights):
        assert np.array_equal(getattr(found, field.name), getattr(ours, field.name)), field.name
    assert found.plain_body() == ours.plain_body()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: {"first": np.full_like(w.first, -128)}, "first\\[0\\] holds -128"),
        (lambda w: {"second_scale": np.full_like(w.second_scale, 32767)}, "second\\[0\\] could wrap"),
        (lambda w: {"shifts": np.full_like(w.shifts, 3)}, "scale of first\\[0\\]"),
        (lambda w: {"bias_logits": np.full(256, 1 << 21, np.int32)}, "2\\^20"),
        (lambda w: {"distances": w.distances.astype(np.int32)}, "must be int16"),
        (lambda w: {"distances": w.distances[:, :, :16]}, "window must be a multiple of 32 from 32 to 256, not 16"),
        (lambda w: {"bytes_table": w.bytes_table[:, :33]}, "width must be a multiple of 32"),
    ],
)
def test_what_the_core_refuses_is_not_written(drawn, change, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(drawn[1], **change(drawn[1])).plain_body()


def sample(size: int = 160):
    from fastnz.train.features import buckets_of, inputs_of

    torch = pytest.importorskip("torch")
    text = (b"One line of text, number %d.\n" * 40) % tuple(range(40))
    data = np.frombuffer(text, np.uint8)[: 2 * size].reshape(2, size)
    before = np.stack([inputs_of(row) for row in data], 1)
    rows = np.stack([buckets_of(row, 8) for row in before.T], 1)
    return data, torch.from_numpy(before.astype(np.int64)), torch.from_numpy(rows.astype(np.int64))


def network_of(seed: int):
    torch = pytest.importorskip("torch")
    from fastnz.train.transformer import Transformer, TransformerShape

    torch.manual_seed(seed)
    network = Transformer(TransformerShape(64, 2, 2, 32, 64, 8, 8))
    with torch.no_grad():
        network.tables.uniform_(-1, 1)
        network.to_logits.mul_(2)
        for matrix in network.second:
            matrix.normal_(0, 0.4)
        for matrix in network.first:
            matrix.mul_(2)
    return network


@pytest.mark.parametrize("seed", range(3))
def test_integers_are_close_to_what_training_sees(seed: int) -> None:
    torch = pytest.importorskip("torch")
    from fastnz.train.quantise import to_integers

    data, inputs, rows = sample()
    network = network_of(seed)
    network.rounded = True
    with torch.no_grad():
        logits, _, _ = network(inputs, rows, network.zero_state(2))
    theirs = torch.log_softmax(logits.double(), 2).transpose(0, 1).numpy() / np.log(2)
    ours = IntegerTransformer(to_integers(network)).logits(data) / 4096
    ours = ours - np.log2(np.exp2(ours).sum(-1, keepdims=True))
    assert np.abs(ours - theirs).mean() < 0.03


def test_pieces_give_what_the_whole_gives() -> None:
    torch = pytest.importorskip("torch")
    _, inputs, rows = sample()
    network = network_of(4)
    with torch.no_grad():
        whole, _, _ = network(inputs, rows, network.zero_state(2))
        state, parts = network.zero_state(2), []
        for part in (slice(0, 7), slice(7, 60), slice(60, 160)):
            logits, states, _ = network(inputs[part], rows[part], state)
            state = states[-1]
            parts.append(logits)
    assert torch.allclose(torch.cat(parts), whole, atol=1e-4)


def test_weights_turn_back_into_a_network() -> None:
    torch = pytest.importorskip("torch")
    from fastnz.train.quantise import from_integers, to_integers

    _, inputs, rows = sample()
    network = network_of(5)
    network.rounded = True
    again = from_integers(to_integers(network))
    again.rounded = True
    with torch.no_grad():
        first, _, _ = network(inputs, rows, network.zero_state(2))
        second, _, _ = again(inputs, rows, again.zero_state(2))
    assert (first - second).abs().mean() < 0.02


def test_activity_is_a_half_at_the_threshold() -> None:
    torch = pytest.importorskip("torch")
    from fastnz.train.transformer import BIAS_GAIN

    _, inputs, rows = sample(40)
    network = network_of(6)
    with torch.no_grad():
        for matrix, bias in zip(network.first, network.first_bias):
            matrix.zero_()
            bias.fill_(1 / 16 / BIAS_GAIN)
        _, _, activity = network(inputs, rows, network.zero_state(2))
    assert activity.shape == (2, 2, 40, 64) and torch.allclose(activity, torch.full_like(activity, 0.5))


def train(*arguments: str | Path) -> int:
    small = ["--family", "transformer8", "--width", "32", "--layers", "1", "--heads", "1", "--window", "32"]
    small += ["--units", "32", "--depth", "8", "--bits", "8", "--bytes", "60K", "-T", "1", "-q"]
    return main(["train", *map(str, arguments), *small])


@pytest.fixture
def records(tmp_path: Path) -> Path:
    path = tmp_path / "records.jsonl"
    path.write_bytes(b"".join(b'{"number": %d, "text": "the same words"}\n' % (i % 100) for i in range(2000)))
    return path


def test_the_command_trains_and_goes_on(records: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    first, second = tmp_path / "first.fnzw", tmp_path / "second.fnzw"
    assert train(records, "-o", first) == 0
    info = _core.weights_info(first.read_bytes())
    assert info["model"] == "transformer8" and info["width"] == 32
    more = ["--start", str(first), "--bytes", "60K", "-T", "1", "-q"]
    assert main(["train", str(records), "-o", str(second), *more]) == 0
    notes = [_core.weights_info(path.read_bytes())["notes"].decode().split("\n")[1] for path in (first, second)]
    assert float(notes[1].split()[0]) < float(notes[0].split()[0]) < 7


def test_sizes_of_the_other_family_are_refused(records: Path, tmp_path: Path, capsys) -> None:
    for more, message in (
        (["--width", "64"], "--width needs --family transformer8"),
        (["--family", "transformer8", "--hidden", "64"], "--hidden is of gru8"),
        (["--family", "transformer8", "--start", "small", "--depth", "8"], "--depth is that of the weights"),
    ):
        with pytest.raises(SystemExit):
            main(["train", str(records), "-o", str(tmp_path / "x.fnzw"), *more])
        assert message in capsys.readouterr().err
    pytest.importorskip("torch")
    more = ["--family", "transformer8", "--width", "33", "-q"]
    assert main(["train", str(records), "-o", str(tmp_path / "x.fnzw"), *more]) == 1
    assert "width must be a multiple of 32" in capsys.readouterr().err


def test_export_refuses_a_core_that_disagrees(records: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    pytest.importorskip("torch")
    from fastnz.train import export

    true = export.frequencies
    monkeypatch.setattr(export, "frequencies", lambda logits: true(logits) + 1)
    assert train(records, "-o", tmp_path / "wrong.fnzw") == 1
    assert "the core disagrees" in capsys.readouterr().err
    assert not (tmp_path / "wrong.fnzw").exists()


def test_bounded_values_are_led_back() -> None:
    torch = pytest.importorskip("torch")
    from fastnz.train.transformer import _Bounded

    values = torch.tensor([-3.0, -3.0, 0.5, 3.0, 3.0], requires_grad=True)
    bounded = _Bounded.apply(values)
    assert bounded.tolist() == [-1, -1, 0.5, 1, 1]
    bounded.backward(torch.tensor([-1.0, 1.0, 2.0, 1.0, -1.0]))  # a step goes against the gradient
    assert values.grad.tolist() == [-1, 0, 2, 1, 0]


def test_a_stream_that_leaves_16_bits_is_bounded_in_training_too() -> None:
    torch = pytest.importorskip("torch")
    from fastnz.train.quantise import to_integers

    data, inputs, rows = sample(60)
    network = network_of(7)
    network.rounded = True
    with torch.no_grad():
        network.embedding.mul_(12)
        logits, _, _ = network(inputs, rows, network.zero_state(2))
    theirs = torch.log_softmax(logits.double(), 2).transpose(0, 1).numpy() / np.log(2)
    ours = IntegerTransformer(to_integers(network)).logits(data) / 4096
    ours = ours - np.log2(np.exp2(ours).sum(-1, keepdims=True))
    assert np.abs(ours - theirs).mean() < 0.03
