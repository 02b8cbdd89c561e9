"""Disks and files that fail as real ones do: mounted read-only, full, or with a page that was overwritten."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE_BYTES = 4096


class Disk:
    """A disk in memory of its own, which can be made read-only while it is in use."""

    def __init__(self, folder: Path) -> None:
        """Take the folder at which it is mounted."""
        self.folder = folder

    def make_read_only(self) -> None:
        """Have it refuse every write, as the kernel does with a card that reports errors."""
        subprocess.run(["mount", "-o", "remount,ro", str(self.folder)], check=True)

    def fill(self) -> None:
        """Fill it to the last byte."""
        with (self.folder / "filler").open("ab", buffering=0) as filler, suppress(OSError):
            while True:
                filler.write(bytes(PAGE_BYTES))

    def empty(self) -> None:
        """Take away what fills it."""
        (self.folder / "filler").unlink()

    def make_writable(self) -> None:
        """Have it take writes again."""
        subprocess.run(["mount", "-o", "remount,rw", str(self.folder)], check=True)


@contextmanager
def mounted(folder: Path, *, megabytes: int = 64) -> Iterator[Disk]:
    """Mount a disk of this size; the test is skipped where that is not allowed."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder)]
    if os.geteuid() or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def damage(path: Path, page: int) -> None:
    """Overwrite one page of a file, 0 being the first."""
    content = bytearray(path.read_bytes())
    assert len(content) >= (page + 1) * PAGE_BYTES
    content[page * PAGE_BYTES : (page + 1) * PAGE_BYTES] = b"\xa5" * PAGE_BYTES
    path.write_bytes(content)


SHIM = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>
static void wait_for_disk(void) {
    while (access(getenv("EDGED_TEST_HANGS"), F_OK) == 0) usleep(5000);
}
int fsync(int fd) { wait_for_disk(); return ((int (*)(int)) dlsym(RTLD_NEXT, "fsync"))(fd); }
int fdatasync(int fd) { wait_for_disk(); return ((int (*)(int)) dlsym(RTLD_NEXT, "fdatasync"))(fd); }
"""


class SlowDisk:
    """A disk that answers no fsync while it hangs, for programs that are started with env."""

    def __init__(self, folder: Path) -> None:
        """Make what stands between a program and its disk; the test is skipped where there is no compiler."""
        compiler = shutil.which("cc")
        if compiler is None:
            pytest.skip("there is no C compiler here")
        self._hangs, shim = folder / "hangs", folder / "shim.so"
        folder.joinpath("shim.c").write_text(SHIM, encoding="utf-8")
        subprocess.run([compiler, "-shared", "-fPIC", "-o", str(shim), str(folder / "shim.c"), "-ldl"], check=True)
        self.env = {"LD_PRELOAD": str(shim), "EDGED_TEST_HANGS": str(self._hangs)}

    def hang(self) -> None:
        """Answer no fsync from now on."""
        self._hangs.touch()

    def go_on(self) -> None:
        """Answer again, also those who wait."""
        self._hangs.unlink()
