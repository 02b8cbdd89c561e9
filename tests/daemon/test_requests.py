"""Requests in the worker's loop: between frames, in their order, and what becomes of them where it stops."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from edged.interface.enrollment import JudgedAnswer
from edged.interface.messages import Reply, ReplyAddress, Request
from edged.interface.people import PeopleAnswer
from edged.mqtt.link import Message, Received
from tests.daemon.conftest import ENROLLED, HINT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.daemon.conftest import Bench


def answers(bench: Bench) -> list[Message]:
    return [message for message in bench.link.sent if "/response/" in message.topic]


def test_of_a_capture_only_the_last_word_waits_for_the_broker(bench: Bench) -> None:
    address = ReplyAddress("enroll", "7")
    bench.link.disconnect()
    bench.replies.send_and_log(Reply(address, HINT, is_final=False))
    bench.replies.send_and_log(Reply(address, ENROLLED))
    bench.link.connect()
    assert [told["status"] for told in bench.told("/response/enroll")] == ["ok"]
    bench.replies.send_and_log(Reply(address, HINT, is_final=False))
    assert bench.told("/response/enroll")[-1]["status"] == "progress"


def test_between_the_steps_of_a_long_request_cameras_are_looked_at_and_other_requests_wait(bench: Bench) -> None:
    def steps(request: Request) -> Iterator[Reply]:
        for number in range(2 if request.address.verb == "enroll" else 0):
            yield Reply(request.address, JudgedAnswer("alice", number, 2), is_final=False)
        yield Reply(request.address, PeopleAnswer(()))

    bench.control.script = steps
    for verb, payload in (("enroll", b'{"person": "Alice", "images": ["AA==", "AA=="]}'), ("people", b"")):
        bench.bridge.received(Received(f"edged/door/request/{verb}", payload))
    said = []
    for _ in range(4):
        frames = bench.pipeline.frames
        bench.worker.step()
        assert bench.pipeline.frames == frames + 1
        said.append([(message.topic.rpartition("/")[2], json.loads(message.payload)["status"]) for message in answers(bench)])
    assert said[-1] == [("enroll", "progress"), ("enroll", "progress"), ("enroll", "ok"), ("people", "ok")]
    assert [len(heard) for heard in said] == [1, 2, 3, 4]


def test_a_request_at_hand_is_done_before_it_stops(bench: Bench) -> None:
    def steps(request: Request) -> Iterator[Reply]:
        yield Reply(request.address, JudgedAnswer("alice", 0, 2), is_final=False)
        bench.worker.stop()
        yield Reply(request.address, JudgedAnswer("alice", 0, 2), is_final=False)
        yield Reply(request.address, ENROLLED)

    bench.control.script = steps
    bench.bridge.received(Received("edged/door/request/enroll", b'{"person": "Alice", "images": ["AA==", "AA=="]}'))
    bench.worker.run()
    assert [json.loads(message.payload)["status"] for message in answers(bench)] == ["progress", "progress", "ok"]


def test_requests_that_wait_when_it_stops_are_told_so(bench: Bench) -> None:
    for number in range(3):
        bench.bridge.received(Received("edged/door/request/people", f'{{"id": "{number}"}}'.encode()))
    bench.worker.stop()
    bench.worker.run()
    told = [json.loads(message.payload) for message in answers(bench)]
    assert [(answer["id"], answer["error"]["code"]) for answer in told] == [("0", "cancelled"), ("1", "cancelled"), ("2", "cancelled")]
