"""One daemon to a gallery: who else is refused, and that nobody dead stands in the way."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from edged.errors import GalleryError
from edged.storage.database import LOCK_SUFFIX
from edged.storage.sole_use import sole_use

if TYPE_CHECKING:
    from pathlib import Path

HOLDER = """
import os, sys
from pathlib import Path
from edged.storage.sole_use import sole_use

with sole_use(Path(sys.argv[1])):
    if sys.argv[2] == "leaves a part of itself" and os.fork():
        os._exit(0)
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(gallery: Path, how: str) -> subprocess.Popen[str]:
    """Another process, which holds the gallery until its input ends."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(gallery), how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_one_is_refused_until_the_first_has_gone(tmp_path: Path) -> None:
    gallery = tmp_path / "gallery.db"
    first = holder(gallery, "whole")
    with pytest.raises(GalleryError, match="Another edged runs on the gallery"), sole_use(gallery):
        pass
    first.communicate()
    with sole_use(gallery):
        assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600]


def test_one_that_was_killed_and_hangs_is_in_nobodys_way(tmp_path: Path) -> None:
    dead = holder(tmp_path / "gallery.db", "leaves a part of itself")
    os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has taken note of it
    with sole_use(tmp_path / "gallery.db"):
        pass
    dead.communicate()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match="gone"), sole_use(tmp_path / "gone" / "gallery.db"):
        pass


def test_a_lock_on_a_full_disk_is_held_all_the_same(tmp_path: Path) -> None:
    (tmp_path / f"gallery.db{LOCK_SUFFIX}").symlink_to("/dev/full")
    with sole_use(tmp_path / "gallery.db"), pytest.raises(GalleryError, match="Another edged runs"), sole_use(tmp_path / "gallery.db"):
        pass
