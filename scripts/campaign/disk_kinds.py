"""Kinds of faults of the disk below a gallery: full, read-only, broken, slow, locked, damaged, and without power.

What comes of them is not known here.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from campaign.disk import Mode
from campaign.door import DoorError
from campaign.kinds import Kind
from campaign.owner import SETTING
from edged.storage.last_number import note_of
from tests.disks import PAGE_BYTES, damage

if TYPE_CHECKING:
    from campaign.door import Door

LOST = re.compile(r"^(\S+): (?:lost|all) ", re.MULTILINE)
"""A line of `edged repair` that says who has lost something."""
LOST_SETTINGS = "Settings that are lost: "


def refuse_for_a_while(door: Door, mode: Mode) -> None:
    """Have the disk fail so for a while; edged is killed meanwhile now and then, and may lose what only its memory has."""
    door.disk.set(mode)
    door.disk_refuses = True
    door.live(door.random.uniform(0.3, 3.0))
    is_killed = door.random.random() < 0.3  # noqa: PLR2004 - a share
    if is_killed:
        door.kill()
    door.disk.set(Mode.WELL)
    door.disk_refuses = False
    if is_killed:
        door.start()


def full(door: Door) -> None:
    """Have no room for anything new."""
    refuse_for_a_while(door, Mode.FULL)


def read_only(door: Door) -> None:
    """Refuse every write, as the kernel does with a card that reports errors."""
    refuse_for_a_while(door, Mode.READ_ONLY)


def broken(door: Door) -> None:
    """Report an error at every write and sync."""
    refuse_for_a_while(door, Mode.BROKEN)


def slow(door: Door) -> None:
    """Take long for every write and sync."""
    door.disk.set(Mode.WELL, door.random.uniform(0.02, 0.2))
    door.live(door.random.uniform(0.5, 3.0))
    door.disk.set(Mode.WELL)


def locked(door: Door) -> None:
    """Have another process hold the lock of the database, for less or more than one waits for it."""
    with closing(sqlite3.connect(door.daemon.gallery, timeout=10.0, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        door.live(door.random.uniform(0.3, 7.0))
        other.execute("ROLLBACK")


def power_cut(door: Door) -> None:
    """Pull the plug while changes are under way: what was not synced is there in part, and memory is empty."""
    door.live(door.random.uniform(0.1, 1.0))
    for _ in range(door.random.randrange(4)):
        door.owner.change()
    door.kill()
    door.disk.cut_power(door.random)
    note_of(door.daemon.gallery).unlink(missing_ok=True)
    door.start()


def damaged(door: Door) -> None:
    """Overwrite a page while edged does not run, and repair the gallery; who is said to have lost something is not expected any more."""
    door.stop()
    damage(door.daemon.gallery, door.random.randrange(door.daemon.gallery.stat().st_size // PAGE_BYTES))
    done = door.daemon.run("repair")
    if done.returncode:
        raise DoorError(f"edged repair ended with {done.returncode}: {done.stderr}")
    door.owner.give_up(set(LOST.findall(done.stdout)))
    if LOST_SETTINGS in done.stdout:
        door.owner.give_up({SETTING})
    door.start()


DISK = (
    Kind("full", full),
    Kind("read-only", read_only),
    Kind("broken", broken),
    Kind("slow", slow),
    Kind("locked", locked),
    Kind("power cut", power_cut, 1.5),
    Kind("damaged page", damaged, 0.7),
)
"""Faults of a disk, for which a library must stand between edged and it."""
