"""The frozen files: what was good decodes to the same bytes for ever, what was bad gives the same error."""

from pathlib import Path

import decoder
import primed_mix
import pytest

import fastnz
from fastnz import _core

HERE = Path(__file__).resolve().parent
GOOD = sorted((HERE / "good").glob("*.fnz"))
BAD = sorted((HERE / "bad").glob("*.fnz"))
LIMITS = {"max_output_size": 1 << 50, "max_memory": 1 << 50}  # it is the proofs that are tested here


@pytest.fixture(scope="module", autouse=True)
def dictionaries():
    """The files that some of the frames need."""
    for path in sorted((HERE / "good").glob("*.fnzd")):
        primed_mix.DICTIONARIES[_core.load_weights(path.read_bytes())] = path.read_bytes()


def test_there_are_some():
    assert len(GOOD) >= 50 and len(BAD) >= 40
    assert all(path.with_suffix(".raw").exists() for path in GOOD)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good(path):
    data, content = path.read_bytes(), path.with_suffix(".raw").read_bytes()
    assert fastnz.decompress(data) == content
    reader = _core.BlockReader(lambda offset, size: data[offset : offset + size], len(data))
    assert b"".join(reader.read_block(k) for k in range(reader.block_count)) == content
    out = b""
    while data:
        stream = _core.StreamDecoder(**LIMITS)
        out += stream.feed(data)
        assert stream.eof
        data = stream.unused_data
    assert out == content


def quick_or_slow(path: Path):
    """The reference decoder takes half a millisecond for a byte: by default it reads what is small."""
    small = path.stat().st_size < 120 or path.with_suffix(".raw").stat().st_size < 500
    return pytest.param(path, id=path.stem, marks=() if small else pytest.mark.slow)


@pytest.mark.parametrize("path", [quick_or_slow(path) for path in GOOD])
def test_good_by_the_reference(path):
    assert decoder.decode(path.read_bytes()) == path.with_suffix(".raw").read_bytes()


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad(path):
    expected = getattr(fastnz, path.name.split(".")[0])
    data = path.read_bytes()
    with pytest.raises(fastnz.FormatError) as caught:
        _core.decompress(data, **LIMITS)
    assert type(caught.value) is expected
    with pytest.raises(fastnz.FormatError):
        stream = _core.StreamDecoder(**LIMITS)
        stream.feed(data)
        if not stream.eof:
            raise fastnz.TruncatedError
        _core.StreamDecoder(**LIMITS).feed(stream.unused_data or b"garbage")


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_by_the_reference(path):
    kinds = {"FormatError": decoder.FormatError, "TruncatedError": decoder.Truncated, "CorruptError": decoder.Corrupt,
             "UnsupportedError": decoder.Unsupported}
    with pytest.raises(decoder.FormatError) as caught:
        decoder.decode(path.read_bytes())
    assert type(caught.value) in (kinds[path.name.split(".")[0]], decoder.Unsupported)
