"""Makes the frozen files: good/<name>.fnz with its content good/<name>.raw, bad/<error>.<name>.fnz.

A file that exists is never changed: what was once good must decode for ever. Run it to add new cases; `--replace` is
for the time before the first release only, and for bad files.

    python tests/vectors/make.py [--replace]
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "reference"), str(HERE.parent / "format")]

import mixing_cases  # noqa: E402
import damage  # noqa: E402
import decoder  # noqa: E402
import online_cases  # noqa: E402
import writer  # noqa: E402

import fastnz  # noqa: E402
from fastnz import _core  # noqa: E402
from fastnz.model_files import load  # noqa: E402

SENTENCES = (
    b"The quick brown fox jumps over the lazy dog. Pack my box with five dozen liquor jugs! "
    b"How vexingly quick daft zebras jump; sphinx of black quartz, judge my vow. "
)


LINES = b"".join(b"2026-11-28 07:%02d:%02d GET /item/%d %s\n" % (k // 60, k % 60, k * k % 977, SENTENCES.split()[k % 30]) for k in range(200))


def contents() -> dict[str, bytes]:
    """One small content of each kind that a model or transform treats in its own way."""
    rng = random.Random(20)
    english = b" ".join(rng.choice(SENTENCES.split()) for _ in range(400))
    code = bytearray()
    targets = [rng.randrange(1 << 16) for _ in range(12)]
    while len(code) < 6000:
        code += rng.randbytes(6) + b"\xe8" + (rng.choice(targets) - len(code) - 11 & 0xFFFFFFFF).to_bytes(4, "little")
    samples, level = bytearray(), 0
    for _ in range(900):
        level = max(-32768, min(32767, level + rng.randrange(-300, 301)))
        samples += (level & 0xFFFF).to_bytes(2, "little")
    return {
        "text": SENTENCES,
        "english": english,
        "json": b"[%s]" % b",".join(
            b'{"id": %d, "name": "user%d", "ok": %s}' % (k, k * 37 % 101, rng.choice([b"true", b"false"]))
            for k in range(50)
        ),
        "records": b"".join(
            k.to_bytes(4, "little") + (1000 * k % 777).to_bytes(2, "little") + b"\0\0AB" for k in range(150)
        ),
        "image": bytes(
            (x * y // 7 + 3 * c + rng.randrange(3)) & 0xFF for y in range(24) for x in range(24) for c in range(3)
        ),
        "samples": bytes(samples),
        "code": bytes(code),
        "noise": rng.randbytes(300),
        "run": b"x" * 10_000,
        "periods": rng.randbytes(333) * 9 + b"end",
        "copies": (piece := rng.randbytes(2500)) + english[:500] + piece + b"?" + piece[:2400],
        "register": two_lags(900, (1, 40), b"ab"),
    }


def two_lags(size: int, lags: tuple[int, int], alphabet: bytes) -> bytes:
    """Return x[n] = x[n-i] + x[n-j], modulo the size of the alphabet and written in it."""
    rng = random.Random(size)
    x = [rng.randrange(len(alphabet)) for _ in range(max(lags))]
    for n in range(len(x), size):
        x.append((x[n - lags[0]] + x[n - lags[1]]) % len(alphabet))
    return bytes(alphabet[symbol] for symbol in x)


def recurrences() -> dict[str, tuple[bytes, bytes]]:
    """Side data of `recurrence` for 120 bytes, and the first 20 of these, in each of its forms."""
    rest = random.Random(3).randbytes(20)
    symbols = bytes([99, 97, 97, 99, 98]) + bytes(byte % 3 for byte in rest[5:])
    return {
        "xor": (b"\x03\x75\x00\x02\x01\x03\x05", rest),
        "bytes": (b"\x00\x78\x04\x07\x01\x01\xff\x04\x03", rest),
        "words": (b"\x02\x76\x05\x01\x02\x01\x01\xff\xff\x02\x05\x00", rest),
        "double-words": (b"\x00\x78\x06\x04\x03\x02\x01\x00\x01\x6d\x4e\xc6\x41", rest),
        "long-words": (b"\x00\x78\x07" + bytes(range(8)) + b"\x01\x01" + b"\xff" * 8 + b"\x02" + bytes(range(8, 0, -1)), rest),
        "interval": (b"\x00\x78\x0c\x02\x61\x01\x01\x01\x02\x04\x01", symbols),
        "list": (b"\x00\x78\x14\x03\x61\x62\x63\x7a\x00\x01\x01\x03\x04\x01", symbols),
        "two-ranges": (b"\x01\x0a\x00\x00\x02\x02\x0c\x04\x00\x01\x01\x01\x02\x01", rest),
    }


def good() -> dict[str, bytes]:
    files = {f"form-{name}": data for name, data in damage.files().items()}
    for name, content in contents().items():
        for row in _core.levels():
            files[f"{name}-{row['level']}"] = fastnz.compress(content, row["level"])
        files[f"{name}-full"] = _core.compress(content, index=True)
    files |= {f"model-{name}": data for name, data in mixing_cases.frames(450).items()}
    files |= {f"model-online-{name}": data for name, data in online_cases.frames().items()}
    for name, options, size in (("groups", b"\x0a\x01", 2900), ("head", b"\x0a\x11", 4700), ("large", b"\x0a\x06\x02", 1500)):
        content = LINES[:size]
        files[f"model-lanes-{name}"] = writer.compact(content, writer.body(_core.testing.model_encode("lane_mix", options, content), 9, options))
    two = fastnz.compress(b"first") + _core.skippable_frame(b"metadata", 1) + _core.compress(b"second", index=True)
    files["frames"] = two + fastnz.compress(b"") + _core.skippable_frame(b"")
    stored = b"".join(bytes([k]) * 3 for k in range(40))
    repeat = (1, 4, writer.repeat_operation(3, 50, 2) + writer.repeat_operation(0, 1, 53))
    files["crafted-overlap"] = writer.compact(
        content := b"abc" + b"bc" * 25 + b"a" + b"d", writer.body(b"abcd", transforms=[repeat])
    )
    assert fastnz.decompress(files["crafted-overlap"]) == content
    chain = [(1, 100, writer.repeat_operation(100, 20, 20)), (2, 100, b"\x0a\x20\x00\x10")]
    made = decoder.decode_body(writer.body(stored[:100], transforms=chain), 120)
    files["crafted-chain"] = writer.compact(made, writer.body(stored[:100], transforms=chain))
    for name, (side, rest) in recurrences().items():
        body = writer.body(rest, transforms=[(3, 120, side), (1, len(rest), writer.repeat_operation(20, 100, 7))])
        files[f"crafted-recurrence-{name}"] = writer.compact(decoder.decode_body(body, 120), body)
    out, side = _core.testing.transform_forward("words", words := words_content())
    packed = writer.varint(len(side)) + _core.testing.model_encode("nibble_mix", b"\x05\x00", side)
    files["words-stored"] = writer.compact(words, writer.body(out, transforms=[(4, len(out), packed)]))
    files["words-network"] = fastnz.compress(words, model="rnn:units=16,layers=1,words=1")
    files["form-prior-alone"] = fastnz.compress(SENTENCES, 8)
    strong = _core.testing.model_encode("hybrid", options := b"\7\0", SENTENCES * 3)
    files["model-hybrid-7"] = writer.compact(SENTENCES * 3, writer.body(strong, 4, options))
    learning = _core.testing.model_encode("hybrid_online", options := b"\1\2", SENTENCES)
    files["model-hybrid-online"] = writer.compact(SENTENCES, writer.body(learning, 12, options))
    for name, data in dictionaries().items():
        record = b'{"id": 4711, "name": "user9", "ok": true}'
        files[f"dictionary-{name}"] = _core.compress(record, model=_core.load_weights(data))
    return files


def words_content() -> bytes:
    """Words in all sorts of letters, and every byte value once."""
    rng = random.Random(21)
    words = [rng.choice([w, w, w.capitalize(), w.upper()]) for w in rng.choices(SENTENCES.split(), k=700)]
    pieces = [word + rng.choice([b" ", b" ", b"\r\n", b"", b"  ", b"_\xc3\xa4"]) for word in words]
    return b"".join(pieces[:350]) + bytes(range(256)) + b"".join(pieces[350:])


def dictionaries() -> dict[str, bytes]:
    """Dictionaries by what they prime; frames made with them need them."""
    samples = [b'{"id": %d, "name": "user%d", "ok": %s}' % (k * 997, k, (b"true", b"false")[k % 2]) for k in range(12)]
    return {
        "counters": _core.make_dictionary(samples, 5),
        "network": _core.make_dictionary(samples, 5, load("small")),
        "strongest": _core.make_dictionary(samples, 7, load("large")),
    }


def bad() -> dict[str, bytes]:
    """Name: the error, a dot, what is wrong."""
    import test_hostile as hostile

    whole = fastnz.compress(SENTENCES)
    blocks = damage.flushed([b"first block", b"second one!"], index=True)
    files = {
        "TruncatedError.empty-file": b"",
        "TruncatedError.magic": b"\xf1N",
        "TruncatedError.compact": whole[:-1],
        "TruncatedError.full": blocks[:-33],
        "TruncatedError.no-end-record": blocks[: 28 + 2 * (28 + 12)],
        "FormatError.text": b"This is no compressed data at all.",
        "FormatError.gzip": bytes.fromhex("1f8b08000000000002034b04000dc5ae8201000000"),
        "FormatError.trailing-garbage": whole + b"garbage",
        "FormatError.trailing-zeros": whole + bytes(512),
        "FormatError.magic": b"\xf0" + whole[1:],
        "CorruptError.flip-in-body": damage.flip(whole, 1, 8 * (len(whole) - 12)),
        "CorruptError.flip-in-hash": damage.flip(whole, 1, 8 * (len(whole) - 7)),
        "CorruptError.flip-in-block": damage.flip(blocks, 1, 8 * 60),
        "CorruptError.flip-in-index": damage.flip(blocks, 1, 8 * (len(blocks) - 40)),
        "CorruptError.swapped-blocks": blocks[:28] + blocks[68:108] + blocks[28:68] + blocks[108:],
        "CorruptError.dropped-block": blocks[:28] + blocks[68:],
    }
    files |= {f"CorruptError.lie-{name}": data for name, data in hostile.LIES.items()}
    files |= {f"CorruptError.malformed-{name}": data for name, data in hostile.MALFORMED.items()}
    files |= {f"UnsupportedError.{name}": data for name, data in hostile.NEWER.items()}
    return files


def write(path: Path, data: bytes, replace: bool) -> None:
    if replace or not path.exists():
        path.write_bytes(data)


def main() -> None:
    replace = "--replace" in sys.argv[1:]
    for folder in ("good", "bad"):
        (HERE / folder).mkdir(exist_ok=True)
    for name, data in dictionaries().items():
        write(HERE / "good" / f"{name}.fnzd", data, replace)
    for name, data in good().items():
        write(HERE / "good" / f"{name}.fnz", data, replace)
        write(HERE / "good" / f"{name}.raw", fastnz.decompress(data), replace)
    for name, data in bad().items():
        write(HERE / "bad" / f"{name}.fnz", data, replace)


if __name__ == "__main__":
    main()
