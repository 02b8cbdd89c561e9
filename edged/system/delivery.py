"""Delivering files: another user writes into a folder of its own beside what is wanted, and root moves the files into place.

Who writes what is not known here. All is done relative to folders that were opened once, so that no link put there meanwhile leads astray.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

PREFIX = ".edged-"
"""How the name of a folder begins in which somebody else writes."""
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FOLDER_MODE, FILE_MODE = 0o700, 0o600


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a file is."""

    uid: int
    gid: int


@dataclass(slots=True)
class WritersFolder:
    """A folder that belongs to the writer, and the one that its files are for."""

    wanted: int
    """Descriptor of the folder that the files are for."""
    beside: int
    """Descriptor of the writer's folder."""
    name: str
    """Name of the writer's folder, in the folder that holds it."""
    holder: int
    """Descriptor of the folder that holds the writer's."""
    _there: dict[str, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def into(cls, folder: Path, writer: Owner, *, spare: Path) -> Self:
        """Make a folder of the writer's within one that is there, or within spare where its disk knows no owners, as that of a USB stick.

        Raises:
            OSError: in neither can be written.
        """
        wanted = os.open(folder, FOLDER & ~os.O_NOFOLLOW)
        try:
            return cls(wanted, *_made(os.dup(wanted), writer))
        except PermissionError:
            return cls(wanted, *_made(os.open(spare, FOLDER), writer))

    @property
    def path(self) -> Path:
        """Where the writer's folder is."""
        return Path(f"/proc/self/fd/{self.holder}").readlink() / self.name

    def show(self, writer: Owner, name: str | None = None) -> None:
        """Have an empty file stand for this one if it is there, or for each that is, for a writer that does not overwrite."""
        for there in _names(self.wanted):
            if name in {None, there} and there != self.name:
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
                with os.fdopen(os.open(there, flags, FILE_MODE, dir_fd=self.beside), "wb") as made:
                    os.fchown(made.fileno(), writer.uid, writer.gid)
                    self._there[there] = _version(os.fstat(made.fileno()))

    def deliver(self, owner: Owner) -> None:
        """Move what was written into place, and make it the owner's where the disk knows owners.

        Raises:
            OSError: the disk refuses it; the files that were moved before stay.
        """
        for name in _names(self.beside):
            status = os.stat(name, dir_fd=self.beside, follow_symlinks=False)
            if _version(status) != self._there.get(name) and not name.endswith(".part"):
                with suppress(PermissionError):
                    os.chown(name, owner.uid, owner.gid, dir_fd=self.beside, follow_symlinks=False)
                self._move(name)

    def close(self) -> None:
        """Take the writer's folder away with what is left in it."""
        for name in _names(self.beside):
            os.unlink(name, dir_fd=self.beside)
        os.rmdir(self.name, dir_fd=self.holder)
        for opened in (self.beside, self.holder, self.wanted):
            os.close(opened)

    def _move(self, name: str) -> None:
        try:
            os.rename(name, name, src_dir_fd=self.beside, dst_dir_fd=self.wanted)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self._copy(name)

    def _copy(self, name: str) -> None:
        """Copy to another disk: all of it, or nothing."""
        part = f".{name}.{os.getpid()}.part"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        read = os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self.beside), "rb")
        try:
            with read, os.fdopen(os.open(part, flags, FILE_MODE, dir_fd=self.wanted), "wb") as written:
                shutil.copyfileobj(read, written)
                written.flush()
                os.fsync(written.fileno())
            os.rename(part, name, src_dir_fd=self.wanted, dst_dir_fd=self.wanted)
        except OSError:
            with suppress(OSError):
                os.unlink(part, dir_fd=self.wanted)
            raise


def _made(holder: int, writer: Owner) -> tuple[int, str, int]:
    """A new folder of the writer's: its descriptor and name, and the descriptor of what holds it."""
    name = f"{PREFIX}{secrets.token_hex(4)}"
    try:
        os.mkdir(name, FOLDER_MODE, dir_fd=holder)
        try:
            os.chown(name, writer.uid, writer.gid, dir_fd=holder, follow_symlinks=False)
            return os.open(name, FOLDER, dir_fd=holder), name, holder
        except OSError:
            os.rmdir(name, dir_fd=holder)
            raise
    except OSError:
        os.close(holder)
        raise


def _names(folder: int) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries]


def _version(status: os.stat_result) -> tuple[int, int]:
    return status.st_ino, status.st_mtime_ns
