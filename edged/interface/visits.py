"""The verb on visits: who was before which camera, the newest first.

What a visit is, and for how long it is kept, is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from edged.interface.fields import Moment, Name, Similarity, Whole
from edged.interface.form import Answer, Verb
from edged.interface.paging import PageAnswer, PageForm
from edged.types import ClockState

USUAL_VISITS, MOST_VISITS = 50, 500
"""Visits that are told where nobody says how many, and those that may be asked for at once."""


class ListVisits(PageForm):
    """`…/request/visits`: list who was here, the newest visit first."""

    limit: Annotated[Whole, Field(ge=1, le=MOST_VISITS)] = USUAL_VISITS
    """How many to tell at most; fewer come where they do not fit into one message."""
    after: Annotated[str, Field(pattern=r"^[0-9]{1,18}$")] | None = None
    """What `next` of the page before says; null: from the newest on."""
    person: Name | None = None
    """Only those of this person: id, or name to show."""
    stranger: Name | None = None
    """Only those of the stranger with this id."""
    camera: Name | None = None
    """Only those before this camera."""
    kind: Literal["person", "stranger"] | None = None
    """Only those of people, or of strangers."""
    since: AwareDatetime | None = None
    """Only those that began then or later: RFC 3339."""


@dataclass(frozen=True, slots=True)
class VisitAnswer(Answer):
    """Somebody who was before a camera, or still is."""

    visit: int
    """The `seq` of the event that announced it, unique for ever."""
    event_id: str
    """The event that said who it is; of a visit that was corrected the one that corrects."""
    camera: str
    """Before which camera."""
    person: str | None
    """The id; null for a stranger."""
    display_name: str | None
    """The name to show; null for a stranger."""
    stranger: str | None
    """The id; null for a person, and where strangers are not remembered."""
    began_at: Moment
    """When they were announced."""
    ended_at: Moment | None
    """When they were last seen; null while they are here."""
    similarity: Similarity | None
    """Cosine of all looks together to the nearest template, −1…1, as in the event; null where nobody was enrolled."""
    margin: Similarity | None
    """Lead over the best template of another person; null where there was no other."""
    threshold: Similarity
    """Similarity that was needed."""
    looks: int
    """How many looks that rests on."""
    corrected: bool
    """Whether they were taken for somebody else at first."""
    still: bool
    """Whether the face had not moved for two minutes, as a portrait does not."""
    has_picture: bool
    """Whether `picture` gives the face of `event_id`."""
    clock: ClockState
    """Whether both times are by a clock that was known to be right then, or were put right since."""


@dataclass(frozen=True, slots=True)
class VisitsAnswer(PageAnswer):
    """Who was here."""

    ROWS, KEY, IS_FROM_AFTER = "visits", "visit", True

    visits: tuple[VisitAnswer, ...]
    """A page of them, the newest first."""


VISITS = Verb("visits", ListVisits, VisitsAnswer, group="people")
