"""Transformers that learn while they code, written from docs/online.md alone: sections 9 and 10."""

import numpy as np
from online_arithmetic import LANES, Exact
from online_base import SYMBOLS, TRACE, Learner, bounded

FEATURE_BOUND, STATE_BOUND = 256, 4096  # of what is squared; of units and what blocks add up


class Attention(Learner):
    def place(self):
        o, h = self.o, self.h
        self.trace = o["cell"] == TRACE
        self.group, self.turns = (4, 2) if self.trace else (1, 1)
        self.wide = o["inner"] * (1 if self.trace else 2)
        self.row = h
        for k in range(o["layers"]):
            self._place((k, "gain"), 1, h)
            self._place((k, "norm offset"), 1, h)
            self._place((k, "states"), h, 3 * h)
            self._place((k, "states offset"), 1, 3 * h)
            self._place((k, "relative"), o["places"], h)
            if not self.trace:
                self._place((k, "offsets"), o["heads"], -(-o["places"] // 16) * 16)
                self._place((k, "projection"), h, h)
                self._place((k, "projection offset"), 1, h)
            self._place((k, "units gain"), 1, h)
            self._place((k, "units norm offset"), 1, h)
            self._place((k, "up"), h, self.wide)
            self._place((k, "up offset"), 1, self.wide)
            self._place((k, "down"), o["inner"], h)
            self._place((k, "down offset"), 1, h)
        self._place("last gain", 1, h)
        self._place("last offset", 1, h)

    def restart(self):
        super().restart()
        self.older = []  # states of each layer before this period, the newest last

    def draw(self):
        for name, (_, rows, _columns) in self.places.items():
            if name[1:] == ("relative",):
                self.draw_matrix(name, self.bound(self.h))
            elif name[1:] == ("offsets",):
                for head, row in enumerate(self.part(name)):
                    row[: self.o["places"]] = -np.arange(self.o["places"], dtype=np.float32) / np.float32(2 << head)
            elif rows > 1:
                self.draw_matrix(name)
            elif "gain" in name[-1] or name == "last gain":
                self.part(name)[:] = 1
        for k in range(self.group):
            self.draw_table(SYMBOLS, self.h // self.group, 1, 0x80000000 + k)

    def forward(self):
        m, o = self.m, self.o
        rows = [[history.bytes >> 8 * k & 255 for k in range(self.group)] for history in self.history]
        step = {"rows": rows, "layers": []}
        x = np.array([np.concatenate([self.tables[k][r] for k, r in enumerate(row)]) for row in rows])
        for k in range(o["layers"]):
            layer = {"attention": self.normed(x, (k, "gain"), (k, "norm offset"))}
            layer["states"] = self._product(layer["attention"][0], (k, "states"))
            step["layers"].append(layer)
            earlier = [*self.older, *(s["layers"] for s in self.kept), step["layers"]]
            layer["seen"] = [earlier[i][k]["states"] for i in range(len(earlier) - 1, -1, -self.group)][: o["places"]]
            layer["weights"], layer["inverses"], layer["attended"] = self._attend(k, layer["seen"])
            added = layer["attended"] if self.trace else self._product(layer["attended"], (k, "projection"))
            x = bounded(x + added, STATE_BOUND)
            layer["turns"] = []
            for _ in range(self.turns):
                normed = self.normed(x, (k, "units gain"), (k, "units norm offset"))
                u = self._product(normed[0], (k, "up"))
                inner = bounded(self._units(u)[0], STATE_BOUND)
                x = bounded(x + self._product(inner, (k, "down")), STATE_BOUND)
                layer["turns"].append((normed, u, inner))
        step["last"] = self.normed(x, "last gain", "last offset")
        step["row"] = step["last"][0]
        return step

    def _product(self, a, name):
        offset = (name[0], name[1] + " offset")
        return self.m.chain(self.part(offset) + np.zeros((len(a), 1), self.m.kind), a, self.part(name))

    def _key(self, k, seen, j):
        """Keys of place j with what is added to them, [S][heads][width]."""
        return self._heads(seen[j][:, self.h : 2 * self.h] + self.part((k, "relative"))[j])

    def _heads(self, x):
        return x.reshape(len(x), self.o["heads"], -1)

    def _sum(self, x):
        """Over the first axis, in 16 lanes and then the tree."""
        if self.m is not Exact:
            return x.sum(0)
        lanes = np.zeros((LANES, *x.shape[1:]), np.float32)
        for j in range(0, len(x), LANES):
            part = x[j : j + LANES]
            lanes[: len(part)] = lanes[: len(part)] + part
        return Exact.tree(np.moveaxis(lanes, 0, -1))

    def _attend(self, k, seen):
        m, h = self.m, self.h
        query = self._heads(seen[0][:, :h])
        scores = []
        for j in range(len(seen)):
            key = self._key(k, seen, j)
            if self.trace:
                q, key = bounded(query, FEATURE_BOUND), bounded(key, FEATURE_BOUND)
                scores.append(m.dot(q * q, key * key))
            else:
                offset = self.part((k, "offsets"))[:, j]
                scores.append(m.dot(query, key) * m.kind(self.bound(h // self.o["heads"])) + offset)
        weights = np.array(scores)
        if self.trace:
            total = self._sum(weights) + m.kind(2.0**-20)
        else:
            weights = m.exp(np.maximum(weights - weights.max(0), m.kind(-80)))
            total = self._sum(weights)
        inverses = m.kind(1) / total
        weights = weights * inverses
        out = np.zeros_like(query)
        for j in range(len(seen)):
            out = m.fma(weights[j][:, :, None], self._heads(seen[j][:, 2 * h :]), out)
        return weights, inverses, out.reshape(len(out), h)

    def _units(self, u):
        """What goes on, and its gradients by the units' inputs (and by what gates them)."""
        m, n = self.m, self.o["inner"]
        x = u[:, :n]
        steep = x * m.kind(np.float32(1.702))
        s = m.logistic(steep)
        slope = m.fma(steep, s * (m.kind(1) - s), s)
        return (x * s, slope) if self.trace else ((x * s) * u[:, n:], slope, x * s)

    # ---- gradients ----

    def back(self, newest):
        m, h, s, steps = self.m, self.h, self.o["streams"], self.kept
        stack = lambda rows: np.concatenate(list(rows))  # noqa: E731
        d = self.normed_back(
            stack(newest), stack(x["last"][1] for x in steps), stack(x["last"][2] for x in steps), "last gain", "last offset"
        )
        for k in reversed(range(self.o["layers"])):
            layers = [step["layers"][k] for step in steps]
            for turn in reversed(range(self.turns)):
                normed, u, inner = ([layer["turns"][turn][i] for layer in layers] for i in range(3))
                d = bounded(d)
                to_inner, u = self._back(stack(inner), d, (k, "down")), stack(u)
                to_u = self._units_back(u, to_inner)
                up = self._back(stack(n[0] for n in normed), to_u, (k, "up"))
                y, scale = stack(n[1] for n in normed), stack(n[2] for n in normed)
                d = d + self.normed_back(up, y, scale, (k, "units gain"), (k, "units norm offset"))
            d = bounded(d)
            above = d if self.trace else self._back(stack(x["attended"] for x in layers), d, (k, "projection"))
            to_states = np.zeros((len(steps), s, 3 * h), m.kind)
            for t in reversed(range(len(steps))):
                self._attend_back(k, t, layers[t], above[t * s : (t + 1) * s], to_states)
            to_states = bounded(to_states.reshape(-1, 3 * h))
            down = self._back(stack(x["attention"][0] for x in layers), to_states, (k, "states"))
            y, scale = stack(x["attention"][1] for x in layers), stack(x["attention"][2] for x in layers)
            d = d + self.normed_back(down, y, scale, (k, "gain"), (k, "norm offset"))
        d, width = bounded(d), h // self.group
        for i in range(self.group):
            self._add_rows(i, [row[i] for x in steps for row in x["rows"]], d[:, i * width : (i + 1) * width])

    def _back(self, a, d, name):
        """Gradients of a product's matrix and offset; those of its inputs are returned."""
        self._chain_into(name, a, d)
        self._add_into((name[0], name[1] + " offset"), d)
        return self.dots(d, self.part(name))

    def _units_back(self, u, d):
        n = self.o["inner"]
        if self.trace:
            return bounded(d * self._units(u)[1])
        _, slope, through = self._units(u)
        return np.concatenate([bounded((d * u[:, n:]) * slope), bounded(d * through)], 1)

    def _attend_back(self, k, t, layer, above, to_states):
        m, h, seen, weights = self.m, self.h, layer["seen"], layer["weights"]
        d, query = self._heads(above), self._heads(seen[0][:, :h])
        within = [t - j * self.group for j in range(len(seen)) if t >= j * self.group]
        slopes = np.array([m.dot(d, self._heads(state[:, 2 * h :])) for state in seen])
        for j, at in enumerate(within):
            value = self._heads(to_states[at][:, 2 * h :])
            value[:] = m.fma(weights[j][:, :, None], d, value)
        means = np.zeros((LANES, *weights.shape[1:]), m.kind)
        for j in range(len(seen)):
            means[j % LANES] = m.fma(weights[j], slopes[j], means[j % LANES])
        slopes = slopes - (self.m.tree(np.moveaxis(means, 0, -1)) if m is Exact else means.sum(0))
        if self.trace:
            slopes = bounded(slopes * layer["inverses"], 4096)
            query = bounded(query, FEATURE_BOUND)
        else:
            slopes, offsets = bounded(weights * slopes), self.part((k, "offsets"), self.g)
            for s in range(slopes.shape[1]):
                offsets[:, : len(seen)] = offsets[:, : len(seen)] + slopes[:, s].T
            slopes = slopes * m.kind(self.bound(h // self.o["heads"]))
        to_query, relative = np.zeros_like(query), self.part((k, "relative"), self.g)
        for j in range(len(seen)):
            key, factor, slope = self._key(k, seen, j), query, slopes[j][:, :, None]
            if self.trace:
                key = bounded(key, FEATURE_BOUND)
                key, factor = key * key, (query * query) * (key + key)
            to_query = m.fma(slope, key, to_query)
            for s in range(len(query)):
                relative[j] = m.fma(slope[s], factor[s], self._heads(relative[j][None])[0]).reshape(-1)
            if j < len(within):
                to_key = self._heads(to_states[within[j]][:, h : 2 * h])
                to_key[:] = m.fma(slope, factor, to_key)
        if self.trace:
            to_query = to_query * (query + query)
        to_states[t][:, :h] = to_query.reshape(-1, h)

    def forget(self):
        self.older = [*self.older, *([{"states": x["states"]} for x in step["layers"]] for step in self.kept)]
        self.older = self.older[max(0, len(self.older) - (self.o["places"] - 1) * self.group) :]
        self.kept = []
