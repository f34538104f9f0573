"""The models `hybrid` and `hybrid_online`, ids 4 and 12, as docs/hybrid.md specifies them, in plain Python.

Pretrained networks are of the family `gru8`; their weights are found by id in NETWORKS. About 1 KB/s.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gru8
import numpy as np
import online
from mixing_options import STEPS, UnknownOptions, read_options
from mixing_contexts import PROFILES
from mixing_history import History, clamp
from nibble_mix import FIRST_APM, LIMIT, TIERS, NibbleMix, log2_q10, sat, squash, times

HYBRID_TIERS = TIERS
PRIORS = {1: 0xF7DB97A2E0CF836F, 2: 0x1AB18C57EBF78D32}
NETWORKS: dict[int, gru8.Weights] = {}  # by id
LEARNERS = {1: bytes.fromhex("170603010a01980b0b000000")}  # by number: options of `online`

SURE = (300, 900, 1800, 3000, 4500, 6500, 9000)
COST = (400, 900, 1600, 2500, 3600, 5000, 7500)
FIRST_COST, FREQUENCY_BITS = 2500, 22 * 1024
CONTEXT_WEIGHTS, MATCH_WEIGHT, NETWORK_WEIGHTS = 6300, 1638, 1200


def step_of(value: int, limits: tuple[int, ...]) -> int:
    return sum(limit < value for limit in limits)


def stretch_q15(p: int) -> int:
    p |= 4
    return log2_q10(p) - log2_q10(32768 - p)


def position_of(odds: int) -> int:
    return (clamp(odds, -12287, 12287) + 12288) * 40960 >> 16


def refine(column: list[int], position: int) -> int:
    at = position >> 10
    return column[at] + ((column[at + 1] - column[at]) * (position & 1023) >> 10)


class Opinion:
    """What one network says on its way through the content: `freq` of the next byte, and its cost of late."""

    cost = FIRST_COST
    freq: np.ndarray

    def learn_cost(self, byte: int) -> None:
        self.cost += FREQUENCY_BITS - log2_q10(int(self.freq[byte])) - self.cost >> 2

    def start_nibble(self, half: int, upper: int) -> None:
        """Section 2: the odds at all nodes, the likeliest nibble and how sure of it the network is."""
        odds = [int(v) for v in gru8.nibble_odds(self.freq, upper << 4)[half]]
        node, least = 1, 32767
        for _ in range(4):
            least = min(least, abs(odds[node]))
            node = 2 * node + (odds[node] > 0)
        self.odds = [clamp(v, -LIMIT, LIMIT) for v in odds]
        self.likely, self.sure = node & 15, step_of(least, SURE)


class Network(Opinion):
    """A pretrained one."""

    def __init__(self, weights: gru8.Weights) -> None:
        self.weights = weights
        self.begin()

    def begin(self) -> None:
        self.keys = gru8.Keys()
        self.state = np.zeros(self.weights.hidden, np.int64)
        self.step(0)

    def step(self, byte: int) -> None:
        w = self.weights
        rows = self.keys.rows(w.bits)
        features = np.concatenate([w.tables[k, rows[k]] for k in range(4)]).astype(np.int64)
        self.state = gru8.gates(w, w.wh @ gru8.upper(self.state), w.wf @ features, byte, self.state)
        self.last_inputs = np.concatenate([gru8.upper(self.state), features])
        self.freq = gru8.frequencies_of(gru8.logits(w, w.wo @ self.last_inputs))

    def push(self, byte: int) -> None:
        self.learn_cost(byte)
        self.keys.push(byte)
        self.step(byte)


class Learner(Opinion):
    """One that learns while it codes, section 7."""

    def __init__(self, number: int) -> None:
        if number not in LEARNERS:
            raise UnknownOptions(f"hybrid_online with network {number}")
        self.network = online.Network(online.read_options(LEARNERS[number]))
        self.freq = self.network.predict()[0]

    def push(self, byte: int) -> None:
        self.learn_cost(byte)
        self.network.update([byte])
        self.freq = self.network.predict()[0]


class Readout:
    """Section 8: units over what a network's last layer takes, which learn from the mixer's error."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.rows: dict[tuple[int, int], np.ndarray] = {}  # by tree and node

    def row(self, place: int, node: int) -> np.ndarray:
        return self.rows.setdefault((place, node), np.zeros(self.network.last_inputs.size, np.int64))

    def odds(self, place: int, node: int) -> int:
        return clamp(int(self.row(place, node) @ self.network.last_inputs) >> 15, -8192, 8192)

    def learn(self, place: int, node: int, error: int) -> None:
        x = self.network.last_inputs
        size = abs(error) * 8192 // (1 + int(x @ x))
        step = clamp(size if error > 0 else -size, -32767, 32767)
        row = self.row(place, node)
        row += (256 * x * step + (1 << 14)) >> 15
        row.clip(-32768, 32767, out=row)


class Begun(dict[Any, list[int]]):
    """Rows and trees that begin when they are first used, each with a copy of what its key says."""

    def __init__(self, first: Callable[[Any], list[int]]) -> None:
        self.first = first

    def __missing__(self, key: Any) -> list[int]:
        self[key] = value = list(self.first(key))
        return value


def read_starts() -> tuple[list[list[int]], list[list[int]]]:
    """Section 4: what a mixer of 12 contexts of text and one network begins with."""
    text = (Path(__file__).parents[2] / "csrc/models/nibble_mix/starts.inc").read_text()
    rows = [[int(number) for number in row.split(",")] for row in re.findall(r"\{([-0-9, ]+)\}", text)]
    return rows[:644], rows[644:]


SET_BEGIN = (0, 68, 100, 612)
START_WEIGHTS, START_MAPS = read_starts()


