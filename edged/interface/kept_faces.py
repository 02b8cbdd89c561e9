"""The verb on faces that are kept: the picture of a person, of a stranger, or of an event of a moment ago.

Where pictures are kept, and for how long, is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, model_validator

from edged.interface.fields import Base64, Name, Whole
from edged.interface.form import Answer, Form, Verb, refused

LEAST_SIDE_PX, USUAL_SIDE_PX, MOST_SIDE_PX = 32, 256, 512
"""Pixels that the longest side of a picture may be asked to have at most: what can still be seen, what a list shows, and what is kept."""


class ShowPicture(Form):
    """`…/request/picture`: a face that is kept."""

    person: Name | None = None
    """Id, or name to show, of a person."""
    stranger: Name | None = None
    """In place of a person: the id of a remembered stranger."""
    event: Name | None = None
    """In place of both: `event_id` of an event that announced somebody a moment ago."""
    template: Annotated[Whole, Field(ge=1)] | None = None
    """Of a person: place in `template_list`, 1 being the oldest; null: the best that has a picture."""
    longest_side: Annotated[Whole, Field(ge=LEAST_SIDE_PX, le=MOST_SIDE_PX)] = USUAL_SIDE_PX
    """Pixels of the longer side at most."""

    @model_validator(mode="after")
    def _one_of_whom(self) -> ShowPicture:
        if [self.person, self.stranger, self.event].count(None) != 2:  # noqa: PLR2004 - one of three
            raise refused("Give a 'person', or else a 'stranger', or else an 'event'.")
        if self.template is not None and self.person is None:
            raise refused("template: only a person has templates.")
        return self


@dataclass(frozen=True, slots=True)
class KeptPictureAnswer(Answer):
    """A face that is kept."""

    person: str | None
    """The id of the person; null where none was asked for."""
    stranger: str | None
    """The id of the stranger; null where none was asked for."""
    event_id: str | None
    """The event; null where none was asked for."""
    cut: Literal["aligned", "head"]
    """What the picture shows: the face upright, as networks take it, or the head with what is around it."""
    size: tuple[int, int]
    """Width and height in pixels."""
    image: Base64
    """Base64 of a JPEG."""


PICTURE = Verb("picture", ShowPicture, KeptPictureAnswer, group="pictures")
