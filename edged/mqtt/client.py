"""The link to a real broker: connecting, reconnecting with jittered back-off, moving messages.

The only file that imports paho; it knows bytes and connections, neither topics nor payloads.
"""

from __future__ import annotations

import logging
import random
import select
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from edged.errors import ConfigError, LinkError
from edged.mqtt.link import Message, Outcome, Received

if TYPE_CHECKING:
    from pathlib import Path

    from paho.mqtt.client import ConnectFlags, DisconnectFlags, MQTTMessage
    from paho.mqtt.reasoncodes import ReasonCode

    from edged.mqtt.link import Endpoint

log = logging.getLogger(__name__)

BACK_OFF_FIRST_SECONDS = 0.5
BACK_OFF_MOST_SECONDS = 30.0
CONNECT_TIMEOUT_SECONDS = 5.0
STEADY_SECONDS = 10.0
"""A connection that lasted so long was a good one; after others the pauses go on growing."""
SUSPICIOUSLY_BRIEF = 3
"""So many brief connections in a row are most often two clients of one id, whom the broker throws out in turns."""
TICK_SECONDS = 0.5
"""How often the endpoint is pumped and keep-alives are seen to where nothing else happens."""
NO_MATCHING_SUBSCRIBERS = 0x10
"""MQTT 5, section 3.4.2.1: the reason code of a PUBACK for a message that nobody subscribes to."""
FIRST_FAILURE_CODE = 0x80
MOST_PACKET_BYTES = 2_000_000
"""MQTT 5, section 3.1.2.11.4: a broker keeps what is larger to itself. More than a request may have, so that one that is a little too
large is still answered with what is wrong."""
NO_RETAINED_ON_SUBSCRIBE = SubscribeOptions.RETAIN_DO_NOT_SEND


