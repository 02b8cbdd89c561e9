"""The bridge: order and once-ness of events, retained truth after every connect, requests and replies."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edged.errors import CommandError
from edged.interface.commands import ListPeople, Reply, ReplyAddress, Request
from edged.mqtt.bridge import BIRTH_DELAY_SECONDS
from edged.mqtt.link import MemoryLink, Message, Outcome, Received
from tests.mqtt.conftest import Clock, entry

if TYPE_CHECKING:
    from edged.mqtt.bridge import Bridge


def events_sent(link: MemoryLink) -> list[int]:
    return [json.loads(message.payload)["seq"] for message in link.sent if message.topic.endswith("/event")]


def last_event_token(link: MemoryLink) -> int:
    return max(token for token, message in enumerate(link.sent) if message.topic.endswith("/event"))


def test_events_wait_for_the_broker_and_then_go_one_by_one(bridge: Bridge, link: MemoryLink) -> None:
    bridge.publish_events([entry(1), entry(2)])
    assert events_sent(link) == []
    link.connect()
    assert events_sent(link) == [1]
    assert bridge.acknowledged() == []
    link.deliver(last_event_token(link))
    assert events_sent(link) == [1, 2]
    assert bridge.acknowledged() == [1]


def test_an_event_on_its_way_when_the_broker_went_is_sent_again_first(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.publish_events([entry(1), entry(2)])
    link.disconnect()
    link.connect()
    assert events_sent(link) == [1, 1]
    link.deliver(last_event_token(link))
    assert events_sent(link) == [1, 1, 2]


def test_an_acknowledgement_of_a_lost_connection_counts_for_nothing(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.publish_events([entry(1)])
    old = last_event_token(link)
    link.disconnect()
    link.connect()
    link.deliver(old)
    assert bridge.acknowledged() == []


def test_an_event_nobody_hears_waits_for_a_subscriber_to_come_back(bridge: Bridge, link: MemoryLink, clock: Clock) -> None:
    link.connect()
    bridge.publish_events([entry(1), entry(2)])
    link.deliver(last_event_token(link), Outcome.UNHEARD)
    assert bridge.acknowledged() == []
    clock.seconds = 2.0
    link.wake()
    assert events_sent(link) == [1, 1]


def test_after_the_grace_nobody_is_waited_for(bridge: Bridge, link: MemoryLink, clock: Clock) -> None:
    link.connect()
    clock.seconds = 61.0
    bridge.publish_events([entry(1)])
    link.deliver(last_event_token(link), Outcome.UNHEARD)
    assert bridge.acknowledged() == [1]


def test_an_event_the_broker_refuses_is_never_given_up(bridge: Bridge, link: MemoryLink, clock: Clock) -> None:
    link.connect()
    clock.seconds = 100.0
    bridge.publish_events([entry(1)])
    link.deliver(last_event_token(link), Outcome.REFUSED)
    assert bridge.acknowledged() == []
    clock.seconds = 102.0
    link.wake()
    assert events_sent(link) == [1, 1]


def test_a_withdrawn_event_is_sent_as_it_is_offered_again(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.publish_events([entry(1), entry(2), entry(3)])
    bridge.withdraw_events()
    bridge.publish_events([entry(1), entry(2, person=None), entry(3)])
    link.deliver(last_event_token(link))
    link.deliver(last_event_token(link))
    link.deliver(last_event_token(link))
    assert events_sent(link) == [1, 2, 3]
    people = [json.loads(message.payload)["person"] for message in link.sent if message.topic.endswith("/event")]
    assert people == ["alice", None, "alice"]


def test_a_name_forgotten_while_its_event_was_on_its_way_is_not_sent_again(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.publish_events([entry(1)])
    link.disconnect()
    bridge.withdraw_events()
    bridge.publish_events([entry(1, person=None)])
    link.connect()
    assert events_sent(link) == [1, 1]
    assert json.loads(link.sent[-1].payload)["person"] is None


def test_an_event_that_arrived_is_not_sent_again_after_a_withdrawal(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.publish_events([entry(1), entry(2)])
    bridge.withdraw_events()
    link.deliver(last_event_token(link))
    bridge.publish_events([entry(1), entry(2)])
    assert events_sent(link) == [1, 2]
    assert bridge.acknowledged() == [1]


def test_an_event_that_another_version_left_is_sent_as_it_is(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    old = entry(1)
    bridge.publish_events([replace(old, text='{"seq": 1, "frame_at": "2025-01-01T00:00:00.000Z", "old_field": 5}')])
    assert json.loads(link.sent[-1].payload)["old_field"] == 5


@pytest.mark.parametrize(
    "topic", ["a/#", "+", "$SYS/x", "edged/door/front/event", "edged/door/availability", "homeassistant/device/edged_door/config"]
)
def test_a_response_topic_that_must_not_be_written_is_answered_on_the_usual_one(bridge: Bridge, link: MemoryLink, topic: str) -> None:
    link.connect()
    link.receive(Received("edged/door/request/people", b"{}", response_topic=topic))
    request = bridge.next_request()
    assert request
    bridge.answer(Reply(request.address, {}))
    assert link.sent[-1].topic == "edged/door/response/people"


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


def test_events_offered_twice_are_sent_once(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.publish_events([entry(1)])
    link.deliver(last_event_token(link))
    bridge.publish_events([entry(1), entry(2)])
    assert events_sent(link) == [1, 2]


def test_events_are_never_retained_and_states_always(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.publish_events([entry(1)])
    bridge.publish_state("edged/door/front/status", b"{}")
    assert {message.topic: message.retain for message in link.sent} == {
        "edged/door/availability": True,
        "edged/door/front/event": False,
        "edged/door/front/status": True,
    }


def test_the_latest_states_are_said_again_on_every_connect(bridge: Bridge, link: MemoryLink) -> None:
    bridge.publish_state("edged/door/front/status", b"old")
    bridge.publish_state("edged/door/front/status", b"new")
    link.connect()
    link.sent.clear()
    link.disconnect()
    link.connect()
    assert [(message.topic, message.payload) for message in link.sent] == [
        ("edged/door/availability", b"online"),
        ("edged/door/front/status", b"new"),
    ]


def test_the_will_and_the_farewell_say_offline(bridge: Bridge, link: MemoryLink) -> None:
    assert link.will is not None
    assert (link.will.topic, link.will.payload, link.will.retain) == ("edged/door/availability", b"offline", True)
    bridge.stop(1.0)
    assert link.sent[-1] == link.will


def test_a_request_is_taken_once_and_answered_to_its_asker(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    link.receive(Received("edged/door/request/people", b'{"id": "7"}', response_topic="me/answers", correlation_data=b"c"))
    request = bridge.next_request()
    assert request == Request(ReplyAddress("people", "7", "me/answers", b"c"), ListPeople())
    assert bridge.next_request() is None
    bridge.answer(Reply(request.address, {"people": []}))
    answer = link.sent[-1]
    assert (answer.topic, answer.correlation_data, answer.retain) == ("me/answers", b"c", False)
    assert json.loads(answer.payload) == {"id": "7", "status": "ok", "data": {"people": []}, "error": None}


def test_a_retained_request_is_not_carried_out(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    link.receive(Received("edged/door/request/forget", b'{"person": "alice"}', retained=True))
    assert bridge.next_request() is None


def test_an_error_is_answered_with_its_code_and_sentence(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.answer(Reply(ReplyAddress("enroll"), CommandError("no_face", "There is no face.")))
    answer = link.sent[-1]
    assert answer.topic == "edged/door/response/enroll"
    assert json.loads(answer.payload)["error"] == {"code": "no_face", "message": "There is no face."}


def test_when_home_assistant_has_started_it_is_told_all_states_after_a_while_and_no_event(
    bridge: Bridge, link: MemoryLink, clock: Clock
) -> None:
    link.connect()
    bridge.publish_state("edged/door/info", b"{}")
    bridge.publish_events([entry(1)])
    link.deliver(len(link.sent) - 1)
    before = len(link.sent)
    link.receive(Received("homeassistant/status", b"offline"))
    link.receive(Received("homeassistant/status", b"online"))
    link.wake()
    clock.seconds += BIRTH_DELAY_SECONDS
    link.wake()
    link.wake()
    assert [message.topic for message in link.sent[before:]] == ["edged/door/availability", "edged/door/info"]
    assert bridge.next_request() is None


def test_what_is_published_once_is_not_said_again_on_the_next_connect(bridge: Bridge, link: MemoryLink) -> None:
    bridge.publish_once("homeassistant/x", b"gone")
    assert link.sent == []
    link.connect()
    assert link.sent[-1] == Message("homeassistant/x", b"gone")
    link.connect()
    assert [message.payload for message in link.sent].count(b"gone") == 1


FACE = "edged/door/front/face/image"


def order(link: MemoryLink) -> list[int | str]:
    """Events by number and pictures by content, as they were sent."""
    return [
        json.loads(message.payload)["seq"] if message.topic.endswith("/event") else message.payload.decode()
        for message in link.sent
        if message.topic.endswith(("/event", "/image"))
    ]


def test_a_picture_follows_its_event_and_is_not_retained(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.publish_events([entry(1), entry(2)])
    bridge.publish_picture(1, FACE, b"one")
    bridge.publish_picture(2, FACE, b"two")
    assert order(link) == [1, "one"]
    link.deliver(last_event_token(link))
    assert order(link) == [1, "one", 2, "two"]
    assert not any(message.retain for message in link.sent if message.topic == FACE)


def test_a_picture_whose_event_is_still_to_come_waits_for_it(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.publish_picture(1, FACE, b"one")
    assert order(link) == []
    bridge.publish_events([entry(1)])
    assert order(link) == [1, "one"]


def test_a_picture_is_not_kept_for_a_broker_that_is_away(bridge: Bridge, link: MemoryLink) -> None:
    bridge.publish_events([entry(1), entry(2)])
    bridge.publish_picture(1, FACE, b"one")
    link.connect()
    bridge.publish_picture(2, FACE, b"two")
    link.disconnect()
    link.connect()
    link.deliver(last_event_token(link))
    assert order(link) == [1, 1, 2]


def test_a_picture_made_after_a_reconnect_waits_for_its_event_to_be_sent_again(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.publish_events([entry(1), entry(2)])
    link.deliver(last_event_token(link))
    link.disconnect()
    assert link.endpoint
    link.endpoint.connected()
    bridge.publish_picture(2, FACE, b"two")
    assert order(link) == [1, 2, 2, "two"]


def test_of_many_pictures_that_wait_the_newest_are_sent(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.publish_events([entry(seq) for seq in range(1, 12)])
    for seq in range(2, 12):
        bridge.publish_picture(seq, FACE, str(seq).encode())
    for _ in range(10):
        link.deliver(last_event_token(link))
    assert [one for one in order(link) if isinstance(one, str)] == ["8", "9", "10", "11"]


@pytest.mark.parametrize("is_forgotten", [True, False])
def test_pictures_that_wait_are_dropped_when_they_are_switched_off_or_somebody_is_forgotten(
    bridge: Bridge, link: MemoryLink, *, is_forgotten: bool
) -> None:
    link.connect()
    bridge.publish_events([entry(1), entry(2)])
    bridge.publish_picture(2, FACE, b"two")
    if is_forgotten:
        bridge.withdraw_events()
        bridge.publish_events([entry(1), entry(2)])
    else:
        bridge.drop_pictures()
    link.deliver(last_event_token(link))
    assert order(link) == [1, 2]
