"""The verbs that move people between devices: export and import.

How an archive is packed is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from edged.interface.fields import Base64, Encoded, Name, Switch
from edged.interface.form import Answer, Form, Verb
from edged.interface.people import CuratedAnswer, NoteAnswer

MOST_NAMES = 1000
"""Names in one request."""


class Export(Form):
    """`…/request/export`: people as an archive."""

    people: Annotated[list[Name], Field(min_length=1, max_length=MOST_NAMES)] | None = None
    """Ids, or names to show; null: everybody."""
    pictures: Switch = True
    """Whether the pictures that are kept go with them."""


@dataclass(frozen=True, slots=True)
class ExportAnswer(Answer):
    """People as an archive."""

    archive: Base64
    """Base64, for `import`."""
    bytes: int
    """Its length before base64."""
    people: tuple[str, ...]
    """Who is in it."""
    templates: int
    """How many there are of them."""


EXPORT = Verb("export", Export, ExportAnswer, group="export")


@dataclass(frozen=True, slots=True)
class LeftOut(Answer):
    """Somebody some of whose templates could not be used."""

    person: str
    """The id."""
    templates: int
    """How many."""


class Import(Form):
    """`…/request/import`: take people from an archive."""

    archive: Encoded
    """As `export` gave it, base64."""
    if_exists: Literal["refuse", "merge", "replace"] = "refuse"
    """What becomes of somebody whose id is here already."""
    allow_alike: Switch = False
    """Take people who look like others here."""


@dataclass(frozen=True, slots=True)
class ImportAnswer(Answer):
    """People taken from an archive."""

    people: tuple[CuratedAnswer, ...]
    """Who came."""
    left_out: tuple[LeftOut, ...]
    """What could not be used."""
    notes: tuple[NoteAnswer, ...]
    """Who is like somebody else."""


IMPORT = Verb("import", Import, ImportAnswer, group="import", changes_gallery=True, logged=True)
