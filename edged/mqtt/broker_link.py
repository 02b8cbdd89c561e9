"""The link to a real broker: a thread that keeps one connection open after the other, with pauses between them.

Knows when to connect; neither how that is done nor what a message says is known here.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from edged.errors import LinkError
from edged.mqtt.client import TICK_SECONDS, Connection, Delivery
from edged.mqtt.opening import opened
from edged.mqtt.reasons import TAKEN_OVER
from edged.mqtt.terms import LARGEST_BYTES
from edged.mqtt.wake_socket import WakeSocket
from edged.system.back_off import STEADY_SECONDS, BackOff

if TYPE_CHECKING:
    from edged.mqtt.broker import Broker
    from edged.mqtt.link import Endpoint, Message
    from edged.mqtt.terms import Terms

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 0.5
"""Seconds of the longest pause before the second try; a broker that was restarted is back by then."""
LONGEST_PAUSE_SECONDS = 8.0
"""Seconds of the longest pause: a network that came and went all day is used again within ten seconds, and a try costs next to nothing."""
SUSPICIOUSLY_BRIEF = 3
"""Brief connections in a row that are most often two clients of one id, whom the broker throws out in turns."""


class BrokerLink:
    """A link over the network. What is undelivered when a connection is lost belongs to the endpoint, which sends it again."""

    def __init__(self, broker: Broker, *, wants_retained: bool = False) -> None:
        """Prepare; nothing is opened but the TLS files, as Tls.context() does. Retained messages come only where they are wanted."""
        tls = broker.tls.context() if broker.tls else None
        self._broker, self._new_connection = broker, partial(Connection, broker, tls, wants_retained=wants_retained)
        self._wake_socket, self._stopping = WakeSocket(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._connection: Connection | None = None
        self._told: Terms | None = None  # the terms that were logged last
        self._farewell: Message | None = None

    def start(self, endpoint: Endpoint, will: Message | None, subscriptions: tuple[str, ...]) -> None:
        """See Link."""
        self._endpoint = endpoint
        self._new_connection = partial(self._new_connection, will=will, subscriptions=subscriptions)
        self._thread.start()

    def wake(self) -> None:
        """See Link."""
        self._wake_socket.wake()

    def send(self, message: Message) -> int:
        """See Link."""
        if self._connection is None:
            raise LinkError("There is no connection to the broker.")
        return self._connection.send(message)

    def most_bytes(self) -> int | None:
        """See Link."""
        connection = self._connection
        return connection.terms.most_packet_bytes if connection else None

    def stop(self, farewell: Message | None, timeout_seconds: float) -> None:
        """See Link."""
        self._farewell, self._stop_at = farewell, time.monotonic() + timeout_seconds
        self._stopping.set()
        self.wake()
        if self._thread.is_alive():
            self._thread.join(timeout_seconds + TICK_SECONDS)
        self._wake_socket.close()

    def _run(self) -> None:
        back_off, brief = BackOff(FIRST_PAUSE_SECONDS, longest_seconds=LONGEST_PAUSE_SECONDS), 0
        while not self._stopping.is_set():
            reason, worked_seconds, parting = self._connect_once()
            brief = brief + 1 if 0 < worked_seconds < STEADY_SECONDS else 0
            if reason and brief >= SUSPICIOUSLY_BRIEF:
                reason += self._suspicion(parting)
            if reason:
                self._endpoint.disconnected(reason)
            self._pause(back_off.pause_seconds(worked_seconds))

    def _connect_once(self) -> tuple[str, float, int | None]:
        """Open a connection and serve it to its end.

        Why it ended, empty where it is no loss, how many seconds it worked, and the reason code with which the broker ended it.
        """
        started, reason = time.monotonic(), ""
        connection: Connection | None = None
        try:
            with closing(opened(self._new_connection, self._broker, self._wake_socket, self._stopping.is_set)) as connection:
                self._connection = connection
                if connection.is_open:
                    self._tell(connection.terms)
                    self._serve(connection)
        except LinkError as error:
            reason = str(error)
        except Exception:  # a defect in handling one message must not end the thread, and with it every event
            log.exception("The connection is opened anew after an unexpected error.")
            reason = "An unexpected error broke the connection to the broker."
        self._connection = None
        worked = connection is not None and connection.is_open
        return reason, time.monotonic() - started if worked else 0.0, connection.parting if connection else None

    def _tell(self, terms: Terms) -> None:
        """Log in which way the broker gives less than was asked for, where it is news."""
        if terms != self._told:
            for sentence in terms.restrictions(self._broker.terms):
                log.warning("%s", sentence)
        self._told = terms

    def _suspicion(self, parting: int | None) -> str:
        """What brief connections in a row come from, where the broker does not say it; MQTT 3.1.1 never does."""
        if parting not in {None, TAKEN_OVER}:
            return ""
        large = (
            ""
            if self._told is None or self._told.mqtt5
            else f" Or the broker takes no messages as large as ours, up to {LARGEST_BYTES} bytes (mosquitto: max_packet_size)."
        )
        return f" Another client may have the same id, {self._broker.client_id}; give each device a device.id of its own.{large}"

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._stopping.is_set() and (left := until - time.monotonic()) > 0:
            self._wake_socket.wait([], [], min(left, TICK_SECONDS))
            self._endpoint.pump()

    def _serve(self, connection: Connection) -> None:
        self._endpoint.connected()
        while not self._stopping.is_set():
            self._endpoint.pump()
            self._step(connection)
        self._endpoint.pump()
        if self._farewell is not None:
            token = connection.send(self._farewell)
            while token not in self._step(connection) and time.monotonic() < self._stop_at:
                pass
        connection.disconnect()

    def _step(self, connection: Connection) -> set[int]:
        """Give the endpoint what arrives in one step, also in the last one before the end; returns the tokens of what was delivered."""
        delivered = set()
        try:
            connection.step(self._wake_socket)
        finally:
            for arrival in connection.arrived():
                if isinstance(arrival, Delivery):
                    delivered.add(arrival.token)
                    self._endpoint.delivered(arrival.token, arrival.outcome)
                else:
                    self._endpoint.received(arrival)
        return delivered
