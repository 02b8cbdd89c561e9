"""The verbs on strangers who are remembered: list them, ignore one.

Who is the same stranger is not decided here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from edged.interface.fields import Moment, Name, Similarity, Switch
from edged.interface.form import Answer, Form, Verb
from edged.interface.paging import PageAnswer, PageForm
from edged.types import ClockState

if TYPE_CHECKING:
    from edged.types import Stranger


class ListStrangers(PageForm):
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
    clock: ClockState
    """Whether both times are by a clock that was known to be right then, or were put right since."""

    @classmethod
    def of(cls, stranger: Stranger) -> StrangerAnswer:
        """What is told of a stranger."""
        values = asdict(stranger)
        return cls(values.pop("id"), **values)


@dataclass(frozen=True, slots=True)
class StrangersAnswer(PageAnswer):
    """Who is remembered."""

    ROWS, KEY = "strangers", "stranger"

    strangers: tuple[StrangerAnswer, ...]
    """Everybody, or a page of them, who was seen last first."""


STRANGERS = Verb("strangers", ListStrangers, StrangersAnswer, group="people")


class Ignore(Form):
    """`…/request/ignore`: never report a stranger again, or do."""

    stranger: Name
    """Id of the stranger."""
    ignored: Switch = True
    """False: report them again."""


IGNORE = Verb("ignore", Ignore, StrangerAnswer, group="edit", changes_gallery=True, logged=True)


class ListGroups(PageForm):
    """`…/request/groups`: list the strangers who look like one person."""


@dataclass(frozen=True, slots=True)
class GroupAnswer(Answer):
    """Strangers who look like one person."""

    group: str
    """The id of the first of them, by which the group is meant."""
    strangers: tuple[str, ...]
    """The ids of two or more, who was seen last first."""
    similarity: Similarity
    """Cosine of the two who are least alike, −1…1."""


@dataclass(frozen=True, slots=True)
class GroupsAnswer(PageAnswer):
    """Who may be one person."""

    ROWS, KEY = "groups", "group"

    groups: tuple[GroupAnswer, ...]
    """Every group, or a page of them, who was seen last first."""
    threshold: Similarity
    """The similarity that two strangers need, with as many as there are."""


GROUPS = Verb("groups", ListGroups, GroupsAnswer, group="people")
