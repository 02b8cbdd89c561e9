"""Outgoing events: their order, each once, whatever becomes of the broker and of the outbox."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from edged.mqtt.link import MemoryLink, Outcome, Received
from tests.mqtt.conftest import Clock, entry, events_sent, last_event_token

if TYPE_CHECKING:
    from edged.mqtt.bridge import Bridge

BIRTH = "homeassistant/status"


def test_events_wait_for_the_broker_and_then_go_one_by_one(bridge: Bridge, link: MemoryLink) -> None:
    bridge.events.publish([entry(1), entry(2)])
    assert events_sent(link) == []
    link.connect()
    assert events_sent(link) == [1]
    assert bridge.events.acknowledged() == []
    link.deliver(last_event_token(link))
    assert events_sent(link) == [1, 2]
    assert bridge.events.acknowledged() == [1]


def test_an_event_on_its_way_when_the_broker_went_is_sent_again_first(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.events.publish([entry(1), entry(2)])
    link.disconnect()
    link.connect()
    assert events_sent(link) == [1, 1]
    link.deliver(last_event_token(link))
    assert events_sent(link) == [1, 1, 2]


def test_an_acknowledgement_of_a_lost_connection_counts_for_nothing(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.events.publish([entry(1)])
    old = last_event_token(link)
    link.disconnect()
    link.connect()
    link.deliver(old)
    assert bridge.events.acknowledged() == []


def test_an_event_nobody_hears_waits_for_a_subscriber_to_come_back(bridge: Bridge, link: MemoryLink, clock: Clock) -> None:
    link.connect()
    bridge.events.publish([entry(1), entry(2)])
    link.deliver(last_event_token(link), Outcome.UNHEARD)
    assert bridge.events.acknowledged() == []
    clock.seconds = 2.0
    link.wake()
    assert events_sent(link) == [1, 1]


def test_after_the_grace_nobody_is_waited_for(bridge: Bridge, link: MemoryLink, clock: Clock) -> None:
    link.connect()
    clock.seconds = 10.0
    bridge.events.publish([entry(1)])
    for seconds in (11.0, 40.0, 69.0):
        clock.seconds = seconds
        link.wake()
        link.deliver(last_event_token(link), Outcome.UNHEARD)
        assert (bridge.events.acknowledged(), bridge.events.unheard()) == ([], 0)
    clock.seconds = 71.0
    link.wake()
    link.deliver(last_event_token(link), Outcome.UNHEARD)
    assert (bridge.events.acknowledged(), bridge.events.unheard()) == ([1], 1)


def test_the_grace_begins_anew_with_each_event_that_is_heard(bridge: Bridge, link: MemoryLink, clock: Clock) -> None:
    link.connect()
    bridge.events.publish([entry(1), entry(2)])
    clock.seconds = 59.0
    link.deliver(last_event_token(link))
    clock.seconds = 118.0
    link.deliver(last_event_token(link), Outcome.UNHEARD)
    assert bridge.events.acknowledged() == [1]
    clock.seconds = 120.0
    link.wake()
    link.deliver(last_event_token(link), Outcome.UNHEARD)
    assert (bridge.events.acknowledged(), bridge.events.unheard()) == ([2], 1)


def test_what_nobody_heard_waits_until_home_assistant_has_started(bridge: Bridge, link: MemoryLink, clock: Clock) -> None:
    link.connect()
    link.receive(Received(BIRTH, b"offline"))
    bridge.events.publish([entry(1), entry(2)])
    link.deliver(last_event_token(link), Outcome.UNHEARD)
    clock.seconds = 30.0  # it subscribes by now, and its automations do not run yet
    link.wake()
    assert events_sent(link) == [1]
    link.receive(Received(BIRTH, b"online"))
    link.wake()
    link.deliver(last_event_token(link))
    link.deliver(last_event_token(link))
    assert (events_sent(link), bridge.events.acknowledged()) == ([1, 1, 2], [1, 2])


def test_home_assistant_is_not_waited_for_where_others_hear_or_it_stays_away(bridge: Bridge, link: MemoryLink, clock: Clock) -> None:
    link.connect()
    link.receive(Received(BIRTH, b"offline"))
    bridge.events.publish([entry(1), entry(2), entry(3)])
    link.deliver(last_event_token(link))
    link.deliver(last_event_token(link), Outcome.UNHEARD)
    assert events_sent(link) == [1, 2]
    clock.seconds = 61.0
    link.wake()
    assert events_sent(link) == [1, 2, 2]


def test_those_that_came_together_are_given_up_together(bridge: Bridge, link: MemoryLink, clock: Clock) -> None:
    link.connect()
    bridge.events.publish([entry(seq) for seq in (1, 2, 3)])
    clock.seconds = 61.0
    for _ in range(3):
        link.deliver(last_event_token(link), Outcome.UNHEARD)
    assert (bridge.events.acknowledged(), bridge.events.unheard()) == ([1, 2, 3], 3)


def test_one_that_was_withdrawn_while_nobody_heard_it_waits_as_it_is_offered_again(bridge: Bridge, link: MemoryLink, clock: Clock) -> None:
    link.connect()
    bridge.events.publish([entry(1)])
    clock.seconds = 61.0
    bridge.events.withdraw()
    link.deliver(last_event_token(link), Outcome.UNHEARD)
    bridge.events.publish([entry(1, person=None)])
    clock.seconds = 63.0
    link.wake()
    assert (bridge.events.acknowledged(), events_sent(link)) == ([], [1, 1])
    assert json.loads(link.sent[-1].payload)["person"] is None


def test_an_event_the_broker_refuses_is_never_given_up(bridge: Bridge, link: MemoryLink, clock: Clock) -> None:
    link.connect()
    clock.seconds = 100.0
    bridge.events.publish([entry(1)])
    link.deliver(last_event_token(link), Outcome.REFUSED)
    assert bridge.events.acknowledged() == []
    clock.seconds = 102.0
    link.wake()
    assert events_sent(link) == [1, 1]


def test_a_withdrawn_event_is_sent_as_it_is_offered_again(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.events.publish([entry(1), entry(2), entry(3)])
    bridge.events.withdraw()
    bridge.events.publish([entry(1), entry(2, person=None), entry(3)])
    link.deliver(last_event_token(link))
    link.deliver(last_event_token(link))
    link.deliver(last_event_token(link))
    assert events_sent(link) == [1, 2, 3]
    people = [json.loads(message.payload)["person"] for message in link.sent if message.topic.endswith("/event")]
    assert people == ["alice", None, "alice"]


def test_a_name_forgotten_while_its_event_was_on_its_way_is_not_sent_again(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.events.publish([entry(1)])
    link.disconnect()
    bridge.events.withdraw()
    bridge.events.publish([entry(1, person=None)])
    link.connect()
    assert events_sent(link) == [1, 1]
    assert json.loads(link.sent[-1].payload)["person"] is None


def test_an_event_that_arrived_is_not_sent_again_after_a_withdrawal(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.events.publish([entry(1), entry(2)])
    bridge.events.withdraw()
    link.deliver(last_event_token(link))
    bridge.events.publish([entry(1), entry(2)])
    assert events_sent(link) == [1, 2]
    assert bridge.events.acknowledged() == [1]


def test_an_event_that_another_version_left_is_sent_as_it_is(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    old = entry(1)
    bridge.events.publish([replace(old, text='{"frame_at": "2025-01-01T00:00:00.000Z", "old_field": 5}')])
    assert json.loads(link.sent[-1].payload)["old_field"] == 5


def test_events_offered_twice_are_sent_once(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.events.publish([entry(1)])
    link.deliver(last_event_token(link))
    bridge.events.publish([entry(1), entry(2)])
    assert events_sent(link) == [1, 2]
