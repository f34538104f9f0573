"""The command line in everyday use: what goes in comes out, by every route, and the flags mean what they mean for zstd
and xz."""

from __future__ import annotations

import json
import os
from pathlib import Path

import fastnz
import pytest
from shell import TEXT

LEVELS = [row["level"] for row in fastnz.levels()]


def test_there_and_back(shell, text) -> None:
    result = shell("text")
    assert result.stdout == b"" and result.stderr == ""
    assert shell.names() == ["text", "text.fnz"]  # the source is kept
    packed = (shell.folder / "text.fnz").read_bytes()
    assert len(packed) < len(TEXT) / 5
    assert fastnz.decompress(packed) == TEXT
    text.unlink()
    shell("-d", "text.fnz")
    assert text.read_bytes() == TEXT
    assert shell.names() == ["text", "text.fnz"]


def test_through_pipes(shell, text) -> None:
    packed = shell(stdin=TEXT).stdout
    assert fastnz.decompress(packed) == TEXT
    assert shell("-d", stdin=packed).stdout == TEXT
    assert shell("-dc", "-", stdin=packed).stdout == TEXT
    assert shell("-c", "text").stdout == packed
    assert shell("-o", "-", "text").stdout == packed
    shell("-o", "out", stdin=TEXT)
    assert (shell.folder / "out").read_bytes() == packed
    assert (shell.folder / "out").stat().st_mode & 0o777 == 0o644 & ~_umask()


def _umask() -> int:
    mask = os.umask(0o22)
    os.umask(mask)
    return mask


@pytest.mark.parametrize("level", LEVELS)
def test_levels(shell, text, level: int) -> None:
    packed = shell(f"-{level}c", "text").stdout
    assert fastnz.decompress(packed) == TEXT
    assert packed == shell("-c", "text", FASTNZ_LEVEL=str(level)).stdout


def test_level_choice(shell, text) -> None:
    assert shell("-c", "--best", "text").stdout == shell(f"-c{LEVELS[-1]}", "text").stdout
    assert shell("-c", "-1", "-3", "text").stdout == shell("-c3", "text").stdout  # the last one counts
    assert shell("-c1", "text", FASTNZ_LEVEL="3").stdout == shell("-c1", "text").stdout
    assert "FASTNZ_LEVEL" in shell("-c", "text", FASTNZ_LEVEL="12", expect=1).stderr
    assert shell("--version", FASTNZ_LEVEL="12").stdout.startswith(b"fastnz ")
    assert shell.names() == ["text"]


def test_threads_do_not_change_the_output(shell, text) -> None:
    packed = {shell("-1c", "--block-size=64K", f"-T{threads}", "text").stdout for threads in (0, 1, 2, 3)}
    packed.add(shell("-1c", "--block-size=64K", "text", FASTNZ_THREADS="2").stdout)
    assert len(packed) == 1
    assert shell("-dc", "-T", "3", stdin=packed.pop()).stdout == TEXT
    for wrong in (["-T", "x"], ["-T", "-1"], ["--threads=1.5"]):
        shell(*wrong, "text", expect=1)
    assert "FASTNZ_THREADS" in shell("text", FASTNZ_THREADS="many", expect=1).stderr


def test_flags_combine_and_mix_with_files(shell, text) -> None:
    shell("-1kf", "text", "-T1", "-v")
    assert shell("-dfck", "text.fnz").stdout == TEXT
    assert shell("text.fnz", "-d", "-c").stdout == TEXT
    assert shell("--decompress", "--stdout", "text.fnz").stdout == TEXT


def test_names_that_look_like_flags(shell) -> None:
    (shell.folder / "-d").write_bytes(TEXT)
    shell("--", "-d")
    shell("./-d.fnz", "-dc")
    assert shell("-dc", "--", "-d.fnz").stdout == TEXT


def test_names_that_are_not_utf8(shell) -> None:
    path = Path(str(shell.folder)) / "\udcff\udcfe"
    path.write_bytes(TEXT)
    shell("-v", path.name)
    path.unlink()
    assert os.fsencode(path.name) in shell("-l", path.name + ".fnz").stdout
    assert json.loads(shell("-l", "--json", path.name + ".fnz").stdout)[0]["name"] == path.name + ".fnz"
    shell("-d", path.name + ".fnz")
    assert path.read_bytes() == TEXT


def test_several_files(shell, text) -> None:
    (shell.folder / "second").write_bytes(b"second")
    shell("text", "second")
    assert shell.names() == ["second", "second.fnz", "text", "text.fnz"]
    both = shell("-c", "text", "second").stdout
    assert fastnz.decompress(both) == TEXT + b"second"
    assert shell("-dc", "text.fnz", "second.fnz").stdout == TEXT + b"second"
    assert shell("-dc", stdin=both).stdout == TEXT + b"second"
    assert "one input" in shell("-o", "out", "text", "second", expect=1).stderr
    assert "exclude each other" in shell("-c", "-o", "out", "text", expect=1).stderr


