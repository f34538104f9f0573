"""A larger network that starts as a trained smaller one.

The invariant: right after growing, both give the same logits; the new units are heard as soon as training finds them a
use.
"""

from __future__ import annotations

import torch

from .network import Network, Shape


@torch.no_grad()
def grown(network: Network, hidden: int) -> Network:
    """Return a network of `hidden` units in which the first are those of `network`.

    Parameters
    ----------
    network : Network
        The smaller network; its tables, embedding and everything about its units are taken over.
    hidden : int
        Units of the result, no fewer than the smaller network has.

    Raises
    ------
    ValueError
        If the result would be smaller.
    """
    old, shape = network.shape.hidden, network.shape
    if hidden < old:
        raise ValueError(f"a network of {old} units cannot become one of {hidden}")
    result = Network(Shape(hidden, shape.depth, shape.bits, 0))
    for gate in range(3):
        mine, theirs = slice(gate * hidden, gate * hidden + old), slice(gate * old, (gate + 1) * old)
        fresh = slice(gate * hidden + old, (gate + 1) * hidden)
        result.from_features[mine] = network.from_features[theirs]
        result.from_state[mine, :old] = network.from_state[theirs]
        result.from_state[mine, old:] = 0  # the old units do not hear the new ones yet
        rows = network.byte_rows()
        result.embedding[:, mine] = rows[:, theirs]
        result.embedding[:, fresh] *= rows.std()
    result.bias.zero_()
    result.bias_recurrent[:old] = network.bias_recurrent
    result.tables.copy_(network.tables)
    result.to_logits[:, :old] = network.to_logits[:, :old]
    result.to_logits[:, old:hidden] = 0
    result.to_logits[:, hidden:] = network.to_logits[:, old:]
    result.bias_logits.copy_(network.bias_logits)
    return result
