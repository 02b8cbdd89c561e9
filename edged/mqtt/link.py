"""The seam between edged and a broker: what a link must do, and one in memory for tests.

Knows messages as bytes; neither topics nor payloads have a meaning here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

PACKET_BYTES = 20
"""Bytes of a packet beside topic, correlation data and payload, at most: MQTT 5, section 3.3."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message to send."""

    topic: str
    payload: bytes
    retain: bool = False
    correlation_data: bytes | None = None

    @property
    def packet_bytes(self) -> int:
        """Bytes of the packet that carries it, a few more than it may have."""
        return PACKET_BYTES + len(self.topic.encode()) + len(self.correlation_data or b"") + len(self.payload)


@dataclass(frozen=True, slots=True)
class Received:
    """A message that came in."""

    topic: str
    payload: bytes
    response_topic: str | None = None
    correlation_data: bytes | None = None
    retained: bool = False  # an old one that the broker has kept


class Outcome(Enum):
    """What the broker answered to a message."""

    HEARD = "heard"  # taken; somebody subscribes to it, or the broker does not say
    UNHEARD = "unheard"  # taken, but nobody subscribes to it (MQTT 5)
    REFUSED = "refused"  # not taken: not authorised, over quota


class Endpoint(Protocol):
    """The other side of a link; a link calls all of these on its own thread, one after the other."""

    def connected(self) -> None:
        """Begin: the broker is there. The link has forgotten what was sent before and not delivered."""

    def disconnected(self, reason: str) -> None:
        """Take note that the broker is gone, or could not be reached."""

    def received(self, message: Received) -> None:
        """Take a message that came in."""

    def delivered(self, token: int, outcome: Outcome) -> None:
        """Take the broker's answer to the message that was sent under this token."""

    def pump(self) -> None:
        """Send what there is to send: called after wake() and at least once a second, connected or not."""


class Link(Protocol):
    """A connection to a broker that mends itself."""

    def start(self, endpoint: Endpoint, will: Message | None, subscriptions: tuple[str, ...]) -> None:
        """Connect, and again whenever the connection is lost; will is what the broker then publishes for us, if anything."""

    def wake(self) -> None:
        """Have pump() called soon; from any thread."""

    def send(self, message: Message) -> int:
        """Send with QoS 1 from within a call of the endpoint's; the token is that of its delivered()."""

    def most_bytes(self) -> int | None:
        """Bytes of a packet that the broker takes at most; None: any number, or it does not say. From any thread."""

    def stop(self, farewell: Message | None, timeout_seconds: float) -> None:
        """Send the farewell, disconnect and end within the timeout, whether the broker is there or not."""


@dataclass
class MemoryLink:
    """A link without a broker, driven by hand: a test says when the broker is there and what it answers."""

    sent: list[Message] = field(default_factory=list)
    endpoint: Endpoint | None = None
    online: bool = False
    most_packet_bytes: int | None = None

    def start(self, endpoint: Endpoint, will: Message | None, subscriptions: tuple[str, ...]) -> None:
        """Take the endpoint; nothing is connected until connect()."""
        self.endpoint, self.will, self.subscriptions = endpoint, will, subscriptions

    def wake(self) -> None:
        """Pump at once."""
        if self.endpoint:
            self.endpoint.pump()

    def send(self, message: Message) -> int:
        """Note the message; its token is its place among the sent."""
        self.sent.append(message)
        return len(self.sent) - 1

    def most_bytes(self) -> int | None:
        """As the test says."""
        return self.most_packet_bytes

    def stop(self, farewell: Message | None, timeout_seconds: float) -> None:  # noqa: ARG002 - the interface's
        """Note the farewell."""
        self.sent += [farewell] if farewell else []
        self.online = False

    def connect(self) -> None:
        """Let the broker come."""
        self.online = True
        if self.endpoint:
            self.endpoint.connected()
            self.endpoint.pump()

    def disconnect(self, reason: str = "lost") -> None:
        """Let the broker go."""
        self.online = False
        if self.endpoint:
            self.endpoint.disconnected(reason)

    def deliver(self, token: int, outcome: Outcome = Outcome.HEARD) -> None:
        """Let the broker answer a message."""
        if self.endpoint:
            self.endpoint.delivered(token, outcome)
            self.endpoint.pump()

    def receive(self, message: Received) -> None:
        """Let a message come in."""
        if self.endpoint:
            self.endpoint.received(message)
