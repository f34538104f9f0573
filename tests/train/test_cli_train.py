"""`fastnz train` and `fastnz models`: what they say, and that a trained file is one that the core opens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fastnz import _core, model_files
from fastnz.cli import main
from fastnz.errors import ModelMissingError

LINES = b"".join(b'{"number": %d, "text": "the same words"}\n' % (i % 100) for i in range(2000))


@pytest.fixture
def records(tmp_path: Path) -> Path:
    path = tmp_path / "records.jsonl"
    path.write_bytes(LINES)
    return path


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv("FASTNZ_MODELS", str(folder))
    return folder


def train(*arguments: str | Path) -> int:
    small = ["--hidden", "32", "--depth", "8", "--bits", "8", "--bytes", "60K", "-T", "1", "-q"]
    return main(["train", *map(str, arguments), *small])


def test_without_torch_it_says_what_to_install(run_python, records: Path) -> None:
    found = run_python(
        "import sys; sys.modules['torch'] = None; from fastnz.cli import main; "
        f"sys.exit(main(['train', {str(records)!r}, '-o', 'x.fnzw']))"
    )
    assert found.returncode == 1
    assert found.stderr == "fastnz: train: training needs PyTorch: pip install 'fastnz[train]'\n"


def test_a_file_of_that_name_is_given_by_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("train").write_bytes(b"not a command")
    with pytest.raises(SystemExit):
        main(["train"])
    assert not Path("train.fnz").exists()
    assert main(["./train"]) == 0
    assert Path("train.fnz").exists()


def test_output_is_not_overwritten(records: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["train", str(records), "-o", str(records)])
    assert stop.value.code == 1 and "exists already; use -f" in capsys.readouterr().err


def test_trained_file_opens_and_predicts(records: Path, models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    path = models / "mine.fnzw"
    assert train(records, "-o", path) == 0
    assert not path.with_suffix(".fnzw.part").exists()
    assert _core.weights_info(path.read_bytes())["hidden"] == 32
    assert main(["models", "--json"]) == 0
    row = {row["name"]: row for row in json.loads(capsys.readouterr().out)}["mine"]
    assert row["path"] == str(path) and row["bits"] == 8 and len(row["id"]) == 16
    again = models / "again.fnzw"
    assert train(records, "-o", again) == 0
    assert again.read_bytes() == path.read_bytes()


def test_training_goes_on_from_a_model(records: Path, models: Path) -> None:
    pytest.importorskip("torch")
    assert train(records, "-o", models / "first.fnzw") == 0
    more = ["--start", "first", "--hidden", "64", "--bytes", "100K", "-T", "1", "-q"]
    assert main(["train", str(records), "-o", str(models / "second.fnzw"), *more]) == 0
    assert _core.weights_info((models / "second.fnzw").read_bytes())["hidden"] == 64


def test_a_name_installs_the_model(records: Path, models: Path, monkeypatch, capsys) -> None:
    pytest.importorskip("torch")
    monkeypatch.setenv("FASTNZ_MODELS", str(models / "not" / "there"))
    assert train(records, "--name", "mine", "-f") == 0
    assert model_files.find("mine") == str(models / "not" / "there" / "mine.fnzw")
    assert main(["models"]) == 0 and " mine " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "say with -o"),
        (["-o", "x.fnzw", "-n", "x"], "say with -o"),
        (["-n", "a/b"], "is a path"),
        (["-n", "small"], "there is a network named 'small'"),
    ],
)
def test_names_that_do_not_do(records: Path, models: Path, capsys, words: list[str], message: str) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["train", str(records), *words])
    assert stop.value.code == 1 and message in capsys.readouterr().err


def test_every_line_a_record(records: Path, models: Path) -> None:
    pytest.importorskip("torch")
    assert train(records, "-o", models / "lines.fnzw", "--lines") == 0
    assert _core.weights_info((models / "lines.fnzw").read_bytes())["notes"].startswith(b"trained on 6")


def test_a_recipe_trains_what_it_starts_from_first(records: Path, models: Path, monkeypatch) -> None:
    pytest.importorskip("torch")
    from fastnz.train import recipes

    plan = {"streams": 4, "steps": 32, "total_bytes": 10_000, "held_length": 256, "validate_every": 5000}
    first = recipes.Recipe({"hidden": 32, "depth": 8, "bits": 8}, plan, "none", (recipes.Source("records.jsonl", 1),))
    then = first._replace(shape={"hidden": 64, "depth": 8, "bits": 9}, plan={**plan, "seed": 5}, start="first")
    monkeypatch.setattr(recipes, "RECIPES", {"first": first, "then": then})
    monkeypatch.setattr(recipes, "_HELD", 10_000)
    output = models / "then.fnzw"
    assert main(["train", "--recipe", "then", str(records.parent), "-o", str(output), "-T", "1", "-q"]) == 0
    found = _core.weights_info(output.read_bytes())
    assert (found["hidden"], found["bits"]) == (64, 9) and b"seed 5" in found["notes"]
    assert _core.weights_info((models / "then.fnzw.first.fnzw").read_bytes())["hidden"] == 32


def test_export_refuses_a_core_that_disagrees(records: Path, models: Path, monkeypatch, capsys) -> None:
    pytest.importorskip("torch")
    from fastnz.train import export

    true = export.frequencies
    monkeypatch.setattr(export, "frequencies", lambda logits: true(logits) + 1)
    assert train(records, "-o", models / "wrong.fnzw") == 1
    assert "the core disagrees" in capsys.readouterr().err
    assert not (models / "wrong.fnzw").exists()


def test_models_tells_of_damaged_files(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (models / "bad.fnzw").write_bytes(b"nothing of the kind")
    assert main(["models"]) == 1
    assert "bad.fnzw: " in capsys.readouterr().err


def test_models_lists_what_came_with_the_package(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    small = next(line for line in lines if "small" in line)
    assert "gru8" in small and "hidden 192" in small and lines[0].startswith("Id ")


def test_names_and_paths(models: Path) -> None:
    (models / "mine.fnzw").write_bytes(b"")
    assert model_files.find("mine") == model_files.find(str(models / "mine.fnzw")) == str(models / "mine.fnzw")
    with pytest.raises(ModelMissingError, match="no model named 'other' is installed; installed: .*mine"):
        model_files.find("other")
    with pytest.raises(ModelMissingError, match="no weight file at"):
        model_files.find(str(models / "other.fnzw"))
