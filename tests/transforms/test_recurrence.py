"""The transform `recurrence`: finds the sources that it is for, leaves other data alone, is exact and agrees with FORMAT.md."""

import random
import time
from collections.abc import Iterable

import decoder
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastnz
from fastnz import _core

testing = _core.testing


def two_lags(size, lags, modulus, seed=1, factors=(1, 1), constant=0, noise=0.0) -> list[int]:
    """x[n] = a x[n-i] + b x[n-j] + c modulo `modulus`; with noise, what was drawn instead is the past of what follows."""
    rng = random.Random(seed)
    x = [rng.randrange(modulus) for _ in range(max(lags))]
    (i, j), (a, b) = lags, factors
    for n in range(len(x), size):
        x.append((a * x[n - i] + b * x[n - j] + constant) % modulus)
        if noise and rng.random() < noise:
            x[n] = (x[n] + rng.randrange(1, modulus)) % modulus
    return x


def words(values: Iterable[int], width: int) -> bytes:
    return b"".join(value.to_bytes(width, "little") for value in values)


def written(symbols: Iterable[int], alphabet: bytes = bytes(range(256))) -> bytes:
    return bytes(alphabet[symbol] for symbol in symbols)


def packed(bits: list[int], order: str = "big") -> bytes:
    text = "".join(map(str, bits))
    cut = [text[k : k + 8] for k in range(0, len(text) - 7, 8)]
    return bytes(int(byte if order == "big" else byte[::-1], 2) for byte in cut)


def register(size: int, taps: list[int], seed: int) -> list[int]:
    rng = random.Random(seed)
    x = [rng.randrange(2) for _ in range(max(taps))]
    for n in range(len(x), size):
        x.append(sum(x[n - tap] for tap in taps) % 2)
    return x


def xorshift128(size: int) -> list[int]:
    """The generator of G. Marsaglia, "Xorshift RNGs" (Journal of Statistical Software 8, 2003)."""
    s, out = [123456789, 362436069, 521288629, 88675123], []
    for _ in range(size):
        t = (s[0] ^ s[0] << 11) & 0xFFFFFFFF
        s = [s[1], s[2], s[3], s[3] ^ s[3] >> 19 ^ t ^ t >> 8]
        out.append(s[3])
    return out


def congruential(size: int, width: int, factor: int, constant: int) -> list[int]:
    x, out = 1, []
    for _ in range(size):
        x = (factor * x + constant) % (1 << 8 * width)
        out.append(x)
    return out


def both_ways(data: bytes):
    """Return (out, side) or None, after both inverses made the content again."""
    made = testing.transform_forward("recurrence", data)
    if made is not None:
        out, side = made
        assert len(out) == len(data)
        assert testing.transform_inverse("recurrence", out, side, len(data)) == data
    return made


def left_over(data: bytes) -> int:
    """Return how many bytes are not zero after the transform, side data included."""
    made = both_ways(data)
    assert made is not None
    return len(data) - made[0].count(0) + len(made[1])


N = 12_000
SOURCES = {
    **{f"markov-{k}-letters": written(two_lags(N, (1, k), 2, k), b"ab") for k in (20, 30, 50, 80, 100, 140)},
    **{f"markov-{k}-bytes": bytes(two_lags(N, (1, k), 256, k)) for k in (20, 30, 50, 80, 100, 140)},
    **{f"prng-{i}-{j}-letters": written(two_lags(N, (i, j), 2), b"ab") for i, j in ((31, 13), (52, 21), (73, 31))},
    **{f"prng-{i}-{j}-bytes": bytes(two_lags(N, (i, j), 256)) for i, j in ((31, 13), (52, 21), (73, 31))},
    "digits-of-bits": written(two_lags(N, (1, 30), 2), b"01"),
    "bytes-of-bits": bytes(two_lags(N, (1, 30), 2)),
    "complement": written(two_lags(N, (1, 30), 2, constant=1), b"ab"),
    "packed": packed(two_lags(8 * N, (73, 31), 2)),
    "packed-from-below": packed(two_lags(8 * N, (52, 21), 2), "little"),
    "register": written(register(N, [3, 17, 60, 61, 100], 5), b"-+"),
    "register-packed": packed(register(8 * N, [3, 17, 60, 61, 100], 5)),
    **{f"modulo-{m}": bytes(two_lags(N, (1, 140), m, m)) for m in (3, 4, 5, 6, 10, 16, 64, 100, 128, 251)},
    "prng-607-273-bytes": bytes(two_lags(N, (607, 273), 256)),
    "difference": bytes(two_lags(N, (73, 31), 256, factors=(1, 255))),
    "difference-of-letters": written(two_lags(N, (55, 24), 26, factors=(25, 1)), bytes(range(65, 91))),
    "nucleotides": written(two_lags(N, (1, 140), 4), b"ACGT"),
    "field": bytes(two_lags(N, (9, 40), 31, factors=(7, 12), constant=5)),
    "words-16": words(two_lags(2 * N, (31, 13), 1 << 16), 2),
    "words-32": words(two_lags(N, (31, 3), 1 << 32), 4),
    "words-64": words(two_lags(N, (55, 24), 1 << 64, factors=(1, (1 << 64) - 1)), 8),
    "xorshift": words(xorshift128(N), 4),
    "congruential-32": words(congruential(N, 4, 1664525, 1013904223), 4),
    "congruential-64": words(congruential(N, 8, 6364136223846793005, 1442695040888963407), 8),
    "counter-16": words((3 * k % 65536 for k in range(N)), 2),
    "counter-32": words((7 * k + 123456789 for k in range(N)), 4),
}