def test_one_bad_file_does_not_stop_the_others(shell, text) -> None:
    result = shell("missing", "text", expect=1)
    assert "missing: No such file" in result.stderr
    assert fastnz.decompress((shell.folder / "text.fnz").read_bytes()) == TEXT


@pytest.mark.parametrize("content", [b"", b"x", b"\x00" * 1_000_000, bytes(range(256)) * 300])
def test_contents_at_the_edges(shell, content: bytes) -> None:
    (shell.folder / "file").write_bytes(content)
    shell("-1", "file")
    (shell.folder / "file").unlink()
    shell("-d", "file.fnz")
    assert (shell.folder / "file").read_bytes() == content
    shell("-t", "file.fnz")


def test_small_files_carry_no_more_than_they_must(shell) -> None:
    (shell.folder / "file").write_bytes(b"tiny")
    assert len(shell("-c", "file").stdout) <= 4 + 16
    assert len(shell("-c", stdin=b"tiny").stdout) <= 4 + 16


def test_files_of_proc_have_no_size_but_content(shell) -> None:
    source = Path("/proc/self/limits")
    if not source.exists():
        pytest.skip("no /proc here")
    assert b"Max open files" in fastnz.decompress(shell("-c", source).stdout)


def test_test(shell, text) -> None:
    shell("text")
    result = shell("-t", "text.fnz")
    assert result.stdout == b"" and result.stderr == ""
    shell("-t", stdin=(shell.folder / "text.fnz").read_bytes())
    shell("-t", expect=3)  # standard input is empty
    (shell.folder / "empty.fnz").write_bytes(b"")
    assert "empty" in shell("-t", "empty.fnz", "text.fnz", expect=3).stderr
    assert shell.names() == ["empty.fnz", "text", "text.fnz"]


def test_list(shell, text) -> None:
    shell("-1", "--block-size=64K", "text")
    shell("-1", "-o", "other.fnz", stdin=b"12345")
    table = shell("-l", "text.fnz", "other.fnz").stdout.decode().splitlines()
    assert table[0].split() == ["Frames", "Blocks", "Compressed", "Content", "Ratio", "Memory", "Model", "Name"]
    assert len(table) == 3 and table[1].split()[:2] == ["1", "2"] and table[1].endswith("text.fnz")
    rows = json.loads(shell("-l", "--json", "text.fnz", "other.fnz").stdout)
    assert [row["name"] for row in rows] == ["text.fnz", "other.fnz"]
    assert rows[0]["content_size"] == len(TEXT)
    assert rows[0]["compressed_size"] == (shell.folder / "text.fnz").stat().st_size
    assert rows[0]["frames"][0]["blocks"] == 2 and rows[0]["frames"][0]["has_index"]
    assert json.loads(shell("-l", "--json", "text", expect=3).stdout) == []
    assert "not standard input" in shell("-l", expect=2).stderr
    assert "--json goes with -l" in shell("--json", "text", expect=1).stderr
    (shell.folder / "empty").write_bytes(b"")
    assert "empty" in shell("-l", "empty", expect=3).stderr


def test_index(shell, text) -> None:
    with_index = shell("-1c", "--block-size=64K", "text").stdout
    without = shell("-1c", "--block-size=64K", "--no-index", "text").stdout
    assert len(without) < len(with_index)
    assert fastnz.info(with_index).frames[0].has_index
    assert not fastnz.info(without).frames[0].has_index
    assert shell("-dc", stdin=without).stdout == shell("-dc", stdin=with_index).stdout == TEXT
    one_block = shell("-1c", "text").stdout
    assert not fastnz.info(one_block).frames[0].has_index  # nothing to find


def test_recursion(shell, text) -> None:
    for name in ("tree/a", "tree/deep/b", "tree/deep/c.fnz"):
        path = shell.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(TEXT[: len(name) * 10])
    (shell.folder / "tree/link").symlink_to("a")
    assert "use -r" in shell("tree", expect=2).stderr
    shell("-r", "tree", "text")
    packed = sorted(str(path.relative_to(shell.folder)) for path in shell.folder.rglob("*.fnz"))
    assert packed == ["text.fnz", "tree/a.fnz", "tree/deep/b.fnz", "tree/deep/c.fnz"]
    shell("-rt", "tree/a.fnz", "tree/deep/b.fnz")
    shell("-rd", "--rm", "-f", "tree", expect=3)  # c.fnz never was one
    assert not (shell.folder / "tree/a.fnz").exists() and (shell.folder / "tree/deep/c.fnz").exists()
    assert (shell.folder / "tree/deep/b").read_bytes() == TEXT[:110]
    assert "is a directory" in shell("-l", "tree", expect=2).stderr


