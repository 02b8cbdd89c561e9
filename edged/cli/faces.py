"""The commands that compare and cut out faces: who is most alike, are two the same, each face as a picture of its own.

How a picture is examined is not known here.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from edged.cli.metrics import add_metric, converted, told, told_threshold
from edged.cli.options import PATHS, add, add_json, config_of, given_path, json_text, output_folder, positive, printable, show
from edged.cli.pictures import examine, head_of, recognised
from edged.cli.progress import progress_of
from edged.daemon.opening import open_faces
from edged.errors import EXIT_FAILURE, PictureError
from edged.interface.form import plain
from edged.system.beside import finish
from edged.vision.listing import find_pictures, refuse_missing
from edged.vision.pictures import encode_png, open_picture

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from edged.cli.options import Commands
    from edged.control.handlers import Steps
    from edged.control.pictures import CutFace
    from edged.daemon.opening import FaceParts
    from edged.interface.pictures import RecogniseAnswer, RecognisedFace, VerifyAnswer
    from edged.system.beside import Turns
    from edged.vision.pictures import SentPicture


def add_commands(commands: Commands) -> None:
    """Add these commands."""
    find = add(commands, "find", _find, "compare each face in pictures with everybody, and list who is most alike")
    find.add_argument("pictures", metavar="PICTURE", nargs="+", type=given_path, help=PATHS)
    find.add_argument("--top", metavar="K", type=positive, help="list so many people for each face (default: all)")
    add_json(find)
    add_metric(find)
    verify = add(commands, "verify", _verify, "say whether two pictures, or a picture and a person, show the same face; exit code 1 if not")
    verify.add_argument("pictures", metavar="PICTURE", nargs="+", type=given_path, help="two pictures, or one with --person")
    verify.add_argument("--person", metavar="NAME", help="in place of the second picture: somebody enrolled")
    verify.set_defaults(refuse=verify.error)
    add_json(verify)
    add_metric(verify)
    extract = add(
        commands, "extract", _extract, "write each face in pictures as two pictures of its own: aligned, and the head as it was seen"
    )
    extract.add_argument("pictures", metavar="PICTURE", nargs="+", type=given_path, help=PATHS)
    extract.add_argument(
        "--output", metavar="DIR", type=output_folder, required=True, help="the folder to write them into; it is made if need be"
    )
    extract.add_argument("--landmarks", action="store_true", help="also tell 68 points of each face, the turn of its head, and its eyes")
    add_json(extract)


def _find(options: argparse.Namespace) -> int:
    def verb(parts: FaceParts) -> Callable[[SentPicture], Steps[RecogniseAnswer]]:
        return partial(parts.pictures.recognise_faces, top=options.top or len(parts.gallery.shared.display_names))

    return examine(options, verb, lambda answer: map(partial(_ranked, options), answer.faces))


def _ranked(options: argparse.Namespace, face: RecognisedFace) -> str:
    """Who it is, and below it everybody by likeness."""
    rows = [
        f"{number:>4}. {converted(one.similarity, options.metric):6.3f}  {one.display_name} ({one.person})"
        for number, one in enumerate(face.ranking, 1)
    ]
    return "\n".join([recognised(options, face), *(rows or ["      nobody is enrolled"])])


def _verify(options: argparse.Namespace) -> int:
    if len(options.pictures) != (2 if options.person is None else 1):
        options.refuse("give two pictures, or one and --person NAME")
    for path in options.pictures:
        refuse_missing(path)
    pictures = [_opened(path) for path in options.pictures]
    with open_faces(config_of(options), to_read=True) as parts:
        if options.person is None:
            answer = finish(parts.comparison.of_pictures(*pictures))
        else:
            answer = finish(parts.comparison.of_person(options.person, *pictures))
    show(options, answer, partial(_compared, options))
    return 0 if answer.same else EXIT_FAILURE


def _opened(path: Path) -> Turns[SentPicture]:
    """A picture, opened when its turn has come."""
    yield None
    return open_picture(path)


def _compared(options: argparse.Namespace, answer: VerifyAnswer) -> Iterator[str]:
    figures = told(options.metric, answer.similarity) or "no template to compare with"
    figures += f", {told_threshold(options.metric, answer.threshold)}"
    yield f"the same person ({figures})" if answer.same else f"not the same person ({answer.reason}, {figures})"


def _extract(options: argparse.Namespace) -> int:
    paths, progress = find_pictures(options.pictures), progress_of(options)
    _make(options.output)
    found: list[dict[str, object]] = []
    problems = 0
    names = _Names()
    with open_faces(config_of(options), to_read=True) as parts:
        if options.landmarks:
            parts.pictures.dense.keep()
        for path in progress.over(paths):
            try:
                faces = parts.pictures.cut_faces(open_picture(path), dense=options.landmarks)
                written = [_written(options.output / names.of(path, number), face) for number, face in enumerate(faces, 1)]
            except PictureError as error:
                problems += 1
                progress.complain(str(error))
                continue
            both = list(zip(written, faces, strict=True))
            found += [{"picture": str(path), **files, **_told(options, face)} for files, face in both]
            if not options.json:
                progress.print("\n".join(_line(path, files, face) for files, face in both) or f"{printable(str(path))}: no face")
    if options.json:
        print(json_text(found))
    return EXIT_FAILURE if problems else 0


def _told(options: argparse.Namespace, face: CutFace) -> dict[str, object]:
    dense = {"dense_landmarks": plain(face.dense) if face.dense else None}
    return {**plain(face.told), **(dense if options.landmarks else {})}


def _line(path: Path, files: dict[str, str], face: CutFace) -> str:
    return printable(" ".join([f"{path}:", *files.values(), *([f"({head_of(face.dense)})"] if face.dense else [])]))


class _Names:
    """Names for the files of faces: that of the picture and a number, and of pictures of one name another number for each."""

    def __init__(self) -> None:
        """Begin with none."""
        self._pictures: dict[str, list[Path]] = {}

    def of(self, picture: Path, number: int) -> str:
        """The name for a face of a picture, without its ending."""
        same = self._pictures.setdefault(picture.stem, [])
        if picture not in same:
            same.append(picture)
        place = same.index(picture)
        return f"{picture.stem}{f'-{place + 1}' if place else ''}-face-{number}"


def _make(folder: Path) -> None:
    """Make a folder, before an hour of pictures.

    Raises:
        PictureError: it cannot be made, or nothing can be written into it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
            return
        why = "no rights to"
    except OSError as error:
        why = error.strerror or ""
    raise PictureError(f"{folder}: pictures cannot be written ({why}); name another folder.")


def _written(place: Path, face: CutFace) -> dict[str, str]:
    """Write a face, and give where it is."""
    files = {"aligned": f"{place}-aligned.png", "head": f"{place}-head.png"}
    try:
        for name, pixels in zip(files.values(), (face.aligned, face.head), strict=True):
            Path(name).write_bytes(encode_png(pixels))
    except OSError as error:
        raise PictureError(f"{place}: pictures cannot be written ({error.strerror}); name another folder.") from error
    return files
