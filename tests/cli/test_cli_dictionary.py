"""`fastnz train --dictionary`: from lines or files to a dictionary that pays, by path and by name, without PyTorch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import fastnz
from fastnz.cli import main

SMALL = "f7db97a2e0cf836f"
LINES = [b'{"user": %d, "action": "%s", "ok": true}' % (i * 7919 % 1000, (b"read", b"write")[i % 2]) for i in range(2000)]


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "records.jsonl"
    path.write_bytes(b"\n".join(LINES) + b"\n")
    return path


def train(*words: str | Path) -> int:
    return main(["train", "--dictionary", *map(str, words)])


def test_lines_become_a_dictionary_that_pays(lines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = tmp_path / "mine.fnzd"
    assert train(lines, "-o", made, "--size", "20K") == 0
    told = capsys.readouterr().err
    assert "200 samples held back" in told and "% less" in told and "of 1,800 samples" in told
    found = fastnz.compress(LINES[9], model=made)  # held back
    assert fastnz.decompress(found) == LINES[9] and len(found) < len(fastnz.compress(LINES[9]))
    file = tmp_path / "record"
    file.write_bytes(LINES[19])
    assert main(["--model", str(made), str(file)]) == 0
    assert fastnz.info((tmp_path / "record.fnz").read_bytes()).frames[0].model == "primed_mix"
    assert main(["-d", "-f", str(tmp_path / "record.fnz")]) == 0 and file.read_bytes() == LINES[19]


def test_installed_by_name(lines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("FASTNZ_MODELS", str(tmp_path / "models"))
    assert train(lines, "-n", "mine", "--size", "5K", "-q") == 0
    assert capsys.readouterr().err == ""
    monkeypatch.chdir(lines.parent)  # where a folder of that name is
    assert main(["models", "--json"]) == 0
    row = {row["name"]: row for row in json.loads(capsys.readouterr().out)}["mine"]
    assert row["model"] == "primed_mix" and row["sample_bytes"] <= 5000
    assert main(["models"]) == 0 and "samples" in capsys.readouterr().out
    assert fastnz.decompress(fastnz.compress(LINES[0], model="mine")) == LINES[0]


def test_files_named_like_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    """The commands are what they are whatever files there are, and ./NAME is the file."""
    monkeypatch.chdir(tmp_path)
    for name in ("models", "train"):
        (tmp_path / name).write_bytes(LINES[0])
    assert main(["models"]) == 0 and "small" in capsys.readouterr().out
    assert not (tmp_path / "models.fnz").exists()
    for name in ("models", "train"):
        assert main([f"./{name}"]) == 0 and main(["-t", f"{name}.fnz"]) == 0
    assert main(["-k", "-f", "models"]) == 0


def test_files_are_samples(tmp_path: Path) -> None:
    folder = tmp_path / "records" / "deep"
    folder.mkdir(parents=True)
    for i, line in enumerate(LINES[:40]):
        (folder / f"{i}").write_bytes(line + b"\nsecond line\n")
    made = tmp_path / "mine.fnzd"
    assert train(folder.parent, "-o", made, "-q") == 0
    assert fastnz._core.weights_info(made.read_bytes())["samples"] == 36


def test_too_few_samples(lines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of lines taken for one sample is hardly what anyone wants."""
    made = tmp_path / "mine.fnzd"
    assert train(lines, "--files", "-o", made) == 1
    assert "1 sample is too few" in (told := capsys.readouterr().err) and "--lines" in told
    short = tmp_path / "short"
    short.write_bytes(b"\n".join(LINES[:5]))
    assert train(short, "-o", made) == 1
    assert "5 samples are too few" in (told := capsys.readouterr().err) and "--lines" not in told
    long = tmp_path / "long"  # lines so long that they are not taken for records
    long.write_bytes((b"x" * 9000 + b"\n") * 12)
    assert train(long, "-o", made) == 1 and "--lines" in capsys.readouterr().err
    assert train(long, "--lines", "-o", made) == 0 and "samples: 12 lines" in capsys.readouterr().err


def test_network_beside_the_samples(lines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for network, told in (("none", "none"), ("small", SMALL)):
        made = tmp_path / f"{network}.fnzd"
        assert train(lines, "-o", made, "--size", "5K", "--network", network) == 0
        assert f"network beside them: {told}" in capsys.readouterr().err
        packed = fastnz.compress(LINES[9], model=made)
        assert fastnz.decompress(packed) == LINES[9]
        assert fastnz.info(packed).frames[0].networks == (() if told == "none" else (told,))
    assert train(lines, "-o", tmp_path / "x.fnzd", "--network", "nosuch") == 5
    assert "nosuch" in capsys.readouterr().err and not (tmp_path / "x.fnzd").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-q"], "say with -o"),
        (["-o", "x", "-n", "y"], "say with -o"),
        (["-o", "x", "--lines", "--files"], "not both"),
        (["-n", "a/b"], "is a path"),
        (["-o", "x", "--size", "many"], "is no size"),
    ],
)
def test_what_it_refuses(lines: Path, words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        train(lines, *words)
    assert stop.value.code == 1 and told in capsys.readouterr().err


def test_output_is_not_overwritten(lines: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        train(lines, "-o", lines)
    assert "exists already; use -f" in capsys.readouterr().err


def test_nothing_to_learn_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert train(tmp_path / "empty", "-o", tmp_path / "x.fnzd") == 1
    assert "no samples" in capsys.readouterr().err and not (tmp_path / "x.fnzd").exists()


def test_it_needs_neither_torch_nor_numpy(run_python, lines: Path, tmp_path: Path) -> None:
    found = run_python(
        "import sys; sys.modules['torch'] = sys.modules['numpy'] = None; from fastnz.cli import main; "
        f"sys.exit(main(['train', '--dictionary', {str(lines)!r}, '-o', {str(tmp_path / 'x.fnzd')!r}, '-q']))"
    )
    assert found.returncode == 0, found.stderr
