"""The commands for strangers who are remembered: listed, ignored.

What the commands do is not known here.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from edged.cli.metrics import COSINE, add_metric, converted
from edged.cli.options import add, add_json, config_of, in_columns, output_folder, show
from edged.cli.people import ask
from edged.control.people import StrangerVerbs
from edged.daemon.opening import open_records
from edged.errors import PictureError
from edged.interface.strangers import GROUPS, Ignore, ListGroups, ListStrangers
from edged.system.beside import finish
from edged.types import ClockState

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from edged.cli.options import Commands
    from edged.gallery.strangers import Strangers
    from edged.interface.strangers import GroupsAnswer, StrangerAnswer


def add_commands(commands: Commands) -> None:
    """Add these commands."""
    strangers = add(commands, "strangers", _strangers, "list the strangers who are remembered")
    add_json(strangers)
    strangers.add_argument(
        "--pictures", type=output_folder, metavar="DIR", help="write the picture of each, where one is kept, into this folder"
    )
    strangers.add_argument("--groups", action="store_true", help="list instead those who look like one person, a line for each group")
    add_metric(strangers)
    ignore = add(commands, "ignore", _ignore, "never report a stranger again", confirms=True)
    ignore.add_argument("stranger", metavar="STRANGER", help="a stranger's id, as 'edged strangers' lists it")
    ignore.add_argument("--off", action="store_true", help="report them again")


def _strangers(options: argparse.Namespace) -> None:
    if options.groups:
        show(options, ask(options, GROUPS, ListGroups()), partial(_groups, options.metric))
        return
    with open_records(config_of(options), to_read=True) as known:
        answer = StrangerVerbs(known.strangers).list(ListStrangers())
        if options.pictures:
            _write_pictures(known.strangers, [row.stranger for row in answer.strangers], options.pictures)
    show(options, answer, lambda answer: in_columns([(row.stranger, _seen(row)) for row in answer.strangers], "No stranger is remembered."))


def _groups(metric: str, answer: GroupsAnswer) -> Sequence[str]:
    how = "alike" if metric == COSINE else "apart"
    rows = [(f"{converted(row.similarity, metric):.2f} {how}", " ".join(row.strangers)) for row in answer.groups]
    return in_columns(rows, "No two strangers look like one person.")


def _seen(row: StrangerAnswer) -> str:
    """In the words of the list; a time of a clock that nobody had set is marked, since the order of the list is right all the same."""
    last = f"{row.last_seen_at.astimezone():%Y-%m-%d %H:%M}"
    doubt = "" if row.clock is ClockState.SYNCHRONISED else " (by a clock that was not set)"
    return f"{row.seen_count:>4} {'visit, ' if row.seen_count == 1 else 'visits,'} last {last}{doubt}{', ignored' if row.ignored else ''}"


def _write_pictures(strangers: Strangers, found: list[str], folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for stranger in found:
            if picture := strangers.picture(stranger):
                (folder / f"{stranger}.png").write_bytes(picture)
    except OSError as error:
        raise PictureError(f"{folder}: pictures cannot be written ({error.strerror}); name another folder.") from error


def _ignore(options: argparse.Namespace) -> None:
    form = Ignore.of(stranger=options.stranger, ignored=not options.off)
    with open_records(config_of(options)) as known:
        done = finish(StrangerVerbs(known.strangers).ignore(form))
    print(f"{done.stranger} is {'not reported any more' if done.ignored else 'reported again'}.")
