"""A trial of the broker: once all that the daemon will do there, and nothing left behind.

Knows what is done; which broker it is, and who asks, is not known here.
"""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

from edged.errors import LinkError
from edged.mqtt.client import Connection, Delivery
from edged.mqtt.link import Message, Outcome
from edged.mqtt.opening import NewConnection, opened
from edged.mqtt.terms import LARGEST_BYTES
from edged.mqtt.wake_socket import WakeSocket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edged.mqtt.broker import Broker
    from edged.mqtt.terms import Terms

ANSWER_SECONDS = 10.0
"""Seconds that the broker may take to answer one message, which may go over a slow network."""


class Trial:
    """A connection with a will, a subscription, and a topic to publish on, which nobody should listen to."""

    def __init__(self, broker: Broker, topic: str, filters: tuple[str, ...]) -> None:
        """Prepare; raises as Tls.context()."""
        self._broker, self._topic, self._filters = broker, topic, filters
        self._tls, self._wake_socket = broker.tls.context() if broker.tls else None, WakeSocket()
        self._answers: dict[int, Outcome] = {}

    def run(self) -> Iterator[str]:
        """Do it all, and then say in which way the broker gives less than was asked for.

        Raises:
            LinkError: says what the broker does not allow.
        """
        with closing(self._wake_socket), closing(opened(self._new(), self._broker, self._wake_socket, lambda: False)) as connection:
            self._subscribe(connection)
            for message, what in self._messages(connection.terms):
                self._publish(connection, message, what)
            connection.disconnect()
        yield from connection.terms.restrictions(self._broker.terms)

    def _new(self) -> NewConnection:
        will = Message(self._topic, b"", retain=True)

        def new(*, terms: Terms | None) -> Connection:
            return Connection(self._broker, self._tls, will, self._filters, terms=terms)

        return new

    def _messages(self, terms: Terms) -> list[tuple[Message, str]]:
        """What is published: as large as the daemon's largest message, or as large as the broker takes."""
        most = min(LARGEST_BYTES, terms.most_packet_bytes or LARGEST_BYTES)
        large = Message(self._topic, b" " * (most - Message(self._topic, b"").packet_bytes))
        kept, erased = (Message(self._topic, payload, retain=True) for payload in (b"{}", b""))
        return [(kept, "a message to keep"), (erased, "the erasure of a message"), (large, f"a message of {most} bytes")]

    def _subscribe(self, connection: Connection) -> None:
        until = time.monotonic() + ANSWER_SECONDS
        while connection.unheard is None:
            self._step(connection, until, "a subscription")
        if connection.unheard:
            refused = "; ".join(f"{topic}: {why}" for topic, why in connection.unheard.items())
            raise LinkError(f"The broker does not let us hear what comes on {refused}.")

    def _publish(self, connection: Connection, message: Message, what: str) -> None:
        token, until = connection.send(message), time.monotonic() + ANSWER_SECONDS
        while token not in self._answers:
            self._step(connection, until, what)
        if self._answers[token] is Outcome.REFUSED:
            raise LinkError(f"The broker refuses {what} on {message.topic}; see its access rules (mosquitto: acl_file).")

    def _step(self, connection: Connection, until: float, what: str) -> None:
        if time.monotonic() > until:
            raise LinkError(f"The broker does not answer {what} within {ANSWER_SECONDS:g} s.")
        try:
            connection.step(self._wake_socket)
        except LinkError as error:
            raise LinkError(f"The broker does not take {what}. {error} See its limits (mosquitto: max_packet_size).") from error
        self._answers |= {answer.token: answer.outcome for answer in connection.arrived() if isinstance(answer, Delivery)}
