"""The commands for strangers who are remembered: listed, ignored.

Knows words; what the commands do is done elsewhere.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edged.cli.options import add, config_of
from edged.control.control import stranger_json
from edged.daemon import app
from edged.errors import PictureError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from edged.gallery.strangers import Strangers
    from edged.types import Stranger


def add_commands(commands: Any) -> None:  # noqa: ANN401 - argparse does not name the type
    """Add these commands."""
    strangers = add(commands, "strangers", _strangers, "list the strangers who are remembered")
    strangers.add_argument("--json", action="store_true", help="for programs")
    strangers.add_argument("--pictures", type=Path, metavar="DIR", help="write the picture of each, where one is kept, into this folder")
    ignore = add(commands, "ignore", _ignore, "never report a stranger again")
    ignore.add_argument("stranger", metavar="STRANGER")
    ignore.add_argument("--off", action="store_true", help="report them again")


def _strangers(options: argparse.Namespace) -> None:
    with app.open_strangers(config_of(options)) as strangers:
        found = strangers.strangers()
        if options.pictures:
            _write_pictures(strangers, found, options.pictures)
    if options.json:
        print(json.dumps([stranger_json(stranger) for stranger in found]))
        return
    if not found:
        print("No stranger is remembered.")
    width = max((len(row.id) for row in found), default=0)
    for row in found:
        seen = f"{row.seen_count:>4} visits, last {row.last_seen_at.astimezone():%Y-%m-%d %H:%M}"
        print(f"{row.id:<{width}}  {seen}{', ignored' if row.ignored else ''}")


def _write_pictures(strangers: Strangers, found: Sequence[Stranger], folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for row in found:
            if picture := strangers.picture(row.id):
                (folder / f"{row.id}.png").write_bytes(picture)
    except OSError as error:
        raise PictureError(f"{folder}: pictures cannot be written ({error.strerror}); name another folder.") from error


def _ignore(options: argparse.Namespace) -> None:
    with app.open_strangers(config_of(options)) as strangers:
        done = strangers.ignore(options.stranger, ignored=not options.off)
    print(f"{done.id} is {'not reported any more' if done.ignored else 'reported again'}.")
