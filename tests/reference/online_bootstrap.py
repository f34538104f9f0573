"""What a network that learns while it codes may begin with: a small network that is stored, written from docs/online.md, section 13."""

import numpy as np

UNUSED, MAP_BYTES = -16.0, 32
LEAST, MOST_COUNT, CLASSES = 32, 62, 6


class Bootstrap:
    """One layer of `gru`, `network`, which is told its numbers byte by byte and then predicts beside another network."""

    def __init__(self, network, step):
        self.network, self.step = network, np.float32(2.0**-step)
        self.h, self.told, self.symbols = network.h, b"", None

    def take(self, byte):
        """Take a byte of what is stored; `place` says what comes next, and is None once all is there."""
        self.told += bytes([byte])
        if len(self.told) < MAP_BYTES:
            return
        if len(self.told) == MAP_BYTES:
            self.symbols = [b for b in range(256) if self.told[b // 8] >> b % 8 & 1]
            gates = np.arange(3 * self.h)
            self.places = self._matrix(0, (0, "state"), np.arange(self.h), gates) + self._matrix(0, (0, "offset"), [0], gates)
            self.places += self._matrix(1, "output", np.arange(self.h), self.symbols)
            self.places += self._matrix(1, "output offset", [0], self.symbols)
            self.places += self._matrix(2, None, self.symbols, gates)
            self.sizes = []
            return
        kind, name, row, column, _above, _place = self.places[len(self.sizes)]
        part = self.network.tables[0] if name is None else self.network.part(name)
        q = unfold(byte)
        part[row, column] = part[row, column] + np.float32(q) * self.step
        self.sizes.append(abs(q))

    @staticmethod
    def _matrix(kind, name, rows, columns):
        """Kind, matrix, row, column, how many numbers lie between this one and that above, and its place in the matrix."""
        width = len(columns)
        return [(kind, name, r, c, width if i else 0, i * width + j) for i, r in enumerate(rows) for j, c in enumerate(columns)]

    @property
    def whole(self):
        return self.symbols is not None and len(self.sizes) == len(self.places)

    @property
    def context(self):
        if self.symbols is None:
            return 3 * CLASSES
        kind, _name, _row, _column, above, place = self.places[len(self.sizes)]
        around = sum(self.sizes[-k] for k in (1, 2) if k <= place) + (2 * self.sizes[-above] if above else 0)
        return kind * CLASSES + min(around.bit_length(), CLASSES - 1)

    def predict(self):
        """Return the states [S][H] and logits [S][256] of the step that comes."""
        n = self.network
        row = n.forward()["row"]
        logits = n.m.chain(n.part("output offset") + np.zeros((len(row), 1), n.m.kind), row, n.part("output"))
        unused = np.ones(256, bool)
        unused[self.symbols] = False
        logits[:, unused] = UNUSED
        return row, logits

    def push(self, symbols):
        for history, symbol in zip(self.network.history, symbols):
            history.push(max(int(symbol), 0))


class Numbers:
    """The bits of what is stored, each with a probability, until the bootstrap is whole."""

    def __init__(self, bootstrap):
        self.bootstrap, self.nodes, self.node = bootstrap, {}, 1

    def p1(self):
        return self.nodes.setdefault((self.bootstrap.context, self.node), [1 << 15, 0])[0]

    def update(self, bit):
        p, count = self.p1(), self.nodes[self.bootstrap.context, self.node][1]
        p = p + (65536 - p) // (count + 2) if bit else p - p // (count + 2)
        self.nodes[self.bootstrap.context, self.node] = [min(max(p, LEAST), 65536 - LEAST), min(count + 1, MOST_COUNT)]
        self.node = self.node * 2 + bit
        if self.node > 255:
            self.bootstrap.take(self.node & 255)
            self.node = 1


def unfold(byte):
    return -(byte >> 1) - 1 if byte & 1 else byte >> 1
