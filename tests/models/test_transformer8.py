"""The network `transformer8`: equal to the reference for every instruction set, any number of lanes, and as a coder."""

import numpy as np
import pytest
from transformer8 import frequencies, random_weights, write_plain

import fastnz
from fastnz import _core
from fastnz._core import testing

# width, layers, heads, window, units, depth, bits
SHAPES = {
    "small": (32, 1, 1, 32, 32, 8, 8),
    "deep": (64, 5, 2, 32, 96, 8, 9),
    "wide": (160, 2, 3, 96, 64, 16, 8),
    "many heads": (96, 2, 5, 64, 160, 24, 8),
    "steep": (32, 2, 2, 32, 32, 8, 8),
}
TOTAL_BITS = 22


@pytest.fixture(scope="module", params=SHAPES)
def transformer(request):
    """Random weights, their plain file and their id, loaded."""
    rng = np.random.default_rng(sorted(SHAPES).index(request.param))
    weights = random_weights(rng, *SHAPES[request.param], spread=8.0 if request.param == "steep" else 1.0)
    plain = write_plain(weights, testing.xxh3_64)
    return weights, plain, _core.load_weights(plain)


@pytest.mark.parametrize("isa", fastnz.isas())
def test_equals_the_reference(transformer, text, isa):
    weights, _, name = transformer
    assert (testing.frequencies(text, name, isa) == frequencies(weights, text)).all()


def test_frequencies_are_whole_and_never_zero(transformer, text):
    made = testing.frequencies(text, transformer[2])
    assert made.min() >= 1
    assert (made.sum(1) == 1 << TOTAL_BITS).all()


def test_before_the_first_byte_nothing_is_known(transformer):
    _, _, name = transformer
    first = {testing.frequencies(bytes([byte]), name).tobytes() for byte in range(256)}
    assert len(first) == 1
    assert testing.frequencies(b"", name).shape == (0, 256)


def test_what_left_every_window_is_forgotten():
    """One layer sees the features' four bytes and word besides its window, and nothing else."""
    weights = random_weights(np.random.default_rng(5), 32, 1, 1, 32, 32, 8, 8)
    name = _core.load_weights(write_plain(weights, testing.xxh3_64))
    after = bytes(range(32, 64)) + b". the end of it, and 12 more." * 3
    made = [testing.frequencies(before + after, name)[-1] for before in (b"one", b"two", b"\xff\x00\x80")]
    assert (made[0] == made[1]).all() and (made[0] == made[2]).all()


@pytest.mark.parametrize("isa", fastnz.isas())
@pytest.mark.parametrize("lanes", [1, 2, 3, 4, 5, 8, 17])
def test_lanes_know_nothing_of_each_other(transformer, isa, lanes):
    _, _, name = transformer
    streams = np.random.default_rng(lanes).integers(0, 256, (lanes, 40)).astype(np.uint8)
    together = testing.lane_frequencies(streams, name, isa)
    for lane, stream in zip(together, streams):
        assert (lane == testing.frequencies(stream.tobytes(), name)).all()


def test_lanes_begin_new_streams_at_any_time(transformer):
    """Records of many lengths in few lanes: each is coded as if alone, whoever was in the lane before."""
    _, _, name = transformer
    rng = np.random.default_rng(1)
    records = [rng.integers(97, 105, rng.integers(0, 90)).astype(np.uint8).tobytes() for _ in range(25)]
    options = name.to_bytes(8, "little")
    alone = [testing.model_encode("transformer8", options, record) for record in records]
    for lanes in (1, 4, 7):
        together = testing.lockstep_encode("transformer8", options, records, lanes)
        assert together == alone
        sizes = [len(record) for record in records]
        assert testing.lockstep_decode("transformer8", options, together, sizes, lanes) == records


def test_coding_gives_the_bytes_back(transformer, text):
    """Its code is as short as its frequencies say, give or take what 16-bit probabilities and the coder's end cost."""
    _, _, name = transformer
    options = name.to_bytes(8, "little")
    coded = testing.model_encode("transformer8", options, text)
    assert testing.model_decode("transformer8", options, coded, len(text)) == text
    chosen = testing.frequencies(text, name)[np.arange(len(text)), list(text)]
    bits = -np.log2(chosen / 2**TOTAL_BITS).sum()
    assert 8 * len(coded) < bits * 1.001 + 64


def test_weights_of_the_other_family_are_refused(transformer, text):
    _, _, name = transformer
    with pytest.raises(fastnz.CorruptError, match="are of model transformer8, not of gru8"):
        testing.model_encode("gru8", name.to_bytes(8, "little"), text)


def test_info(transformer):
    weights, plain, name = transformer
    info = _core.weights_info(plain)
    layers, heads, window = weights.p.shape
    shape = {"width": weights.width, "layers": layers, "heads": heads, "window": window, "units": weights.units}
    shape |= {"depth": weights.tables.shape[2], "bits": weights.bits}
    assert info == {"id": name, "model": "transformer8", "plain_size": len(plain), "notes": b""} | shape


@pytest.mark.parametrize("isa", fastnz.isas())
def test_ten_thousand_steps_of_networks(isa):
    """Random weights and random inputs, whole steps: 250 networks of 40 steps each, and more lanes."""
    rng = np.random.default_rng(3)
    for k in range(250):
        shape = (32 * int(rng.integers(1, 4)), 1 + k % 3, 1 + k % 4, 32 * int(rng.integers(1, 3)), 32, 8, 8)
        w = random_weights(rng, *shape, spread=float(rng.choice([0.3, 1, 4])))
        name = _core.load_weights(write_plain(w, testing.xxh3_64))
        streams = rng.integers(0, 256, (1 + k % 5, 40)).astype(np.uint8)
        made = testing.lane_frequencies(streams, name, isa)
        assert (made == testing.lane_frequencies(streams, name, "scalar")).all()


def test_a_file_of_this_family_serves_the_hybrid(transformer, text, tmp_path):
    """`model=` takes it, frames name it, and readers that have it open them."""
    _, plain, name = transformer
    path = tmp_path / "mine.fnzw"
    path.write_bytes(_core.pack_weights(plain))
    frame = fastnz.compress(text, model=path)
    assert fastnz.decompress(frame) == text
    (info,) = _core.frame_info(frame)
    assert info["model"] == "hybrid" and info["options"].endswith(name.to_bytes(8, "little"))
    records = [text[: 10 * k] for k in range(12)]
    assert fastnz.decompress_many(fastnz.compress_many(records, model=path)) == records
