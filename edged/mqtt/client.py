"""One connection to a real broker: opened, moved along step by step, and closed, all on one thread.

The only file that imports paho, and none of its exceptions leaves it. paho's own loop is not used: it has no call at a wake-up or once a
second, gives no reason where a connect fails, and ends for ever at a host name that cannot be encoded. It would also send again by itself
what was on its way, an event twice and a name that has been forgotten since.
"""

from __future__ import annotations

import logging
import ssl
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from edged.errors import LinkError
from edged.mqtt.broker_socket import acknowledge_at_once, kept_until_ended, send_at_once
from edged.mqtt.link import Outcome, Received
from edged.mqtt.reasons import FIRST_FAILURE, NO_MATCHING_SUBSCRIBERS, entry_meaning, meaning
from edged.mqtt.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from paho.mqtt.client import ConnectFlags, DisconnectFlags, MQTTMessage
    from paho.mqtt.reasoncodes import ReasonCode

    from edged.mqtt.broker import Broker
    from edged.mqtt.link import Message
    from edged.mqtt.terms import Terms
    from edged.mqtt.wake_socket import WakeSocket

log = logging.getLogger(__name__)

TICK_SECONDS = 0.5
"""Seconds of the longest wait for the network in one step; keep-alives are seen to after each."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The broker's answer to the message that was sent under this token."""

    token: int
    outcome: Outcome


