"""Dictionaries: every record starts from the same state, whatever was coded before it; damage and absence are noticed."""

import hashlib
import threading

import numpy as np
import pytest

import fastnz
from fastnz import _core
from fastnz._core import testing

SMALL = "f7db97a2e0cf836f"
WORDS = [b"alpha", b"beta", b"gamma", b"delta", b"request", b"response", b"error", b"timeout", b"user", b"session"]


def record(rng):
    """A line of a log that never was."""
    words = [WORDS[i] for i in rng.integers(0, len(WORDS), int(rng.integers(1, 30)))]
    return b'{"time": %d, "level": "%s", "text": "%s"}' % (rng.integers(1 << 30), words[0], b" ".join(words))


def records(seed, count):
    rng = np.random.default_rng(seed)
    return [record(rng) for _ in range(count)]


@pytest.fixture(scope="module", params=["none", "small"])
def network(request):
    return request.param


@pytest.fixture(scope="module")
def dictionary(network):
    return fastnz.train_dictionary(records(1, 400), 12_000, network=network)


@pytest.fixture(scope="module")
def path(dictionary, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "mine.fnzd"
    path.write_bytes(dictionary)
    return path


def test_records_come_back_and_shorter(path):
    found = [fastnz.compress(r, model=path) for r in records(2, 50)]
    assert [fastnz.decompress(f) for f in found] == records(2, 50)
    assert sum(map(len, found)) < 0.7 * sum(len(fastnz.compress(r)) for r in records(2, 50))


def test_a_frame_names_its_dictionary(dictionary, path):
    about = _core.frame_info(fastnz.compress(records(2, 1)[0], model=path))[0]
    assert about["model"] == "primed_mix" and about["options"] == dictionary[-8:-4] and dictionary[-4:] == bytes(4)


@pytest.mark.parametrize("content", [b"", b"x", bytes(100), bytes(range(256)) * 40, b"alpha beta " * 30_000])
def test_any_content(path, content):
    """Empty, tiny, foreign, and longer than dictionaries serve."""
    for level in (1, 3, 5):
        assert fastnz.decompress(fastnz.compress(content, level, model=path)) == content


def test_noise_does_not_grow(path):
    noise = np.random.default_rng(3).bytes(2000)
    assert len(fastnz.compress(noise, model=path)) <= len(noise) + 18


def test_order_changes_nothing(path):
    """The journal puts back all that a record changed."""
    items = records(4, 150) + [b"", b"z" * 3000, np.random.default_rng(5).bytes(3000), b"\n" * 500]
    forward = [fastnz.compress(r, model=path) for r in items]
    backward = [fastnz.compress(r, model=path) for r in reversed(items)]
    assert forward == backward[::-1]
    assert fastnz.compress_many(items, model=path, threads=3) == forward
    assert fastnz.decompress_many(forward, threads=3) == items


def test_records_code_as_from_a_model_just_primed(path):
    small = _core.make_dictionary(records(6, 20), 3)
    name = _core.load_weights(small)
    for r in records(7, 1000):
        alone = testing.code_primed(small, r)
        body = _core.compress_raw(r, model=name)
        assert body.endswith(alone) and len(body) <= len(alone) + 5


@pytest.mark.parametrize("level", [3, 7])
def test_raw_records_too_large_for_a_dictionary(path, level):
    """They are coded as without it, by a model that names nothing or a prior."""
    item = b"".join(records(9, 8000))[: (256 << 10) + 1000]
    body = fastnz.compress_raw(item, level=level, model=path)
    assert fastnz.decompress_raw(body, len(item), level=level, model=path) == item


def test_interrupted_work_leaves_no_trace(path):
    """A model goes back to its shelf in the middle of a byte too."""
    item = b"".join(records(8, 40))
    before = fastnz.compress(item, model=path)

    def stop(done, total):
        raise KeyboardInterrupt

    for _ in range(3):
        try:
            fastnz.compress(item * 8, model=path, progress=stop)
        except KeyboardInterrupt:
            pass
        broken = bytearray(before)
        broken[40] ^= 1
        with pytest.raises(fastnz.CorruptError):
            fastnz.decompress(bytes(broken))
    assert fastnz.compress(item, model=path) == before


def test_threads_have_models_of_their_own(path):
    items = records(9, 40)
    expected = [fastnz.compress(r, model=path) for r in items]
    found = {}

    def work(k):
        found[k] = [fastnz.compress(r, model=path) for r in items]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert all(found[k] == expected for k in range(4))


def test_every_instruction_set_primes_alike(dictionary, network, path, run_python):
    code = (
        "import sys, hashlib, fastnz; sys.path.insert(0, {tests!r}); import test_dictionary as t; "
        "made = fastnz.train_dictionary(t.records(1, 400), 12_000, network={network!r}); "
        "print(hashlib.sha256(made + b''.join(fastnz.compress(r, model={path!r}) for r in t.records(2, 20))).hexdigest())"
    ).format(tests=str(__file__).rsplit("/", 1)[0], path=str(path), network=network)
    here = hashlib.sha256(dictionary + b"".join(fastnz.compress(r, model=path) for r in records(2, 20))).hexdigest()
    for isa in fastnz.isas():
        found = run_python(code, FASTNZ_ISA=isa)
        assert found.stdout.split() == [here], (isa, found.stderr)


def test_a_missing_dictionary_is_named(path, dictionary, run_python, tmp_path):
    (tmp_path / "frame.fnz").write_bytes(fastnz.compress(records(2, 1)[0], model=path))
    name = dictionary[-8:][::-1].hex()
    code = (
        "import fastnz; data = open({frame!r}, 'rb').read(); print(fastnz.info(data).frames[0].model)\n"
        "try:\n    fastnz.decompress(data)\nexcept fastnz.ModelMissingError as error:\n    print(error)"
    ).format(frame=str(tmp_path / "frame.fnz"))
    found = run_python(code, FASTNZ_MODELS=str(tmp_path))
    assert found.stdout.splitlines()[0] == "primed_mix"
    assert name in found.stdout.splitlines()[1]
    found = run_python(code, FASTNZ_MODELS=str(path.parent))
    assert found.stdout.splitlines() == ["primed_mix"]  # installed: found by its id


def test_every_flip_is_noticed(dictionary):
    rng = np.random.default_rng(10)
    for at in range(len(dictionary)):
        broken = bytearray(dictionary)
        broken[at] ^= 1 << int(rng.integers(8))
        with pytest.raises((fastnz.FormatError, fastnz.LimitError)):
            _core.load_weights(bytes(broken))


def test_every_cut_is_noticed(dictionary):
    for size in range(len(dictionary)):
        with pytest.raises(fastnz.FormatError):
            _core.load_weights(dictionary[:size])
    with pytest.raises(fastnz.CorruptError, match="follow"):
        _core.load_weights(dictionary + b"x")


def sealed(header, plain, body):
    """A file whose checks fit, whatever it says."""
    length = len(body)
    varint = bytes([length]) if length < 128 else bytes([length & 127 | 128, length >> 7])
    file = header + varint + body
    name = testing.xxh3_64(header + plain) & 0xFFFFFFFF
    return file + testing.crc32c(file).to_bytes(4, "little") + name.to_bytes(8, "little")


@pytest.mark.parametrize(
    ("header", "plain", "error"),
    [
        (b"FNZD\x01\x02\x02\x05\x00\x01\x03", b"\x02ab", None),
        (b"FNZD\x01\x04\x00\x01\x03", b"\x02ab", None),  # hybrid, with what its options mean by default
        (b"FNZD\x01\x04\x03\x07\x00\x02\x01\x03", b"\x02ab", None),
        (b"FNZD\x01\x04\x03\x07\x00\x09\x01\x03", b"\x02ab", fastnz.UnsupportedError),  # a network without a name
        (b"FNZD\x01\x04\x02\x08\x00\x01\x03", b"\x02ab", fastnz.UnsupportedError),  # tier
        (b"FNZD\x01\x04\x06\x05\x03\x04\x00\x00\x00\x01\x03", b"\x02ab", fastnz.UnsupportedError),
        (b"FNZD\x01\x03\x00\x01\x03", b"\x02ab", fastnz.UnsupportedError),  # gru8
        (b"FNZD\x02\x02\x02\x05\x00\x01\x03", b"\x02ab", fastnz.UnsupportedError),  # version
        (b"FNZD\x01\x01\x02\x05\x00\x01\x03", b"\x02ab", fastnz.UnsupportedError),  # no model
        (b"FNZD\x01\x02\x02\x08\x00\x01\x03", b"\x02ab", fastnz.UnsupportedError),  # tier
        (b"FNZD\x01\x02\x06\x05\x03\x04\x00\x00\x00\x01\x03", b"\x02ab", fastnz.UnsupportedError),  # a profile with a width
        (b"FNZD\x01\x02\x02\x05\x00\x01\x03", b"\x01ab", fastnz.CorruptError),  # a length too short
        (b"FNZD\x01\x02\x02\x05\x00\x01\x03", b"\x03ab", fastnz.CorruptError),
        (b"FNZD\x01\x02\x02\x05\x00\x00\x03", b"\x02ab", fastnz.CorruptError),  # no samples
        (b"FNZD\x01\x02\x02\x05\x00\x02\x04", b"\x00\x02ab", fastnz.CorruptError),  # an empty one
    ],
)
def test_what_files_may_say(header, plain, error):
    file = sealed(header, plain, b"\x00" + plain)  # stored
    if error is None:
        assert _core.load_weights(file) == int.from_bytes(file[-8:], "little")
        return
    with pytest.raises(error):
        _core.load_weights(file)


def test_samples_stored_by_another_model_are_refused(dictionary, path):
    """Else a dictionary could need itself."""
    plain = b"\x64" + b"alpha beta " * 9 + b"a"
    header = b"FNZD\x01\x02\x02\x05\x00\x01\x65"
    body = _core.compress_raw(plain, model=_core.load_weights(dictionary))
    with pytest.raises(fastnz.CorruptError, match="may not store"):
        _core.load_weights(sealed(header, plain, body))


def test_claims_of_much_are_refused():
    header = b"FNZD\x01\x02\x02\x05\x00\x01\x81\x80\x80\x08"  # 16 MiB and a byte
    with pytest.raises(fastnz.LimitError):
        _core.load_weights(sealed(header, b"", b"\x00"))


def test_training(dictionary, network):
    assert fastnz.train_dictionary(records(1, 400), 12_000, network=network) == dictionary
    about = _core.weights_info(dictionary)
    assert about["model"] == "primed_mix" and 11_000 < about["sample_bytes"] <= 12_000
    assert len(dictionary) < about["sample_bytes"] // 2
    with pytest.raises(ValueError, match="not empty"):
        fastnz.train_dictionary([b"", b""])
    with pytest.raises(ValueError, match="whole samples"):
        fastnz.train_dictionary([b"longer than a byte"], 1)
    with pytest.raises(ValueError, match="size"):
        fastnz.train_dictionary([b"x"], 17_000_000)
    with pytest.raises(TypeError):
        fastnz.train_dictionary(["text"])


def test_choice_prefers_what_recurs():
    rng = np.random.default_rng(11)
    common = [b"GET /index.html HTTP/1.1 status=%d" % n for n in range(60)]
    rare = [rng.bytes(40) for _ in range(60)]
    chosen = _core.choose_samples(rare + common, 400)
    assert chosen and all(i >= 60 for i in chosen[:5])


def test_a_network_is_taken_where_it_pays(root):
    """By a trial on the last samples."""
    prose = (root / "ARCHITECTURE.md").read_bytes().splitlines()
    for size in (4000, 100_000):
        assert _core.weights_info(fastnz.train_dictionary(prose, size))["network"] == SMALL
    rng = np.random.default_rng(12)
    noise = [rng.bytes(100) for _ in range(400)]
    assert _core.weights_info(fastnz.train_dictionary(noise, 8000))["network"] == "none"
    assert _core.weights_info(fastnz.train_dictionary([b"x"]))["network"] == "none"  # nothing to try it on


def test_what_may_be_the_network(path, dictionary, network):
    if network == "none":
        with pytest.raises(fastnz.UnsupportedError, match="no network"):
            fastnz.train_dictionary(records(1, 20), network=path)  # a dictionary itself
    with pytest.raises(fastnz.ModelMissingError):
        fastnz.train_dictionary(records(1, 20), network="nosuch")
    assert _core.weights_info(dictionary)["network"] == {"none": "none", "small": SMALL}[network]


def test_a_missing_network_is_named(run_python, tmp_path):
    import gru8  # by its folder, which tests alone know

    weights = gru8.random_weights(np.random.default_rng(79), 32, 8, 8)
    file = gru8.write_plain(weights, testing.xxh3_64)
    (tmp_path / "own.fnzw").write_bytes(file)
    made = fastnz.train_dictionary(records(1, 20), network=tmp_path / "own.fnzw")
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "mine.fnzd").write_bytes(made)
    frame = fastnz.compress(records(2, 1)[0], model=folder / "mine.fnzd")
    (tmp_path / "frame").write_bytes(frame)
    code = (
        "import fastnz; data = open({frame!r}, 'rb').read(); frame = fastnz.info(data).frames[0]\n"
        "print(frame.model, frame.networks)\n"
        "try:\n    print(len(fastnz.decompress(data)))\nexcept fastnz.ModelMissingError as error:\n    print(error)"
    ).format(frame=str(tmp_path / "frame"))
    name = file[-8:][::-1].hex()
    found = run_python(code, FASTNZ_MODELS=str(folder))
    assert found.stdout.splitlines()[0] == f"primed_mix ('{name}',)" and name in found.stdout.splitlines()[1], found.stderr
    (folder / "own.fnzw").write_bytes(file)
    assert run_python(code, FASTNZ_MODELS=str(folder)).stdout.splitlines()[1] == str(len(records(2, 1)[0]))


def test_memory_is_declared(path):
    r = records(2, 1)[0]
    frame = fastnz.compress(r, model=path)
    needed = fastnz.info(frame).memory
    with pytest.raises(fastnz.LimitError):
        fastnz.decompress(frame, max_memory=1 << 20)
    assert needed == 0 or fastnz.decompress(frame, max_memory=needed) == r
