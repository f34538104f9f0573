"""The sparsity penalty of "Autoencoders and Sparsity": beta * sum_j KL(rho || rho_hat_j) over units.

The invariant: the penalty is 0 where every mean activation is the target, and its gradient is that of the formula. What
is held sparse is what a network calls its activity: in `gru8` how much of its state a unit replaces in a step, as a
unit that keeps its state need not be multiplied again; in `transformer8` how far a unit of the feed-forward part is
from silent.
"""

from __future__ import annotations

import torch
from torch import Tensor

_EDGE = 1e-6


def divergence(target: float, means: Tensor) -> Tensor:
    """Return sum_j KL(target || means_j) in nats, of Bernoulli distributions.

    Parameters
    ----------
    target : float
        rho, between 0 and 1.
    means : Tensor, shape (units,)
        rho_hat_j, mean activations between 0 and 1.
    """
    means = means.clamp(_EDGE, 1 - _EDGE)
    on = target * torch.log(target / means)
    off = (1 - target) * torch.log((1 - target) / (1 - means))
    return (on + off).sum()


class Sparsity:
    """The penalty of one run.

    Parameters
    ----------
    target : float
        rho.
    weight : float
        beta, relative to the loss in nats per byte.
    decay : float
        Of a running mean of rho_hat over batches; 0 takes each batch by itself. The gradient is that of the formula at
        the running mean.
    """

    def __init__(self, target: float, weight: float, decay: float = 0.0) -> None:
        if not 0 < target < 1:
            raise ValueError(f"the sparsity target must be between 0 and 1, not {target}")
        self.target, self.weight, self.decay = target, weight, decay
        self.running: Tensor | None = None

    def penalty(self, activations: Tensor) -> Tensor:
        """Return beta * sum_j KL(rho || rho_hat_j) for activations of shape (..., units)."""
        batch = activations.flatten(0, -2).mean(0)
        mean = batch
        if self.decay:
            before = batch.detach() if self.running is None else self.running
            self.running = self.decay * before + (1 - self.decay) * batch.detach()
            mean = self.running + batch - batch.detach()
        return self.weight * divergence(self.target, mean)
