"""The verbs that move people between devices: export and import.

How an archive is packed is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, model_validator

from edged.interface.fields import Base64, Encoded, Name, Switch, Whole
from edged.interface.form import Answer, Form, Verb, refused
from edged.interface.people import CuratedAnswer, NoteAnswer

MOST_NAMES = 1000
"""Names in one request."""
MOST_PARTS = 100_000
"""Parts of one archive."""


class Export(Form):
    """`…/request/export`: people as an archive."""

    people: Annotated[list[Name], Field(min_length=1, max_length=MOST_NAMES)] | None = None
    """Ids, or names to show; null: everybody."""
    pictures: Switch = True
    """Whether the pictures that are kept go with them."""
    part: Annotated[Whole, Field(ge=1, le=MOST_PARTS)] | None = None
    """Which part of it, where it does not fit into one answer; null: the whole archive."""
    to: Literal["file"] | None = None
    """`file`: into a file on the device; null: into the answer."""

    @model_validator(mode="after")
    def _one_way(self) -> Export:
        if self.part is not None and self.to is not None:
            raise refused("A file has no parts: give either 'part' or 'to'.")
        return self


@dataclass(frozen=True, slots=True)
class ExportAnswer(Answer):
    """People as an archive, or a part of one."""

    archive: Base64 | None
    """Base64, for `import`; null where it is in a file."""
    bytes: int
    """Its length before base64."""
    people: tuple[str, ...] | None
    """Who is in it; null where it is in a file."""
    templates: int
    """How many there are of them."""
    sha256: str
    """SHA-256 of its bytes, in hexadecimal digits."""
    part: int
    """Which part this is."""
    parts: int
    """How many there are in all."""
    export: str
    """The same in all parts of one archive; another one once the gallery has changed."""
    file: str | None
    """Path of the file on the device; null where there is none."""


EXPORT = Verb("export", Export, ExportAnswer, group="export", logged=True)


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
    """As `export` gave it, base64: a whole archive, or one part of it."""
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


@dataclass(frozen=True, slots=True)
class ArrivedAnswer(Answer):
    """A part of an archive of which others are still to come; nobody was imported yet."""

    part: int
    """Which part it was."""
    parts: int
    """How many there are in all."""
    arrived: int
    """How many of them have come."""


IMPORT = Verb("import", Import, ImportAnswer, also=(ArrivedAnswer,), group="import", changes_gallery=True, logged=True)