class Connection:
    """One connection, with a paho client of its own.

    What is undelivered when it is lost belongs to whoever sent it, and is not sent again by the next connection.
    """

    def __init__(
        self,
        broker: Broker,
        tls: ssl.SSLContext | None,
        will: Message | None = None,
        subscriptions: tuple[str, ...] = (),
        *,
        terms: Terms | None = None,
        wants_retained: bool = False,
    ) -> None:
        """Prepare; will is what the broker publishes when the connection is lost. Retained messages come only where they are wanted.

        terms are what to ask for, None: as the configuration says; when the connection is open they are what the broker gives.

        Raises:
            LinkError: the broker cannot be spoken to so.
        """
        self._broker, self._subscriptions = broker, subscriptions
        self.terms = terms or broker.terms
        self.unheard: dict[str, str] | None = None  # the subscriptions that were refused, and why; None until the broker has answered
        self.answer: int | None = None  # the reason code of the CONNACK
        self.parting: int | None = None  # the reason code of the broker's DISCONNECT
        self._retain_handling = SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE if wants_retained else SubscribeOptions.RETAIN_DO_NOT_SEND
        self._arrived: deque[Received | Delivery] = deque()
        self._window = Window(self._publish)
        self._refusal, self.is_open = "", False
        self.is_cut_off = False  # whether the broker took the connection and ended it without letting us in
        with _as_link_error("The connection to the broker cannot be prepared"):
            self._client = _client(broker, tls, will, self.terms)
        self._client.on_connect, self._client.on_disconnect = self._on_connect, self._on_disconnect
        self._client.on_subscribe, self._client.on_publish, self._client.on_message = self._on_subscribe, self._on_publish, self._on_message

    def open(self, wake_socket: WakeSocket, is_stopping: Callable[[], bool]) -> None:
        """Connect and subscribe, or return early where is_stopping() says so.

        Raises:
            LinkError: says what is wrong.
        """
        broker, place = self._broker, self._broker.place
        with _as_link_error(f"The broker {place} cannot be reached", "; see that it runs, and mqtt.host and mqtt.port."):
            self._client.connect(broker.host, broker.port, broker.keepalive_seconds, **_session(self.terms, broker.most_packet_bytes))
            connection: Any = self._client.socket()
            if connection is not None:
                send_at_once(connection)
        deadline = time.monotonic() + broker.connect_timeout_seconds
        self.is_cut_off = True
        while not self.is_open and not is_stopping():
            if time.monotonic() > deadline:
                self.is_cut_off = False
                raise LinkError(f"{place} took the connection but does not answer as an MQTT broker.")
            self.step(wake_socket)
            if self._refusal:
                raise LinkError(self._refusal)
        self.is_cut_off = False

    def step(self, wake_socket: WakeSocket) -> None:
        """Wait for the network or a wake-up, and read and write what there is.

        Raises:
            LinkError: the connection is gone; what arrived before can still be taken.
        """
        connection: Any = self._client.socket()
        if connection is None:
            raise LinkError(self._refusal or self._closed)
        writers = [connection] if self._client.want_write() else []
        readable, writable = wake_socket.wait([connection], writers, TICK_SECONDS)
        with _as_link_error("The connection to the broker was lost"):
            codes = list(_moved(self._client, connection, can_read=connection in readable, can_write=connection in writable))
        if failed := [code for code in codes if code != MQTTErrorCode.MQTT_ERR_SUCCESS]:
            raise LinkError(self._refusal or f"{self._closed[:-1]} ({failed[0].name}).")

    def lowered(self) -> Terms | None:
        """Lower terms to try where the connection could not be opened on these; None where none would help."""
        return self.terms.lowered(self.answer) if self.is_cut_off else None

    @property
    def _closed(self) -> str:
        """That the connection has ended, for which no reason was given."""
        if self.is_open:
            return "The connection to the broker was lost."
        return f"{self._broker.place} takes the connection and ends it without an MQTT answer."

    def arrived(self) -> Iterator[Received | Delivery]:
        """Take what has come in, oldest first; messages that waited for what was delivered are sent then.

        Raises:
            LinkError: one of those cannot be sent.
        """
        while self._arrived:
            arrival = self._arrived.popleft()
            if isinstance(arrival, Received):
                yield arrival
            elif (token := self._window.take_off(arrival.token)) is not None:
                yield Delivery(token, arrival.outcome)
        with _as_link_error("The broker cannot be sent a message"):
            self._window.fill()

    def send(self, message: Message) -> int:
        """Send with QoS 1, or raise a LinkError; the token is that of its delivery."""
        with _as_link_error("The broker cannot be sent a message"):
            return self._window.put(message)

    def _publish(self, message: Message) -> int:
        properties = None
        if self.terms.mqtt5 and message.correlation_data is not None:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho leaves it untyped
            properties.CorrelationData = message.correlation_data
        how: Any = {"qos": self.terms.qos, "retain": message.retain and self.terms.may_retain, "properties": properties}
        sent = self._client.publish(message.topic, message.payload, **how)
        if sent.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
            # paho has sent nothing, and gives the identifier of another message, whose acknowledgement would be taken for this one's.
            raise LinkError("it has not acknowledged one of the 65,535 before")
        return sent.mid

    def disconnect(self) -> None:
        """Part from the broker, which does not say the will then; a LinkError where the connection is gone already."""
        connection: Any = self._client.socket()
        if connection is None:
            raise LinkError(self._closed)
        with _as_link_error("The connection to the broker was lost"), kept_until_ended(connection):
            if code := self._client.disconnect():  # 0 where it was written, and the socket is closed
                raise ConnectionError(code.name)

    def close(self) -> None:
        """Close the connection as it is."""
        connection = self._client.socket()
        if connection is not None:
            connection.close()

    def _on_connect(self, client: Client, _data: object, _flags: ConnectFlags, reason: ReasonCode, properties: Properties | None) -> None:
        self.answer = reason.value
        if reason.is_failure:
            self._refusal = f"The broker refuses us: {entry_meaning(reason.value, _words(properties))}."
            return
        try:
            self.terms = _told(self.terms, properties)
        except LinkError as error:
            self._refusal = str(error)
            return
        self._window.most = self.terms.most_in_flight
        if self._subscriptions:
            options = SubscribeOptions(qos=1, retainAsPublished=True, retainHandling=self._retain_handling)
            how: Any = options if self.terms.mqtt5 else 1
            client.subscribe([(one, how) for one in self._subscriptions])
        self.is_open = True

    def _on_disconnect(
        self, _client: Client, _data: object, flags: DisconnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self.parting = reason.value
            self._refusal = self._refusal or f"The broker closed the connection: {meaning(reason.value, _words(properties))}."

    def _on_subscribe(self, _client: Client, _data: object, _mid: int, reasons: list[ReasonCode], _properties: Properties | None) -> None:
        answers = zip(self._subscriptions, reasons, strict=False)
        self.unheard = {subscription: meaning(reason.value) for subscription, reason in answers if reason.is_failure}
        for subscription, why in self.unheard.items():
            log.warning("The broker does not let us hear what comes on %s: %s.", subscription, why)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        response_topic, correlation_data = (getattr(message.properties, name, None) for name in ("ResponseTopic", "CorrelationData"))
        self._arrived.append(Received(message.topic, bytes(message.payload), response_topic, correlation_data, message.retain))

    def _on_publish(self, _client: Client, _data: object, mid: int, reason: ReasonCode, properties: Properties) -> None:
        outcome = Outcome.HEARD
        if reason.value == NO_MATCHING_SUBSCRIBERS:
            outcome = Outcome.UNHEARD
        elif reason.value >= FIRST_FAILURE:
            outcome = Outcome.REFUSED
            log.warning("The broker refuses a message: %s.", meaning(reason.value, _words(properties)))
        self._arrived.append(Delivery(mid, outcome))


@contextmanager
def _as_link_error(what: str, advice: str = ".") -> Iterator[None]:
    """Within runs paho: a broker that does not keep to the protocol makes it raise nearly anything."""
    try:
        yield
    except Exception as error:
        raise LinkError(f"{what} ({str(error) or type(error).__name__}){advice}") from error


def _client(broker: Broker, tls: ssl.SSLContext | None, will: Message | None, terms: Terms) -> Client:
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=broker.client_id,
        clean_session=None if terms.mqtt5 else True,
        protocol=MQTTProtocolVersion.MQTTv5 if terms.mqtt5 else MQTTProtocolVersion.MQTTv311,
        reconnect_on_failure=False,
    )
    client.connect_timeout = broker.connect_timeout_seconds
    if will is not None:
        client.will_set(will.topic, will.payload, qos=terms.qos, retain=will.retain and terms.may_retain)
    if broker.username is not None:
        client.username_pw_set(broker.username, broker.password)
    if tls is not None:
        client.tls_set_context(tls)
    return client


