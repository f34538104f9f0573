"""Files that appear whole or not at all.

The invariant: at every moment, also after a kill or a power cut, the final name holds what it held before or the
complete new file. Order of steps: write under no name (or a hidden one), fsync, rename, fsync the folder. Knows
nothing of compression.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

_pending: set[str] = set()  # hidden names in use now, for `remove_pending`
_NO_UNNAMED = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT, errno.EPERM, errno.EACCES}


class AtomicFile:
    """A file to be written under `path`, visible there only after `commit`.

    Parameters
    ----------
    path : str
        The final name.
    overwrite : bool
        Replace an existing file; otherwise `commit` raises `FileExistsError`.

    Notes
    -----
    A context manager: leaving it without `commit` leaves nothing behind.
    """

    def __init__(self, path: str, *, overwrite: bool = False) -> None:
        self._path = path
        self._overwrite = overwrite
        self._folder = os.path.dirname(path) or "."
        self._hidden: str | None = None
        self._fd = self._open()

    def fileno(self) -> int:
        return self._fd

    def write(self, data: bytes | memoryview) -> None:
        """Write all of `data`."""
        write_all(self._fd, data)

    def copy_attributes(self, source: os.stat_result) -> None:
        """Take over owner where allowed, permissions and times. Set-id bits are dropped, as xz does."""
        mode = stat.S_IMODE(source.st_mode) & 0o777
        own = os.fstat(self._fd)
        if own.st_gid != source.st_gid and not _chown(self._fd, -1, source.st_gid):
            mode &= ~0o070 | (mode & 0o007) << 3  # the new group may do no more than all others may
        if own.st_uid != source.st_uid:
            _chown(self._fd, source.st_uid, -1)
        os.fchmod(self._fd, mode)
        os.utime(self._fd, ns=(source.st_atime_ns, source.st_mtime_ns))

    def default_attributes(self) -> None:
        """Give the file the permissions that any new file gets."""
        mask = os.umask(0)
        os.umask(mask)
        os.fchmod(self._fd, 0o666 & ~mask)

    def commit(self) -> None:
        """Make the file appear under its name, and see to it that it stays there."""
        os.fsync(self._fd)
        folder = _open_folder(self._folder)
        try:
            try:
                if self._hidden is None and not self._overwrite:
                    self._link(self._path, folder)
                else:
                    if self._hidden is None:
                        self._link(self._name_hidden(), folder)
                    self._rename()
            except FileExistsError:  # it names the unfinished file, which means nothing to anybody
                raise FileExistsError(errno.EEXIST, "came into being meanwhile; not overwritten", self._path) from None
            self._forget()
            with contextlib.suppress(OSError):  # not every file system can do this for a folder
                os.fsync(folder)
        finally:
            os.close(folder)

    def close(self) -> None:
        """Remove what was not committed."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        if self._hidden is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._hidden)
            self._forget()

    def __enter__(self) -> AtomicFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> int:
        # A file without a name leaves nothing even after SIGKILL. Linux only, and not on every file system.
        if hasattr(os, "O_TMPFILE") and os.path.isdir("/proc/self/fd"):
            try:
                return os.open(self._folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
            except OSError as error:
                if error.errno not in _NO_UNNAMED:
                    raise
        while True:
            name = self._name_hidden()
            try:
                return os.open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_CLOEXEC", 0), 0o600)
            except FileExistsError:
                self._forget()
            except OSError as error:
                self._forget()
                error.filename = self._path  # of the hidden name nobody has heard
                raise

    def _name_hidden(self) -> str:
        # Registered before it exists: a signal between the two must find it. Nobody else's file has this name.
        name = os.path.join(self._folder, f".fastnz-{os.getpid()}-{os.urandom(8).hex()}.tmp")
        self._hidden = name
        _pending.add(name)
        return name

    def _forget(self) -> None:
        if self._hidden is not None:
            _pending.discard(self._hidden)
            self._hidden = None

    def _link(self, name: str, folder: int) -> None:
        # Naming a folder descriptor makes Python call linkat with AT_SYMLINK_FOLLOW, which /proc/self/fd needs.
        os.link(f"/proc/self/fd/{self._fd}", os.path.basename(name), dst_dir_fd=folder)

    def _rename(self) -> None:
        assert self._hidden is not None
        if not self._overwrite:
            try:
                os.link(self._hidden, self._path)  # fails if the name is taken, where rename would replace
            except FileExistsError:
                raise
            except OSError:  # no hard links here
                if os.path.lexists(self._path):
                    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), self._path) from None
            else:
                os.unlink(self._hidden)
                return
        os.replace(self._hidden, self._path)


def write_all(fd: int, data: bytes | memoryview) -> None:
    """Write all of `data` to a descriptor, however many calls it takes."""
    view = memoryview(data)
    while len(view):
        view = view[os.write(fd, view) :]


def remove_pending() -> None:
    """Remove the hidden files of this process; for signal handlers."""
    for name in list(_pending):
        with contextlib.suppress(OSError):
            os.unlink(name)


def _open_folder(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY)
    except PermissionError:
        if not hasattr(os, "O_PATH"):
            raise
        return os.open(path, os.O_PATH)  # a folder to put files into but not to look into; it cannot be synced


def _chown(fd: int, uid: int, gid: int) -> bool:
    try:
        os.fchown(fd, uid, gid)
    except OSError:
        return False
    return True
