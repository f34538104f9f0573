"""Networks that learn while they code, written from docs/online.md alone: in fp32 bit for bit, or in fp64 for gradients.

Slow on purpose: every sum is spelled out in the order that the document gives. `Exact` computes a fused multiply-add of
fp32 through fp64 rounded to odd, which leaves the last rounding right; `Real` takes fp64 as it is.
"""

import functools

import numpy as np
from context_mix import UnknownOptions

SYMBOLS, TOTAL_BITS, LANES = 256, 22, 16
RNN, GRU, LSTM = 1, 2, 3
MULTIPLIERS = (0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F)
M32 = 0xFFFFFFFF


class Exact:
    kind = np.float32

    @staticmethod
    def fma(a, b, c):
        a, b, c = (np.asarray(x, np.float32).astype(np.float64) for x in (a, b, c))
        product = a * b
        total = product + c
        part = total - product
        error = (product - (total - part)) + (c - part)
        bits = total.view(np.int64)
        odd = np.where((error > 0) == (total > 0), bits + 1, bits - 1)
        inexact_and_even = (error != 0) & (bits & 1 == 0)
        return np.where(inexact_and_even, odd, bits).view(np.float64).astype(np.float32)

    @classmethod
    def exp(cls, x):
        f = np.float32
        shift = f(1.5 * 2**23)
        shifted = cls.fma(x, f(float.fromhex("0x1.715476p0")), shift)
        n = shifted - shift
        r = cls.fma(n, f(-float.fromhex("0x1.62e4p-1")), x)
        r = cls.fma(n, f(-float.fromhex("0x1.7f7d1cp-20")), r)
        q = f(float.fromhex("0x1.630652p-10"))
        for c in ("0x1.120b6ep-7", "0x1.55612ap-5", "0x1.5554dcp-3", "0x1.fffff4p-2", "1", "1"):
            q = cls.fma(q, r, f(float.fromhex(c)))
        return np.ldexp(q, n.astype(np.int32)).astype(np.float32)

    @classmethod
    def logistic(cls, x):
        one = np.float32(1)
        return one / (one + cls.exp(-np.clip(x, np.float32(-30), np.float32(30))))

    @classmethod
    def tanh(cls, x):
        one, x = np.float32(1), np.clip(x, np.float32(-15), np.float32(15))
        return one - np.float32(2) / (one + cls.exp(x + x))

    @classmethod
    def inverse_root(cls, x):
        x = np.asarray(x, np.float32)
        half = x * np.float32(-0.5)
        y = (np.uint32(0x5F375A86) - (x.view(np.uint32) >> np.uint32(1))).view(np.float32)
        for _ in range(2):
            y = y * cls.fma(half * y, y, np.float32(1.5))
        return y

    @classmethod
    def tree(cls, lanes):
        """The sum over the last axis, of 16 lanes."""
        for half in (8, 4, 2, 1):
            lanes = lanes[..., :half] + lanes[..., half : 2 * half]
        return lanes[..., 0]

    @classmethod
    def dot(cls, a, b):
        """Over the last axis: a chain for each of 16 lanes, then the tree."""
        lanes = np.zeros(np.broadcast(a, b).shape[:-1] + (LANES,), np.float32)
        for j in range(0, a.shape[-1], LANES):
            lanes = cls.fma(a[..., j : j + LANES], b[..., j : j + LANES], lanes)
        return cls.tree(lanes)

    @classmethod
    def chain(cls, start, a, b):
        """start [i][n] + a [i][j] b [j][n], one fused multiply-add after the other."""
        for j in range(a.shape[1]):
            start = cls.fma(a[:, j : j + 1], b[j], start)
        return start


