"""Asking: a request to a running edged over the broker, and its replies as they come.

Knows topics and JSON; what is asked, and who asks, is not known here.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Generic

from edged.errors import LinkError, RequestRefused
from edged.interface.form import AnswerT, FormT, parsed
from edged.interface.messages import Response
from edged.mqtt.link import Message

if TYPE_CHECKING:
    from collections.abc import Generator

    from edged.interface.form import Answer, Form, Verb
    from edged.interface.topics import Topics
    from edged.mqtt.link import Link, Outcome, Received

FIRST_REPLY_SECONDS, GOODBYE_SECONDS = 10.0, 1.0
"""Seconds that the first reply may take: edged answers within two that it has begun, connecting may take five; and those for parting."""


class Asker(Generic[FormT, AnswerT]):
    """The other side of a link that asks one edged for one verb; see Endpoint."""

    def __init__(self, link: Link, topics: Topics, verb: Verb[FormT, AnswerT]) -> None:
        """Prepare; ask() connects."""
        self._link, self._topics, self._verb = link, topics, verb
        self._asked, self._answered = topics.request(verb.name), topics.response(verb.name)
        self._id, self._is_connected = secrets.token_hex(8), False
        self._to_send: list[bytes] = []
        self._heard: SimpleQueue[Response | LinkError] = SimpleQueue()

    def ask(self, request: FormT, *, next_reply_seconds: float, cancel: FormT) -> Generator[Answer]:
        """Send a request without id; its answers, the final one last. After one reply the next may take next_reply_seconds.

        Cancel is sent where the asker goes before the final reply: on Ctrl-C, or when patience is at an end.

        Raises:
            LinkError: the broker cannot be reached, or edged does not answer.
            RequestRefused: edged has refused, in its words.
        """
        self._to_send.append(_json(request.model_copy(update={"id": self._id})))
        self._link.start(self, None, (self._answered,))
        farewell: Message | None = Message(self._asked, _json(cancel))
        patience = FIRST_REPLY_SECONDS
        try:
            while farewell:
                response, patience = self._next(patience), next_reply_seconds
                if response.status != "progress":
                    farewell = None
                if error := response.error:
                    raise RequestRefused(error.code, error.message)
                yield self._parsed(response)
        finally:
            self._link.stop(farewell, GOODBYE_SECONDS)

    def connected(self) -> None:
        """See Endpoint."""
        self._is_connected = True

    def disconnected(self, reason: str) -> None:
        """See Endpoint."""
        self._is_connected = False
        self._heard.put(LinkError(reason))

    def received(self, message: Received) -> None:
        """See Endpoint."""
        with suppress(ValueError):  # what is no response is nobody's
            response = Response.model_validate_json(message.payload)
            if response.id == self._id:
                self._heard.put(response)

    def delivered(self, token: int, outcome: Outcome) -> None:
        """See Endpoint."""

    def pump(self) -> None:
        """See Endpoint."""
        while self._is_connected and self._to_send:
            self._link.send(Message(self._asked, self._to_send.pop(0)))

    def _parsed(self, response: Response) -> Answer:
        try:
            return parsed(self._verb, response.data or {})
        except ValueError as error:
            raise LinkError("The edged that runs answers in another form than this one knows; restart it after an update.") from error

    def _next(self, patience: float) -> Response:
        try:
            heard = self._heard.get(timeout=patience)
        except Empty:
            raise LinkError(
                f"edged does not answer on {self._answered}. See that it runs, and that the broker lets this user "
                f"write {self._asked} and read the answer."
            ) from None
        if isinstance(heard, LinkError):
            raise heard
        return heard


def _json(form: Form) -> bytes:
    return form.model_dump_json(exclude_defaults=True).encode()
