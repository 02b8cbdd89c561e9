"""The terms of a connection: what a broker takes and keeps, as its CONNACK or its refusals tell.

Knows sizes and versions; neither what a message says nor how a connection is made is known here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edged.errors import LinkError
from edged.mqtt.reasons import NO_RETAIN, NO_SUCH_QOS, WRONG_VERSION
from edged.mqtt.window import MOST_IN_FLIGHT

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAST_PACKET_BYTES = 4096
"""Bytes that a broker must take of one message: an event with a name of 80 characters, each of four bytes, has 1,213."""
LARGEST_BYTES = 300_000
"""Bytes of the largest message that edged sends unless it is asked for an archive: a snapshot of 200,000 bytes in base64 and its JSON."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What may be sent to a broker, and how: MQTT 5, section 3.2.2.3."""

    mqtt5: bool = True
    qos: int = 1
    """Quality of service of what is sent, 0 or 1."""
    may_retain: bool = True
    """Whether the broker keeps messages for who comes later."""
    most_packet_bytes: int | None = None
    """Bytes of one packet; None: any number, or the broker does not tell."""
    most_in_flight: int = MOST_IN_FLIGHT
    """Messages of QoS 1 that may be on their way at once, 1 and more."""

    def told(self, *, qos: int | None, may_retain: bool | None, most_packet_bytes: int | None, most_in_flight: int | None = None) -> Terms:
        """The same with what a CONNACK tells; None is what it leaves out.

        Raises:
            LinkError: less than what edged needs.
        """
        if most_packet_bytes is not None and most_packet_bytes < LEAST_PACKET_BYTES:
            raise LinkError(
                f"The broker takes messages of {most_packet_bytes} bytes at most, and an event may have {LEAST_PACKET_BYTES}; "
                "raise its limit (mosquitto: max_packet_size)."
            )
        keeps = self.may_retain and may_retain is not False
        return Terms(self.mqtt5, min(self.qos, 1 if qos is None else qos), keeps, most_packet_bytes, most_in_flight or MOST_IN_FLIGHT)

    def lowered(self, code: int | None) -> Terms | None:
        """What to try where a connect was refused with this reason code, None being no answer at all; None where there is nothing."""
        if code == NO_RETAIN and self.may_retain:
            return replace(self, may_retain=False)
        if code == NO_SUCH_QOS and self.qos:
            return replace(self, qos=0)
        return replace(self, mqtt5=False) if code in {WRONG_VERSION, None} and self.mqtt5 else None

    def restrictions(self, wanted: Terms) -> Iterator[str]:
        """A sentence for each way in which these terms are less than the wanted ones."""
        if wanted.mqtt5 and not self.mqtt5:
            yield (
                "The broker does not speak MQTT 5, so 3.1.1 is used: it does not say whether anybody subscribes. mqtt.protocol = "
                '"3.1.1" asks for it at once.'
            )
        if not self.qos:
            yield "The broker takes QoS 0 only: an event that is lost on the way is not sent again. Allow QoS 1 (mosquitto: max_qos 1)."
        if not self.may_retain:
            yield (
                "The broker keeps no messages: states are sent when they change and when Home Assistant starts, and who subscribes "
                "later waits for them. Allow it (mosquitto: retain_available true)."
            )
        if self.most_packet_bytes is not None and self.most_packet_bytes < LARGEST_BYTES:
            yield f"The broker takes messages of {self.most_packet_bytes} bytes at most; what is larger is made smaller, or left out."
