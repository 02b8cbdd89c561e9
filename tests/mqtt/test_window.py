"""The window: what a broker takes at once is never passed, by a broker that says it, and nothing is left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edged.mqtt.link import Message
from edged.mqtt.window import Window
from tests.broker import Mosquitto, Subscriber
from tests.mqtt.conftest import broker_at, entry
from tests.mqtt.test_broker_link import running, wait_for_acknowledged

if TYPE_CHECKING:
    from pathlib import Path

MESSAGES = [Message(f"topic/{number}", b"x") for number in range(5)]


def test_no_more_is_on_its_way_than_there_is_room_for_and_all_goes_in_order() -> None:
    sent: list[Message] = []

    def publish(message: Message) -> int:
        sent.append(message)
        return 100 + len(sent)

    window = Window(publish)
    window.most = 2
    tokens = [window.put(message) for message in MESSAGES]
    assert (len(set(tokens)), sent) == (5, MESSAGES[:2])
    assert window.take_off(7) is None
    assert window.take_off(102) == tokens[1]
    window.fill()
    assert sent == MESSAGES[:3]
    assert [window.take_off(packet_id) for packet_id in (101, 103)] == [tokens[0], tokens[2]]
    window.fill()
    assert sent == MESSAGES


@pytest.mark.parametrize("most", [1, 3])
def test_a_broker_that_takes_few_at_once_gets_everything(tmp_path: Path, most: int) -> None:
    broker = Mosquitto(tmp_path, f"max_inflight_messages {most}")
    broker.start()
    try:
        with Subscriber(broker.port) as subscriber, running(broker_at(broker.port)) as bridge:
            for number in range(30):
                bridge.states.publish(f"edged/door/state/{number}", b"{}")
            bridge.events.publish([entry(seq) for seq in range(1, 6)])
            wait_for_acknowledged(bridge, [], 5)
            subscriber.wait_for("/state/29")
            assert subscriber.on("/availability") == [b"online"], "the connection was kept"
    finally:
        broker.kill()
