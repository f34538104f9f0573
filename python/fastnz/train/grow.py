"""A larger network that starts as a trained smaller one.

The invariant: right after growing, both give the same logits; the new units are heard as soon as training finds them a
use.
"""

from __future__ import annotations

import torch

from .network import Network, Shape
from .quantise import AnyNetwork


@torch.no_grad()
def grown(network: AnyNetwork, hidden: int, bits: int | None = None) -> Network:
    """Return a network of `hidden` units in which the first are those of `network`.

    Parameters
    ----------
    network : Network
        The smaller network; its tables, embedding and everything about its units are taken over.
    hidden : int
        Units of the result, no fewer than the smaller network has.
    bits : int or None
        Log2 of the rows of its feature tables, no fewer; None is as many. A row's number begins with its number in a
        smaller table, so a row becomes two that are equal.

    Raises
    ------
    ValueError
        If the result would be smaller.
    """
    if not isinstance(network, Network):
        raise ValueError("only networks of gru8 can grow")
    old, shape = network.shape.hidden, network.shape
    bits = shape.bits if bits is None else bits
    if hidden < old or bits < shape.bits:
        raise ValueError(f"a network of {old} units, 2^{shape.bits} rows cannot become one of {hidden}, 2^{bits}")
    result = Network(Shape(hidden, shape.depth, bits, 0))
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
    result.tables.copy_(network.tables.repeat_interleave(1 << (bits - shape.bits), 0))
    result.to_logits[:, :old] = network.to_logits[:, :old]
    result.to_logits[:, old:hidden] = 0
    result.to_logits[:, hidden:] = network.to_logits[:, old:]
    result.bias_logits.copy_(network.bias_logits)
    return result
