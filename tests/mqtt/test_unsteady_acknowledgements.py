"""A broker that acknowledges late, twice, out of order, for nobody, or not at all before the connection ends: no event is lost by that.

The stand-in speaks MQTT 3.1.1 over a socket, since no real broker does such things on demand.
"""

from __future__ import annotations

import json
import random
import socket
import struct
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from edged.mqtt.bridge import Bridge
from edged.mqtt.broker_link import BrokerLink
from tests.broker import wait_until
from tests.mqtt.conftest import TOPICS, broker_at, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECT, PUBLISH, SUBSCRIBE, PING = 1, 3, 8, 12
EVENTS = 40


class UnsteadyBroker:
    """Takes one client after the other; what it does with each event is drawn by a seed."""

    def __init__(self, seed: int) -> None:
        """Listen."""
        self._random = random.Random(seed)  # noqa: S311 - for a test
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.acknowledged: list[int] = []
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with client:
                try:
                    self._talk(client)
                except (OSError, EOFError):
                    continue

    def _talk(self, client: socket.socket) -> None:
        stale: list[int] = []
        while True:
            kind, body = _packet(client)
            if kind == CONNECT:
                client.sendall(b"\x20\x02\x00\x00")
            elif kind == SUBSCRIBE:
                client.sendall(b"\x90\x03" + body[:2] + b"\x01")
            elif kind == PING:
                client.sendall(b"\xd0\x00")
            elif kind == PUBLISH:
                self._answer(client, body, stale)

    def _answer(self, client: socket.socket, body: bytes, stale: list[int]) -> None:
        (length,) = struct.unpack_from("!H", body)
        topic, (mid,) = body[2 : 2 + length], struct.unpack_from("!H", body, 2 + length)
        if not topic.endswith(b"/event"):
            stale.append(mid)  # acknowledged later, if at all: out of order
            return
        what = self._random.choice(("at once", "twice", "for another", "for others first", "gone before", "gone after"))
        if what in {"for another", "for others first"}:
            _acknowledge(client, *stale, *((mid + 1, mid + 7, 65_535) if what == "for another" else ()))
            stale.clear()
        if what == "gone before":
            raise EOFError
        self.acknowledged.append(json.loads(body[4 + length :])["seq"])
        _acknowledge(client, *([mid] * (2 if what == "twice" else 1)))
        if what == "gone after":
            raise EOFError


def _acknowledge(client: socket.socket, *mids: int) -> None:
    client.sendall(b"".join(struct.pack("!BBH", 0x40, 2, mid) for mid in mids))


def _packet(client: socket.socket) -> tuple[int, bytes]:
    [first], length, shift = _exactly(client, 1), 0, 0
    while True:
        [byte] = _exactly(client, 1)
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return first >> 4, _exactly(client, length)


def _exactly(client: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = client.recv(count - len(found))
        if not more:
            raise EOFError
        found += more
    return found


@pytest.fixture(params=range(3))
def unsteady(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[UnsteadyBroker]:
    monkeypatch.setattr("edged.mqtt.broker_link.FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(BrokerLink, "_pause", lambda link, _seconds: link._endpoint.pump())
    broker = UnsteadyBroker(request.param)
    yield broker
    broker.close()


class WithholdingBroker(UnsteadyBroker):
    """Acknowledges events at once, and nothing else before it is told to."""

    def __init__(self) -> None:
        """Listen."""
        self.withheld: list[int] = []
        self.client: socket.socket | None = None
        super().__init__(0)

    def acknowledge_the_rest(self) -> None:
        """Acknowledge what waits, in its order."""
        assert self.client
        with suppress(OSError):  # the connection is another one by now
            while self.withheld:
                _acknowledge(self.client, self.withheld.pop(0))

    def _answer(self, client: socket.socket, body: bytes, stale: list[int]) -> None:  # noqa: ARG002 - the base's
        (length,) = struct.unpack_from("!H", body)
        topic, (mid,) = body[2 : 2 + length], struct.unpack_from("!H", body, 2 + length)
        self.client = client
        if topic.endswith(b"/event"):
            self.acknowledged.append(json.loads(body[4 + length :])["seq"])
            _acknowledge(client, mid)
        else:
            self.withheld.append(mid)


@pytest.fixture
def withholding() -> Iterator[tuple[WithholdingBroker, Bridge]]:
    """Such a broker, and a bridge that is connected to it and has said that it is online."""
    broker = WithholdingBroker()
    bridge = Bridge(BrokerLink(broker_at(broker.port, mqtt5=False)), TOPICS, on_input=lambda: None, subscriber_grace_seconds=0)
    bridge.start()
    wait_until(lambda: broker.withheld, "it is connected")
    yield broker, bridge
    bridge.stop(1.0)
    broker.close()


def test_an_event_does_not_get_the_packet_identifier_of_a_message_that_still_waits(withholding: tuple[WithholdingBroker, Bridge]) -> None:
    """As after 65,535 others: paho sends nothing then, and the old acknowledgement would be taken for the event's."""
    broker, bridge = withholding
    [waiting] = broker.withheld
    client = bridge._link._connection._client  # type: ignore[attr-defined] # the real link's
    client._last_mid = waiting - 1
    bridge.events.publish([entry(1)])
    wait_until(lambda: broker.acknowledged or client._last_mid == waiting, "it is sent, or was to be")
    broker.acknowledge_the_rest()
    arrived: list[int] = []

    def has_arrived() -> bool:
        arrived.extend(bridge.events.acknowledged())
        return bool(arrived)

    wait_until(has_arrived, "it arrives")
    assert (arrived, broker.acknowledged) == ([1], [1])


def test_an_event_behind_many_messages_that_wait_counts_when_the_broker_has_it(withholding: tuple[WithholdingBroker, Bridge]) -> None:
    """Only 20 are on their way at once, and paho queues the others without a limit of its own."""
    broker, bridge = withholding
    for number in range(100):
        bridge.states.publish(f"edged/door/setting/{number}", b"{}")
    bridge.events.publish([entry(1)])
    wait_until(lambda: len(broker.withheld) >= 20, "as many are on their way as may be")
    arrived: list[int] = []

    def has_arrived() -> bool:
        arrived.extend(bridge.events.acknowledged())
        assert set(arrived) <= set(broker.acknowledged)
        broker.acknowledge_the_rest()
        return bool(arrived)

    wait_until(has_arrived, "it arrives after them")
    assert arrived == [1]


def test_only_what_was_acknowledged_counts_as_arrived_and_all_arrives_in_order(unsteady: UnsteadyBroker) -> None:
    bridge = Bridge(BrokerLink(broker_at(unsteady.port, mqtt5=False)), TOPICS, on_input=lambda: None, subscriber_grace_seconds=0)
    bridge.events.publish([entry(seq) for seq in range(1, EVENTS + 1)])
    bridge.start()
    arrived: list[int] = []

    def have_all_arrived() -> bool:
        arrived.extend(bridge.events.acknowledged())
        assert set(arrived) <= set(unsteady.acknowledged), "an event counts as arrived that the broker has not acknowledged"
        return len(arrived) >= EVENTS

    wait_until(have_all_arrived, "all events have arrived")
    bridge.stop(1.0)
    assert arrived == list(range(1, EVENTS + 1))
    assert list(dict.fromkeys(unsteady.acknowledged)) == arrived
    assert unsteady.connections > 1
