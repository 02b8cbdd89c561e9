"""The commands for what was seen before: the faces that are kept.

What the commands do is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.cli.options import OutputFile, add, positive
from edged.cli.people import a_name, ask
from edged.errors import PictureError
from edged.gallery.names import is_stranger_id
from edged.interface.kept_faces import MOST_SIDE_PX, PICTURE, ShowPicture

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from edged.cli.options import Commands


def add_commands(commands: Commands) -> None:
    """Add these commands."""
    picture = add(commands, "picture", _picture, "write the face that is kept of a person or a stranger into a file", confirms=True)
    picture.add_argument("name", metavar="NAME", help="a person's name or id, or a stranger's id")
    picture.add_argument("file", metavar="FILE", type=OutputFile, help="the JPEG to write")
    picture.add_argument("--template", type=positive, metavar="NUMBER", help="that of one template, 1 being the oldest (default: the best)")


def _picture(options: argparse.Namespace) -> None:
    whose = {"stranger": options.name} if is_stranger_id(options.name) else {"person": a_name(options.name)}
    shown = ask(options, PICTURE, ShowPicture.of(**whose, template=options.template, longest_side=MOST_SIDE_PX))
    _write(options.file, shown.image)
    width, height = shown.size
    print(f"{options.file}: the face of {shown.person or shown.stranger}, {width}×{height} pixels.")


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise PictureError(f"{file} cannot be written: {error.strerror}.") from error
