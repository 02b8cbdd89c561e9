"""The verbs after which an id is no more: merge and forget.

How they are carried out is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass

from edged.interface.fields import Name, Switch
from edged.interface.form import Answer, Form, Verb
from edged.interface.people import CuratedAnswer, NoteAnswer


class Merge(Form):
    """`…/request/merge`: give one person's templates to another."""

    person: Name
    """Id, or name to show, of who goes."""
    into: Name
    """Id, or name to show, of who stays."""


@dataclass(frozen=True, slots=True)
class MergedAnswer(CuratedAnswer):
    """Two ids that became one."""

    merged: str
    """The one that is no more."""
    notes: tuple[NoteAnswer, ...]
    """What the owner should know of it."""


MERGE = Verb("merge", Merge, MergedAnswer, group="edit", changes_gallery=True, logged=True)


class Forget(Form):
    """`…/request/forget`: erase a person or a stranger."""

    person: Name
    """Id, or name to show, of a person; or id of a stranger."""
    with_strangers: Switch = False
    """Also the strangers who are like the person."""


@dataclass(frozen=True, slots=True)
class ForgetAnswer(Answer):
    """What was erased."""

    person: str
    """The id of the person or stranger."""
    display_name: str | None
    """The name that was shown; null of a stranger."""
    templates: int
    """How many templates, or looks of a stranger."""
    pictures: int
    """How many pictures."""
    events: int
    """In how many events not yet sent the name stood."""
    residue: str | None
    """What keeps erased bytes in the file for the moment; null where none is left."""
    compaction_due: bool
    """Whether the file is to be written anew later, which gives the space of what was erased back; it is overwritten already."""
    strangers: tuple[str, ...]
    """The strangers that were forgotten."""
    also_strangers: tuple[str, ...]
    """Strangers who match the person and are still remembered."""


FORGET = Verb("forget", Forget, ForgetAnswer, group="forget", changes_gallery=True, logged=True)
