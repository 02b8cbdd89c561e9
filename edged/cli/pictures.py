"""The commands that ask of the faces of pictures: who they are, and what they look like, as lines for people.

How a picture is examined is not known here.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from edged.cli.options import add, add_json, config_of, json_text
from edged.daemon.opening import open_faces
from edged.errors import EXIT_FAILURE, PictureError
from edged.interface.form import plain
from edged.interface.pictures import AnalyseAnswer, RecogniseAnswer
from edged.system.beside import finish
from edged.vision.pictures import open_picture

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from edged.cli.options import Commands
    from edged.control.handlers import Steps
    from edged.interface.pictures import AnalysedFace, RecognisedFace
    from edged.vision.pictures import SentPicture

AnswerT = TypeVar("AnswerT", RecogniseAnswer, AnalyseAnswer)


def add_commands(commands: Commands) -> None:
    """Add these commands."""
    for name, alias, run, text in (
        ("recognise", "recognize", _recognise, "say who each face in pictures is"),
        ("analyse", "analyze", _analyse, "say expression, age range and gender of each face in pictures"),
    ):
        command = add(commands, name, run, text, aliases=[alias])
        command.add_argument("pictures", metavar="PICTURE", nargs="+", type=Path)
        add_json(command)


def _recognise(options: argparse.Namespace) -> int:
    with open_faces(config_of(options), to_read=True) as parts:
        return _examine(options, parts.pictures.recognise_faces, lambda answer: map(_recognised, answer.faces))


def _analyse(options: argparse.Namespace) -> int:
    with open_faces(config_of(options), to_read=True) as parts:
        return _examine(options, parts.pictures.analyse_faces, lambda answer: map(_analysed, answer.faces))


def _examine(
    options: argparse.Namespace, ask: Callable[[SentPicture], Steps[AnswerT]], sentences: Callable[[AnswerT], Iterator[str]]
) -> int:
    """Ask of every picture that can be read, and report the others."""
    answers: list[tuple[str, AnswerT]] = []
    problems = 0
    for path in options.pictures:
        try:
            answers.append((str(path), finish(ask(open_picture(path)))))
        except PictureError as error:
            problems += 1
            print(f"edged: {error}", file=sys.stderr)
    if options.json:
        print(json_text([{"picture": picture, **plain(answer)} for picture, answer in answers]))
    else:
        for picture, answer in answers:
            _print_faces(picture, answer, sentences(answer))
    return EXIT_FAILURE if problems else 0


def _print_faces(picture: str, answer: RecogniseAnswer | AnalyseAnswer, sentences: Iterator[str]) -> None:
    """Print a line for each face of a picture, the largest first."""
    if not answer.faces:
        print(f"{picture}: no face")
    for face, sentence in zip(answer.faces, sentences, strict=True):
        print(f"{picture}: {sentence}, at {' '.join(map(str, face.box))}")
    if answer.left_out:
        print(f"{picture}: {answer.left_out} smaller faces are left out")


def _recognised(face: RecognisedFace) -> str:
    """Who it is, or why that cannot be said."""
    who = face.display_name or face.stranger or "nobody who is known"
    figures = f"threshold {face.threshold:.2f}, quality {face.quality:.2f}"
    if face.similarity is not None:
        figures = f"similarity {face.similarity:.2f}, {figures}"
    return f"{who} ({face.reason}, {figures})" if face.reason else f"{who} ({figures})"


def _analysed(face: AnalysedFace) -> str:
    """Expression, age and gender, as far as they are sure."""
    if face.reason:
        return f"cannot be read ({face.reason})"
    years = "age unsure" if face.age_range is None else "{} to {} years".format(*face.age_range)
    return f"{face.emotion or 'no clear expression'}, {years}, {face.gender or 'gender unsure'}"
