"""Replies: the JSON of the answer to a request.

Knows the form of every answer; what stands in the data of each is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from edged.errors import EdgedError
from edged.interface.payload import Payload

if TYPE_CHECKING:
    from edged.interface import commands

MAX_MESSAGE_CHARACTERS = 1000
"""Of an error's sentence, which may repeat what was asked."""


class ErrorBody(Payload):
    """What went wrong with a request."""

    code: str
    """A word for programs."""
    message: str
    """A sentence that says what to do."""


class Response(Payload):
    """`…/response/<verb>`: the answer to a request."""

    id: str | None
    """The request's."""
    status: Literal["ok", "error", "progress"]
    """Whether it was done, or is under way."""
    data: dict[str, Any] | None = None
    """What the verb gives."""
    error: ErrorBody | None = None
    """Why it was not done; nothing has been changed then."""


def reply_json(reply: commands.Reply) -> bytes:
    """The JSON of a reply."""
    if isinstance(reply.outcome, EdgedError):
        body = ErrorBody(code=reply.outcome.code, message=shortened(str(reply.outcome), MAX_MESSAGE_CHARACTERS))
        return Response(id=reply.address.id, status="error", error=body).model_dump_json(exclude_none=False).encode()
    return Response(id=reply.address.id, status="ok" if reply.is_final else "progress", data=reply.outcome).to_json()


def shortened(text: str, most: int) -> str:
    """A text of at most so many characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
