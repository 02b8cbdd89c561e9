"""Outgoing replies: where they go, and what they say of an error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from edged.errors import RequestRefused
from edged.interface.messages import Reply, ReplyAddress

if TYPE_CHECKING:
    from edged.mqtt.bridge import Bridge
    from edged.mqtt.link import MemoryLink


def test_an_error_is_answered_with_its_code_and_sentence(bridge: Bridge, link: MemoryLink) -> None:
    link.connect()
    bridge.answer(Reply(ReplyAddress("enroll"), RequestRefused("no_face", "There is no face.")))
    answer = link.sent[-1]
    assert answer.topic == "edged/door/response/enroll"
    assert json.loads(answer.payload)["error"] == {"code": "no_face", "message": "There is no face."}
