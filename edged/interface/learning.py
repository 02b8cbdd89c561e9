"""The verbs on what visits teach: what is suggested, accepted or refused, and all of it undone.

What a visit teaches, and when, is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass

from edged.interface.fields import Base64, Moment, Name, Switch, ViewQuality, Whole
from edged.interface.form import Answer, Form, Verb
from edged.interface.paging import PageAnswer, PageForm
from edged.interface.people import PersonAnswer


class ListSuggestions(PageForm):
    """`…/request/suggestions`: list the templates that wait for the owner's word."""

    pictures: Switch = False
    """Whether the face of each comes with it, where one is kept."""


@dataclass(frozen=True, slots=True)
class SuggestionAnswer(Answer):
    """A template that a visit suggests."""

    suggestion: int
    """The number to accept or refuse it by."""
    person: str
    """The id of the person who would gain it."""
    display_name: str
    """The name that is shown."""
    quality: ViewQuality
    """Of the view, 0…1."""
    seen_at: Moment
    """When the view was seen."""
    has_picture: bool
    """Whether the aligned face is kept."""
    picture: Base64 | None
    """Base64 of a PNG, the aligned face; null where none is kept, or none was asked for."""


@dataclass(frozen=True, slots=True)
class SuggestionsAnswer(PageAnswer):
    """What waits for the owner's word."""

    ROWS, KEY = "suggestions", "person"

    suggestions: tuple[SuggestionAnswer, ...]
    """One of each person at most, the oldest first, or a page of them."""


SUGGESTIONS = Verb("suggestions", ListSuggestions, SuggestionsAnswer, group="people")


class Learn(Form):
    """`…/request/learn`: accept or refuse a suggested template."""

    suggestion: Whole
    """Its number."""
    accept: Switch = True
    """False: refuse it, which erases it and its picture."""


@dataclass(frozen=True, slots=True)
class LearnAnswer(PersonAnswer):
    """A person after the owner's word on a suggestion."""

    accepted: bool
    """Whether the template is one of theirs now."""


LEARN = Verb("learn", Learn, LearnAnswer, group="enroll", changes_gallery=True, logged=True)


class Unlearn(Form):
    """`…/request/unlearn`: erase all templates that visits taught, and what is suggested."""

    person: Name | None = None
    """Id, or name to show; null: of everybody."""


@dataclass(frozen=True, slots=True)
class UnlearnAnswer(Answer):
    """What was erased."""

    people: tuple[str, ...]
    """The ids of whose it was."""
    templates: int
    """How many learned templates."""
    suggestions: int
    """How many suggestions."""
    residue: str | None
    """What keeps erased bytes in the file for the moment; null where none is left."""
    compaction_due: bool
    """Whether the file is to be written anew later, which gives the space of what was erased back; it is overwritten already."""


UNLEARN = Verb("unlearn", Unlearn, UnlearnAnswer, group="forget", changes_gallery=True, logged=True)