class Real:
    kind = np.float64
    fma = staticmethod(lambda a, b, c: a * b + c)
    logistic = staticmethod(lambda x: 1 / (1 + np.exp(-x)))
    tanh = staticmethod(np.tanh)
    inverse_root = staticmethod(lambda x: 1 / np.sqrt(x))
    dot = staticmethod(lambda a, b: (a * b).sum(-1))
    chain = staticmethod(lambda start, a, b: start + a @ b)
    exp = staticmethod(np.exp)


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & M32, (a >> 32) ^ c[3] ^ k[1], a & M32]
        k = [(k[0] + 0x9E3779B9) & M32, (k[1] + 0xBB67AE85) & M32]
    return c


@functools.cache
def drawn(count, bound, seed, place):
    numbers = [x for i in range((count + 3) // 4) for x in philox((i, place, 0, 0), (seed, 0))][:count]
    unit = np.array([n >> 8 for n in numbers], np.float32) * np.float32(2.0**-23) - np.float32(1)
    return unit * np.float32(bound)


class Network:
    """One network; `o` are its options by name, as section 1 has them."""

    def __init__(self, o, arithmetic=Exact):
        self.o, self.m = o, arithmetic
        self.gates = 1 if o["cell"] == RNN else 3
        self.h, self.width = o["units"], self.gates * o["units"]
        self.features = 3 * o["table_width"] if o["table_bits"] else 0
        self.row = o["layers"] * self.h + self.features
        self.places, self.size = {}, 0
        for k in range(o["layers"]):
            self._place((k, "state"), self.h, self.width)
            self._place((k, "below"), self.h if k else 0, self.width)
            self._place((k, "features"), 0 if k else self.features, self.width)
            self._place((k, "offset"), 1, self.width)
            if o["normalised"]:
                self._place((k, "gain"), 1, self.width)
                self._place((k, "norm offset"), 1, self.width)
        self._place("output", self.row, SYMBOLS)
        self._place("output offset", 1, SYMBOLS)
        self._draw()
        s = o["streams"]
        self.history, self.updates = [0] * s, 0
        self.state = np.zeros((o["layers"], s, self.h), arithmetic.kind)
        self.cell = np.zeros_like(self.state)
        self.kept = []

    def _place(self, name, rows, columns):
        self.places[name] = (self.size, rows, columns)
        self.size += rows * columns

    def part(self, name, of=None):
        at, rows, columns = self.places[name]
        return (self.w if of is None else of)[at : at + rows * columns].reshape(rows, columns)

    def _draw(self):
        o, seed = self.o, self.o["seed"]
        self.w = np.zeros(self.size, np.float32)
        bound = lambda n: np.float32(1) / np.sqrt(np.float32(n))  # noqa: E731
        for name, (at, rows, columns) in self.places.items():
            if rows > 1:
                self.w[at : at + rows * columns] = drawn(rows * columns, bound(rows), seed, at)
            elif isinstance(name, tuple) and name[1] == "gain":
                self.part(name)[:] = 1
            elif o["cell"] == LSTM and name in [(k, "norm offset" if o["normalised"] else "offset") for k in range(8)]:
                self.part(name)[:, : self.h] = 1
        self.tables = [
            drawn(SYMBOLS * self.width, bound(self.h), seed, 0x80000000 + k).reshape(SYMBOLS, self.width)
            for k in range(o["layers"])
        ]
        for k in range(3 if self.features else 0):
            size = (1 << o["table_bits"]) * o["table_width"]
            self.tables.append(drawn(size, 0.125, seed, 0xC0000000 + k).reshape(-1, o["table_width"]))
        self.w = self.w.astype(self.m.kind)
        self.tables = [table.astype(self.m.kind) for table in self.tables]  # copies: what is drawn is drawn once
        self.squares, self.means = np.zeros_like(self.w), np.zeros_like(self.w)
        self.table_squares = [np.zeros_like(table) for table in self.tables]
        self.table_means = [np.zeros_like(table) for table in self.tables]
        self.counts = [np.zeros(len(table), int) for table in self.tables]

    def rows_of(self, history):
        rows = [history & 255]
        for key, multiplier in zip((history & 0xFFFF, history & 0xFFFFFF, history), MULTIPLIERS):
            if self.features:
                hashed = key * multiplier & M32
                hashed = (hashed ^ hashed >> 15) * 0x2C1B3C6D & M32
                rows.append(hashed >> 32 - self.o["table_bits"])
        return rows

    # ---- forward ----

    def predict(self):
        """Return the frequencies [S][256] of the next bytes."""
        m, o, h = self.m, self.o, self.h
        step = {"rows": [self.rows_of(history) for history in self.history], "before": self.state, "cells": self.cell}
        step["features"] = np.zeros((o["streams"], 0), m.kind)
        if self.features:
            step["features"] = np.array(
                [np.concatenate([self.tables[o["layers"] + k][r] for k, r in enumerate(rows[1:])]) for rows in step["rows"]]
            )
        after, cells, step["gates"] = [], [], []
        for k in range(o["layers"]):
            sums = self.part((k, "offset")) + self.tables[k][[rows[0] for rows in step["rows"]]]
            if k:
                sums = m.chain(sums, after[k - 1], self.part((k, "below")))
            elif self.features:
                sums = m.chain(sums, step["features"], self.part((k, "features")))
            new = getattr(self, "_forward_" + {RNN: "rnn", GRU: "gru", LSTM: "lstm"}[o["cell"]])(k, sums, step)
            after.append(new[0])
            cells.append(new[1])
            step["gates"].append(new[2])
        step["after"] = np.array(after)
        self.state, self.cell = step["after"], np.array(cells)
        step["row"] = np.concatenate([*after, step["features"]], 1)
        logits = m.chain(self.part("output offset") + np.zeros((o["streams"], 1), m.kind), step["row"], self.part("output"))
        self.kept.append(step)
        return self._softmax(step, logits)

    def _forward_rnn(self, k, sums, step):
        h = self.m.tanh(self.m.chain(sums, step["before"][k], self.part((k, "state"))))
        return h, step["cells"][k], (h,)

    def _forward_gru(self, k, sums, step):
        m, n = self.m, self.h
        before = step["before"][k]
        state = m.chain(np.zeros_like(sums), before, self.part((k, "state")))
        r = m.logistic(sums[:, :n] + state[:, :n])
        z = m.logistic(sums[:, n : 2 * n] + state[:, n : 2 * n])
        u = state[:, 2 * n :]
        new = m.tanh(m.fma(r, u, sums[:, 2 * n :]))
        return m.fma(z, before - new, new), step["cells"][k], (r, z, new, u)

    def _forward_lstm(self, k, sums, step):
        m, n = self.m, self.h
        sums = m.chain(sums, step["before"][k], self.part((k, "state")))
        units, scales = sums, None
        if self.o["normalised"]:
            units, scales = np.zeros_like(sums), []
            for g in range(3):
                x = sums[:, g * n : (g + 1) * n]
                scale = m.inverse_root(m.dot(x, x) / m.kind(n) + m.kind(np.float32(1e-5)))[:, None]
                units[:, g * n : (g + 1) * n] = x * scale
                scales.append(scale)
            sums = m.fma(self.part((k, "gain")), units, self.part((k, "norm offset")))
        f, out = m.logistic(sums[:, :n]), m.logistic(sums[:, n : 2 * n])
        g = m.tanh(sums[:, 2 * n :])
        cell = m.fma(f, step["cells"][k] - g, g)
        t = m.tanh(cell)
        return out * t, cell, (f, out, g, t, units, scales)

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

    # ---- learning ----

    def update(self, symbols, learns=True):
        step = self.kept[-1]
        gradient = step["p"].copy()
        for s, symbol in enumerate(symbols):
            if symbol < 0:
                gradient[s] = 0
            else:
                gradient[s, symbol] -= self.m.kind(1)
            self.history[s] = (self.history[s] << 8 | max(int(symbol), 0)) & M32
        step["gradient"] = gradient
        self.since = getattr(self, "since", 0) + 1
        if self.since < self.o["period"]:
            return
        self.backward()
        if learns:
            self.learn()
        self.since = 0
        if len(self.kept) == self.o["period"] * self.o["horizons"]:
            del self.kept[: self.o["period"]]

    def backward(self):
        """Fill `g`, the gradients of `w`, and `table_g`, those of the rows that were used, by row."""
        m, o, h, steps = self.m, self.o, self.h, self.kept
        s = o["streams"]
        self.g = np.zeros_like(self.w)
        self.table_g = [{} for _ in self.tables]
        dots = lambda d, w: m.dot(d[:, None, :], w[None])  # noqa: E731
        down = [np.zeros((s, self.row), m.kind) for _ in steps]
        for t in range(len(steps) - self.since, len(steps)):
            down[t] = down[t] + dots(steps[t]["gradient"], self.part("output"))
        newest = steps[len(steps) - self.since :]
        d = np.concatenate([step["gradient"] for step in newest])
        self._chain_into("output", np.concatenate([step["row"] for step in newest]), d)
        self._add_into("output offset", d)
        for k in reversed(range(o["layers"])):
            own = slice(k * h, (k + 1) * h)
            inputs, states = [None] * len(steps), [None] * len(steps)
            carried = np.zeros((s, h), m.kind)
            for t in reversed(range(len(steps))):
                inputs[t], states[t], carried = self._backward_cell(k, steps[t], bounded(down[t][:, own]), carried)
                if t:
                    down[t - 1][:, own] = down[t - 1][:, own] + dots(states[t], self.part((k, "state")))
                    if o["cell"] == GRU:
                        down[t - 1][:, own] = down[t - 1][:, own] + carried
            d, rows = np.concatenate(inputs), [row[0] for step in steps for row in step["rows"]]
            self._chain_into((k, "state"), np.concatenate([x["before"][k] for x in steps]), np.concatenate(states))
            if k:
                self._chain_into((k, "below"), np.concatenate([x["after"][k - 1] for x in steps]), d)
                for t, inner in enumerate(inputs):
                    down[t][:, (k - 1) * h : k * h] += dots(inner, self.part((k, "below")))
            elif self.features:
                self._chain_into((k, "features"), np.concatenate([x["features"] for x in steps]), d)
                for t, inner in enumerate(inputs):
                    down[t][:, o["layers"] * h :] += dots(inner, self.part((k, "features")))
            self._add_into((k, "offset"), d)
            self._add_rows(k, rows, d)
        for k in range(3 if self.features else 0):
            at = o["layers"] * h + k * o["table_width"]
            rows = [row[1 + k] for step in steps for row in step["rows"]]
            self._add_rows(o["layers"] + k, rows, np.concatenate(down)[:, at : at + o["table_width"]])

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

    def _backward_cell(self, k, step, d, carried):
        m, one = self.m, self.m.kind(1)
        through_logistic = lambda d, y: d * (y * (one - y))  # noqa: E731
        through_tangent = lambda d, y: d * (one - y * y)  # noqa: E731
        if self.o["cell"] == RNN:
            inputs = through_tangent(d, step["gates"][k][0])
            return inputs, inputs, carried
        if self.o["cell"] == GRU:
            r, z, new, u = step["gates"][k]
            dn = through_tangent(d * (one - z), new)
            dz = through_logistic(d * (step["before"][k] - new), z)
            dr = through_logistic(dn * u, r)
            return np.concatenate([dr, dz, dn], 1), np.concatenate([dr, dz, dn * r], 1), d * z
        f, out, g, t, units, scales = step["gates"][k]
        cell = bounded(bounded(carried) + through_tangent(d * out, t))
        df = through_logistic(cell * (step["cells"][k] - g), f)
        inputs = np.concatenate([df, through_logistic(d * t, out), through_tangent(cell * (one - f), g)], 1)
        if scales is not None:
            inputs = self._backward_norm(k, inputs, units, scales)
        return inputs, inputs, cell * f

    def _backward_norm(self, k, d, units, scales):
        m, n, made = self.m, self.h, np.zeros_like(d)
        gain, offset = self.part((k, "gain"), self.g)[0], self.part((k, "norm offset"), self.g)[0]
        for s in range(len(d)):
            for g in range(3):
                at = slice(g * n, (g + 1) * n)
                y, slope = units[s, at], d[s, at]
                gain[at] = m.fma(slope, y, gain[at])
                offset[at] = offset[at] + slope
                inner = slope * self.part((k, "gain"))[0, at]
                mean = -(m.dot(inner, y) / m.kind(n))
                made[s, at] = scales[g][s] * m.fma(mean, y, inner)
        return made

    def learn(self):
        o = self.o
        rate = np.float32(16 + o["rate"] % 16) * np.float32(2.0 ** -(4 + o["rate"] // 16))
        if o["decay"]:
            rate = rate / np.sqrt(np.float32(1) + np.float32(self.updates) / np.float32(2 ** o["decay"]))
        self.updates += 1
        self._adam(rate, self.updates, self.g, self.w, self.squares, self.means)
        for used, table, squares, means, counts in zip(
            self.table_g, self.tables, self.table_squares, self.table_means, self.counts
        ):
            for row, gradient in used.items():
                counts[row] += 1
                self._adam(rate, counts[row], gradient, table[row], squares[row], means[row])

    def _adam(self, rate, count, g, w, v, mean):
        m, f = self.m, np.float32
        share = f(1) / f(min(count, 1 << self.o["memory"]))
        v[:] = np.maximum(m.fma(share, g * g - v, v), f(2.0**-64))
        if self.o["with_mean"]:
            g = m.fma(f(0.875), mean - g, g)
            mean[:] = g
        ratio = np.clip(g * m.inverse_root(v), f(-16), f(16))
        w[:] = np.clip(m.fma(-rate, ratio, w), f(-64), f(64))


def bounded(d):
    return np.clip(d, np.float32(-64), np.float32(64))


def read_options(b):
    """Section 1, of sound options."""
    if len(b) != 12 or b[0] >> 4 != 1:
        raise UnknownOptions(f"options {bytes(b).hex()} of the model online")
    words = ("streams", "period", "horizons", "rate", "decay", "memory", "table_bits")
    return {
        "cell": b[0] & 3, "normalised": b[0] >> 2 & 1, "with_mean": b[0] >> 3 & 1, "units": 16 * b[1], "layers": b[2],
        **dict(zip(words, b[3:10])), "table_width": 16 * b[10], "seed": b[11],
    }  # fmt: skip


class Online:
    """As a model of a decoder: a probability before each bit, lane after lane; `lanes` is what the content is cut into."""

    def __init__(self, options, size):
        self.network, self.size = Network(read_options(options)), size
        self.lanes = self.network.o["streams"]
        self.lane_size, self.position = -(-size // self.lanes), 0
        self._begin()

    def _begin(self):
        self.freq, self.node = self.network.predict(), 1
        self.symbols = []
        starts = [s * self.lane_size + self.position for s in range(self.lanes)]
        self.used = sum(start < self.size for start in starts)

    def p1(self):
        bits = self.node.bit_length() - 1
        low = (self.node << 8 - bits) & 255
        both = self.freq[len(self.symbols)][low : low + (256 >> bits)]
        return max(1, (int(both[len(both) // 2 :].sum()) << 16) // int(both.sum()))

    def update(self, bit):
        self.node = self.node * 2 + bit
        if self.node < 256:
            return
        self.symbols.append(self.node & 255)
        self.node = 1
        if len(self.symbols) == self.used:
            self.network.update(self.symbols + [-1] * (self.lanes - self.used))
            self.position += 1
            if self.position < self.lane_size:
                self._begin()
