"""The verbs on people: who is enrolled, shown, renamed; and what is answered of a person after any change.

How they are carried out is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edged.interface.fields import Moment, Name, Similarity, Switch, ViewQuality
from edged.interface.form import Answer, Form, Verb
from edged.interface.paging import PageAnswer, PageForm

if TYPE_CHECKING:
    from edged.types import Person


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


class ListPeople(PageForm):
    """`…/request/people`: list who is enrolled."""


@dataclass(frozen=True, slots=True)
class ListedAnswer(PersonAnswer):
    """Somebody in the list of who is enrolled."""

    left_out: int
    """How many of the templates another network has made, which are not compared."""
    learned: int
    """How many of the templates were learned from visits."""
    hint: str | None
    """What would make the person missed less, a sentence for people; null where nothing is known that would."""


@dataclass(frozen=True, slots=True)
class PeopleAnswer(PageAnswer):
    """Who is enrolled."""

    ROWS, KEY = "people", "person"

    people: tuple[ListedAnswer, ...]
    """Everybody, or a page of them, sorted by id."""


PEOPLE = Verb("people", ListPeople, PeopleAnswer, group="people")


class PersonForm(Form):
    """Something asked of a person."""

    person: Name
    """Id, or name to show."""


@dataclass(frozen=True, slots=True)
class TemplateAnswer(Answer):
    """One template."""

    quality: ViewQuality
    """Of the view, 0…1."""
    source: str
    """Where it came from."""
    learned: bool
    """Whether it was learned from a visit, and not enrolled."""
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


class ShowPerson(PersonForm):
    """`…/request/person`: one person with their templates."""


@dataclass(frozen=True, slots=True)
class ShownAnswer(PersonAnswer):
    """One person with their templates."""

    learned: int
    """How many of the templates were learned from visits."""
    hint: str | None
    """As in the list of people."""
    template_list: tuple[TemplateAnswer, ...]
    """The oldest first."""


PERSON = Verb("person", ShowPerson, ShownAnswer, group="people")


class Rename(PersonForm):
    """`…/request/rename`: change the name to show."""

    display_name: Name
    """The name to show from now on."""
    allow_alike: Switch = False
    """Take a name that looks like somebody else's."""


RENAME = Verb("rename", Rename, PersonAnswer, group="edit", changes_gallery=True, logged=True)


@dataclass(frozen=True, slots=True)
class NoteAnswer(Answer):
    """What the owner should know of something that was done."""

    code: str
    """A word for programs."""
    message: str
    """A sentence for people."""


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
class CuratedAnswer(PersonAnswer):
    """A person after a change."""

    dropped: tuple[DroppedTemplate, ...]
    """Templates that were dropped, new ones too."""
