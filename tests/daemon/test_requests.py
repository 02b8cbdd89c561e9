"""Requests in the worker's loop: between frames, in their order, and what becomes of them where it stops."""

from __future__ import annotations

import json
from threading import Event
from typing import TYPE_CHECKING

from edged.daemon.requests import STEPS_SECONDS
from edged.interface.enrollment import JudgedAnswer
from edged.interface.messages import Reply, ReplyAddress, Request
from edged.interface.people import PeopleAnswer
from edged.mqtt.link import Message, Received
from edged.system.beside import Beside, Call
from tests.daemon.conftest import ENROLLED, HINT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edged.system.beside import Turn
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
        yield Reply(request.address, PeopleAnswer.of_all(()))

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


def test_short_requests_share_a_round_until_a_frame_is_due(bench: Bench) -> None:
    def steps(request: Request) -> Iterator[Reply | Turn]:
        yield None
        yield Reply(request.address, PeopleAnswer.of_all(()))

    bench.control.script, bench.control.step_seconds = steps, STEPS_SECONDS / 4
    for _ in range(5):
        bench.bridge.received(Received("edged/door/request/people", b""))
    said = []
    for _ in range(3):
        bench.worker.step()
        said.append(len(answers(bench)))
    assert said == [2, 4, 5]


def test_what_is_done_beside_is_waited_for_without_a_step_and_cameras_are_looked_at(bench: Bench) -> None:
    done = Call(lambda: None)

    def steps(request: Request) -> Iterator[Reply | Turn]:
        yield None
        yield done
        yield Reply(request.address, PeopleAnswer.of_all(()))

    bench.control.script = steps
    bench.bridge.received(Received("edged/door/request/people", b""))
    assert [bench.requests.step() for _ in range(4)] == [True, True, False, False]
    frames = bench.pipeline.frames
    bench.worker.step()
    assert bench.pipeline.frames == frames + 1
    assert not answers(bench)
    done.run()
    bench.worker.step()
    assert [json.loads(message.payload)["status"] for message in answers(bench)] == ["ok"]


def test_what_is_done_beside_is_waited_for_before_it_stops(bench: Bench) -> None:
    beside, may_end = Beside("beside"), Event()

    def steps(request: Request) -> Iterator[Reply | Turn]:
        yield from beside.submit(may_end.wait).in_turns()
        yield Reply(request.address, PeopleAnswer.of_all(()))

    bench.control.script = steps
    bench.bridge.received(Received("edged/door/request/people", b""))
    bench.worker.step()
    bench.worker.stop()
    may_end.set()
    bench.worker.run()
    assert [json.loads(message.payload)["status"] for message in answers(bench)] == ["ok"]
    assert beside.close(10.0)


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
