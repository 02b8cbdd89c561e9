"""The way from one thread to the other: order, and what is done where."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from edged.mqtt.channel import Channel
from edged.mqtt.link import MemoryLink

if TYPE_CHECKING:
    from tests.mqtt.conftest import Clock


def test_actions_of_the_worker_are_carried_out_on_the_other_thread_in_their_order() -> None:
    channel, done = Channel(MemoryLink()), list[tuple[int, str]]()
    channel.put(*(lambda number=number: done.append((number, threading.current_thread().name)) for number in range(3)))
    assert (len(channel), done) == (3, [])
    link_thread = threading.Thread(target=channel.carry_out, name="link")
    link_thread.start()
    link_thread.join()
    assert done == [(0, "link"), (1, "link"), (2, "link")]


def test_an_action_put_by_an_action_is_carried_out_too() -> None:
    channel, done = Channel(MemoryLink()), list[str]()
    channel.put(lambda: channel.put(lambda: done.append("second")))
    channel.carry_out()
    assert done == ["second"]


def test_it_tells_how_long_the_broker_has_been_there(clock: Clock) -> None:
    channel = Channel(MemoryLink(), clock)
    clock.seconds = 5.0
    assert (channel.is_open(), channel.seconds_open()) == (False, 0.0)
    channel.open()
    clock.seconds = 7.0
    assert (channel.is_open(), channel.seconds_open()) == (True, 2.0)
    channel.close()
    assert (channel.is_open(), channel.seconds_open()) == (False, 0.0)