@pytest.mark.parametrize("name", SOURCES)
def test_what_follows_a_recurrence_is_found(name):
    assert left_over(SOURCES[name]) < 700


@pytest.mark.parametrize("name", ["markov-140-letters", "markov-140-bytes", "prng-73-31-letters", "prng-73-31-bytes"])
def test_what_no_published_network_learns_is_below_1_percent(name):
    """At the default level: sources of which all columns of DeepZip's tables keep nearly everything."""
    lags = (1, 140) if "markov" in name else (73, 31)
    letters = "letters" in name
    symbols = two_lags(200_000, lags, 2 if letters else 256)
    data = written(symbols, b"ab") if letters else bytes(symbols)
    made = fastnz.compress(data)
    assert fastnz.decompress(made) == data
    assert len(made) < 0.01 * len(data) / (8 if letters else 1)  # of a bit a letter
    assert len(made) < (200 if letters else 300)  # a seed of 140 bytes included


@pytest.mark.parametrize("noise", [0.01, 0.05, 0.1, 0.15])
def test_noisy_bits(noise):
    """DeepZip's hidden Markov source: what the recurrence says, flipped now and then."""
    data = written(two_lags(60_000, (1, 40), 2, noise=noise), b"ab")
    assert left_over(data) < 1.1 * noise * len(data) + 300


def test_noisy_bytes():
    data = bytes(two_lags(400_000, (73, 31), 256, noise=0.03))
    assert left_over(data) < 0.04 * len(data)


def test_stretches_between_other_data():
    rng = random.Random(7)
    text = b" ".join(rng.choice([b"some", b"ordinary", b"words", b"here,"]) for _ in range(9000))
    one, two = bytes(two_lags(100_000, (73, 31), 256)), written(two_lags(90_000, (1, 140), 2), b"ab")
    noise = rng.randbytes(30_000)
    data = text + one + noise + two + text
    out, side = both_ways(data)
    assert out[: len(text)] == text and out.endswith(text)
    assert noise in out
    assert len(data) - out.count(0) < 2 * len(text) + len(noise) + 500 and len(side) < 60


@given(
    lags=st.lists(st.integers(1, 200), min_size=2, max_size=2, unique=True),
    modulus=st.sampled_from([2, 3, 4, 7, 10, 26, 64, 128, 251, 256]),
    signs=st.tuples(st.booleans(), st.booleans()),
    noise=st.sampled_from([0.0, 0.0, 0.02, 0.3]),
    first=st.integers(0, 255),
    around=st.tuples(st.binary(max_size=700), st.binary(max_size=700)),
    seed=st.integers(0, 1000),
)
def test_any_two_lags_are_exact(lags, modulus, signs, noise, first, around, seed):
    factors = tuple(1 if plus else modulus - 1 for plus in signs)
    source = two_lags(5000, lags, modulus, seed, factors, noise=noise)
    data = around[0] + bytes(min(first, 256 - modulus) + symbol for symbol in source) + around[1]
    made = both_ways(data)
    if made is not None:
        out, side = made
        assert decoder.undo_recurrence(out, side, len(data)) == data
        assert len(data) - out.count(0) + len(side) <= len(data) - data.count(0) + 64


@given(st.lists(st.integers(1, 160), min_size=3, max_size=9, unique=True), st.integers(0, 1000))
def test_any_register_is_found(taps, seed):
    bits = register(3000, taps, seed)
    if len(set(bits[-400:])) == 2 and 600 < sum(bits) < 2400:
        both_ways(written(bits, b"ab"))


