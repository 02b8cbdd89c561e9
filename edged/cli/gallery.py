"""`edged gallery report`: a page with all that the gallery knows of people, for its owner's eyes.

It knows where the page is written and how it is kept private, and neither what stands on it nor how anything was compared.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from edged.cli.metrics import add_metric
from edged.cli.options import add, config_of, output_folder
from edged.cli.progress import progress_of
from edged.cli.report_page import page
from edged.daemon.opening import open_gallery
from edged.errors import PictureError, counted
from edged.gallery.overview import overview
from edged.system.times import rfc3339

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from edged.cli.options import Commands

FILE = "gallery.html"
FOLDER_MODE, FILE_MODE = 0o700, 0o600
"""Modes, as those of the gallery: faces are biometric data."""


def add_commands(commands: Commands) -> None:
    """Add this command."""
    gallery = commands.add_parser("gallery", help="look at the whole gallery")
    kinds = gallery.add_subparsers(required=True, metavar="KIND")
    gallery.commands = kinds
    text = "write one HTML file: people, templates, who is alike, a map of all embeddings; nothing of it is loaded from elsewhere"
    report = add(kinds, "report", _report, text, confirms=True)
    report.add_argument(
        "--output", metavar="DIR", type=output_folder, required=True, help="the folder to write it into; it is made if need be"
    )
    report.add_argument("--no-pictures", action="store_true", help="leave the kept pictures out")
    add_metric(report)


def _report(options: argparse.Namespace) -> None:
    with progress_of(options).working(), open_gallery(config_of(options), to_read=True) as known:
        seen = overview(known.gallery, known.curation, known.shared.matcher, known.reader.look_alikes)
        shows = known.shared.rules.pictures and not options.no_pictures
        text = page(seen, made_at=rfc3339(datetime.now(UTC)), pictures=shows, metric=options.metric)
    place = write_private(options.output, FILE, text)
    print(f"{place}: {counted(len(seen.people), 'person', 'people')}. Keep it like a key.")


def write_private(folder: Path, name: str, text: str) -> Path:
    """Write a file that nobody else may read, whole or not at all, into a folder that is made for it if need be; where it is.

    Raises:
        PictureError: it cannot be written.
    """
    place, part = folder / name, folder / f".{name}.{os.getpid()}.part"
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE), "w", encoding="utf-8") as opened:
            opened.write(text)
        part.replace(place)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise PictureError(f"{place} cannot be written ({error.strerror}); name another folder.") from error
    return place
