"""The commands that ask of the faces of pictures: who they are, and what they look like, as lines for people.

Knows the fields of replies and exit codes; how a picture is examined is not known here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edged.cli.options import add, config_of
from edged.daemon import app
from edged.errors import EXIT_FAILURE, PictureError
from edged.vision.pictures import read_picture

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping

    from edged.types import Uint8Array


def add_commands(commands: Any) -> None:  # noqa: ANN401 - argparse does not name the type
    """Add these commands."""
    for name, run, text in (
        ("recognise", _recognise, "say who each face in pictures is"),
        ("analyse", _analyse, "say expression, age range and gender of each face in pictures"),
    ):
        command = add(commands, name, run, text)
        command.add_argument("pictures", metavar="PICTURE", nargs="+", type=Path)
        command.add_argument("--json", action="store_true", help="for programs, in the words of the replies over MQTT")


def _recognise(options: argparse.Namespace) -> int:
    with app.open_enrolling(config_of(options)) as parts:
        return _examine(options, parts.control.examiner.recognise, _recognised)


def _analyse(options: argparse.Namespace) -> int:
    with app.open_enrolling(config_of(options)) as parts:
        return _examine(options, parts.control.examiner.analyse, _analysed)


def _examine(options: argparse.Namespace, ask: Callable[[Uint8Array], Mapping[str, Any]], tell: Callable[[Mapping[str, Any]], str]) -> int:
    """Ask of every picture that can be read, and report the others."""
    rows, problems = [], 0
    for path in options.pictures:
        try:
            rows.append({"picture": str(path), **ask(read_picture(path))})
        except PictureError as error:
            problems += 1
            print(f"edged: {error}", file=sys.stderr)
    if options.json:
        print(json.dumps(rows, ensure_ascii=False))
    else:
        print(*(line for row in rows for line in _lines_of(row, tell)), sep="\n", end="\n" if rows else "")
    return EXIT_FAILURE if problems else 0


def _lines_of(row: Mapping[str, Any], tell: Callable[[Mapping[str, Any]], str]) -> Iterator[str]:
    """The lines of one picture: one for each face, largest first."""
    if not row["faces"]:
        yield f"{row['picture']}: no face"
    for face in row["faces"]:
        yield f"{row['picture']}: {tell(face)}, at {' '.join(map(str, face['box']))}"
    if row["left_out"]:
        yield f"{row['picture']}: {row['left_out']} smaller faces are left out"


def _recognised(face: Mapping[str, Any]) -> str:
    """Who it is, or why that cannot be said."""
    who = face["display_name"] or face["stranger"] or "nobody who is known"
    figures = f"threshold {face['threshold']:.2f}, quality {face['quality']:.2f}"
    if face["similarity"] is not None:
        figures = f"similarity {face['similarity']:.2f}, {figures}"
    return f"{who} ({face['reason']}, {figures})" if face["reason"] else f"{who} ({figures})"


def _analysed(face: Mapping[str, Any]) -> str:
    """Expression, age and gender, as far as they are sure."""
    if face["reason"]:
        return f"cannot be read ({face['reason']})"
    years = "age unsure" if face["age_range"] is None else "{} to {} years".format(*face["age_range"])
    return f"{face['emotion'] or 'no clear expression'}, {years}, {face['gender'] or 'gender unsure'}"
