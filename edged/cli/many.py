"""Enrolling from folders, patterns and videos: what is read of each, and what is said of those that were left out.

Which pictures become templates is not known here.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from edged.camera.opening import open_source
from edged.camera.source import SourceOptions
from edged.cli.people import enrolled_line, print_dropped, print_notes
from edged.errors import EXIT_FAILURE, CameraEnded, GalleryError, NameRejected, PictureError, counted
from edged.system.beside import finish
from edged.system.paths import is_folder
from edged.vision.listing import PICTURES, VIDEOS, find_pictures, is_video
from edged.vision.pictures import read_picture

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from edged.cli.progress import ProgressLine
    from edged.daemon.opening import FaceParts
    from edged.enrollment.many import FoundLook

KINDS = PICTURES | VIDEOS
"""What is looked for in a folder of one person's."""


def people_in(folder: Path) -> dict[str, list[Path]]:
    """The pictures and videos of everybody, by the names of the folders in a folder; who has none has an empty list.

    Raises:
        PictureError: it is no folder, cannot be read, or holds no folder.
    """
    try:
        inside = sorted(path for path in folder.iterdir() if is_folder(path) and not path.name.startswith("."))
    except OSError as error:
        raise PictureError(f"The folder {folder} cannot be read: {error.strerror}.") from error
    if not inside:
        raise PictureError(f"The folder {folder} holds no folder; it needs one for each person, of the person's name, with pictures in it.")
    return {path.name: _of_one(path) for path in inside}


def strays(folder: Path) -> list[Path]:
    """The pictures and videos beside the folders of people, which nobody can tell whose they are."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in KINDS and path.is_file() and not path.name.startswith("."))


def enroll_folder(parts: FaceParts, options: argparse.Namespace, people: Mapping[str, Sequence[Path]], progress: ProgressLine) -> int:
    """Enroll everybody; the exit code says whether each of them has templates now."""
    for path in strays(options.folder):
        progress.complain(f"Left out {path}: it lies beside the folders, one of which would say whose it is.")
    progress.expect(sum(map(len, people.values())))
    without = [name for name, paths in people.items() if not _is_enrolled(parts, options, (name, paths), progress)]
    if without:
        progress.complain(f"{counted(len(without), 'person is', 'people are')} not enrolled: {', '.join(without)}.")
    return EXIT_FAILURE if without else 0


def _is_enrolled(parts: FaceParts, options: argparse.Namespace, person: tuple[str, Sequence[Path]], progress: ProgressLine) -> bool:
    try:
        return enroll_one(parts, options, *person, progress)
    except (NameRejected, GalleryError) as error:
        progress.complain(f"{person[0]}: {error}")
        return False


def enroll_one(parts: FaceParts, options: argparse.Namespace, name: str, paths: Sequence[Path], progress: ProgressLine) -> bool:
    """Enroll somebody from the good ones of many pictures and videos, and print what came of it; whether they have templates now.

    Raises:
        EdgedError: the name cannot be one, or the gallery cannot be written.
    """
    sources = [(str(path), partial(_looks, parts, path, options.at, progress)) for path in paths]
    found = parts.many.enroll(name, progress.over(sources), allow_alike=options.allow_alike)
    finish(parts.gallery.reader.after_change())  # whoever comes next is compared with this one
    for one in found.left_out:
        progress.complain(f"Left out {one.where}: {one.reason.removeprefix(one.where).lstrip()}")
    if found.done:
        progress.print(enrolled_line(found.done))
        print_dropped(found.done, options.metric)
        print_notes(found.done.notes)
    elif found.is_enrolled:
        progress.print(f"{name} is enrolled already, and {counted(len(paths), 'picture')} showed nothing new.")
    else:
        why = "no picture can be a template" if paths else "there is no picture"
        progress.complain(f"{name}: {why}. Nothing was enrolled.")
    return found.is_enrolled


def _looks(parts: FaceParts, path: Path, at_seconds: float | None, progress: ProgressLine) -> Sequence[FoundLook]:
    """The looks of a picture or of a video."""
    if not is_video(path):
        return [parts.many.look(str(path), read_picture(path))]
    looks = parts.video(str(path))
    source = open_source("video", str(path), SourceOptions(pace="fast"))
    try:
        first = source.read()
        looks.see(0.0, first.pixels)
        while True:
            progress.tick()
            frame = source.read()
            looks.see(frame.monotonic_seconds - first.monotonic_seconds, frame.pixels)
    except CameraEnded:
        return looks.chosen(at_seconds)
    finally:
        source.close()


def _of_one(folder: Path) -> list[Path]:
    try:
        return find_pictures([folder], KINDS)
    except PictureError:
        return []
