"""bench/lineage: sources follow their equations, reference codes have the lengths that a coder would give, a tiny run works."""

import math
import sys
from collections import Counter
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parent.parent.parent / "bench"
sys.path[:0] = [str(BENCH), str(BENCH / "lineage")]

import coders  # noqa: E402
import curves  # noqa: E402
import lineage  # noqa: E402
import lineage_codecs  # noqa: E402
import records  # noqa: E402
import render_lineage  # noqa: E402
import sources  # noqa: E402


@pytest.mark.parametrize("lags", [(1, 20), (1, 140), (31, 13), (73, 31)])
@pytest.mark.parametrize("size", [10, 141, 5000])
def test_lagged_sources_follow_their_equation(lags, size):
    for x, modulus in ((sources.bits_of_lags(size, lags, 1), 2), (sources.bytes_of_lags(size, lags, 1), 256)):
        assert len(x) == size
        values = x.tolist()
        assert all(
            values[n] == (values[n - lags[0]] + values[n - lags[1]]) % modulus for n in range(max(lags), size)
        )


def test_sources_are_the_same_every_time_and_of_their_size():
    for source in sources.all_sources(None):
        data = source.make(3000)
        assert data == source.make(3000) and len(data) == 3000
        assert len(set(data)) <= source.alphabet


def test_noise_has_its_share():
    data = next(source for source in sources.all_sources(None) if source.name == "hmm-30-0.1").make(20_000)
    bits = [byte - ord("a") for byte in data]
    wrong = sum(bits[n] != bits[n - 1] ^ bits[n - 30] for n in range(30, len(bits)))
    assert 0.09 < wrong / len(bits) < 0.11


def test_huffman_is_within_a_bit_of_the_entropy():
    data = b"the quick brown fox jumps over the lazy dog " * 200
    counts = Counter(data)
    entropy = sum(count * math.log2(len(data) / count) for count in counts.values()) / 8
    table = (8 + 13 * len(counts)) / 8
    assert entropy + table <= coders.huffman(data) <= entropy + len(data) / 8 + table + 1
    assert coders.huffman(b"a" * 800) == 100 + 3


@pytest.mark.parametrize("order", [0, 1, 2])
def test_adaptive_lengths_are_those_of_coding_symbol_by_symbol(order):
    data = b"abracadabra, abracadabra! " * 20
    size, seen, bits = len(set(data)), {}, 0.0
    first = bytes([min(data)]) * order  # before the beginning
    for n, byte in enumerate(data):
        counts = seen.setdefault((first + data)[n : n + order], Counter())
        bits -= math.log2((counts[byte] + 0.5) / (counts.total() + size / 2))
        counts[byte] += 1
    assert coders.adaptive(data, order) == math.ceil((bits + 2) / 8) + 32


def test_morse_is_for_letters_only():
    assert coders.morse(b"\x00\x01" * 50) is None
    assert coders.morse(b"e" * 8) == 4  # a dot and three units of silence each


def test_a_tiny_run(tmp_path, monkeypatch, capsys):
    """The whole way: measure, record, tables, picture."""
    path = tmp_path / "2000-01-01-machine-lineage.csv"
    names = "markov-20-*,prng-73-31-*,hmm-30-0.1,iid-4"
    arguments = ["lineage.py", "--sources", names, "--codecs", "huffman,arithmetic-*,gzip,fastnz-3,gru alone,fastnz gru_feat",
                 "--size", "6000", "--network-size", "600", "--out", str(path)]  # fmt: skip
    monkeypatch.setattr(sys, "argv", arguments)
    monkeypatch.setattr(lineage, "LONG", 9000)
    assert lineage.main() == 0
    about, rows = records.read(path)
    assert {row["status"] for row in rows} <= {"ok", "no code for these data"}
    least = next(row for row in rows if row["source"] == "prng-73-31-letters" and row["codec"] == "fastnz-3")
    assert int(least["compressed"]) < 150
    text = render_lineage.render(about, rows, "record.csv")
    assert "| markov-20 |" in text and "| iid-4 |" in text
    monkeypatch.setattr(sys, "argv", [*arguments, "--update", "--curves", "--sources", "markov-20-letters"])
    monkeypatch.setattr(lineage_codecs, "OF_CURVES", ("fastnz-3",))
    assert lineage.main() == 0
    assert len(records.read(path)[1]) == len(rows)
    assert len(list(tmp_path.glob("*-curves.csv"))) == 1
    assert curves.halves({1000: 100, 2000: 150}) == [(pytest.approx(1414.2, abs=0.1), 0.4)]
    capsys.readouterr()
