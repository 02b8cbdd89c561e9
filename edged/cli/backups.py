"""The commands that copy the gallery file, put a copy back, and save what can be read of a damaged one.

How a copy is made and verified is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.cli.options import add, config_of, given_path, output_file
from edged.cli.progress import progress_of
from edged.daemon.gallery_file import make_backup, restore_backup
from edged.daemon.gallery_repair import repair_gallery
from edged.errors import counted

if TYPE_CHECKING:
    import argparse

    from edged.cli.options import Commands


def add_commands(commands: Commands) -> None:
    """Add these commands."""
    text = "copy the whole gallery, also while edged runs, and look at every page of the copy"
    backup = add(commands, "backup", _backup, text, confirms=True)
    backup.add_argument(
        "file", metavar="FILE", nargs="?", type=output_file, help="where to (default: numbered, beside it; the newest seven stay)"
    )
    restore = add(commands, "restore", _restore, "put a copy that 'backup' made in the gallery's place; stop edged first", confirms=True)
    restore.add_argument("file", metavar="FILE", type=given_path, help="the copy")
    repair = add(
        commands, "repair", _repair, "make a whole gallery of what can be read of a damaged one, and say what is lost; stop edged first"
    )
    repair.add_argument(
        "--output", metavar="FILE", type=output_file, help="write it there, and leave the gallery's place as it is: of a read-only card"
    )


def _backup(options: argparse.Namespace) -> None:
    """Copy, and say where to."""
    with progress_of(options).working():
        done = make_backup(config_of(options), options.file)
    print(f"{done.path}: {counted(done.bytes, 'byte')}, and whole. It holds faces and names: keep it like a key.")


def _restore(options: argparse.Namespace) -> None:
    """Put back, and say what became of what was there."""
    with progress_of(options).working():
        replaced = restore_backup(config_of(options), options.file)
    print(f"{options.file} is the gallery now; whoever was enrolled or forgotten since it was made is to be so again.")
    if replaced:
        print(f"What was there is kept as {replaced}.")
        print("Erase that file when you do not need it any more: it holds faces and names.")


def _repair(options: argparse.Namespace) -> None:
    """Repair, and say what is there and what is lost."""
    with progress_of(options).working():
        done = repair_gallery(config_of(options), options.output)
    print("\n".join(done))
