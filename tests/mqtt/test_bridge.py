"""The bridge: what it says when it goes, and requests on their way to the worker and back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from edged.interface.messages import Reply, ReplyAddress, Request
from edged.interface.people import PeopleAnswer
from edged.mqtt.link import MemoryLink, Received
from tests import forms

if TYPE_CHECKING:
    from edged.mqtt.bridge import Bridge


def test_the_will_and_the_farewell_say_offline(bridge: Bridge, link: MemoryLink) -> None:
    assert link.will is not None
    assert (link.will.topic, link.will.payload, link.will.retain) == ("edged/door/availability", b"offline", True)
    bridge.stop(1.0)
    assert link.sent[-1] == link.will


def test_a_request_is_taken_once_and_answered_to_its_asker(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    link.receive(Received("edged/door/request/people", b'{"id": "7"}', response_topic="edged/door/response/me", correlation_data=b"c"))
    request = bridge.next_request()
    assert request == Request(ReplyAddress("people", "7", "edged/door/response/me", b"c"), forms.ListPeople(id="7"))
    assert bridge.next_request() is None
    bridge.answer(Reply(request.address, PeopleAnswer.of_all(())))
    answer = link.sent[-1]
    assert (answer.topic, answer.correlation_data, answer.retain) == ("edged/door/response/me", b"c", False)
    assert json.loads(answer.payload) == {"id": "7", "status": "ok", "data": {"people": [], "total": 0, "next": None}, "error": None}


def test_a_retained_request_is_not_carried_out(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    link.receive(Received("edged/door/request/forget", b'{"person": "alice"}', retained=True))
    assert bridge.next_request() is None
