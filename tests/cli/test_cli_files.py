"""What the command line does to files: names, links, permissions, times, overwriting, removing, full disks, terminals,
signals and kills. The rule behind all of it: nothing is lost and nothing half-made is left."""

from __future__ import annotations

import os
import pty
import random
import select
import signal
import stat
import subprocess
import sys
import time

import fastnz
import pytest
from fastnz.atomic import AtomicFile
from shell import TEXT

# Where files can be written without a name, nothing is there to clean up; this makes the other way be tested too.
NAMED = "import os, sys; vars(os).pop('O_TMPFILE', None); from fastnz.cli import main; sys.exit(main())"
COMMANDS = {
    "unnamed": [sys.executable, "-m", "fastnz"],
    "hidden": [sys.executable, "-c", NAMED],
}


def test_nothing_is_overwritten_unasked(shell, text) -> None:
    packed = shell.folder / "text.fnz"
    packed.write_bytes(b"precious")
    assert "use -f" in shell("text", expect=1).stderr
    assert "use -f" in shell("-o", "text.fnz", "text", expect=1).stderr
    assert packed.read_bytes() == b"precious"
    shell("-f", "text")
    assert fastnz.decompress(packed.read_bytes()) == TEXT
    assert "use -f" in shell("-d", "text.fnz", expect=1).stderr
    text.write_bytes(b"other")
    shell("-df", "text.fnz")
    assert text.read_bytes() == TEXT
    assert shell.names() == ["text", "text.fnz"]


