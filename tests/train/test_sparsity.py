"""The sparsity penalty: zero at its target, and its gradient is what finite differences and the formula give."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from fastnz.train.sparsity import Sparsity, divergence  # noqa: E402


def test_no_penalty_at_the_target() -> None:
    means = torch.full((7,), 0.2, dtype=torch.double)
    assert float(divergence(0.2, means)) == pytest.approx(0, abs=1e-12)
    assert float(divergence(0.2, means + 0.1)) > 0 < float(divergence(0.2, means - 0.1))


def test_gradient_against_finite_differences() -> None:
    torch.manual_seed(1)
    activations = torch.rand(6, 3, 4, dtype=torch.double, requires_grad=True)
    penalty = Sparsity(0.1, 0.7)
    assert torch.autograd.gradcheck(penalty.penalty, (activations,))
    step = 1e-6
    (gradient,) = torch.autograd.grad(penalty.penalty(activations), activations)
    for place in ((0, 0, 0), (5, 2, 3), (2, 1, 1)):
        change = torch.zeros_like(activations)
        change[place] = step
        with torch.no_grad():
            up, down = penalty.penalty(activations + change), penalty.penalty(activations - change)
        assert float(gradient[place]) == pytest.approx(float(up - down) / (2 * step), rel=1e-6)


def test_gradient_is_the_formula() -> None:
    activations = torch.rand(10, 4, dtype=torch.double, requires_grad=True)
    rho, beta = 0.05, 3.0
    (gradient,) = torch.autograd.grad(Sparsity(rho, beta).penalty(activations), activations)
    mean = activations.detach().mean(0)
    expected = beta * (-rho / mean + (1 - rho) / (1 - mean)) / 10
    assert torch.allclose(gradient, expected.expand(10, 4))


def test_running_mean_decides_the_gradient() -> None:
    rho, beta, decay = 0.1, 1.0, 0.9
    penalty = Sparsity(rho, beta, decay)
    first, second = (torch.rand(10, 4, dtype=torch.double, requires_grad=True) for _ in range(2))
    penalty.penalty(first)
    (gradient,) = torch.autograd.grad(penalty.penalty(second), second)
    mean = decay * first.detach().mean(0) + (1 - decay) * second.detach().mean(0)
    assert torch.allclose(gradient, (beta * (-rho / mean + (1 - rho) / (1 - mean)) / 10).expand(10, 4))


def test_a_target_outside_its_bounds() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Sparsity(1.0, 1.0)
