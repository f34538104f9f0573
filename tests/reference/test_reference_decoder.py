"""The reference decoder and the package read the same bytes alike, contents and errors."""

import decoder
import models
import pytest
import writer
from hypothesis import given
from hypothesis import strategies as st

import fastnz
from fastnz import _core

KINDS = [  # most special first
    (decoder.Truncated, fastnz.TruncatedError),
    (decoder.Corrupt, fastnz.CorruptError),
    (decoder.Unsupported, fastnz.UnsupportedError),
    (decoder.FormatError, fastnz.FormatError),
]


def outcome_of_reference(data: bytes):
    try:
        return decoder.decode(data)
    except decoder.FormatError as error:
        return next(ours for theirs, ours in KINDS if isinstance(error, theirs))


def outcome(data: bytes):
    try:
        return fastnz.decompress(data)
    except fastnz.FormatError as error:
        return type(error)


def test_checksums_are_the_documented_ones():
    assert decoder.crc32c(b"123456789") == 0xE3069283
    assert decoder.xxh3(b"hi") & 0xFFFFFFFF == 0xD7EA6E9A


def test_worked_examples_of_the_format_document(root):
    text = (root / "FORMAT.md").read_text()
    compact = bytes.fromhex("F16E7A 02 03 006869 9A6EEAD7 86DC1909")
    assert outcome(compact) == outcome_of_reference(compact) == b"hi" == fastnz.decompress(fastnz.compress(b"hi"))
    assert fastnz.compress(b"hi") == compact
    dump = text.split("Worked example, the content `hi` as a full frame")[1].split("\n\n")[1]
    full = b"".join(bytes.fromhex(line[8:57]) for line in dump.splitlines())
    assert _core.compress(b"hi", 5, index=True) == full
    assert outcome(full) == outcome_of_reference(full) == b"hi"


STORED = st.binary(max_size=40).map(lambda content: (content, writer.body(content)))
BLOCKS = st.lists(STORED.filter(lambda block: block[0]), max_size=4)


@given(BLOCKS, st.booleans(), st.booleans())
def test_written_full_frames(blocks, index, sized):
    total = sum(len(content) for content, _ in blocks)
    frame = writer.full(blocks, index=index, flags=int(sized), content_size=total if sized else 0)
    assert outcome(frame) == outcome_of_reference(frame) == b"".join(content for content, _ in blocks)


@given(st.lists(st.one_of(st.binary(max_size=60).map(lambda c: writer.compact(c, writer.body(c))),
                          st.binary(max_size=20).map(writer.skippable)), min_size=1, max_size=5))
def test_concatenated_small_frames(frames):
    data = b"".join(frames)
    assert outcome(data) == outcome_of_reference(data)


@given(st.binary(min_size=1, max_size=80), st.data())
def test_mutated_files_end_alike(content, data):
    file = bytearray(
        writer.compact(content, writer.body(content)) + writer.full([(content, writer.body(content))], index=True)
    )
    for _ in range(data.draw(st.integers(1, 3))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    assert outcome(bytes(file)) == outcome_of_reference(bytes(file))


@given(st.binary(max_size=12), st.lists(st.tuples(st.integers(0, 3), st.binary(max_size=12)), max_size=2),
       st.integers(0, 40))
def test_any_transform_side_data_ends_alike(residual, steps, size):
    transforms = [(id, len(residual) if k == len(steps) - 1 else size, side) for k, (id, side) in enumerate(steps)]
    frame = writer.compact(b"", writer.body(residual, transforms=transforms), size=size, content_hash=0)
    assert outcome(frame) == outcome_of_reference(frame)


@given(st.binary(max_size=200))
def test_section_8_the_coder(content):
    code = models.encode(content, models.OrderZero())
    assert decoder.decode_bits(code, models.OrderZero(), len(content)) == content


@pytest.mark.parametrize("name", ["repeat", "x86"])
def test_transforms(name):
    code = b"\x90\xe8\x10\x00\x00\x00\x0f\x84\xf0\xff\xff\xff\x55\x89\xe5" * 40
    data = {"repeat": bytes(range(256)) * 20 + b"end", "x86": b"".join(call(i) for i in range(3000)) + code}[name]
    made = _core.testing.transform_forward(name, data)
    assert made is not None
    assert {"repeat": decoder.undo_repeat, "x86": decoder.undo_x86}[name](*made, len(data)) == data


def call(i: int) -> bytes:
    target = [0x100, 0x2000, 0x3300][i % 3]
    return b"\x8b\x45\xfc\x50" + b"\xe8" + (target - 12 * i & 0xFFFFFFFF).to_bytes(4, "little") + b"\x83\xc4\x04"


@pytest.mark.parametrize("level", [row["level"] for row in _core.levels()])
@pytest.mark.parametrize("content", [b"", b"a", b"abracadabra " * 20, bytes(3000), bytes(range(256)) * 2 + b"x86"])
def test_compressed_by_the_package(level, content):
    for frame in (_core.compress(content, level), _core.compress(content, level, index=True)):
        assert decoder.decode(frame) == content
