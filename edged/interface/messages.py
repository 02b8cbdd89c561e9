"""Requests and replies: a form with the address of its asker, and the JSON of what the asker gets.

Knows neither how a request arrives nor how it is carried out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from edged.errors import EdgedError
from edged.interface.form import Payload, plain, shortened

if TYPE_CHECKING:
    from edged.interface.form import Answer, Form

MOST_ANSWER_BYTES = 2_000_000
"""Bytes of an answer where the broker does not say what it takes; many drop the connection above (mosquitto 2.1: 2,000,000)."""
MAX_MESSAGE_CHARACTERS = 1000
"""Characters of an error's sentence, which may repeat what was asked."""


@dataclass(frozen=True, slots=True)
class ReplyAddress:
    """Where the asker waits for the answer: a verb, its own id, and MQTT 5's response topic and correlation data."""

    verb: str
    id: str | None = None
    response_topic: str | None = None
    correlation_data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A command with the address of its asker, or, in its place, the error that made it none."""

    address: ReplyAddress
    command: Form | EdgedError
    shown_on: str | None = None
    """Topic on which the picture of the answer is published too, as it is."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a request, or an error; where it is not final, it says how far the request is, and another one follows."""

    address: ReplyAddress
    outcome: Answer | EdgedError
    is_final: bool = True


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


def reply_json(reply: Reply) -> bytes:
    """The JSON of a reply."""
    if isinstance(reply.outcome, EdgedError):
        body = ErrorBody(code=reply.outcome.code, message=shortened(str(reply.outcome), MAX_MESSAGE_CHARACTERS))
        return Response(id=reply.address.id, status="error", error=body).to_json()
    return Response(id=reply.address.id, status="ok" if reply.is_final else "progress", data=plain(reply.outcome)).to_json()
