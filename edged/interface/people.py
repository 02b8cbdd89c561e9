"""The verbs on people and strangers: who is enrolled, who was seen, and what becomes of them.

How they are carried out is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import StrictBool

from edged.interface.fields import Moment, Name, Similarity, ViewQuality
from edged.interface.form import Answer, Form, Verb

if TYPE_CHECKING:
    from edged.types import Person, Stranger


@dataclass(frozen=True, slots=True)
class PersonAnswer(Answer):
    """Somebody who is enrolled; the answer to `rename`."""

    person: str
    """The id."""
    display_name: str
    """The name to show."""
    templates: int
    """How many they have."""
    enrolled_at: Moment
    """When they were first enrolled."""

    @classmethod
    def of(cls, person: Person) -> PersonAnswer:
        """What is told of a person."""
        return cls(person.id, person.display_name, person.templates, person.enrolled_at)


class ListPeople(Form):
    """`…/request/people`: list who is enrolled."""


@dataclass(frozen=True, slots=True)
class ListedAnswer(PersonAnswer):
    """Somebody in the list of who is enrolled."""

    left_out: int
    """How many of the templates another network has made, which are not compared."""


@dataclass(frozen=True, slots=True)
class PeopleAnswer(Answer):
    """Who is enrolled."""

    people: tuple[ListedAnswer, ...]
    """Everybody, sorted by id."""


PEOPLE = Verb("people", ListPeople, PeopleAnswer)


class ShowPerson(Form):
    """`…/request/person`: one person with their templates."""

    person: Name
    """Id or name."""


@dataclass(frozen=True, slots=True)
class TemplateAnswer(Answer):
    """One template."""

    quality: ViewQuality
    """Of the view, 0…1."""
    source: str
    """Where it came from."""
    created_at: Moment
    """When it was made."""
    model: str
    """The network it was made with."""
    has_picture: bool
    """Whether the aligned face is kept."""
    nearest_person: str | None
    """The other person who is nearest."""
    nearest_similarity: Similarity | None
    """Cosine to that person's nearest template, −1…1."""


@dataclass(frozen=True, slots=True)
class ShownAnswer(PersonAnswer):
    """One person with their templates."""

    template_list: tuple[TemplateAnswer, ...]
    """The oldest first."""


PERSON = Verb("person", ShowPerson, ShownAnswer)


class Rename(Form):
    """`…/request/rename`: change the name to show."""

    person: Name
    """Id or name."""
    display_name: Name
    """The name to show from now on."""


RENAME = Verb("rename", Rename, PersonAnswer, changes_gallery=True, logged=True)


@dataclass(frozen=True, slots=True)
class DroppedTemplate(Answer):
    """A template that was superfluous."""

    quality: ViewQuality
    """Of the view, 0…1."""
    source: str
    """Where it came from."""
    created_at: Moment
    """When it was made."""
    similarity: Similarity
    """Cosine to the most alike of those that were left then, −1…1."""


@dataclass(frozen=True, slots=True)
class NoteAnswer(Answer):
    """What the owner should know of something that was done."""

    code: str
    """A word for programs."""
    message: str
    """A sentence for people."""


@dataclass(frozen=True, slots=True)
class CuratedAnswer(PersonAnswer):
    """A person after a change."""

    dropped: tuple[DroppedTemplate, ...]
    """Templates that were dropped, new ones too."""


class Merge(Form):
    """`…/request/merge`: give one person's templates to another."""

    person: Name
    """Id or name of who goes."""
    into: Name
    """Id or name of who stays."""


@dataclass(frozen=True, slots=True)
class MergedAnswer(CuratedAnswer):
    """Two ids that became one."""

    merged: str
    """The one that is no more."""
    notes: tuple[NoteAnswer, ...]
    """What the owner should know of it."""


MERGE = Verb("merge", Merge, MergedAnswer, changes_gallery=True, logged=True)


class Forget(Form):
    """`…/request/forget`: erase a person or a stranger."""

    person: Name
    """Id or name of a person, or id of a stranger."""
    with_strangers: StrictBool = False
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
    strangers: tuple[str, ...]
    """The strangers that were forgotten."""
    also_strangers: tuple[str, ...]
    """Strangers who match the person and are still remembered."""


FORGET = Verb("forget", Forget, ForgetAnswer, changes_gallery=True, logged=True)


class ListStrangers(Form):
    """`…/request/strangers`: list the strangers that are remembered."""


@dataclass(frozen=True, slots=True)
class StrangerAnswer(Answer):
    """A stranger who is remembered; the answer to `ignore`."""

    stranger: str
    """The id."""
    first_seen_at: Moment
    """When they were first seen."""
    last_seen_at: Moment
    """When their last visit was noted."""
    seen_count: int
    """In how many visits they were seen."""
    ignored: bool
    """Whether they are not to be reported."""
    looks: int
    """How many embeddings are kept."""
    has_picture: bool
    """Whether a picture is kept."""

    @classmethod
    def of(cls, stranger: Stranger) -> StrangerAnswer:
        """What is told of a stranger."""
        return cls(
            stranger.id,
            stranger.first_seen_at,
            stranger.last_seen_at,
            stranger.seen_count,
            stranger.ignored,
            stranger.looks,
            stranger.has_picture,
        )


@dataclass(frozen=True, slots=True)
class StrangersAnswer(Answer):
    """Who is remembered."""

    strangers: tuple[StrangerAnswer, ...]
    """Who was seen last first."""


STRANGERS = Verb("strangers", ListStrangers, StrangersAnswer)


class Ignore(Form):
    """`…/request/ignore`: never report a stranger again, or do."""

    stranger: Name
    """Id of the stranger."""
    ignored: StrictBool = True
    """False: report them again."""


IGNORE = Verb("ignore", Ignore, StrangerAnswer, logged=True)
