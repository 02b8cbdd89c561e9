"""The commands that ask of the faces of pictures: who they are, and what they look like, as lines for people.

How a picture is examined is not known here.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from edged.cli.drawing import Drawing, analysed_mark, recognised_mark
from edged.cli.metrics import add_metric, told, told_threshold
from edged.cli.options import PATHS, add, add_json, config_of, given_path, json_text, output_file, printable
from edged.cli.progress import progress_of
from edged.daemon.opening import open_faces
from edged.errors import EXIT_FAILURE, PictureError, counted
from edged.interface.form import plain
from edged.interface.pictures import AnalyseAnswer, RecogniseAnswer
from edged.system.beside import finish
from edged.vision.listing import find_pictures
from edged.vision.pictures import open_picture

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from edged.cli.options import Commands
    from edged.control.handlers import Steps
    from edged.daemon.opening import FaceParts
    from edged.interface.pictures import AnalysedFace, DenseAnswer, RecognisedFace
    from edged.vision.drawing import FaceMark
    from edged.vision.pictures import SentPicture

AnswerT = TypeVar("AnswerT", RecogniseAnswer, AnalyseAnswer)


def add_commands(commands: Commands) -> None:
    """Add these commands."""
    for name, alias, run, text in (
        ("recognise", "recognize", _recognise, "say who each face in pictures is"),
        ("analyse", "analyze", _analyse, "say expression, age range and gender of each face in pictures"),
    ):
        command = add(commands, name, run, text, aliases=[alias])
        command.add_argument("pictures", metavar="PICTURE", nargs="+", type=given_path, help=PATHS)
        command.add_argument(
            "--draw", metavar="OUT", type=output_file, help="draw the faces into a copy: a file, or a folder that is there"
        )
        command.add_argument("--overwrite", action="store_true", help="with --draw: also over files that are there")
        if run is _analyse:
            command.add_argument("--landmarks", action="store_true", help="also 68 points of each face, the turn of its head, and its eyes")
        add_json(command)
        if name == "recognise":
            add_metric(command)


def _recognise(options: argparse.Namespace) -> int:
    return examine(
        options,
        lambda parts: parts.pictures.recognise_faces,
        lambda answer: map(partial(recognised, options), answer.faces),
        lambda answer: (recognised_mark(face, options.metric) for face in answer.faces),
    )


def _analyse(options: argparse.Namespace) -> int:
    return examine(
        options,
        partial(_analyser, options),
        lambda answer: map(_analysed, answer.faces),
        lambda answer: map(analysed_mark, answer.faces),
    )


def _analyser(options: argparse.Namespace, parts: FaceParts) -> Callable[[SentPicture], Steps[AnalyseAnswer]]:
    """Keep the networks that a request loads for itself: they serve all pictures."""
    parts.attributes.switch(parts.attributes.load(emotion=True, age_gender=True))
    if options.landmarks:
        parts.pictures.dense.keep()
    return partial(parts.pictures.analyse_faces, dense=options.landmarks)


def examine(
    options: argparse.Namespace,
    verb: Callable[[FaceParts], Callable[[SentPicture], Steps[AnswerT]]],
    sentences: Callable[[AnswerT], Iterator[str]],
    marks: Callable[[AnswerT], Iterator[FaceMark]] = lambda _answer: iter(()),
) -> int:
    """Ask of every picture that can be read, and report the others; a sentence for a face may have lines below it.

    Where the command has `--draw`, marks are drawn.
    """
    paths, progress = find_pictures(options.pictures), progress_of(options)
    drawing = Drawing.of(options, paths)
    answers: list[dict[str, object]] = []
    problems = 0
    with open_faces(config_of(options), to_read=True) as parts:
        ask = verb(parts)
        for path in progress.over(paths):
            try:
                picture = open_picture(path)
                answer = finish(ask(picture))
                drawing.draw(path, picture, list(marks(answer)))
            except PictureError as error:
                problems += 1
                progress.complain(str(error))
                continue
            if options.json:
                answers.append({"picture": str(path), **plain(answer)})
            else:
                progress.print("\n".join(_lines(printable(str(path)), answer, sentences(answer))))
    if options.json:
        print(json_text(answers))
    return EXIT_FAILURE if problems else 0


def _lines(picture: str, answer: RecogniseAnswer | AnalyseAnswer, sentences: Iterator[str]) -> Iterator[str]:
    """A line for each face of a picture, the largest first."""
    if not answer.faces:
        yield f"{picture}: no face"
    for face, sentence in zip(answer.faces, sentences, strict=True):
        first, *below = sentence.split("\n")
        yield f"{picture}: {first}, at {' '.join(map(str, face.box))}"
        yield from below
    if answer.left_out:
        yield f"{picture}: {counted(answer.left_out, 'smaller face is', 'smaller faces are')} left out"


def recognised(options: argparse.Namespace, face: RecognisedFace) -> str:
    """Who it is, or why that cannot be said."""
    who = face.display_name or face.stranger or "nobody who is known"
    threshold = told_threshold(options.metric, face.threshold)
    figures = ", ".join(filter(None, (told(options.metric, face.similarity), threshold, f"quality {face.quality:.2f}")))
    return f"{who} ({face.reason}, {figures})" if face.reason else f"{who} ({figures})"


def _analysed(face: AnalysedFace) -> str:
    """Expression, age and gender, as far as they are sure, and how head and eyes are where that was asked for."""
    points = f"; {head_of(face.dense_landmarks)}" if face.dense_landmarks else ""
    if face.reason:
        return f"cannot be read ({face.reason}){points}"
    years = "age unsure" if face.age_range is None else "{} to {} years".format(*face.age_range)
    return f"{face.emotion or 'no clear expression'}, {years}, {face.gender or 'gender unsure'}{points}"


def head_of(found: DenseAnswer) -> str:
    """How a head is turned, and how far its eyes are open."""
    pose = found.pose
    turn = f"yaw {pose.yaw_degrees:.0f}, pitch {pose.pitch_degrees:.0f}, roll {pose.roll_degrees:.0f} degrees"
    return f"{turn}, eyes open {found.right_eye_openness:.2f} and {found.left_eye_openness:.2f}"