def test_damage_garbage_and_truncation(shell, text) -> None:
    packed = shell("-c", "text").stdout
    changed = bytearray(packed)
    changed[len(packed) // 2] ^= 1
    for name, data in {
        "changed": bytes(changed),
        "cut": packed[:-1],
        "trailed": packed + b"trailing garbage",
        "foreign": b"PK\x03\x04" + bytes(100),
        "empty": b"",
    }.items():
        (shell.folder / f"{name}.fnz").write_bytes(data)
        for flags in (["-d"], ["-t"], ["-d", "--rm"], ["-d", "-o", "elsewhere"]):
            result = shell(*flags, f"{name}.fnz", expect=3)
            assert result.stderr.startswith(f"fastnz: {name}.fnz: ")
        assert (shell.folder / f"{name}.fnz").exists()
        assert not (shell.folder / name).exists() and not (shell.folder / "elsewhere").exists()
    assert "frame 1" in shell("-t", "trailed.fnz", expect=3).stderr
    assert shell("-dqq", "cut.fnz", expect=3).stderr == ""


def test_limits_name_their_flag(shell, text) -> None:
    shell("text")
    result = shell("-d", "-M", "1K", "-c", "text.fnz", expect=4)
    assert "-M" in result.stderr and result.stdout == b""
    result = shell("-dc", "--max-output=1000", "text.fnz", expect=4)
    assert "--max-output" in result.stderr and len(result.stdout) <= 1000
    assert shell("-dc", f"--max-output={len(TEXT)}", "-M1G", "text.fnz").stdout == TEXT
    told = shell("-c", "-M1M", "text", expect=4).stderr
    assert "lower level" in told and "--block-size" in told and "raise -M" in told
    assert "lower level" in shell("-c", "-M10M", stdin=bytes(2 << 20), expect=4).stderr
    assert shell("-dc", "-M100M", stdin=shell("-c", "-M100M", "text").stdout).stdout == TEXT  # both ways
    noise = bytes(range(256)) * 300
    assert "lower level" in shell("-1c", "--block-size=64K", "-M100K", stdin=noise, expect=4).stderr
    assert fastnz.decompress(shell("-1c", "-M1G", stdin=noise).stdout) == noise
    for wrong in ("x", "-5", "1.5M", "M", "10X"):
        shell("-M", wrong, "text", expect=1)
    for wrong in ("63K", "257M", "0"):
        assert "from 64K to 256M" in shell("--block-size", wrong, "text", expect=1).stderr


def test_messages(shell, text) -> None:
    told = shell("-v", "text").stderr
    assert told.startswith("text: ") and f"{len(TEXT):,} -> " in told and "MB/s" in told
    told = shell("-dvf", "text.fnz").stderr
    assert f"-> {len(TEXT):,} bytes" in told
    assert shell("text", expect=1).stderr.count("\n") == 1
    assert shell("-q", "text", expect=1).stderr != ""
    assert shell("-qq", "text", expect=1).stderr == ""
    assert shell("-q", "text.fnz", expect=2).stderr == ""


def test_usage(shell) -> None:
    for help_flag in ("-h", "--help"):
        told = shell(help_flag).stdout.decode()
        for word in ("--rm", "-T", "-M", "--json", "exit status", "FASTNZ_LEVEL"):
            assert word in told
    assert shell("-V").stdout.decode() == f"fastnz {fastnz.__version__}\n"
    for wrong in (["--nonsense"], ["-x"], ["--vers"]):
        result = shell(*wrong, expect=1)
        assert "fastnz --help" in result.stderr


def test_devices(shell, text) -> None:
    packed = shell("-c", "--model", "lanes", "--device", "cpu", "text").stdout
    assert packed == shell("-c", "--model", "lanes", "text").stdout == shell("-c", "--model", "lanes", "--device=auto", "text").stdout
    for device in ("cpu", "auto"):
        assert shell("-dc", "--device", device, stdin=packed).stdout == TEXT
        assert shell("-t", "--device", device, stdin=packed).stdout == b""
    assert "--device: no device is called 'gpu'" in shell("-c", "--device", "gpu", "text", expect=1).stderr
    missing = f"cuda:{len(fastnz.devices())}"
    for flag in ("-c", "-dc", "-t"):
        assert "--device: " in shell(flag, "--device", missing, "text", expect=1).stderr
    assert shell.names() == ["text"]
