"""Training: it learns, it is repeatable, and a run that was stopped and resumed equals one that was not."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from fastnz.train.data import split  # noqa: E402
from fastnz.train.loop import Plan, Trainer  # noqa: E402
from fastnz.train.network import Shape  # noqa: E402

SHAPE = Shape(hidden=32, depth=8, bits=8, embedding=8)
TEXT = b"".join(b"%d: the same words, the same number\n" % (i % 10) for i in range(3000))


def trainer(total: int = 40_000, **plan) -> Trainer:
    kinds = [split("text", np.frombuffer(TEXT, np.uint8), 10_000, 1.0)]
    whole = Plan(total_bytes=total, streams=4, steps=32, validate_every=total // 2, held_length=256, **plan)
    return Trainer(kinds, SHAPE, whole)


def test_it_learns_and_tells() -> None:
    run = trainer(20_000)
    told = []
    run.run(None, lambda _, bits: told.append(bits))
    assert told[0] > 7.5 > 4 > told[-1]
    assert len(run.history) >= 2 and run.history[-1]["held"]["mean"] < 4
    assert run.network.rounded  # the end of a run is trained as it will be exported


def test_resumed_equals_uninterrupted(tmp_path) -> None:
    torch.set_num_threads(1)
    path = str(tmp_path / "run")
    plan = {"sparsity_target": 0.2, "sparsity_weight": 1e-4, "sparsity_decay": 0.9}
    first = trainer(**plan)
    for _ in range(40):
        first.step()
    first.save(path)
    second = trainer(**plan)
    second.load(path)
    for _ in range(40):
        assert first.step() == second.step()
    for one, two in zip(first.network.parameters(), second.network.parameters(), strict=True):
        assert torch.equal(one, two)


def test_a_checkpoint_of_another_run_is_refused(tmp_path) -> None:
    path = str(tmp_path / "run")
    trainer().save(path)
    other = Trainer(trainer().kinds, SHAPE._replace(depth=16), Plan(streams=4, steps=32))
    with pytest.raises(ValueError, match="another run"):
        other.load(path)


def test_sparsity_lowers_activity() -> None:
    active = []
    for weight in (0.0, 0.05):
        run = trainer(20_000, sparsity_target=0.05, sparsity_weight=weight)
        run.run(None, lambda *_: None)
        batch = run.streams.next()
        inputs, rows = torch.from_numpy(batch.inputs), torch.from_numpy(batch.buckets)
        active.append(float(run.network(inputs, rows, run.state)[2].detach().mean()))
    assert active[1] < active[0] - 0.05


def test_lines_are_measured_one_by_one_in_floats_and_integers() -> None:
    from fastnz.train.export import held_bits
    from fastnz.train.loop import measure
    from fastnz.train.quantise import to_integers

    run = trainer(30_000, lines=True, held_per_kind=20)
    run.run(None, lambda *_: None)
    segments = run.held_segments()
    texts = [text for _, text in segments]
    assert len({text.size for text in texts}) == 1 and run.done >= 30_000
    both = texts + [texts[0][:5]]
    bits = measure(run.network, both)
    alone = [measure(run.network, [text])[0] for text in both]
    assert bits == pytest.approx(alone, rel=1e-4) and bits[-1] < bits[0]
    held = run.history[-1]["held"]
    assert held["text"] == pytest.approx(sum(bits[:-1]) / sum(text.size for text in texts))
    assert held_bits(to_integers(run.network), run.kinds, segments)["mean"] == pytest.approx(held["mean"], abs=0.02)


def test_the_rate_rises_stays_and_falls() -> None:
    run = trainer(100_000, rate=1.0, final_rate=0.1, rise_bytes=10_000, fall_bytes=40_000)
    found = []
    for run.done in (0, 5_000, 10_000, 60_000, 80_000, 100_000):
        found.append(run.rate())
    assert found == pytest.approx([0.01, 0.5, 1.0, 1.0, 0.55, 0.1])
    run = trainer(100_000, rate=1.0, final_rate=0.0)
    run.done = 50_500  # half of what follows the rise of a hundredth
    assert run.rate() == pytest.approx(0.5)


def test_rows_that_were_never_met_are_cleared_where_asked() -> None:
    for clear in (False, True):
        run = trainer(10_000, clear_unseen=clear)
        run.run(None, lambda *_: None)
        seen = torch.from_numpy(run.seen_rows).flatten()
        run.finish()
        zero = (run.network.tables == 0).all(1)
        assert 0 < seen.sum() < seen.numel()
        assert torch.equal(zero, ~seen) if clear else not zero.any()
