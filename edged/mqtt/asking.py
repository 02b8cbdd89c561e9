"""Asking: a request to a running edged over the broker, and its replies as they come.

Knows topics and JSON; what is asked, and who asks, is not known here.
"""

from __future__ import annotations

import json
import secrets
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from edged.errors import CommandError, LinkError
from edged.interface.replies import Response
from edged.mqtt.link import Message

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from edged.interface.commands import Json
    from edged.interface.topics import Topics
    from edged.mqtt.link import Link, Outcome, Received

FIRST_REPLY_SECONDS = 10.0
"""edged answers within two seconds that it has begun; connecting may take five."""
GOODBYE_SECONDS = 1.0


class Asker:
    """The other side of a link that asks one edged for one verb; see Endpoint."""

    def __init__(self, link: Link, topics: Topics, verb: str) -> None:
        """Prepare; ask() connects."""
        self._link, self._topics, self._verb = link, topics, verb
        self._id = secrets.token_hex(8)
        self._is_connected = False
        self._to_send: list[bytes] = []
        self._heard: SimpleQueue[Response | LinkError] = SimpleQueue()

    def ask(self, request: Mapping[str, Json], *, next_reply_seconds: float, cancel: Mapping[str, Json]) -> Generator[dict[str, Json]]:
        """Send a request; the data of its replies, the final one last.

        Args:
            request: without id.
            next_reply_seconds: how long after one reply the next may take.
            cancel: what is sent where the asker goes before the final reply: on Ctrl-C, or when patience is at an end.

        Raises:
            LinkError: the broker cannot be reached, or edged does not answer.
            CommandError: edged has refused, in its words.
        """
        self._to_send.append(json.dumps({**request, "id": self._id}).encode())
        self._link.start(self, None, (self._topics.response(self._verb),))
        farewell: Message | None = Message(self._topics.request(self._verb), json.dumps(cancel).encode())
        patience = FIRST_REPLY_SECONDS
        try:
            while farewell:
                response = self._next(patience)
                patience = next_reply_seconds
                if response.status != "progress":
                    farewell = None
                if error := response.error:
                    raise CommandError(error.code, error.message)
                yield response.data or {}
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
        response = Response.model_validate_json(message.payload)
        if response.id == self._id:
            self._heard.put(response)

    def delivered(self, token: int, outcome: Outcome) -> None:
        """See Endpoint."""

    def pump(self) -> None:
        """See Endpoint."""
        while self._is_connected and self._to_send:
            self._link.send(Message(self._topics.request(self._verb), self._to_send.pop(0)))

    def _next(self, patience: float) -> Response:
        try:
            heard = self._heard.get(timeout=patience)
        except Empty:
            raise LinkError(
                f"edged does not answer on {self._topics.response(self._verb)}. See that it runs, and that the broker lets this user "
                f"write {self._topics.request(self._verb)} and read the answer."
            ) from None
        if isinstance(heard, LinkError):
            raise heard
        return heard
