"""The commands for what was seen before: who was here, and the faces that are kept.

What the commands do is not known here.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from edged.cli.metrics import add_metric, told_of
from edged.cli.options import add, add_json, in_columns, output_file, positive, show
from edged.cli.people import a_name, ask
from edged.errors import PictureError
from edged.gallery.names import is_stranger_id
from edged.interface.kept_faces import MOST_SIDE_PX, PICTURE, ShowPicture
from edged.interface.visits import USUAL_VISITS, VISITS, ListVisits
from edged.types import ClockState

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from edged.cli.options import Commands
    from edged.interface.visits import VisitAnswer, VisitsAnswer


def add_commands(commands: Commands) -> None:
    """Add these commands."""
    visits = add(commands, "visits", _visits, "list who was here, the newest visit first")
    visits.add_argument("name", metavar="NAME", nargs="?", help="only the visits of this person or stranger: a name or id")
    visits.add_argument("--camera", metavar="CAMERA", help="only those before this camera")
    visits.add_argument("--limit", type=positive, default=USUAL_VISITS, metavar="NUMBER", help="at most so many (default: %(default)s)")
    add_json(visits)
    add_metric(visits)
    picture = add(commands, "picture", _picture, "write the face that is kept of a person or a stranger into a file", confirms=True)
    picture.add_argument("name", metavar="NAME", help="a person's name or id, or a stranger's id")
    picture.add_argument("file", metavar="FILE", type=output_file, help="the JPEG to write")
    picture.add_argument("--template", type=positive, metavar="NUMBER", help="that of one template, 1 being the oldest (default: the best)")


def _visits(options: argparse.Namespace) -> None:
    whose = _whose(options.name) if options.name is not None else {}
    show(options, ask(options, VISITS, ListVisits.of(**whose, camera=options.camera, limit=options.limit)), partial(_list, options.metric))


def _list(metric: str, answer: VisitsAnswer) -> Sequence[str]:
    rows = [(f"{row.began_at.astimezone():%Y-%m-%d %H:%M}", f"{row.camera}  {_seen(row, metric)}") for row in answer.visits]
    more = [f"{answer.total - len(rows):,} more: --limit."] if answer.next else []
    return [*in_columns(rows, "No visit is kept."), *more]


def _seen(row: VisitAnswer, metric: str) -> str:
    """Who it was, and what else is to be known of the visit."""
    who = f"{row.display_name} ({row.person})" if row.person else row.stranger or "a stranger"
    until = "still here" if row.ended_at is None else f"until {row.ended_at.astimezone():%H:%M}"
    facts = {"corrected": row.corrected, "did not move": row.still, "by a clock that was not set": row.clock is ClockState.UNSYNCHRONISED}
    sure = told_of(metric, row.similarity, row.threshold)
    return ", ".join(filter(None, (who, until, sure, *(fact for fact, holds in facts.items() if holds))))


def _whose(name: str) -> dict[str, str]:
    return {"stranger": name} if is_stranger_id(name) else {"person": a_name(name)}


def _picture(options: argparse.Namespace) -> None:
    whose = _whose(options.name)
    shown = ask(options, PICTURE, ShowPicture.of(**whose, template=options.template, longest_side=MOST_SIDE_PX))
    _write(options.file, shown.image)
    width, height = shown.size
    print(f"{options.file}: the face of {shown.person or shown.stranger}, {width}×{height} pixels.")


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise PictureError(f"{file} cannot be written: {error.strerror}.") from error
