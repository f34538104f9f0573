"""The network in PyTorch: right gradients, the same function as torch's GRU, and the same numbers as its integers."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from fastnz.train.features import buckets_of, inputs_of  # noqa: E402
from fastnz.train.grow import grown  # noqa: E402
from fastnz.train.integer import IntegerNetwork  # noqa: E402
from fastnz.train.network import Network, Shape, _Recurrence  # noqa: E402
from fastnz.train.quantise import from_integers, to_integers  # noqa: E402
from fastnz.train.rounding import INPUT_GRID, STATE_UNIT, fake_rows, row_scales  # noqa: E402

SHAPE = Shape(hidden=32, depth=8, bits=8, embedding=16)


def drawn(*shape: int):
    return torch.randn(*shape, dtype=torch.double, requires_grad=True)


def test_recurrence_has_the_gradient_of_its_values() -> None:
    torch.manual_seed(1)
    run = lambda *values: _Recurrence.apply(*values, False, False)  # noqa: E731
    assert torch.autograd.gradcheck(run, (drawn(4, 2, 9), drawn(9, 3), drawn(3), drawn(2, 3)))


def test_recurrence_is_the_gru_of_torch() -> None:
    torch.manual_seed(2)
    other = torch.nn.GRU(5, 7).double()
    inputs, state = drawn(6, 3, 5), drawn(3, 7)
    bias = other.bias_ih_l0.detach().clone()
    bias[:14] += other.bias_hh_l0.detach()[:14]
    ours, _ = _Recurrence.apply(
        inputs @ other.weight_ih_l0.t() + bias, other.weight_hh_l0, other.bias_hh_l0[14:], state, False, False
    )
    assert torch.allclose(ours, other(inputs, state[None])[0], atol=1e-12)


def test_short_products_are_close() -> None:
    torch.manual_seed(3)
    values = [torch.randn(*shape, requires_grad=True) for shape in ((5, 2, 96), (96, 32), (32,), (2, 32))]
    found = []
    for short in (False, True):
        states, _ = _Recurrence.apply(values[0], values[1] * 0.1, *values[2:], False, short)
        found.append((states, *torch.autograd.grad(states.square().sum(), values)))
    for true, near in zip(*found, strict=True):
        assert (true - near).abs().max() < 0.03 * true.abs().max()


def sample():
    text = (b"One line of text, number %d.\n" * 20) % tuple(range(20))
    data = np.frombuffer(text, np.uint8)[:400].reshape(2, 200)
    before = np.stack([inputs_of(row) for row in data], 1)
    rows = np.stack([buckets_of(row, SHAPE.bits) for row in before.T], 1)
    return data, torch.from_numpy(before.astype(np.int64)), torch.from_numpy(rows.astype(np.int64))


def network_of(seed: int) -> Network:
    torch.manual_seed(seed)
    network = Network(SHAPE)
    with torch.no_grad():
        network.tables.uniform_(-1, 1)
        network.to_logits.mul_(4)
    return network


@pytest.mark.parametrize("seed", range(3))
def test_integers_are_close_to_what_training_sees(seed: int) -> None:
    data, inputs, rows = sample()
    network = network_of(seed)
    network.rounded = True
    with torch.no_grad():
        logits, _, _ = network(inputs, rows, network.zero_state(2))
    theirs = torch.log_softmax(logits.double(), 2).transpose(0, 1).numpy() / np.log(2)
    ours = IntegerNetwork(to_integers(network)).logits(data) / 4096
    ours = ours - np.log2(np.exp2(ours).sum(-1, keepdims=True))
    assert np.abs(ours - theirs).mean() < 0.02


def test_rounding_moves_no_weight_far() -> None:
    torch.manual_seed(3)
    matrix = torch.randn(40, 64)
    rounded = fake_rows(matrix, STATE_UNIT)
    multipliers, shift = row_scales(matrix, STATE_UNIT)
    step = multipliers / (STATE_UNIT * 2.0**shift)
    assert ((matrix - rounded).abs() <= step[:, None] * 0.5001).all()
    assert 128 <= multipliers.max() <= 256 and torch.allclose(fake_rows(rounded, STATE_UNIT), rounded, atol=2e-2)


def test_rounding_lets_gradients_through() -> None:
    torch.manual_seed(4)
    matrix = torch.randn(5, 6, requires_grad=True)
    fake_rows(matrix, STATE_UNIT).sum().backward()
    assert torch.equal(matrix.grad, torch.ones(5, 6))


def test_weights_turn_back_into_a_network() -> None:
    _, inputs, rows = sample()
    network = network_of(5)
    network.rounded = True
    again = from_integers(to_integers(network))
    with torch.no_grad():
        first, _, _ = network(inputs, rows, network.zero_state(2))
        second, _, _ = again(inputs, rows, again.zero_state(2))
    assert (first - second).abs().mean() < 0.02
    assert torch.equal(again.tables, (network.tables * INPUT_GRID).round().clamp(-128, 127) / INPUT_GRID)


def test_a_grown_network_says_the_same_and_learns() -> None:
    _, inputs, rows = sample()
    small = network_of(6)
    large = grown(small, 64)
    logits, _, _ = large(inputs, rows, large.zero_state(2))
    with torch.no_grad():
        before, _, _ = small(inputs, rows, small.zero_state(2))
    assert torch.allclose(logits, before, atol=1e-4)
    logits.square().sum().backward()
    assert large.to_logits.grad[:, 32:64].abs().max() > 0
    with pytest.raises(ValueError, match="64 units, .* cannot become one of 32"):
        grown(large, 32)


def test_more_rows_say_the_same() -> None:
    data, inputs, _ = sample()
    small = network_of(7)
    large = grown(small, 32, 10)
    found = []
    for network in (small, large):
        before = [inputs_of(row) for row in data]
        rows = np.stack([buckets_of(row, network.shape.bits) for row in before], 1).astype(np.int64)
        with torch.no_grad():
            found.append(network(inputs, torch.from_numpy(rows), network.zero_state(2))[0])
    assert torch.equal(*found) or torch.allclose(*found, atol=1e-4)
    with pytest.raises(ValueError, match="cannot become"):
        grown(large, 32, 9)


def test_short_products_have_nearly_the_same_gradients() -> None:
    _, inputs, rows = sample()
    network = network_of(8)
    found = []
    for short in (False, True):
        network.short = short
        network.zero_grad()
        logits, _, _ = network(inputs, rows, network.zero_state(2))
        torch.log_softmax(logits, 2)[:, :, 97].mean().backward()
        found.append([logits.detach(), *(value.grad.clone() for value in network.parameters())])
    for true, near in zip(*found, strict=True):
        assert (true - near).norm() < 0.05 * true.norm()


def test_a_coarser_grid_of_tables_is_what_training_sees() -> None:
    data, inputs, rows = sample()
    network = network_of(9)
    network.rounded, network.table_grid = True, 16
    weights = to_integers(network)
    assert not (weights.tables % 8).any() and (weights.tables % 16).any()
    with torch.no_grad():
        logits, _, _ = network(inputs, rows, network.zero_state(2))
    theirs = torch.log_softmax(logits.double(), 2).transpose(0, 1).numpy() / np.log(2)
    ours = IntegerNetwork(weights).logits(data) / 4096
    assert np.abs(ours - np.log2(np.exp2(ours).sum(-1, keepdims=True)) - theirs).mean() < 0.02


def test_the_recurrent_layer_of_a_device_library_says_the_same() -> None:
    network = network_of(6)
    inputs, buckets = torch.randint(0, 256, (9, 3)), torch.randint(0, 256, (9, 3, 4))
    state = torch.randn(3, SHAPE.hidden) * 0.3
    found = []
    for network.at_once in (False, True):
        network.zero_grad()
        logits, states, _ = network(inputs, buckets, state)
        logits.square().mean().backward()
        found.append([logits, states, *(parameter.grad for parameter in network.parameters())])
    for one, two in zip(*found, strict=True):
        assert torch.allclose(one, two, atol=1e-5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="NOT RUN: there is no CUDA device")
def test_a_graph_trains_as_steps_one_by_one_do() -> None:
    from fastnz.train.data import split
    from fastnz.train.loop import Plan, Trainer

    text = np.frombuffer(b"".join(b"%d: the same words, the same number\n" % (i % 10) for i in range(3000)), np.uint8)
    bits = []
    for device, graphed in (("cpu", False), ("cuda", True)):
        plan = Plan(total_bytes=40_000, streams=8, steps=32, held_length=256, validate_every=20_000, graphed=graphed)
        run = Trainer([split("text", text, 10_000, 1.0)], SHAPE, plan, device)
        run.run(None, lambda *_: None)
        bits.append(run.history[-1]["held"]["mean"])
    assert bits[1] < 4 and abs(bits[0] - bits[1]) < 0.3
