"""Recurrent networks that learn while they code, written from docs/online.md alone: sections 3 to 5."""

import numpy as np
from online_arithmetic import M32
from online_base import GRU, LSTM, RNN, SYMBOLS, Learner, bounded

MULTIPLIERS = (0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1, 0x9E3779B1, 0xD3A2646D)


class Recurrent(Learner):
    def place(self):
        o = self.o
        self.width = (1 if o["cell"] == RNN else 3) * self.h
        self.features = o["contexts"] * o["table_width"] + o.get("bootstrap", 0)
        self.row = o["layers"] * self.h + self.features
        for k in range(o["layers"]):
            self._place((k, "state"), self.h, self.width)
            self._place((k, "below"), self.h if k else 0, self.width)
            self._place((k, "features"), 0 if k else self.features, self.width)
            self._place((k, "offset"), 1, self.width)
            if o["normalised"]:
                self._place((k, "gain"), 1, self.width)
                self._place((k, "norm offset"), 1, self.width)

    def restart(self):
        super().restart()
        self.state = np.zeros((self.o["layers"], self.o["streams"], self.h), self.m.kind)
        self.cell = np.zeros_like(self.state)

    def draw(self):
        o = self.o
        for name, (_, rows, _columns) in self.places.items():
            if rows > 1:
                self.draw_matrix(name)
            elif name[1] == "gain":
                self.part(name)[:] = 1
            elif o["cell"] == LSTM and name[1] == ("norm offset" if o["normalised"] else "offset"):
                self.part(name)[:, : self.h] = 1
        for k in range(o["layers"]):
            self.draw_table(SYMBOLS, self.width, self.bound(self.h), 0x80000000 + k)
        for k in range(o["contexts"]):
            self.draw_table(1 << o["table_bits"], o["table_width"], 0.125, 0xC0000000 + k)

    def rows_of(self, history):
        last = history.bytes
        four, fifth, sixth = last & M32, last >> 32 & 0xFF, last >> 32 & 0xFFFF
        keys = (last & 0xFFFF, last & 0xFFFFFF, four, history.word, four + fifth * 0x9E3779B1, four + sixth * 0x9E3779B1)
        rows = [last & 255]
        for key, multiplier in list(zip(keys, MULTIPLIERS))[: self.o["contexts"]]:
            hashed = key * multiplier & M32
            hashed = (hashed ^ hashed >> 15) * 0x2C1B3C6D & M32
            rows.append(hashed >> 32 - self.o["table_bits"])
        return rows

    def beside_of(self, stream):
        return [self.beside[stream]] if self.bootstrap else []

    def forward(self):
        m, o = self.m, self.o
        step = {"rows": [self.rows_of(history) for history in self.history], "before": self.state, "cells": self.cell}
        step["features"] = np.zeros((o["streams"], 0), m.kind)
        if self.features:
            step["features"] = np.array(
                [
                    np.concatenate([*(self.tables[o["layers"] + k][r] for k, r in enumerate(rows[1:])), *self.beside_of(s)])
                    for s, rows in enumerate(step["rows"])
                ]
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
        return step

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

    # ---- gradients ----

    def back(self, newest):
        m, o, h, steps = self.m, self.o, self.h, self.kept
        s = o["streams"]
        down = [np.zeros((s, self.row), m.kind) for _ in steps]
        for t, d in enumerate(newest, len(steps) - len(newest)):
            down[t] = down[t] + d
        for k in reversed(range(o["layers"])):
            own = slice(k * h, (k + 1) * h)
            inputs, states = [None] * len(steps), [None] * len(steps)
            carried = np.zeros((s, h), m.kind)
            for t in reversed(range(len(steps))):
                inputs[t], states[t], carried = self._backward_cell(k, steps[t], bounded(down[t][:, own]), carried)
                if t:
                    down[t - 1][:, own] = down[t - 1][:, own] + self.dots(states[t], self.part((k, "state")))
                    if o["cell"] == GRU:
                        down[t - 1][:, own] = down[t - 1][:, own] + carried
            d, rows = np.concatenate(inputs), [row[0] for step in steps for row in step["rows"]]
            self._chain_into((k, "state"), np.concatenate([x["before"][k] for x in steps]), np.concatenate(states))
            if k:
                self._chain_into((k, "below"), np.concatenate([x["after"][k - 1] for x in steps]), d)
                for t, inner in enumerate(inputs):
                    down[t][:, (k - 1) * h : k * h] += self.dots(inner, self.part((k, "below")))
            elif self.features:
                self._chain_into((k, "features"), np.concatenate([x["features"] for x in steps]), d)
                for t, inner in enumerate(inputs):
                    down[t][:, o["layers"] * h :] += self.dots(inner, self.part((k, "features")))
            self._add_into((k, "offset"), d)
            self._add_rows(k, rows, d)
        for k in range(o["contexts"]):
            at = o["layers"] * h + k * o["table_width"]
            rows = [row[1 + k] for step in steps for row in step["rows"]]
            self._add_rows(o["layers"] + k, rows, np.concatenate(down)[:, at : at + o["table_width"]])

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
            n = self.h
            at = [slice(g * n, (g + 1) * n) for g in range(3)]
            inputs = self._backward_gates(k, inputs, units, scales, at)
        return inputs, inputs, cell * f

    def _backward_gates(self, k, d, units, scales, columns):
        made = np.zeros_like(d)
        for s in range(len(d)):
            for g, at in enumerate(columns):
                one = slice(s, s + 1)
                made[one, at] = self.normed_back(
                    d[one, at], units[one, at], scales[g][one], (k, "gain"), (k, "norm offset"), at
                )
        return made

    def forget(self):
        if len(self.kept) == self.o["period"] * self.o["horizons"]:
            del self.kept[: self.o["period"]]
