"""What networks that learn while they code have in common: parameters with places, histories, the output layer and the way
from logits to frequencies, gradients that are collected in a fixed order, learning. Written from docs/online.md, sections 2 to 6.
"""

import numpy as np
from online_arithmetic import LANES, M32, Exact, Real, drawn, philox
from online_bootstrap import Bootstrap

SYMBOLS, TOTAL_BITS = 256, 22
RNN, GRU, LSTM, TRACE, NNCP = 1, 2, 3, 4, 5


class History:
    """The last bytes of a stream, the newest lowest, and the word so far."""

    def __init__(self):
        self.bytes = self.word = 0

    def push(self, byte):
        self.bytes = self.bytes << 8 | byte
        small = byte | 32
        letter = 97 <= small <= 122 or byte >= 128
        self.word = (self.word + small + 1) * 0x2F0B4C47 & M32 if letter else 0


class Learner:
    """Parameters `w` by place and `tables`; `o` are the options by name, as section 1 has them, `m` the arithmetic.

    A family places and draws its parameters, makes a step's rows (`forward`) and finds gradients from theirs (`back`).
    """

    def __init__(self, o, arithmetic=Exact):
        self.o, self.m, self.h = o, arithmetic, o["units"]
        self.places, self.size, self.tables = {}, 0, []
        self.dropout, self.steps = 0, 0
        self.place()
        self._place("output", self.row, SYMBOLS)
        self._place("output offset", 1, SYMBOLS)
        if self.o.get("bootstrap"):
            self._place("beside", 1, 16)
        self.w = np.zeros(self.size, np.float32)
        self.draw()
        self.bootstrap = None
        if self.o.get("bootstrap"):
            self.part("beside")[:] = 1
            alone = {"cell": GRU, "units": o["bootstrap"], "layers": 1, "streams": o["streams"], "period": 1, "horizons": 1}
            alone |= {"seed": o["seed"], "normalised": 0, "contexts": 0, "table_width": 0}
            self.bootstrap = Bootstrap(type(self)(alone, arithmetic), o["bootstrap_step"])
        self.w = self.w.astype(self.m.kind)
        self.tables = [table.astype(self.m.kind) for table in self.tables]  # copies: what is drawn is drawn once
        self.optimisers = [Optimiser(self) for _ in range(1 + o.get("apart", 0))]
        self.restart()
        self.replay = Replay(self) if o.get("every") else None

    def restart(self):
        """As if nothing had come yet, but for what was learnt."""
        self.since, self.kept = 0, []
        self.history = [History() for _ in range(self.o["streams"])]

    @staticmethod
    def bound(n):
        return np.float32(1) / np.sqrt(np.float32(n))

    def draw_matrix(self, name, bound=None):
        at, rows, columns = self.places[name]
        self.part(name)[:] = drawn(rows * columns, bound or self.bound(rows), self.o["seed"], at).reshape(rows, columns)

    def draw_table(self, rows, columns, bound, place):
        self.tables.append(drawn(rows * columns, bound, self.o["seed"], place).reshape(rows, columns))

    def _place(self, name, rows, columns):
        self.places[name] = (self.size, rows, columns)
        self.size += rows * columns

    def part(self, name, of=None):
        at, rows, columns = self.places[name]
        return (self.w if of is None else of)[at : at + rows * columns].reshape(rows, columns)

    def dots(self, d, w):
        return self.m.dot(d[:, None, :], w[None])

    def normed(self, x, gain, offset):
        """Return gain y + offset, y = x / root of the mean square, and what the way back needs."""
        m = self.m
        scale = m.inverse_root(m.dot(x, x) / m.kind(x.shape[1]) + m.kind(np.float32(1e-5)))[:, None]
        y = x * scale
        return m.fma(self.part(gain), y, self.part(offset)), y, scale

    def normed_back(self, d, y, scale, gain, offset, at=slice(None)):
        """Of rows in ascending order; `at` are the columns of the parameters."""
        m, made = self.m, np.zeros_like(d)
        d_gain, d_offset = self.part(gain, self.g)[0, at], self.part(offset, self.g)[0, at]
        for i, slope in enumerate(d):
            d_gain[:] = m.fma(slope, y[i], d_gain)
            d_offset[:] = d_offset + slope
            inner = slope * self.part(gain)[0, at]
            mean = -(m.dot(inner, y[i]) / m.kind(len(inner)))
            made[i] = scale[i] * m.fma(mean, y[i], inner)
        return made

    # ---- a step ----

    def predict(self):
        """Return the frequencies [S][256] of the next bytes."""
        if self.bootstrap:
            self.beside, logits = self.bootstrap.predict()
        step = self.forward()
        if self.dropout:
            step["factors"] = self.factors()
            step["row"] = step["row"] * step["factors"]
        start = self.part("output offset") + np.zeros((self.o["streams"], 1), self.m.kind)
        self.kept.append(step)
        mine = self.m.chain(start, step["row"], self.part("output"))
        if self.bootstrap:
            step["beside"] = logits
            mine = self.m.fma(self.part("beside")[0, 0], logits, mine)
        return self._softmax(step, mine)

    def factors(self):
        """Section 12: 0 where a number of the output layer's is left out, else what keeps the mean."""
        numbers = self.o["streams"] * self.row
        drawn = np.array([philox((k, self.steps & M32, 1, 0), (self.o["seed"], 0)) for k in range(-(-numbers // 32))])
        nibbles = (drawn.reshape(-1, 1) >> (4 * np.arange(8)) & 15).reshape(-1)[:numbers]
        self.steps += 1
        kept = np.float32(16) / np.float32(16 - self.dropout)
        return np.where(nibbles < self.dropout, np.float32(0), kept).reshape(-1, self.row).astype(self.m.kind)

    def update(self, symbols, learns=True):
        if self.replay:
            self.replay.record(symbols)
        if not self.find(symbols):
            return
        if learns:
            self.learn(self, self.o["rate"], self.optimisers[0])
            if self.replay and self.replay.update():
                self.learn(self.replay.other, self.o["replay_rate"], self.optimisers[-1])

    def find(self, symbols):
        """Keep what came; after a period, find the gradients and return True."""
        step = self.kept[-1]
        gradient = step["p"].copy()
        for s, symbol in enumerate(symbols):
            if symbol < 0:
                gradient[s] = 0
            else:
                gradient[s, symbol] -= self.m.kind(1)
            self.history[s].push(max(int(symbol), 0))
        step["gradient"] = gradient
        if self.bootstrap:
            self.bootstrap.push(symbols)
        self.since += 1
        if self.since < self.o["period"]:
            return False
        self.backward()
        self.since = 0
        self.forget()
        return True

    def backward(self):
        """Fill `g`, the gradients of `w`, and `table_g`, those of the rows that were used, by row."""
        self.g, self.table_g = np.zeros_like(self.w), [{} for _ in self.tables]
        newest = self.kept[len(self.kept) - self.since :]
        d = np.concatenate([step["gradient"] for step in newest])
        self._chain_into("output", np.concatenate([step["row"] for step in newest]), d)
        self._add_into("output offset", d)
        if self.bootstrap:
            for row, beside in zip(d, np.concatenate([step["beside"] for step in newest])):
                self.part("beside", self.g)[:] += self.m.dot(row, beside)
        rows = [self.dots(step["gradient"], self.part("output")) for step in newest]
        self.back([d * step["factors"] for d, step in zip(rows, newest)] if self.dropout else rows)

    def _softmax(self, step, logits):
        m = self.m
        step["logits"] = logits
        if m is Real:
            e = np.exp(logits - logits.max(1, keepdims=True))
            step["p"] = e / e.sum(1, keepdims=True)
            return step["p"]
        top = logits.max(1, keepdims=True)
        e = m.exp(np.maximum(logits - top, np.float32(-80)))
        lanes = np.zeros((len(e), LANES), np.float32)
        for j in range(0, SYMBOLS, LANES):
            lanes = lanes + e[:, j : j + LANES]
        step["p"] = e * (np.float32(1) / m.tree(lanes))[:, None]
        freq = (step["p"] * np.float32((1 << TOTAL_BITS) - SYMBOLS)).astype(np.int64) + 1
        freq[np.arange(len(e)), (logits == top).argmax(1)] += (1 << TOTAL_BITS) - freq.sum(1)
        return freq

    def _chain_into(self, name, a, d):
        part = self.part(name, self.g)
        part[:] = self.m.chain(part, a.T, d)

    def _add_into(self, name, d):
        part = self.part(name, self.g)
        for row in d:
            part[:] = part + row

    def _add_rows(self, table, rows, d):
        used = self.table_g[table]
        for row, gradient in zip(rows, d):
            used[row] = used[row] + gradient if row in used else gradient.copy()

    def learn(self, gradients, rate_code, optimiser):
        """By the gradients of `gradients`, a network of the same parameters."""
        rate = np.float32(16 + rate_code % 16) * np.float32(2.0 ** -(4 + rate_code // 16))
        if self.o["decay"]:
            rate = rate / np.sqrt(np.float32(1) + np.float32(optimiser.updates) / np.float32(2 ** self.o["decay"]))
        optimiser.updates += 1
        self._adam(rate, optimiser.updates, gradients.g, self.w, optimiser.squares, optimiser.means)
        for k, used in enumerate(gradients.table_g):
            squares, means, counts = optimiser.tables[k]
            for row, gradient in used.items():
                counts[row] += 1
                self._adam(rate, counts[row], gradient, self.tables[k][row], squares[row], means[row])

    def _adam(self, rate, count, g, w, v, mean):
        m, f = self.m, np.float32
        share = f(1) / f(min(count, 1 << self.o["memory"]))
        v[:] = np.maximum(m.fma(share, g * g - v, v), f(2.0**-64))
        if self.o["with_mean"]:
            g = m.fma(f(0.875), mean - g, g)
            mean[:] = g
        ratio = np.clip(g * m.inverse_root(v), f(-16), f(16))
        w[:] = np.clip(m.fma(-rate, ratio, w), f(-64), f(64))


class Optimiser:
    """Means of squares and of gradients, and how often what was updated."""

    def __init__(self, network):
        zeros = np.zeros_like
        self.squares, self.means, self.updates = zeros(network.w), zeros(network.w), 0
        self.tables = [(zeros(table), zeros(table), np.zeros(len(table), int)) for table in network.tables]


class Replay:
    """Section 12: a network of the same parameters in lanes of its own, which learns again what came."""

    def __init__(self, network):
        self.o = network.o
        self.other = type(network)({**self.o, "streams": self.o["lanes"], "every": 0, "apart": 0}, network.m)
        self.other.w, self.other.tables = network.w, network.tables
        self.other.dropout = self.o.get("dropout", 0)
        self.past = [[] for _ in range(self.o["streams"])]
        self.due, self.turns = 1 << self.o["every"], 0

    def record(self, symbols):
        for stream, symbol in zip(self.past, symbols):
            stream.append(max(int(symbol), 0))

    def update(self):
        """Make the next update, if one is due: gradients are the other network's then."""
        o, steps = self.o, len(self.past[0])
        if steps >= self.due:
            self.due += self.due if o["doubling"] else 1 << o["every"]
            window = min(steps, 1 << o["window"])
            content = [byte for stream in self.past for byte in stream[steps - window :]]
            length = len(content) // o["lanes"]
            self.contents = [content[k * length : (k + 1) * length] for k in range(o["lanes"])]
            self.periods = length // o["period"]
            self.turns, self.at = o["passes"] if self.periods else 0, 0
        if not self.turns:
            return False
        if self.at == 0:
            self.other.restart()
        for t in range(self.at * o["period"], (self.at + 1) * o["period"]):
            self.other.predict()
            found = self.other.find([lane[t] for lane in self.contents])
        self.at = (self.at + 1) % self.periods
        self.turns -= self.at == 0
        return found


def bounded(d, most=64):
    return np.clip(d, np.float32(-most), np.float32(most))
