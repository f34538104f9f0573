"""Random networks, and the devices to run them on: the host in a device's place always, a GPU where there is one."""

import sys
from pathlib import Path

import numpy as np
import pytest

from fastnz import _core

sys.path.insert(0, str(Path(__file__).resolve().parent))

from device_networks import SHAPES, make_network  # noqa: E402


@pytest.fixture(scope="session")
def cut_network():
    """The id of a small random network, where its shape is not the question."""
    return make_network("least")


@pytest.fixture(scope="session", params=SHAPES)
def network(request):
    """The id of a random network."""
    return make_network(request.param)


@pytest.fixture(scope="session", params=["emulated", "emulated:7", "cuda"])
def device(request):
    """The name of a device. A GPU that is not there is a test not run."""
    if request.param == "cuda" and not _core.devices():
        pytest.skip("no GPU here: device code ran on the host only")
    return request.param


@pytest.fixture(scope="session")
def cut():
    """Draw content and sizes of lanes: text, runs and noise."""

    def draw(seed, lanes, most):
        rng = np.random.default_rng(seed)
        sizes = rng.integers(0, most + 1, lanes)
        sizes[rng.integers(0, lanes)] = most
        words = b"The quick Brown fox, 12 jumps; \xfcber Zwei\n\t<b>don't</b> AbC "
        parts = []
        for size in sizes:
            kind = rng.integers(0, 4)
            if kind == 0:
                parts.append(bytes(rng.integers(0, 256, size, dtype=np.uint8)))
            elif kind == 1:
                parts.append(bytes([int(rng.integers(0, 256))]) * int(size))
            else:
                parts.append((words * (int(size) // len(words) + 2))[int(rng.integers(0, 50)) :][: int(size)])
        return b"".join(parts), sizes.tolist()

    return draw
