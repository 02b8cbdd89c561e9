"""The link to a real mosquitto: events through a broker that dies, requests and replies, MQTT 3.1.1, and two clients of one id."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edged.errors import CommandError
from edged.interface.messages import Reply, Request
from edged.interface.people import PeopleAnswer
from edged.interface.verbs import MAX_REQUEST_BYTES
from edged.mqtt.bridge import Bridge
from edged.mqtt.broker_link import BrokerLink
from edged.mqtt.link import Message
from edged.mqtt.reasons import NO_MATCHING_SUBSCRIBERS
from tests import forms
from tests.broker import PATIENCE_SECONDS, Mosquitto, Subscriber, free_port, wait_until
from tests.mqtt.conftest import TOPICS, broker_at, entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edged.mqtt.broker import Broker
    from edged.mqtt.link import Received


@contextmanager
def running(broker: Broker) -> Iterator[Bridge]:
    bridge = Bridge(BrokerLink(broker), TOPICS, on_input=lambda: None, subscriber_grace_seconds=30.0)
    bridge.start()
    try:
        yield bridge
    finally:
        bridge.stop(2.0)


def wait_for_acknowledged(bridge: Bridge, taken: list[int], count: int) -> None:
    def enough() -> bool:
        taken.extend(bridge.events.acknowledged())
        return len(taken) >= count

    wait_until(enough, f"{count} events acknowledged")


def seqs(subscriber: Subscriber) -> list[int]:
    return [json.loads(payload)["seq"] for payload in subscriber.on("/event")]


def test_it_says_online_and_on_a_clean_stop_offline(broker: Mosquitto, subscriber: Subscriber) -> None:
    with running(broker_at(broker.port)):
        subscriber.wait_for("/availability")
    assert subscriber.wait_for("/availability", 2) == [b"online", b"offline"]


@pytest.mark.parametrize("mqtt5", [True, False])
def test_events_arrive_in_order_and_are_acknowledged(broker: Mosquitto, subscriber: Subscriber, *, mqtt5: bool) -> None:
    with running(broker_at(broker.port, mqtt5=mqtt5)) as bridge:
        bridge.events.publish([entry(seq) for seq in range(1, 51)])
        subscriber.wait_for("/event", 50)
        taken: list[int] = []
        wait_for_acknowledged(bridge, taken, 50)
    assert seqs(subscriber) == taken == list(range(1, 51))
    assert not any(message.retained for message in subscriber.heard if message.topic.endswith("/event"))


def test_a_killed_broker_gets_every_event_once_and_in_order(broker: Mosquitto, subscriber: Subscriber) -> None:
    with running(broker_at(broker.port)) as bridge:
        bridge.events.publish([entry(seq) for seq in range(1, 6)])
        taken: list[int] = []
        wait_for_acknowledged(bridge, taken, 5)
        subscriber.wait_for("/event", 5)  # a broker that is killed forgets what it has not passed on
        broker.kill()
        wait_until(lambda: not bridge.is_connected(), "the loss is noticed")
        bridge.events.publish([entry(seq) for seq in range(6, 11)])
        broker.start()
        subscriber.wait_for("/event", 10)
        wait_for_acknowledged(bridge, taken, 10)
    assert seqs(subscriber) == taken == list(range(1, 11))


def test_without_a_broker_it_waits_and_connects_when_there_is_one(tmp_path: Path) -> None:
    mosquitto = Mosquitto(tmp_path)
    with running(broker_at(mosquitto.port)) as bridge:
        bridge.events.publish([entry(1)])
        mosquitto.start()
        with Subscriber(mosquitto.port) as subscriber:
            subscriber.wait_for("/event")
    mosquitto.kill()


class NotingLink(BrokerLink):
    """A link that notes on which topics it was told to send."""

    def send(self, message: Message) -> int:
        self.topics = [*getattr(self, "topics", []), message.topic]
        return super().send(message)


def is_unheard(port: int) -> bool:
    """Whether the broker says that nobody subscribes to anything."""
    said: list[int] = []
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.on_publish = lambda _client, _data, _mid, reason, _properties: said.append(reason.value)
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.publish("edged/nobody", b"", qos=1).wait_for_publish(PATIENCE_SECONDS)
    wait_until(lambda: said, "the broker answers")
    client.disconnect()
    client.loop_stop()
    return said == [NO_MATCHING_SUBSCRIBERS]


def test_the_only_subscriber_goes_and_comes_back_long_after_the_connect_and_misses_nothing(broker: Mosquitto) -> None:
    """As Home Assistant does: a clean session, and the broker says to each publish whether anybody subscribes."""
    ahead = [0.0]
    link = NotingLink(broker_at(broker.port))
    bridge = Bridge(link, TOPICS, on_input=lambda: None, subscriber_grace_seconds=600.0, monotonic=lambda: time.monotonic() + ahead[0])
    bridge.start()
    try:
        taken: list[int] = []
        with Subscriber(broker.port) as home:
            bridge.events.publish([entry(seq) for seq in range(1, 4)])
            wait_for_acknowledged(bridge, taken, 3)
            home.wait_for("/event", 3)
        wait_until(lambda: is_unheard(broker.port), "the broker knows that it is gone")
        ahead[0] = 3600.0  # the connect, and what was heard last, are an hour ago
        bridge.events.publish([entry(seq) for seq in range(4, 9)])
        bridge.pictures.publish(4, [Message("edged/door/front/face/image", b"face")])
        wait_until(lambda: link.topics.count("edged/door/front/event") >= 5, "it has been sent to nobody more than once")
        assert bridge.events.acknowledged() == []
        with Subscriber(broker.port) as home_again:
            home_again.wait_for("/event", 5)
            wait_for_acknowledged(bridge, taken, 8)
            assert seqs(home_again) == [4, 5, 6, 7, 8]
            assert home_again.on("/image") == [b"face"]
        assert (seqs(home), taken, bridge.events.unheard()) == ([1, 2, 3], list(range(1, 9)), 0)
        wait_until(lambda: is_unheard(broker.port), "the broker knows that it is gone again")
        ahead[0], sent = 7200.0, link.topics.count("edged/door/front/event")
        bridge.events.publish([entry(9)])
        wait_until(lambda: link.topics.count("edged/door/front/event") > sent, "it has been taken up, and sent to nobody")
        ahead[0] = 10800.0
        wait_for_acknowledged(bridge, taken, 9)
        assert bridge.events.unheard() == 1
    finally:
        bridge.stop(2.0)


def test_a_request_comes_in_and_its_reply_goes_to_the_response_topic(broker: Mosquitto, subscriber: Subscriber) -> None:
    with running(broker_at(broker.port)) as bridge:
        subscriber.wait_for("/availability")
        request = None
        while request is None:  # the subscription may be a moment behind the word "online"
            subscriber.publish("edged/door/request/people", '{"id": "7"}', response_topic="edged/door/response/me", correlation_data=b"c")
            request = bridge.next_request()
        assert request.command == forms.ListPeople(id="7")
        bridge.answer(Reply(request.address, PeopleAnswer.of_all(())))
        assert json.loads(subscriber.wait_for("edged/door/response/me")[0])["id"] == "7"
    assert next(message for message in subscriber.heard if message.topic == "edged/door/response/me").correlation_data == b"c"


def test_what_is_too_large_is_refused_and_what_is_far_too_large_stays_with_the_broker(
    broker: Mosquitto, subscriber: Subscriber, caplog: pytest.LogCaptureFixture
) -> None:
    with running(broker_at(broker.port)) as bridge:
        subscriber.wait_for("/availability")
        subscriber.publish("edged/door/request/people", b" " * (broker_at(broker.port).most_packet_bytes + 1))
        subscriber.publish("edged/door/request/people", b'{"id": "large"}' + b" " * MAX_REQUEST_BYTES)
        subscriber.publish("edged/door/request/people", b'{"id": "small"}')
        taken: list[Request] = []
        while len(taken) < 2:
            wait_until(bridge.requests_waiting, "a request")
            taken += filter(None, [bridge.next_request()])
    assert isinstance(taken[0].command, CommandError)
    assert (taken[0].command.code, [one.address.id for one in taken]) == ("too_large", ["large", "small"])
    assert "A request 'people' is refused: " in caplog.text


def test_two_devices_of_one_id_are_told_so(broker: Mosquitto, caplog: pytest.LogCaptureFixture) -> None:
    with running(broker_at(broker.port)), running(broker_at(broker.port)):
        wait_until(lambda: "give each device a device.id of its own" in caplog.text, "the suspicion is told")


def test_stopping_does_not_wait_for_a_broker_that_is_not_there() -> None:
    bridge = Bridge(BrokerLink(broker_at(free_port())), TOPICS, on_input=lambda: None, subscriber_grace_seconds=1.0)
    bridge.start()
    bridge.stop(1.0)
    assert not bridge.is_connected()


def packets(connection: socket.socket) -> Iterator[tuple[int, bytes]]:
    """Type and content of each packet that comes in, MQTT 3.1.1, section 2.2."""
    stream = connection.makefile("rb")
    while head := stream.read(1):
        length, shift = 0, 0
        while byte := stream.read(1)[0]:
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        yield head[0] >> 4, stream.read(length)


def acknowledge_and_break(server: socket.socket, seen: list[int]) -> None:
    """Be a broker that acknowledges an event and in the same moment breaks the protocol; on the next connection it only acknowledges."""
    for ending in (b"\xf0\x00", b""):
        with server.accept()[0] as connection:
            for kind, content in packets(connection):
                if kind == 1:
                    connection.sendall(b"\x20\x02\x00\x00")
                after_topic = 2 + int.from_bytes(content[:2], "big")
                if kind == 3 and content[:after_topic].endswith(b"/event"):
                    seen.append(json.loads(content[after_topic + 2 :])["seq"])
                    connection.sendall(b"\x40\x02" + content[after_topic : after_topic + 2] + ending)


def test_an_event_that_is_acknowledged_in_the_last_moment_is_not_sent_again() -> None:
    seen: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        broken = threading.Thread(target=acknowledge_and_break, args=(server, seen))
        broken.start()
        with running(broker_at(server.getsockname()[1], mqtt5=False)) as bridge:
            bridge.events.publish([entry(1), entry(2)])
            taken: list[int] = []
            wait_for_acknowledged(bridge, taken, 2)
        broken.join()
    assert seen == taken == [1, 2]


class Clumsy(Bridge):
    """A bridge with a defect: it fails on the first message that comes in."""

    has_failed = False

    def received(self, message: Received) -> None:
        if not self.has_failed:
            self.has_failed = True
            raise ValueError("a defect")
        super().received(message)


def test_a_defect_in_handling_a_message_is_logged_and_costs_a_connection_but_no_event(
    broker: Mosquitto, subscriber: Subscriber, caplog: pytest.LogCaptureFixture
) -> None:
    bridge = Clumsy(BrokerLink(broker_at(broker.port)), TOPICS, on_input=lambda: None, subscriber_grace_seconds=30.0)
    bridge.start()
    subscriber.wait_for("/availability")
    while not bridge.has_failed:  # the subscription may be a moment behind the word "online"
        subscriber.publish("edged/door/request/people", b"{}")
    bridge.events.publish([entry(1)])
    subscriber.wait_for("/event")
    bridge.stop(2.0)
    assert "after an unexpected error" in caplog.text
