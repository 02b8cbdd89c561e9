"""Requests that wait: how many there is room for, and who is refused in a flood."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from edged.mqtt.link import MemoryLink, Received

if TYPE_CHECKING:
    from edged.mqtt.bridge import Bridge
    from tests.mqtt.conftest import Clock


def test_requests_that_wait_are_counted(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    for _ in range(3):
        link.receive(Received("edged/door/request/people", b"{}"))
    assert bridge.requests_waiting() == 3
    bridge.next_request()
    assert bridge.requests_waiting() == 2


def ask(link: MemoryLink, count: int, padding: str = "") -> None:
    for number in range(count):
        link.receive(Received("edged/door/request/people", f'{{"id": "{number}"}}{padding}'.encode()))


def busy(link: MemoryLink) -> list[str]:
    """The ids of the requests that were told so, in their order."""
    answers = [json.loads(message.payload) for message in link.sent if message.topic.endswith("/response/people")]
    assert {answer["error"]["code"] for answer in answers} <= {"busy"}
    return [answer["id"] for answer in answers]


def test_a_thousand_requests_at_once_are_all_carried_out(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    ask(link, 1000)
    taken = [request.address.id for _ in range(1000) if (request := bridge.next_request())]
    assert taken == [str(number) for number in range(1000)]
    assert bridge.next_request() is None


def test_requests_for_which_there_is_no_room_are_answered_busy(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    ask(link, 25, padding=" " * 1_000_000)
    assert bridge.requests_waiting() == 19
    assert bridge.next_request()
    link.wake()
    assert busy(link) == [str(number) for number in range(19, 25)]
    ask(link, 1)  # there is room again
    assert bridge.requests_waiting() == 19


def test_who_has_waited_long_in_a_flood_is_answered_busy_in_time(bridge: Bridge, link: MemoryLink, clock: Clock) -> None:
    link.connect()
    ask(link, 30)
    clock.seconds += 1.6
    request = bridge.next_request()
    link.wake()
    assert busy(link) == [str(number) for number in range(10)]
    assert request
    assert request.address.id == "10"


def test_in_the_greatest_flood_nobody_is_left_without_an_answer(bridge: Bridge, link: MemoryLink, clock: Clock) -> None:
    link.connect()
    ask(link, 5000)
    clock.seconds += 1.6
    assert bridge.next_request()
    link.wake()
    assert busy(link) == [str(number) for number in range(4980)]


def test_a_few_requests_wait_for_as_long_as_it_takes(bridge: Bridge, link: MemoryLink, clock: Clock) -> None:
    link.connect()
    ask(link, 20)
    clock.seconds += 60
    assert all(bridge.next_request() for _ in range(20))
    link.wake()
    assert busy(link) == []