def _words(properties: Properties | None) -> str | None:
    """What the broker says in its own words beside a code."""
    return getattr(properties, "ReasonString", None)


def _told(terms: Terms, properties: Properties | None) -> Terms:
    """The terms as a CONNACK has them. The broker's keep-alive (Server Keep Alive) paho takes over by itself.

    Topic aliases and shared subscriptions, which a broker may offer or not, are never used, and an id that the broker gives (Assigned
    Client Identifier) is never needed, since we have our own.
    """
    given = {name: getattr(properties, name, None) for name in ("MaximumQoS", "RetainAvailable", "MaximumPacketSize", "ReceiveMaximum")}
    retain = given["RetainAvailable"]
    return terms.told(
        qos=given["MaximumQoS"],
        may_retain=None if retain is None else bool(retain),
        most_packet_bytes=given["MaximumPacketSize"],
        most_in_flight=given["ReceiveMaximum"],
    )


def _session(terms: Terms, most_packet_bytes: int) -> dict[str, Any]:
    """What a connect has beside the broker's address; a broker keeps larger packets to itself, MQTT 5, section 3.1.2.11.4."""
    if not terms.mqtt5:
        return {}
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho leaves it untyped
    properties.MaximumPacketSize = most_packet_bytes
    return {"clean_start": True, "properties": properties}


def _moved(client: Client, connection: Any, *, can_read: bool, can_write: bool) -> Iterator[MQTTErrorCode]:  # noqa: ANN401 - paho's
    """Read, write and see to keep-alives; gives the result of each."""
    if can_read:
        yield client.loop_read()
        while client.socket() is connection and isinstance(connection, ssl.SSLSocket) and connection.pending():
            yield client.loop_read()
        acknowledge_at_once(connection)
    if can_write:
        yield client.loop_write()
    yield client.loop_misc()
