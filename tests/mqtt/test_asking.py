"""Asking a running edged over a link in memory: which replies are one's own, and what is sent when the asker goes."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from edged.errors import CommandError, LinkError
from edged.interface.enrollment import ENROLL, CancelledAnswer, HintAnswer
from edged.interface.form import plain
from edged.interface.topics import Topics
from edged.mqtt import asking
from edged.mqtt.asking import Asker
from edged.mqtt.link import MemoryLink, Received
from tests import forms

if TYPE_CHECKING:
    from edged.interface.form import Answer
    from edged.mqtt.link import Endpoint, Message

TOPICS = Topics("edged", "door")
REQUEST, CANCEL = forms.capture("Alice", None, "front", 5, 60), forms.cancel("front")
HINT = HintAnswer("alice", "front", "closer", "Come closer.", 0, 5, 60.0)
DONE = CancelledAnswer("alice", "front")


class AnsweringLink(MemoryLink):
    """A link to a broker that is there, behind which each request is answered with these replies."""

    def __init__(self, *replies: dict[str, Any]) -> None:
        """Replies are without id: they get the request's."""
        super().__init__()
        self._replies = replies

    def start(self, endpoint: Endpoint, will: Message | None, subscriptions: tuple[str, ...]) -> None:
        """Connect at once."""
        super().start(endpoint, will, subscriptions)
        self.connect()
        asked = json.loads(self.sent[0].payload)["id"]
        for reply in self._replies:
            payload = json.dumps({"id": asked, "data": None, "error": None, **reply}).encode()
            self.receive(Received("edged/door/response/enroll", payload))


def asked(link: MemoryLink) -> list[Answer]:
    asker = Asker(link, TOPICS, ENROLL)
    return list(asker.ask(REQUEST, next_reply_seconds=1.0, cancel=CANCEL))


def test_replies_come_until_the_final_one_and_others_are_not_heard() -> None:
    link = AnsweringLink(
        {"status": "progress", "data": plain(HINT)},
        {"id": "another's", "status": "error", "error": {"code": "x", "message": "y"}},
        {"status": "ok", "data": plain(DONE)},
    )
    assert asked(link) == [HINT, DONE]
    [request] = link.sent
    assert (request.topic, json.loads(request.payload)["person"]) == ("edged/door/request/enroll", "Alice")
    assert (link.will, link.subscriptions) == (None, ("edged/door/response/enroll",))


def test_a_refusal_is_told_in_its_words() -> None:
    link = AnsweringLink({"status": "error", "error": {"code": "busy", "message": "Later."}})
    with pytest.raises(CommandError, match="Later"):
        asked(link)
    assert len(link.sent) == 1


def test_no_answer_says_what_to_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "FIRST_REPLY_SECONDS", 0.01)
    with pytest.raises(LinkError, match="See that it runs"):
        asked(AnsweringLink())


def test_a_lost_broker_is_named() -> None:
    link = AnsweringLink({"status": "progress", "data": plain(HINT)})
    asker = Asker(link, TOPICS, ENROLL)
    with closing(asker.ask(REQUEST, next_reply_seconds=5.0, cancel=CANCEL)) as replies:
        next(replies)
        threading.Thread(target=link.disconnect, args=["The broker is gone."]).start()
        with pytest.raises(LinkError, match="The broker is gone"):
            next(replies)


def test_an_asker_who_goes_cancels() -> None:
    link = AnsweringLink({"status": "progress", "data": plain(HINT)})
    asker = Asker(link, TOPICS, ENROLL)
    with closing(asker.ask(REQUEST, next_reply_seconds=5.0, cancel=CANCEL)) as replies:
        next(replies)
    assert json.loads(link.sent[-1].payload) == {"capture": {"camera": "front", "cancel": True}}


def test_an_answer_of_another_version_is_no_traceback() -> None:
    link = AnsweringLink({"status": "ok", "data": {"a_field": "of a later version"}})
    with pytest.raises(LinkError, match="restart it after an update"):
        asked(link)


def test_what_is_no_response_is_not_heard() -> None:
    link = AnsweringLink({"status": "another", "data": None}, {"status": "ok", "data": plain(DONE)})
    assert asked(link) == [DONE]
