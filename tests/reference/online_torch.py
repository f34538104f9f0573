"""The loss of networks that learn while they code, as torch has it, for its gradients: parameters in the order of docs/online.md.

Plain modules of torch wherever there are any; nothing of the package or its second implementation is used.
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional

RNN, GRU, LSTM, TRACE, NNCP = 1, 2, 3, 4, 5


class Parameters:
    """The dense vector, handed out piece after piece."""

    def __init__(self, vector):
        self.vector, self.at = vector, 0

    def __call__(self, *shape):
        count = math.prod(shape)
        self.at += count
        return self.vector[self.at - count : self.at].reshape(shape)


def rms(x, gain, offset):
    return functional.rms_norm(x, x.shape[-1:], eps=1e-5) * gain + offset


def recurrent(o, vector, tables, symbols, rows):
    """Logits [T][S][256]; rows [T][S][contexts] of the tables of contexts."""
    take, h, layers = Parameters(vector), o["units"], o["layers"]
    gates = (1 if o["cell"] == RNN else 3) * h
    features = o["contexts"] * o["table_width"]
    weights = []
    for k in range(layers):
        state, below = take(h, gates), take(h, gates) if k else None
        feature = take(features, gates) if not k and features else None
        weights.append((state, below, feature, take(gates), *((take(gates), take(gates)) if o["normalised"] else ())))
    output, offset = take(layers * h + features, 256), take(256)
    streams, logits = symbols.shape[1], []
    hidden = [torch.zeros(streams, h, dtype=vector.dtype) for _ in range(layers)]
    cells = [torch.zeros_like(state) for state in hidden]
    last = torch.zeros(streams, dtype=torch.long)
    for t in range(len(symbols)):
        feature = torch.cat([tables[layers + k][rows[t, :, k]] for k in range(o["contexts"])], 1) if features else None
        for k, (state, below, by_feature, bias, *norm) in enumerate(weights):
            x = bias + tables[k][last]
            x = x + (hidden[k - 1] @ below if k else 0) + (feature @ by_feature if by_feature is not None else 0)
            if o["cell"] == RNN:
                hidden[k] = torch.tanh(x + hidden[k] @ state)
            elif o["cell"] == GRU:
                (xr, xz, xn), (sr, sz, sn) = x.chunk(3, 1), (hidden[k] @ state).chunk(3, 1)
                r, z = torch.sigmoid(xr + sr), torch.sigmoid(xz + sz)
                n = torch.tanh(xn + r * sn)
                hidden[k] = (1 - z) * n + z * hidden[k]
            else:
                parts = (x + hidden[k] @ state).chunk(3, 1)
                if norm:
                    parts = [rms(p, g, b) for p, g, b in zip(parts, norm[0].chunk(3), norm[1].chunk(3))]
                f, out, g = torch.sigmoid(parts[0]), torch.sigmoid(parts[1]), torch.tanh(parts[2])
                cells[k] = f * cells[k] + (1 - f) * g
                hidden[k] = out * torch.tanh(cells[k])
        logits.append(torch.cat([*hidden, *([feature] if features else [])], 1) @ output + offset)
        last = symbols[t].clamp(min=0)
    return torch.stack(logits)


def attention(o, vector, tables, symbols):
    """Logits [T][S][256] of a content's first steps, all at once under a mask."""
    take, h, heads, places = Parameters(vector), o["units"], o["heads"], o["places"]
    trace = o["cell"] == TRACE
    group, turns, wide = (4, 2, o["inner"]) if trace else (1, 1, 2 * o["inner"])
    steps, streams = symbols.shape
    before = torch.cat([torch.zeros(group, streams, dtype=torch.long), symbols.clamp(min=0)])
    x = torch.cat([tables[k][before[group - 1 - k : group - 1 - k + steps]] for k in range(group)], 2)
    distance = torch.arange(steps)[:, None] - torch.arange(steps)[None]
    place = distance // group
    seen = (distance >= 0) & (distance % group == 0) & (place < places)
    place = place.clamp(0, places - 1)
    split = lambda y: y.unflatten(-1, (heads, h // heads))  # noqa: E731
    for _ in range(o["layers"]):
        gain, offset, states, bias, relative = take(h), take(h), take(h, 3 * h), take(3 * h), take(places, h)
        query, key, value = map(split, (rms(x, gain, offset) @ states + bias).chunk(3, 2))
        keys = key[None] + split(relative)[place][:, :, None]  # [to][from][S][heads][width]
        if trace:
            scores = ((query[:, None] ** 2) * keys**2).sum(4) * seen[:, :, None, None]
            weights = scores / (scores.sum(1, keepdim=True) + 2.0**-20)
        else:
            offsets = take(heads, -(-places // 16) * 16)[:, place].permute(1, 2, 0)[:, :, None]
            scores = (query[:, None] * keys).sum(4) / math.sqrt(h // heads) + offsets
            weights = scores.masked_fill(~seen[:, :, None, None], -math.inf).softmax(1)
        mixed = torch.einsum("tfsh,fshw->tshw", weights, value).flatten(2)
        x = x + (mixed if trace else mixed @ take(h, h) + take(h))
        gain, offset, up, up_bias, down, down_bias = take(h), take(h), take(h, wide), take(wide), take(o["inner"], h), take(h)
        for _ in range(turns):
            u = rms(x, gain, offset) @ up + up_bias
            units, *through = u.chunk(1 if trace else 2, 2)
            units = units * torch.sigmoid(1.702 * units)
            x = x + (units * through[0] if through else units) @ down + down_bias
    gain, offset = take(h), take(h)
    return rms(x, gain, offset) @ take(h, 256) + take(256)


def gradients(o, parameters, tables, symbols, rows):
    """Gradients, in fp64, of the sum of all symbols' -ln p: of the dense vector and of each table."""
    vector = torch.tensor(parameters, dtype=torch.float64, requires_grad=True)
    tables = [torch.tensor(table, dtype=torch.float64, requires_grad=True) for table in tables]
    symbols = torch.tensor(symbols, dtype=torch.long)
    if o["cell"] <= LSTM:
        logits = recurrent(o, vector, tables, symbols, torch.tensor(rows, dtype=torch.long))
    else:
        logits = attention(o, vector, tables, symbols)
    loss = functional.cross_entropy(logits.flatten(0, 1), symbols.flatten(), ignore_index=-1, reduction="sum")
    loss.backward()
    return vector.grad.numpy(), [table.grad.numpy() for table in tables]