@dataclass(frozen=True, slots=True)
class Tls:
    """How to encrypt: the broker's authority (None: the system's) and this device's own certificate."""

    ca_file: Path | None = None
    client_certificate: Path | None = None
    client_key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """A verifying context.

        Raises:
            ConfigError: a file is missing or not what it should be.
        """
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            if self.client_certificate and self.client_key:
                context.load_cert_chain(self.client_certificate, self.client_key)
        except (OSError, ssl.SSLError) as error:
            files = ", ".join(str(file) for file in (self.ca_file, self.client_certificate, self.client_key) if file)
            raise ConfigError(f"mqtt.tls: {files or 'the certificate authorities of the system'} cannot be used: {error}.") from error
        return context


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and who we are to it."""

    host: str
    port: int
    client_id: str
    mqtt5: bool = True
    username: str | None = None
    password: str | None = None
    tls: Tls | None = None
    keepalive_seconds: int = 30


class BrokerLink:
    """A connection on a thread of its own; a new paho client each time, so that nothing is sent behind our back.

    What is undelivered when a connection is lost belongs to the endpoint, which sends it again from the durable outbox.
    """

    def __init__(self, broker: Broker, *, wants_retained: bool = False) -> None:
        """Prepare; nothing is opened but the TLS files. Old messages that the broker kept are asked for only where they are wanted.

        Raises:
            ConfigError: TLS files that cannot be used.
        """
        self._broker = broker
        self._retain_handling = SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE if wants_retained else NO_RETAINED_ON_SUBSCRIBE
        self._tls = broker.tls.context() if broker.tls else None
        self._waker, self._wakee = socket.socketpair()
        self._waker.settimeout(0)
        self._wakee.settimeout(0)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._client: Client | None = None
        self._connected = False
        self._refusal = ""
        self._will: Message | None = None
        self._subscriptions: tuple[str, ...] = ()
        self._farewell: Message | None = None

    def probe(self) -> None:
        """Connect once, without will or subscription, and disconnect; for checks, in place of start().

        Raises:
            LinkError: says what is wrong.
        """
        try:
            self._connect()
            if self._client is not None:
                self._client.disconnect()
        finally:
            self._drop_client()
            self._close_waker()

    def start(self, endpoint: Endpoint, will: Message | None, subscriptions: tuple[str, ...]) -> None:
        """See Link."""
        self._endpoint, self._subscriptions = endpoint, subscriptions
        self._will = will
        self._thread.start()

    def wake(self) -> None:
        """See Link."""
        with suppress(BlockingIOError, OSError):  # full: it wakes anyway; closed: it has ended
            self._waker.send(b"\0")

    def send(self, message: Message) -> int:
        """See Link."""
        if self._client is None:
            raise LinkError("not connected")
        properties = None
        if self._broker.mqtt5 and message.correlation_data is not None:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho leaves it untyped
            properties.CorrelationData = message.correlation_data
        return self._client.publish(message.topic, message.payload, qos=1, retain=message.retain, properties=properties).mid

    def stop(self, farewell: Message | None, timeout_seconds: float) -> None:
        """See Link."""
        self._farewell = farewell
        self._stop_at = time.monotonic() + timeout_seconds
        self._stopping.set()
        self.wake()
        if self._thread.is_alive():
            self._thread.join(timeout_seconds + TICK_SECONDS)
        self._close_waker()

    def _close_waker(self) -> None:
        self._waker.close()
        self._wakee.close()

    def _run(self) -> None:
        delay, brief = BACK_OFF_FIRST_SECONDS, 0
        while not self._stopping.is_set():
            started = time.monotonic()
            try:
                self._connect()
                self._serve()
            except LinkError as error:
                brief = brief + 1 if self._connected and time.monotonic() - started < STEADY_SECONDS else 0
                self._endpoint.disconnected(f"{error}{self._suspicion(brief)}")
            except Exception:  # a defect in handling one message must not end the thread, and with it every event
                log.exception("The connection is opened anew after an unexpected error.")
                self._endpoint.disconnected("An unexpected error broke the connection to the broker.")
            if self._connected and time.monotonic() - started >= STEADY_SECONDS:
                delay = BACK_OFF_FIRST_SECONDS
            self._drop_client()
            self._pause(delay * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, no secret
            delay = min(2 * delay, BACK_OFF_MOST_SECONDS)

    def _suspicion(self, brief: int) -> str:
        if brief < SUSPICIOUSLY_BRIEF:
            return ""
        return f" Another client may have the same id, {self._broker.client_id}; give each device a device.id of its own."

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._stopping.is_set() and (left := until - time.monotonic()) > 0:
            self._await([], [], min(left, TICK_SECONDS))
            self._endpoint.pump()

    def _connect(self) -> None:
        broker = self._broker
        client = self._new_client()
        self._client, self._connected, self._refusal = client, False, ""
        try:
            client.connect(broker.host, broker.port, broker.keepalive_seconds, **self._session())
        except (OSError, ValueError) as error:
            raise LinkError(
                f"The broker {broker.host}:{broker.port} cannot be reached ({error}); see that it runs, and mqtt.host and mqtt.port."
            ) from error
        connection: Any = client.socket()
        if connection is not None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # an event does not wait for what went before it
        deadline = time.monotonic() + CONNECT_TIMEOUT_SECONDS
        while not self._connected and not self._stopping.is_set():
            if time.monotonic() > deadline:
                raise LinkError(f"{broker.host}:{broker.port} took the connection but does not answer as an MQTT broker.")
            self._step(client)

    def _session(self) -> dict[str, Any]:
        if not self._broker.mqtt5:
            return {}
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho leaves it untyped
        properties.MaximumPacketSize = MOST_PACKET_BYTES
        return {"clean_start": True, "properties": properties}

    def _new_client(self) -> Client:
        broker = self._broker
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=broker.client_id,
            clean_session=None if broker.mqtt5 else True,
            protocol=MQTTProtocolVersion.MQTTv5 if broker.mqtt5 else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_TIMEOUT_SECONDS
        if self._will is not None:
            client.will_set(self._will.topic, self._will.payload, qos=1, retain=self._will.retain)
        if broker.username is not None:
            client.username_pw_set(broker.username, broker.password)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        return client

    def _serve(self) -> None:
        if not self._connected or self._client is None:
            return
        self._endpoint.connected()
        while not self._stopping.is_set():
            self._endpoint.pump()
            self._step(self._client)
        self._say_farewell(self._client)

    def _say_farewell(self, client: Client) -> None:
        self._endpoint.pump()
        if self._farewell is not None:
            info = client.publish(self._farewell.topic, self._farewell.payload, qos=1, retain=self._farewell.retain)
            while not info.is_published() and time.monotonic() < self._stop_at:
                self._step(client)
        client.disconnect()

    def _step(self, client: Client) -> None:
        """Wait for the network or a wake-up, and handle either.

        Raises:
            LinkError: the connection is gone.
        """
        connection: Any = client.socket()
        if connection is None:
            raise LinkError(self._refusal or "The broker closed the connection.")
        readable, writable = self._await([connection], [connection] if client.want_write() else [], TICK_SECONDS)
        codes = []
        if connection in readable:
            codes.append(client.loop_read())
            while client.socket() is connection and isinstance(connection, ssl.SSLSocket) and connection.pending():
                codes.append(client.loop_read())
        if connection in writable:
            codes.append(client.loop_write())
        codes.append(client.loop_misc())
        failed = [code for code in codes if code != MQTTErrorCode.MQTT_ERR_SUCCESS]
        if failed:
            raise LinkError(self._refusal or f"The connection to the broker was lost ({failed[0].name}).")

    def _await(self, readers: list[Any], writers: list[Any], seconds: float) -> tuple[list[Any], list[Any]]:
        try:
            readable, writable, _ = select.select([self._wakee, *readers], writers, [], seconds)
        except (OSError, ValueError) as error:  # a socket closed under us
            raise LinkError("The connection to the broker was closed.") from error
        if self._wakee in readable:
            with suppress(BlockingIOError):
                self._wakee.recv(4096)
        return readable, writable

    def _drop_client(self) -> None:
        client, self._client, self._connected = self._client, None, False
        connection = client.socket() if client else None
        if connection is not None:
            connection.close()

    def _on_connect(self, client: Client, _data: object, _flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None) -> None:
        if reason.is_failure:
            self._refusal = f"The broker refuses us: {reason}; see mqtt.username and the password."
            return
        if self._subscriptions:
            options = SubscribeOptions(qos=1, retainAsPublished=True, retainHandling=self._retain_handling)
            how: Any = options if self._broker.mqtt5 else 1
            client.subscribe([(one, how) for one in self._subscriptions])
        self._connected = True

    def _on_disconnect(
        self, _client: Client, _data: object, flags: DisconnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self._refusal = self._refusal or f"The broker closed the connection: {reason}."

    def _on_subscribe(self, _client: Client, _data: object, _mid: int, reasons: list[ReasonCode], _properties: Properties | None) -> None:
        for subscription, reason in zip(self._subscriptions, reasons, strict=False):
            if reason.is_failure:
                log.warning("The broker does not let us hear what comes on %s: %s; see its access rules.", subscription, reason)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        properties = message.properties
        self._endpoint.received(
            Received(
                topic=message.topic,
                payload=bytes(message.payload),
                retained=message.retain,
                response_topic=getattr(properties, "ResponseTopic", None),
                correlation_data=getattr(properties, "CorrelationData", None),
            )
        )

    def _on_publish(self, _client: Client, _data: object, mid: int, reason: ReasonCode, _properties: Properties) -> None:
        outcome = Outcome.HEARD
        if reason.value == NO_MATCHING_SUBSCRIBERS:
            outcome = Outcome.UNHEARD
        elif reason.value >= FIRST_FAILURE_CODE:
            outcome = Outcome.REFUSED
            log.warning("The broker refuses a message: %s.", reason)
        self._endpoint.delivered(mid, outcome)
