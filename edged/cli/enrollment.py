"""The commands that make templates: from pictures, a stranger or a capture, and from archives of other devices.

What makes a good template is not known here.
"""

from __future__ import annotations

import os
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from edged.cli.many import KINDS, enroll_folder, enroll_one, people_in
from edged.cli.metrics import add_metric
from edged.cli.options import add, config_of, given_path, non_negative, output_file
from edged.cli.people import enrolled_line, print_accepted, print_dropped, print_notes
from edged.cli.progress import progress_of
from edged.daemon import broker_side
from edged.daemon.opening import open_faces, open_gallery
from edged.enrollment.export import Wanted
from edged.errors import EXIT_FAILURE, BadArchive, LinkError, counted
from edged.gallery.archive import FILE, unpack_each
from edged.gallery.names import person_id
from edged.interface.enrollment import ENROLL, MOST_LOOKS, Enroll, EnrolledAnswer, HintAnswer
from edged.system.beside import finish
from edged.vision.listing import find_pictures, holds_many, is_video, refuse_missing
from edged.vision.pictures import read_picture

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from edged.cli.options import Commands
    from edged.cli.progress import ProgressLine
    from edged.gallery.archive import Part

SLACK_SECONDS = 10.0
"""Seconds after a capture's own time within which its last word may come."""
PIECE_BYTES = 1_000_000
"""Bytes of an archive that are read at once."""
MOST_LISTED = 20
"""People who are named where an archive is written; of more only the number is told."""
NICENESS = 10
"""How much a daemon's work goes before that of an export, see nice(2)."""
SOURCE = "shell"
"""Source of the template of a picture, as the gallery notes it."""


def add_commands(commands: Commands) -> None:
    """Add these commands."""
    text = "make templates of a person from pictures, one face in each, from a video, or from a remembered stranger"
    enroll = add(commands, "enroll", _enroll, text, confirms=True)
    enroll.add_argument("name", metavar="NAME", nargs="?", help="whom; not with --folder")
    text = "pictures: all of them become templates or none; of folders, 'patterns*' and videos the best two to five looks"
    enroll.add_argument("pictures", metavar="PICTURE", nargs="*", default=[], type=given_path, help=text)
    enroll.add_argument(
        "--folder", metavar="DIR", type=given_path, help="in place of NAME and pictures: everybody, by pictures in DIR/NAME/"
    )
    enroll.add_argument(
        "--at", metavar="SECONDS", type=non_negative, help="of a video of several people: when the one who is meant is seen"
    )
    text = "in place of pictures: a stranger's id, who becomes this person; several times where several are one person"
    enroll.add_argument("--stranger", metavar="STRANGER", action="append", help=text)
    enroll.add_argument("--capture", metavar="CAMERA", help="in place of pictures: who stands before this camera of the running daemon now")
    looks = range(1, MOST_LOOKS + 1)
    text = "with --capture: how many different looks (default: %(default)s)"
    enroll.add_argument("--looks", type=int, choices=looks, default=MOST_LOOKS, help=text)
    enroll.add_argument("--seconds", type=non_negative, default=60.0, help="with --capture: how long to try (default: %(default)s)")
    enroll.add_argument(
        "--allow-alike", action="store_true", help="also somebody who looks, or whose name looks, like somebody else: a relative"
    )
    add_metric(enroll)
    enroll.set_defaults(refuse=enroll.error)
    export = add(
        commands, "export", _export, "write people with their templates to a file, for another device or as a backup", confirms=True
    )
    export.add_argument("file", metavar="FILE", type=output_file, help="the archive to write")
    export.add_argument("names", metavar="PERSON", nargs="*", help="whom (default: everybody)")
    export.add_argument("--no-pictures", action="store_true", help="leave the kept pictures out")
    take = add(commands, "import", _import, "take people from a file that 'export' wrote: all of them or none", confirms=True)
    take.add_argument("file", metavar="FILE", type=given_path, help="the archive, or its parts one behind the other")
    take.add_argument(
        "--if-exists",
        choices=("refuse", "merge", "replace"),
        default="refuse",
        help="what to do with people whose id is here already (default: %(default)s)",
    )
    take.add_argument("--allow-alike", action="store_true", help="also people who look like others here")


