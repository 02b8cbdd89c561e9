"""The commands for people who are enrolled: what Control answers becomes lines for a terminal, and archives become files.

Knows words; what the commands do is done elsewhere.
"""

from __future__ import annotations

import base64
import json
import os
from typing import TYPE_CHECKING, Any

from edged.errors import ArchiveRejected
from edged.gallery.archive import FILE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edged.control.control import Control
    from edged.gallery.curation import IfExists

ARCHIVE_MODE = 0o600
"""As the gallery: faces are biometric data."""


def show(control: Control, name: str, *, as_json: bool) -> None:
    """A person, and a line for each template."""
    done: Any = control.person(name)
    if as_json:
        print(json.dumps(done, ensure_ascii=False))
        return
    print(f"{done['display_name']} ({done['person']}), enrolled {done['enrolled_at']}, {done['templates']} templates:")
    for row in done["template_list"]:
        near = (
            f"nearest other {row['nearest_person']} {row['nearest_similarity']:.2f}" if row["nearest_person"] else "nobody else to compare"
        )
        picture = "with picture" if row["has_picture"] else "no picture"
        print(f"{row['created_at']}  quality {row['quality']:.2f}  {near}  {picture}  {row['source']}  {row['model']}")


def rename(control: Control, name: str, shown: str) -> None:
    """Say what somebody is called now."""
    done = control.rename(name, shown)
    print(f"{done['person']} is shown as: {done['display_name']}")


def merge(control: Control, name: str, into: str) -> None:
    """Say who has the templates now."""
    done: Any = control.merge(name, into)
    print(f"{done['merged']} is now {done['display_name']} ({done['person']}), with {done['templates']} templates.")
    print_remarks(done)


def calibrate(control: Control, *, as_json: bool) -> None:
    """The gallery's figures."""
    done: Any = control.calibrate()
    if as_json:
        print(json.dumps(done, ensure_ascii=False))
        return
    print(f"{done['people']} people with {done['templates']} templates; {done['strangers']} strangers are remembered.")
    if pair := done["closest_pair"]:
        print(f"Closest: {pair['person']} and {pair['other_person']}, similarity {pair['similarity']:.2f}.")
    for pair in done["look_alikes"]:
        names = f"{pair['person']} and {pair['other_person']}"
        print(f"Look-alikes: {names}, similarity {pair['similarity']:.2f}; they need a lead of {pair['margin']:.2f} over each other.")
    _print_operation("In force", done["in_force"])
    if done["suggested"]["threshold"] == done["in_force"]["threshold"]:
        print("Suggested: as it is.")
    else:
        _print_operation("Suggested", done["suggested"])


def export(control: Control, file: Path, names: Sequence[str], *, pictures: bool) -> None:
    """Write an archive.

    Raises:
        ArchiveRejected: the file cannot be written.
    """
    done: Any = control.export(names or None, pictures=pictures, limits=FILE)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, ARCHIVE_MODE), "wb") as opened:
            opened.write(base64.b64decode(done["archive"]))
    except OSError as error:
        raise ArchiveRejected("bad_archive", f"{file} cannot be written ({error.strerror}); name another file.") from error
    print(f"{file}: {', '.join(done['people'])}, {done['templates']} templates, {done['bytes']:,} bytes. Keep it like a key.")


def take(control: Control, file: Path, if_exists: IfExists, *, allow_alike: bool) -> None:
    """Read an archive.

    Raises:
        ArchiveRejected: the file cannot be read.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(FILE.packed_bytes + 1)
    except OSError as error:
        raise ArchiveRejected("bad_archive", f"{file} cannot be read ({error.strerror}).") from error
    done: Any = control.take(content, if_exists=if_exists, allow_alike=allow_alike, limits=FILE)
    for row in done["people"]:
        print(f"{row['display_name']} ({row['person']}) has {row['templates']} templates.")
        _print_dropped(row)
    for row in done["left_out"]:
        print(f"Left out: {row['templates']} templates of {row['person']}, which are of another model and have no picture.")
    _print_notes(done)


def print_remarks(done: Any) -> None:  # noqa: ANN401 - JSON
    """What should be known of an enrollment: what was dropped by it, and its notes."""
    _print_dropped(done)
    _print_notes(done)


def _print_dropped(row: Any) -> None:  # noqa: ANN401 - JSON
    for one in row["dropped"]:
        alike = f"{one['similarity']:.2f} like another one"
        print(f"Dropped: the template of {one['created_at']} ({one['source']}, quality {one['quality']:.2f}), {alike}.")


def _print_notes(done: Any) -> None:  # noqa: ANN401 - JSON
    for note in done["notes"]:
        print(f"Note: {note['message']}")


def _print_operation(title: str, row: Any) -> None:  # noqa: ANN401 - JSON
    print(f"{title}: threshold {row['threshold']:.2f}")
    print(f"  strangers' visits that are named: at most {row['fpir_by_card']:.2%} by the model's card")
    if seen := row["fpir_by_strangers"]:
        print(f"  … by the strangers who came: {_share(seen, 'strangers')}")
    print(f"  people's looks that are missed: {_share(row['fnir'], 'templates') if row['fnir'] else 'unknown, nobody has two templates'}")


def _share(rate: Any, of: str) -> str:  # noqa: ANN401 - JSON
    return f"{rate['estimate']:.2%}, with 95 % confidence {rate['low']:.2%} to {rate['high']:.2%} ({rate['counted']} {of})"
