"""The shipped priors: they open, predict in the core as in NumPy, are on the model card, and are small enough."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from fastnz import _core, model_files
from fastnz.train import export
from fastnz.train.integer import IntegerNetwork, bits_of, frequencies

PRIORS = Path(model_files.folders()[0])
FILES = sorted(PRIORS.glob("*.fnzw"))
TEXT = b"It is a truth that the first bytes of a text are the hardest to predict. {\"name\": \"value\", \"id\": 17}\n"


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_prior_predicts_as_its_integers_say(path: Path) -> None:
    name = _core.load_weights(path.read_bytes())
    data = np.frombuffer(TEXT, np.uint8)[None]
    logits = IntegerNetwork(export.read(str(path))).logits(data)
    assert np.array_equal(frequencies(logits[0]), _core.testing.frequencies(TEXT, name))
    assert bits_of(logits, data).mean() < 2.7  # bits per byte from nothing; 2.2 when this was written


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_prior_is_found_when_data_name_it(path: Path, run_python) -> None:
    name = _core.weights_info(path.read_bytes())["id"]
    found = run_python(
        f"import fastnz._core as core; assert not core.has_weights({name}); "
        f"print(core.testing.frequencies(b'abc', {name}).sum(1).tolist(), core.has_weights({name}))"
    )
    assert found.stdout == f"{[1 << 22] * 3} True\n", found.stderr


def test_a_prior_that_is_not_there(run_python) -> None:
    found = run_python("import fastnz._core as core; core.testing.frequencies(b'abc', 12345)")
    assert "ModelMissingError" in found.stderr and "0000000000003039" in found.stderr


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_prior_is_on_the_model_card(path: Path, root: Path) -> None:
    found = _core.weights_info(path.read_bytes())
    card = (root / "docs" / "model_card.md").read_text()
    assert f"| {path.stem} | {found['id']:016x} | {found['hidden']}, {found['depth']}, {found['bits']} |" in card
    assert f"{os.path.getsize(path):,} bytes" in card and found["notes"].startswith(b"trained on ")


def test_priors_fit_into_the_wheel() -> None:
    assert FILES and sum(map(os.path.getsize, FILES)) <= 6_000_000
