"""Networks that learn while they code as models of a decoder, written from docs/online.md alone.

Slow on purpose: every sum is spelled out in the order that the document gives. Arithmetic is in online_arithmetic, what all
families share in online_base.
"""

from mixing_options import UnknownOptions
from online_arithmetic import M32, Exact, Real
from online_attention import Attention
from online_base import GRU, LSTM, NNCP, RNN, SYMBOLS, TOTAL_BITS, TRACE
from online_bootstrap import Numbers
from online_recurrent import Recurrent

__all__ = ["GRU", "LSTM", "M32", "NNCP", "RNN", "SYMBOLS", "TOTAL_BITS", "TRACE", "Exact", "Network", "Online", "Real"]


def Network(o, arithmetic=Exact):  # noqa: N802
    """One network; `o` are its options by name, as section 1 has them."""
    return (Recurrent if o["cell"] <= LSTM else Attention)(o, arithmetic)


def read_options(b):
    """Section 1, of sound options."""
    if len(b) not in (12, 13, 15) or b[0] >> 4 != 1:
        raise UnknownOptions(f"options {bytes(b).hex()} of the model online")
    cell, normalised = b[0] & 3, b[0] >> 2 & 1
    words = ("streams", "period", "rate", "decay", "memory")
    o = {"with_mean": b[0] >> 3 & 1, "dropout": b[7] >> 5, "units": 16 * b[1], "layers": b[2], "seed": b[11]}
    o |= dict(zip(words, (b[3], b[4], b[6], b[7] & 31, b[8])))
    if len(b) == 13:
        o |= {"bootstrap": 16 * (b[12] & 15), "bootstrap_step": b[12] >> 4}
    if len(b) == 15:
        o |= {"every": 6 + (b[12] & 15), "lanes": 1 << (b[12] >> 4 & 7), "doubling": b[12] >> 7, "replay_rate": b[14]}
        o |= {"window": 6 + (b[13] & 15), "passes": 1 + (b[13] >> 4 & 7), "apart": b[13] >> 7}
    if not cell:
        return o | {"cell": NNCP if normalised else TRACE, "heads": b[5], "places": b[9] + 1, "inner": 32 * b[10]}
    tables = {"table_bits": b[9], "table_width": 16 * (b[10] & 15), "contexts": (3 if b[9] else 0) + (b[10] >> 4)}
    return o | {"cell": cell, "normalised": normalised, "horizons": b[5]} | tables


class Online:
    """As a model of a decoder: a probability before each bit, lane after lane; `lanes` is what the content is cut into."""

    def __init__(self, options, size):
        self.network, self.size = Network(read_options(options)), size
        self.lanes = self.network.o["streams"]
        self.lane_size, self.position = -(-size // self.lanes), 0
        self.numbers = Numbers(self.network.bootstrap) if self.network.bootstrap else None
        if not self.numbers:
            self._begin()

    @property
    def in_preface(self):
        return self.numbers is not None

    def _begin(self):
        self.freq, self.node = self.network.predict(), 1
        self.symbols = []
        starts = [s * self.lane_size + self.position for s in range(self.lanes)]
        self.used = sum(start < self.size for start in starts)

    def p1(self):
        if self.numbers:
            return self.numbers.p1()
        bits = self.node.bit_length() - 1
        low = (self.node << 8 - bits) & 255
        both = self.freq[len(self.symbols)][low : low + (256 >> bits)]
        return max(1, (int(both[len(both) // 2 :].sum()) << 16) // int(both.sum()))

    def update(self, bit):
        if self.numbers:
            self.numbers.update(bit)
            if self.network.bootstrap.whole:
                self.numbers = None
                self._begin()
            return
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
