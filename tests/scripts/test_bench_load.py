"""Every answer is counted for the kind of load that asked for it, with its code and the time that it took."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bench_load import Answers, Asker

from tests.broker import Mosquitto, Subscriber, wait_until

if TYPE_CHECKING:
    from typing import Any


def answer(subscriber: Subscriber, request: dict[str, Any], code: str | None) -> None:
    """Answer as edged would."""
    error = {"code": code, "message": "A sentence."} if code else None
    subscriber.publish("edged/bench/response/people", json.dumps({"id": request["id"], "error": error}))


def test_answers_are_counted(broker: Mosquitto, subscriber: Subscriber) -> None:
    with Asker(broker.port) as asker:
        subscriber.publish("edged/bench/door/status", json.dumps({"status": "online"}), retain=True)
        wait_until(asker.online.is_set, "the subscription stands")
        some, others = Answers(), Answers()
        for answers in (some, some, others):
            asker.ask(answers, "people")
        first, second, third = (json.loads(payload) for payload in subscriber.wait_for("/request/people", 3))
        answer(subscriber, third, None)
        answer(subscriber, second, "busy")
        answer(subscriber, first, None)
        for answers in (some, others):
            asker.wait(answers)
    assert (some.codes, others.codes) == ({"ok": 1, "busy": 1}, {"ok": 1})
    assert (some.as_json()["asked"], some.as_json()["answered"]) == (2, 2)
    assert others.as_json()["answer_ms"]["p50"] > 0


def test_nothing_asked_is_nothing_answered() -> None:
    assert Answers().as_json()["answer_ms"] is None