def first_map(key: tuple[Any, ...]) -> list[int]:
    if key[0] == "answer":
        _, half, likely, sure, _ = key
        return START_MAPS[(16 * half + likely) * 8 + sure]
    if key[0] == 0:
        _, half, sure, _ = key
        return START_MAPS[256 + 8 * half + sure]
    return FIRST_APM


class Hybrid(NibbleMix):
    def __init__(self, options: bytes, size: int, learners: tuple[Learner, ...] = ()) -> None:
        (number, profile, width, step), names = read_hybrid_options(options)
        if learners and len(names) != 1:
            raise UnknownOptions("hybrid_online with two pretrained networks")
        self.networks: list[Network | Learner] = [*(Network(NETWORKS[name]) for name in names), *learners]
        tier, ordered, contexts = HYBRID_TIERS[number], PROFILES[profile][0], PROFILES[profile][1].split()
        n = min(tier.contexts, len(contexts) & ~1)
        self.ordered = min(ordered, n)
        self.history = History(profile, width, step)
        self.set_up(contexts[:n], tier.table_bits, tier.apm_bits, size)

        count = len(self.networks)
        first = [CONTEXT_WEIGHTS // n] * (n + 1) + [0, MATCH_WEIGHT, 0] + [NETWORK_WEIGHTS // count] * (2 * count)
        self.weights: list[Begun] = [Begun(lambda _: first) for _ in range(4)]
        self.maps = Begun(lambda _: FIRST_APM)
        if (count, n, profile) == (1, 12, 0):
            self.weights = [Begun(lambda key, begin=begin: START_WEIGHTS[begin + key[0]]) for begin in SET_BEGIN]
            self.maps = Begun(first_map)
        small = isinstance(self.networks[0], Network) and self.networks[0].last_inputs.size <= 480
        self.readout = Readout(self.networks[0]) if number >= 6 and small else None
        self.start_byte()

    def end_byte(self, byte: int) -> None:
        for network in self.networks:
            network.push(byte)
        super().end_byte(byte)

    # Sections 2 and 4: what a nibble uses

    def start_nibble(self) -> None:
        self.start_match()
        self.trees += [self.direct[self.c1, self.place], self.direct[-1, self.place]]
        length = self.matches.length
        matched = 0 if not self.match else 1 if length < 8 else 2 if length < 24 else 3
        known = self.known()
        for network in self.networks:
            network.start_nibble(self.second, self.upper)
        first = self.networks[0]
        behind = len(self.networks) == 2 and first.cost > self.networks[1].cost
        self.rows = (4 * self.place + matched, 16 * self.second + (8 + matched if matched > 1 else known),
                     256 * self.second + self.base, 16 * self.second + 8 * behind + step_of(first.cost, COST))
        self.answer_maps: list[tuple[str | int, ...]] = [("answer", self.second, first.likely, first.sure)]
        if self.apm_count:
            self.answer_maps.insert(0, ("order 1", 32 * self.c1 + self.place & self.apm_count - 1))
        self.node, self.bits, self.passed = 1, [], []
        self.predict()

    def predict(self) -> None:
        node, x = self.node, self.inputs(self.node)
        used = []  # columns of maps, and where in them
        for k, network in enumerate(self.networks):
            column, position = self.maps[k, self.second, network.sure, node], position_of(network.odds[node])
            x += [network.odds[node], stretch_q15(refine(column, position) >> 1)]
            used.append((column, position))

        weights = [of[row, node] for of, row in zip(self.weights, self.rows)]
        sums = [0, 0]
        for i, (value, first, second, third, fourth) in enumerate(zip(x, *weights)):
            sums[i & 1] = sat(sums[i & 1] + times(value, sat(sat(sat(first + second) + third) + fourth)))
        answer = sat(2 * sat(sums[0] + sums[1]))
        if self.readout:
            answer = sat(answer + self.readout.odds(self.place, node))
        answer = clamp(answer, -LIMIT, LIMIT)
        mixed = squash(answer)
        self.probability = 2 * mixed
        for key in self.answer_maps:
            column, position = self.maps[(*key, node)], position_of(answer)
            self.probability = self.probability + refine(column, position) + 1 >> 1
            used.append((column, position))
        self.passed.append((node, x, weights, mixed, used))

    # Section 5

    def learn(self) -> None:
        for bit, (node, _, _, mixed, used) in zip(self.bits, self.passed):
            if self.readout:
                self.readout.learn(self.place, node, 32767 * bit - mixed)
            for column, position in used:
                at = (position >> 10) + (position >> 9 & 1)
                column[at] += 65535 * bit - column[at] >> 6
        # What is left is as without networks, and knows no maps there.
        self.passed = [(node, x, weights, mixed, [], 0) for node, x, weights, mixed, _ in self.passed]
        super().learn()


class HybridOnline(Hybrid):
    def __init__(self, options: bytes, size: int) -> None:
        super().__init__(options[1:], size, (Learner(options[0] if options else 0),))


def read_hybrid_options(options: bytes) -> tuple[tuple[int, int, int, int], list[int]]:
    """Section 1: tier, profile, width and step; the ids of the networks."""
    if len(options) < 2:
        options = b"\5\0" + options
    own = 6 if len(options) > 1 and options[1] in STEPS else 2
    rest = options[own:]
    shape = read_options(options[:own], "hybrid", HYBRID_TIERS)
    if len(rest) == 8:
        return shape, [int.from_bytes(rest, "little")]
    if len(rest) > 2 or not all(number in PRIORS for number in rest):
        raise UnknownOptions(f"hybrid with options {options.hex()}")
    return shape, [PRIORS[number] for number in rest or b"\1"]