def _enroll(options: argparse.Namespace) -> int | None:
    _refuse_what_does_not_go_together(options)
    progress = progress_of(options)
    if options.folder is not None:
        people = people_in(options.folder)
        with open_faces(config_of(options)) as parts:
            return enroll_folder(parts, options, people, progress)
    person_id(options.name)  # refuse a bad name before a minute of pictures
    if holds_many(options.pictures) or any(map(is_video, options.pictures)):
        paths = find_pictures(options.pictures, KINDS)
        for path in paths:
            refuse_missing(path)
        with open_faces(config_of(options)) as parts:
            return EXIT_FAILURE if not enroll_one(parts, options, options.name, paths, progress) else None
    done = _capture(options) if options.capture is not None else _enroll_here(options, progress)
    print(enrolled_line(done))
    print_accepted(done, options.metric)
    print_dropped(done, options.metric)
    print_notes(done.notes)
    return None


def _refuse_what_does_not_go_together(options: argparse.Namespace) -> None:
    """End with what is wrong, before anything is opened."""
    ways = [bool(options.pictures), options.stranger is not None, options.capture is not None, options.folder is not None]
    if options.folder is not None and options.name is not None:
        options.refuse("with --folder the names are those of the folders in it: give no NAME")
    if options.folder is None and options.name is None:
        options.refuse("say who is to be enrolled: NAME")
    if ways.count(True) != 1:
        options.refuse("give one or more PICTURE, or else --folder, --stranger or --capture")
    if options.at is not None and not (options.folder or any(map(is_video, options.pictures))):
        options.refuse("--at is a time of a video, and none is given")


def _enroll_here(options: argparse.Namespace, progress: ProgressLine) -> EnrolledAnswer:
    for path in options.pictures:
        refuse_missing(path)
    pictures = [partial(read_picture, path) for path in options.pictures]
    with open_faces(config_of(options)) as parts:
        if options.stranger is not None:
            return finish(parts.enroller.promote(options.name, None, options.stranger, allow_alike=options.allow_alike))
        person, shown = parts.enroller.names(options.name, None, allow_alike=options.allow_alike)
        judged = parts.enroller.judge_each(person, pictures, source=SOURCE, allow_alike=options.allow_alike)
        return finish(parts.enroller.add(person, shown, list(progress.over(judged))))


def _capture(options: argparse.Namespace) -> EnrolledAnswer:
    """Have the running edged enroll who stands before its camera, and print meanwhile what it says."""
    wanted = {"camera": options.capture, "looks": options.looks, "timeout_seconds": options.seconds}
    request = Enroll.of(person=options.name, capture=wanted, allow_alike=options.allow_alike)
    cancel = Enroll.of(capture={"camera": options.capture, "cancel": True})
    asker = broker_side.asker(config_of(options), ENROLL)
    with closing(asker.ask(request, next_reply_seconds=options.seconds + SLACK_SECONDS, cancel=cancel)) as replies:
        for reply in replies:
            if isinstance(reply, HintAnswer):
                print(f"{reply.taken}/{reply.looks}  {reply.message}", flush=True)
            elif isinstance(reply, EnrolledAnswer):
                return reply
    raise LinkError("edged has ended the enrollment without saying what came of it; 'edged person' shows it.")


def _export(options: argparse.Namespace) -> None:
    os.nice(NICENESS)  # beside a running daemon, whose cameras go before
    with progress_of(options).working(), open_gallery(config_of(options), to_read=True) as known:
        done = finish(known.exporter().write(Wanted(options.names or None, not options.no_pictures), options.file))
    size = f"{counted(done.templates, 'template')}, {counted(done.bytes, 'byte')}"
    print(f"{options.file}: {_listed(done.people)}, {size}. Keep it like a key.")


def _listed(people: Sequence[str]) -> str:
    return ", ".join(people) if len(people) <= MOST_LISTED else counted(len(people), "person", "people")


def _import(options: argparse.Namespace) -> None:
    with progress_of(options).working(), open_faces(config_of(options)) as parts:
        read = partial(_read_archive, options.file)
        done = finish(parts.importer.take(read, if_exists=options.if_exists, allow_alike=options.allow_alike))
    for person in done.people:
        print(f"{person.display_name} ({person.person}) has {counted(person.templates, 'template')}.")
        print_dropped(person)
    for one in done.left_out:
        print(f"Left out: {counted(one.templates, 'template')} of {one.person}, of another model and without a picture.")
    print_notes(done.notes)


def _read_archive(file: Path) -> Iterator[Part]:
    """The archive in a file, or its parts one behind the other."""
    try:
        with file.open("rb") as opened:
            yield from unpack_each(iter(partial(opened.read, PIECE_BYTES), b""), FILE)
    except OSError as error:
        raise BadArchive(f"{file} cannot be read ({error.strerror}).") from error
