"""Long answers in pages: how many are asked for, from which on, and how much of a list one message has room for.

What stands in a list is not known here.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, TypeVar

from pydantic import Field

from edged.errors import BadRequest, ListTooLong
from edged.interface.fields import Name, Whole
from edged.interface.form import Answer, Form, json_bytes
from edged.interface.pictures import PictureAnswer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edged.interface.messages import ReplyAddress

OWN_BYTES, ESCAPED = 600, 6
"""Bytes of a reply and its packet beside its rows, id and topic, at most about, and of a character of an id as JSON may write it."""
BESIDE_PICTURE_BYTES, LEAST_PICTURE_BYTES = 2_000, 2_000
"""Bytes of id, topic and what is said of a picture, at most about, where nobody makes them long; and of a picture at least."""
MOST_ROWS = 100_000

AnswerT = TypeVar("AnswerT", bound=Answer)


class PageForm(Form):
    """A list, or a page of it."""

    limit: Annotated[Whole, Field(ge=1, le=MOST_ROWS)] | None = None
    """How many to tell at most; fewer come where they do not fit into one message. Null, without `after`: all of them."""
    after: Name | None = None
    """The id of the last one that is known; null: from the beginning."""


@dataclass(frozen=True, slots=True)
class PageAnswer(Answer):
    """A list, or a page of it."""

    ROWS: ClassVar[str]
    """Name of the field that holds the rows."""
    KEY: ClassVar[str]
    """Name of the field of a row by which it is meant."""
    IS_FROM_AFTER: ClassVar[bool] = False
    """Whether the rows begin behind `after`, and `next` says what follows them, as of a list that may be too long to be read whole."""

    total: int
    """How many there are in all."""
    next: str | None
    """What to ask for as `after` for those that follow; null where nobody does."""

    @classmethod
    def of_all(cls, rows: Sequence[Answer]) -> Self:
        """All rows."""
        fields: dict[str, Any] = {cls.ROWS: tuple(rows), "total": len(rows), "next": None}
        return cls(**fields)


def room_for(address: ReplyAddress, most_bytes: int) -> int:
    """How many bytes the rows of an answer may have that goes to this address, of which a whole packet may have most_bytes."""
    topic, correlation = address.response_topic or "", address.correlation_data or b""
    return most_bytes - OWN_BYTES - ESCAPED * len(address.id or "") - len(topic.encode()) - len(correlation)


def picture_room(most_bytes: int) -> int:
    """How many bytes a picture may have, in base64 in an answer, of which a whole packet may have most_bytes."""
    return max(LEAST_PICTURE_BYTES, (most_bytes - OWN_BYTES - BESIDE_PICTURE_BYTES) * 3 // 4)


def fitted(form: Form, answer: AnswerT, room: int) -> AnswerT:
    """The answer, or as much of it as was asked for and as there is room for: a page of a list, and of faces the largest.

    Raises:
        ListTooLong: all were asked for, and not all fit.
        BadRequest: there is nobody of whom it is to begin.
    """
    if isinstance(form, PageForm) and isinstance(answer, PageAnswer):
        page: AnswerT = _page(form, answer, room)
        return page
    if isinstance(answer, PictureAnswer):
        kept = _count(answer.faces, room)
        faces = answer.faces[:kept] or answer.faces[:1]  # one that does not fit by itself is refused where it is sent
        return replace(answer, faces=faces, left_out=answer.left_out + len(answer.faces) - len(faces))
    return answer


def _page(form: PageForm, answer: Any, room: int) -> Any:  # noqa: ANN401 - the answer as it came
    rows: Sequence[Any] = getattr(answer, answer.ROWS)
    keys = [str(getattr(row, answer.KEY)) for row in rows]
    if answer.IS_FROM_AFTER:
        count = _count(rows, room) or min(len(rows), 1)
        return answer if count == len(rows) else replace(answer, **{answer.ROWS: rows[:count], "next": keys[count - 1]})
    start = 0 if form.after is None else _behind(form.after, keys)
    wanted = rows[start : start + (form.limit or len(rows))]
    count = _count(wanted, room)
    if count < len(wanted) and form.limit is None and form.after is None:
        raise ListTooLong(len(rows), sum(map(json_bytes, rows)), room)
    page = wanted[:count] or wanted[:1]
    is_last = start + len(page) == len(rows)
    return replace(answer, **{answer.ROWS: page, "next": None if is_last else keys[start + len(page) - 1]})


def _behind(after: str, keys: Sequence[str]) -> int:
    """The place behind a key; where it is gone, the place that it had if they are sorted."""
    if after in keys:
        return keys.index(after) + 1
    if list(keys) != sorted(keys):
        raise BadRequest(f"after: there is no {after!r} any more; begin anew, without 'after'.")
    return bisect_right(keys, after)


def _count(rows: Sequence[Answer], room: int) -> int:
    """How many of the first rows fit."""
    for number, row in enumerate(rows):
        room -= json_bytes(row) + 1
        if room < 0:
            return number
    return len(rows)