# Side data that FORMAT.md allows, and some that it does not: both decoders must agree.
numbers = st.integers(0, 300).map(lambda value: bytes([value]) if value < 128 else bytes([value & 127 | 128, value >> 7]))
forms = st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32])
ranges = st.tuples(numbers, numbers, forms.map(lambda form: bytes([form])), st.binary(max_size=24)).map(b"".join)


@given(st.binary(max_size=120), st.lists(ranges, max_size=3))
def test_side_data_ends_alike(residual, side):
    joined = b"".join(side)
    try:
        made = testing.transform_inverse("recurrence", residual, joined, len(residual))
    except fastnz.FormatError:
        made = None
    try:
        reference = decoder.undo_recurrence(residual, joined, len(residual))
    except decoder.FormatError:
        reference = None
    assert made == reference


def range_of(form: int, *fields: bytes, skip: int = 0, length: int = 20) -> bytes:
    return bytes([skip, length, form]) + b"".join(fields)


@pytest.mark.parametrize(
    "side",
    [
        range_of(0, b"\x00\x01", length=0),  # an empty range
        range_of(0, b"\x00\x01", skip=30),  # beyond the content
        range_of(0, b"\x00\x01", skip=5, length=16),
        range_of(0),  # no taps
        range_of(0, b"\x01\x01"),  # one tap too few
        range_of(0, b"\x00\x00"),  # a lag of nothing
        range_of(0, b"\x00\x80\x80\x04"),  # a lag of 65,536
        range_of(0, b"\x01\xff\xff\x03\x01"),
        range_of(1, b"\x00\x01"),  # exclusive or of words
        range_of(13, b"\x01\x61\x00\x00\x00\x00\x01\x01\x00"),  # an alphabet of words
        range_of(24, b"\x01ab\x00\x01"),  # two alphabets
        range_of(8, b"\x00\x61\x00\x01"),  # an alphabet of one
        range_of(8, b"\x01\xff\x00\x01"),  # an alphabet to 256
        range_of(16, b"\x01ba\x00\x01"),  # not ascending
        range_of(16, b"\x01aa\x00\x01"),
        range_of(16, b"\x02abc\x00\x01"),  # exclusive or modulo 3
        range_of(20, b"\x02abc\x03\x00\x01\x01"),  # a constant of 3 modulo 3
        range_of(20, b"\x02abc\x00\x00\x01\x03"),  # a factor of 3 modulo 3
        range_of(4, b"\x00\x00\x01\x00"),  # a factor of 0
        range_of(5, b"\x00\x00\x00\x01\x01\x00", length=19),  # half a unit
        range_of(32, b"\x00\x01"),  # a form of the future
        range_of(8, b"\x01\x61\x00\x14"),  # content outside of the alphabet
    ],
)
def test_refused(side):
    content = bytes(range(200, 220))
    with pytest.raises(fastnz.FormatError):
        testing.transform_inverse("recurrence", content, side, len(content))
    with pytest.raises(decoder.FormatError):
        decoder.undo_recurrence(content, side, len(content))


def test_a_size_that_changes_is_refused():
    with pytest.raises(fastnz.FormatError):
        testing.transform_inverse("recurrence", bytes(10), b"", 11)


def test_ordinary_data_is_left_alone():
    rng = random.Random(3)
    text = b" ".join(rng.choice([b"some", b"ordinary", b"words", b"here,"]) for _ in range(50_000))
    rows = b"".join(b"%05d;%s;%d\n" % (k, rng.choice([b"red", b"green"]), rng.randrange(100)) for k in range(9000))
    for data in (
        text,
        rows,
        rng.randbytes(300_000),
        written((rng.randrange(2) for _ in range(100_000)), b"ab"),
        bytes(rng.randrange(251) for _ in range(100_000)),
        bytes(100_000),
        b"ab" * 50_000,
        rng.randbytes(1000) * 100,
        bytes(min(255, int(rng.expovariate(0.05))) for _ in range(100_000)),
        bytes(range(256)) * 300,
    ):
        assert testing.transform_forward("recurrence", data) is None


def test_costs_next_to_nothing_on_text():
    """Below a hundredth of level 1's time, with a wide margin for busy machines."""
    rng = random.Random(4)
    text = b" ".join(rng.choice([b"some", b"ordinary", b"words", b"here,"]) for _ in range(200_000))

    def seconds(work) -> float:
        best = 1e9
        for _ in range(3):
            begin = time.thread_time()
            work()
            best = min(best, time.thread_time() - begin)
        return best

    alone = seconds(lambda: testing.transform_forward("recurrence", text))
    assert alone < 0.03 * seconds(lambda: fastnz.compress(text, 1))
