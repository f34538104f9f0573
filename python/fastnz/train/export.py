"""From a trained network to a weight file that the core has opened and agreed with.

The invariant: no file is written unless the core's frequencies equal those of the NumPy form, byte for byte, on every
sample.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .. import _core
from ..atomic import AtomicFile
from ..errors import FastnzError
from .container import family_of
from .data import Kind, by_kind, padded
from .integer import IntegerNetwork, bits_of, frequencies
from .transformer_integer import IntegerTransformer
from .transformer_weights import FAMILY as TRANSFORMER_FAMILY
from .transformer_weights import TransformerWeights
from .weights import Weights

AnyWeights = Weights | TransformerWeights

_SAMPLE_SIZE = 512


class ExportError(FastnzError):
    """The core and the NumPy form of a network disagree: the file is not written."""


def integer_form(weights: AnyWeights) -> IntegerNetwork | IntegerTransformer:
    """Return the NumPy form of a network."""
    return IntegerTransformer(weights) if isinstance(weights, TransformerWeights) else IntegerNetwork(weights)


def pack(weights: AnyWeights, samples: Sequence[npt.NDArray[np.uint8]]) -> bytes:
    """Return the packed weight file of a network, checked against the core.

    Parameters
    ----------
    weights : Weights or TransformerWeights
        The network.
    samples : sequence of ndarray of uint8
        What to compare on; the first 512 bytes of each, and noise besides.

    Raises
    ------
    ExportError
        If one frequency differs.
    """
    body = weights.plain_body()
    packed = _core.pack_weights(body + struct.pack("<Q", _core.testing.xxh3_64(body)))
    name = _core.load_weights(packed)
    network = integer_form(weights)
    noise = np.random.default_rng(0).integers(0, 256, _SAMPLE_SIZE, np.uint8)
    for number, sample in enumerate([*samples, noise]):
        data = np.ascontiguousarray(sample[:_SAMPLE_SIZE])
        ours = frequencies(network.logits(data[None])[0])
        theirs = _core.testing.frequencies(data.tobytes(), name)
        if not np.array_equal(ours, theirs):
            where = int(np.argmax((ours != theirs).any(1)))
            raise ExportError(f"the core disagrees with the exported integers on sample {number}, byte {where}")
    return packed


def write(path: str, packed: bytes) -> None:
    """Write a weight file; it appears under its name only when it is whole."""
    with AtomicFile(path, overwrite=True) as file:
        file.write(packed)
        file.default_attributes()
        file.commit()


def read(path: str) -> AnyWeights:
    """Read and check a weight file."""
    with open(path, "rb") as file:
        plain = _core.unpack_weights(file.read())
    return (TransformerWeights if family_of(plain) == TRANSFORMER_FAMILY else Weights).from_plain(plain)


def held_bits(
    weights: AnyWeights, kinds: Sequence[Kind], segments: Sequence[tuple[int, npt.NDArray[np.uint8]]]
) -> dict[str, float]:
    """Return bits per byte by kind, and their mean, of segments as the core would code them."""
    if not segments:
        return {}
    streams, sizes = padded([text for _, text in segments])
    costs = bits_of(integer_form(weights).logits(streams), streams)
    costs *= np.arange(streams.shape[1]) < sizes[:, None]
    return by_kind([kinds[kind].name for kind, _ in segments], costs.sum(1).tolist(), sizes.tolist())
