"""Outgoing replies: where they go, and what they say of an error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from edged.errors import RequestRefused
from edged.interface.messages import Reply, ReplyAddress
from edged.interface.people import PeopleAnswer
from edged.mqtt.link import MemoryLink, Received

if TYPE_CHECKING:
    from edged.mqtt.bridge import Bridge


@pytest.mark.parametrize(
    "topic", ["a/#", "+", "$SYS/x", "edged/door/front/event", "edged/door/availability", "homeassistant/device/edged_door/config"]
)
def test_a_response_topic_that_must_not_be_written_is_answered_on_the_usual_one(bridge: Bridge, link: MemoryLink, topic: str) -> None:
    link.connect()
    link.receive(Received("edged/door/request/people", b"{}", response_topic=topic))
    request = bridge.next_request()
    assert request
    bridge.answer(Reply(request.address, PeopleAnswer(())))
    assert link.sent[-1].topic == "edged/door/response/people"


def test_an_error_is_answered_with_its_code_and_sentence(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.answer(Reply(ReplyAddress("enroll"), RequestRefused("no_face", "There is no face.")))
    answer = link.sent[-1]
    assert answer.topic == "edged/door/response/enroll"
    assert json.loads(answer.payload)["error"] == {"code": "no_face", "message": "There is no face."}