@pytest.mark.parametrize("way", sorted(COMMANDS))
def test_nothing_is_overwritten_that_came_meanwhile(shell, way: str) -> None:
    process = shell.start("-o", "out", command=COMMANDS[way], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(TEXT)
    process.stdin.flush()
    wait_until(lambda: opened_output(process))
    (shell.folder / "out").write_bytes(b"precious")
    _, told = process.communicate()
    assert process.returncode == 1 and b"out: came into being meanwhile" in told
    assert (shell.folder / "out").read_bytes() == b"precious"
    assert shell.names() == ["out"]


def test_the_input_is_not_overwritten_even_with_force(shell, text) -> None:
    os.link(text, shell.folder / "same")
    for output in ("text", "./text", "same"):
        assert "input itself" in shell("-f", "-o", output, "text", expect=1).stderr
    assert text.read_bytes() == TEXT


def test_removal(shell, text) -> None:
    shell("--rm", "text")
    assert shell.names() == ["text.fnz"]
    shell("-d", "--rm", "text.fnz")
    assert shell.names() == ["text"]
    shell("--rm", "-k", "text")
    assert shell.names() == ["text", "text.fnz"]
    shell("-c", "--rm", "text")  # what went to standard output cannot be checked: kept
    assert text.read_bytes() == TEXT


def test_removal_waits_for_proof(shell, text) -> None:
    """An encoder that errs is found out before the source goes: here one that drops a byte."""
    code = (
        "import sys; from fastnz import stream, cli\n"
        "class Wrong(stream.Compressor):\n"
        "    def compress(self, data): return super().compress(bytes(data)[:-1] + b'!')\n"
        "import fastnz.cli_jobs as jobs; jobs.Compressor = Wrong\n"
        "sys.exit(cli.main())"
    )
    process = shell.start("--rm", "text", command=[sys.executable, "-c", code], stderr=subprocess.PIPE)
    _, told = process.communicate()
    assert process.returncode == 3 and b"input is kept" in told
    assert shell.names() == ["text"] and text.read_bytes() == TEXT


def test_modes_and_times(shell, text) -> None:
    for mode in (0o600, 0o644, 0o755, 0o4755):
        os.chmod(text, mode)
        os.utime(text, ns=(1_000_000_000_123_456_789, 1_234_567_890_987_654_321))
        shell("-f", "text")
        about = (shell.folder / "text.fnz").stat()
        assert stat.S_IMODE(about.st_mode) == mode & 0o777
        assert about.st_mtime_ns == 1_234_567_890_987_654_321
        os.chmod(shell.folder / "text.fnz", 0o640)
        text.unlink()
        shell("-d", "text.fnz")
        assert stat.S_IMODE(text.stat().st_mode) == 0o640
        assert text.stat().st_mtime_ns == 1_234_567_890_987_654_321


def test_names_without_the_suffix(shell, text) -> None:
    shell("text")
    assert "use -f" in shell("text.fnz", expect=2).stderr
    shell("-f", "text.fnz")
    assert shell("-dc", "text.fnz.fnz").stdout == (shell.folder / "text.fnz").read_bytes()
    (shell.folder / "text.fnz").rename(shell.folder / "other")
    assert "use -o or -c" in shell("-d", "other", expect=2).stderr
    shell("-d", "other", "-o", "restored")
    assert (shell.folder / "restored").read_bytes() == TEXT
    (shell.folder / ".fnz").write_bytes((shell.folder / "other").read_bytes())
    shell("-d", ".fnz", expect=2)


def test_symbolic_links(shell, text) -> None:
    (shell.folder / "link").symlink_to("text")
    shell("link")
    assert fastnz.decompress((shell.folder / "link.fnz").read_bytes()) == TEXT
    assert "symbolic link" in shell("--rm", "-o", "out", "link", expect=2).stderr
    assert (shell.folder / "link").is_symlink()
    shell("--rm", "-f", "link")
    assert shell.names() == ["link.fnz", "text"]
    (shell.folder / "target").write_bytes(b"precious")
    (shell.folder / "text.fnz").symlink_to("target")
    shell("text", expect=1)
    shell("-f", "text")  # replaces the link, not what it points to
    assert (shell.folder / "target").read_bytes() == b"precious"
    assert not (shell.folder / "text.fnz").is_symlink()
    (shell.folder / "dangling.fnz").symlink_to("nowhere")
    assert "No such file" in shell("-d", "dangling.fnz", expect=1).stderr
    (shell.folder / "dangling").write_bytes(TEXT)
    shell("dangling", expect=1)
    assert not (shell.folder / "nowhere").exists()


def test_hard_links(shell, text) -> None:
    os.link(text, shell.folder / "second")
    shell("text")
    assert "2 names" in shell("--rm", "-o", "out", "text", expect=2).stderr
    shell("--rm", "-f", "text")
    assert shell.names() == ["second", "text.fnz"]


def test_directories_pipes_and_devices(shell, text) -> None:
    (shell.folder / "folder").mkdir()
    assert "is a directory" in shell("folder", expect=2).stderr
    assert "is a directory" in shell("-f", "-o", "folder", "text", expect=1).stderr
    os.mkfifo(shell.folder / "pipe")
    assert "not a regular file" in shell("pipe", expect=2).stderr
    assert "not a regular file" in shell("-l", "pipe", expect=2).stderr
    assert "not a regular file" in shell("--rm", "-o", "out", "pipe", expect=2).stderr
    (shell.folder / "text.fnz").symlink_to("/dev/null")
    assert "not a regular file" in shell("-f", "text", expect=1).stderr
    writer = subprocess.Popen(["sh", "-c", "cat text > pipe"], cwd=shell.folder)
    assert fastnz.decompress(shell("-c", "pipe").stdout) == TEXT
    assert writer.wait() == 0
    shell("-o", "/dev/null", "text")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_missing_folder_and_missing_rights(shell, text) -> None:
    assert shell("-o", "missing/out", "text", expect=1).stderr == "fastnz: missing/out: No such file or directory\n"
    shell("nothing-here", expect=1)
    if os.geteuid() != 0:
        os.chmod(shell.folder, 0o500)
        try:
            assert "denied" in shell("text", expect=1).stderr
        finally:
            os.chmod(shell.folder, 0o700)


@pytest.mark.skipif(not hasattr(os, "O_PATH"), reason="no O_PATH here")
def test_a_folder_that_may_be_written_to_but_not_read(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rights do not bind root, so the refusal is made here."""
    opened = os.open

    def refuse(path, flags, *rest, **more) -> int:
        if os.fspath(path) == str(tmp_path) and not flags & (os.O_PATH | getattr(os, "O_TMPFILE", 0) & ~os.O_DIRECTORY):
            raise PermissionError(13, "Permission denied", path)
        return opened(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", refuse)
    with AtomicFile(str(tmp_path / "new")) as file:
        file.write(b"content")
        file.commit()
    assert (tmp_path / "new").read_bytes() == b"content"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
@pytest.mark.parametrize(
    "flags", [["-c", "text"], ["-dc", "text.fnz"], ["-l", "text.fnz"], ["-l", "--json", "text.fnz"]]
)
def test_full_disk_behind_standard_output(shell, text, flags) -> None:
    shell("text")
    with open("/dev/full", "wb") as full:
        process = shell.start(*flags, stdout=full, stderr=subprocess.PIPE)
        _, told = process.communicate()
    assert process.returncode == 1 and b"No space left" in told
    assert b"Traceback" not in told and b"Exception" not in told


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_full_disk_behind_a_name(shell, text) -> None:
    assert "No space left" in shell("-o", "/dev/full", "text", expect=1).stderr


@pytest.mark.parametrize("way", sorted(COMMANDS))
def test_a_file_that_outgrows_its_limit_leaves_nothing(shell, way: str) -> None:
    import resource

    (shell.folder / "noise").write_bytes(random.Random(1).randbytes(200_000))

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    process = shell.start("-1", "noise", command=COMMANDS[way], stderr=subprocess.PIPE, preexec_fn=limit)
    _, told = process.communicate()
    assert process.returncode == 1 and b"File too large" in told
    assert shell.names() == ["noise"]


def test_closed_standard_streams(shell, text) -> None:
    for redirection, code in (("-c text >&-", 1), ("-v text 2>&-", 0), ("-dc - <&-", 1), ("-l text.fnz >&-", 1)):
        command = f"{sys.executable} -m fastnz {redirection}"
        result = subprocess.run(["sh", "-c", command], cwd=shell.folder, capture_output=True, check=False)
        assert result.returncode == code, (redirection, result.stderr)
    assert text.read_bytes() == TEXT


def test_a_reader_that_leaves_early(shell, text) -> None:
    shell("text")
    process = shell.start("-dc", *["text.fnz"] * 20, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.read(10)
    process.stdout.close()
    told = process.stderr.read()
    process.stderr.close()
    assert process.wait() == -signal.SIGPIPE
    assert told == b""


def wait_until(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def opened_output(process: subprocess.Popen) -> bool:
    """True once the process holds its unfinished output open."""
    folder = f"/proc/{process.pid}/fd"
    for number in os.listdir(folder):
        try:
            target = os.readlink(f"{folder}/{number}")
        except OSError:
            continue
        if "/.fastnz-" in target or target.endswith("(deleted)"):
            return True
    return False


needs_proc = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="looks into /proc")


@needs_proc
@pytest.mark.parametrize("way", sorted(COMMANDS))
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signals_leave_nothing_behind(shell, way: str, name: str) -> None:
    process = shell.start("-o", "out", command=COMMANDS[way], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(TEXT)
    process.stdin.flush()
    wait_until(lambda: opened_output(process))
    process.send_signal(getattr(signal, name))
    _, told = process.communicate()
    assert process.returncode == -getattr(signal, name)
    assert shell.names() == [] and told == b""


@needs_proc
def test_hangup_may_be_ignored(shell) -> None:
    process = shell.start(
        "-o", "out", stdin=subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
    )
    process.stdin.write(TEXT)
    process.stdin.flush()
    wait_until(lambda: opened_output(process))
    process.send_signal(signal.SIGHUP)
    process.communicate()
    assert process.returncode == 0
    assert fastnz.decompress((shell.folder / "out").read_bytes()) == TEXT


@pytest.mark.parametrize("way", sorted(COMMANDS))
@pytest.mark.parametrize("flags", [["-1", "-f", "file"], ["-df", "file.fnz"], ["-1", "-f", "--rm", "file"]])
def test_killed_at_any_time(shell, way: str, flags: list[str]) -> None:
    """The big run of this is bench/robustness; here are a few."""
    content = TEXT * 20
    packed = fastnz.compress(content, 1)
    chance = random.Random(sum(map(ord, "".join(flags) + way)))
    for _ in range(4):
        (shell.folder / "file").write_bytes(content)
        (shell.folder / "file.fnz").write_bytes(packed)
        target = shell.folder / ("file" if "-df" in flags else "file.fnz")
        target.write_bytes(b"precious")
        process = shell.start(*flags, command=COMMANDS[way])
        time.sleep(chance.random() * 0.6)
        process.kill()
        process.wait()
        for name in shell.names():
            assert name in ("file", "file.fnz") or name.startswith(".fastnz-")
            if way == "unnamed" or name.startswith("file"):
                continue
            (shell.folder / name).unlink()
        after = target.read_bytes()
        if after != b"precious":
            assert (after if "-df" in flags else fastnz.decompress(after)) == content
        else:
            assert "-df" in flags or (shell.folder / "file").read_bytes() == content


class Terminal:
    """A process on a terminal of its own."""

    def __init__(self, shell, *arguments: str, stdin=None) -> None:
        self._master, slave = pty.openpty()
        streams = {"stdin": slave if stdin is None else stdin, "stdout": slave, "stderr": slave}
        self.process = shell.start(*arguments, **streams)
        os.close(slave)

    def finish(self) -> tuple[int, bytes]:
        seen = b""
        while True:
            select.select([self._master], [], [])
            try:
                piece = os.read(self._master, 4096)
            except OSError:  # the terminal is gone with its last user
                break
            if not piece:
                break
            seen += piece
        os.close(self._master)
        return self.process.wait(), seen


def test_terminals_get_no_binary_unasked(shell, text) -> None:
    code, seen = Terminal(shell, "-c", "text").finish()
    assert code == 2 and b"not written to a terminal" in seen
    code, seen = Terminal(shell).finish()
    assert code == 2 and b"terminal" in seen
    code, seen = Terminal(shell, "-d").finish()
    assert code == 2 and b"not read from a terminal" in seen
    code, seen = Terminal(shell, "-cf", "text").finish()
    assert code == 0 and len(seen) > 100
    shell("text")
    code, seen = Terminal(shell, "-dc", "text.fnz").finish()
    assert code == 0 and seen.replace(b"\r\n", b"\n") == TEXT


def test_progress_is_drawn_on_terminals_only_and_wiped(shell) -> None:
    read_end, write_end = os.pipe()
    terminal = Terminal(shell, "-1", "-o", "out", stdin=read_end)
    os.close(read_end)
    for _ in range(8):
        os.write(write_end, TEXT[:60_000])
        time.sleep(0.15)
    os.close(write_end)
    code, seen = terminal.finish()
    assert code == 0
    assert b"standard input: " in seen and b"\r\x1b[K" in seen and seen.endswith(b"MB/s\r\n")
    terminal = Terminal(shell, "-1", "-f", "--no-progress", "-o", "out", stdin=subprocess.DEVNULL)
    assert terminal.finish() == (0, b"")
