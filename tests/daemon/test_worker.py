"""The worker's loop where something goes wrong: a disk that refuses, frames that cannot be looked at, cameras that go."""

from __future__ import annotations

import json
import time
import weakref
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NoReturn, cast

import numpy as np
import pytest

from edged.camera.handover import CameraState
from edged.config import Config
from edged.daemon import event_publisher
from edged.daemon.budget import Budget
from edged.daemon.cameras import MOST_FAILURES, Cameras, CameraStates, RunningCamera
from edged.daemon.event_publisher import EventPublisher
from edged.daemon.health import HealthReport
from edged.daemon.opening import GalleryParts, gallery_parts
from edged.daemon.requests import Replies, Requests
from edged.daemon.states import StatePublisher
from edged.daemon.upkeep import DeviceUpkeep
from edged.daemon.worker import Waker, Worker
from edged.errors import GalleryError, WorkerError
from edged.homeassistant.announcer import Announcer, description_of
from edged.interface.enrollment import EnrolledAnswer, HintAnswer, JudgedAnswer
from edged.interface.events import event_fields
from edged.interface.messages import Reply, ReplyAddress, Request
from edged.interface.people import PeopleAnswer
from edged.interface.topics import Topics
from edged.mqtt.bridge import Bridge
from edged.mqtt.link import MemoryLink, Message, Received
from edged.pipeline.stage_times import StageTimes
from edged.storage.database import open_database
from edged.storage.outbox import FORGOTTEN, Outbox
from edged.system.notify import Notifier
from edged.types import Announcement, Crop, Presence
from edged.vision.model_card import EmbeddingCard
from edged.vision.pictures import decode_sent
from tests import forms
from tests.conftest import MODELS
from tests.gallery.conftest import NOON, template
from tests.mqtt.conftest import departure, emotion, event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from edged.control.control import Control
    from edged.types import Event, Reason, Uint8Array

TOPICS = Topics("edged", "door")
CARD = EmbeddingCard.read(MODELS / "embedding_sface")
HINT = HintAnswer("alice", "front", "hold_still", "Hold still.", 0, 5, 60.0)
ENROLLED = EnrolledAnswer("alice", "Alice", 3, NOON, (), 3, (), ())
EVENTUALLY = 3600.0
"""Seconds after which everything that is done now and then is due again."""


@dataclass
class StubFeed:
    """A camera that gives a frame each time it is asked, and is as it is told to be."""

    state: CameraState = field(default_factory=lambda: CameraState("online", None, 0.0))
    ended: bool = False
    frames_dropped: int = 0

    def start(self) -> None:
        """Frames come at once."""

    def take(self) -> object:
        return object()

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class StubPipeline:
    """A pipeline that gives the events it was given, or fails."""

    events: list[Event] = field(default_factory=list)
    failure: Exception | None = None
    camera: str = "front"
    presence: Presence = field(default_factory=lambda: Presence(("alice",), 0))
    unnamed: Counter[Reason] = field(default_factory=Counter)
    times: StageTimes = field(default_factory=StageTimes)
    slowdown: float = 1.0
    frames_skipped: int = 0
    frames: int = 0

    def refresh_people(self) -> None:
        """Nobody was forgotten."""

    def skip(self, _frame: object) -> list[Event]:
        self.frames_skipped += 1
        return []

    def step(self, _frame: object) -> list[Event]:
        self.frames += 1
        if self.failure:
            raise self.failure
        events, self.events = self.events, []
        return events


@dataclass
class PassingTime:
    """A clock that moves on whenever it is asked, unless it is stopped."""

    seconds: float = 0.0
    step_seconds: float = 10.0

    def __call__(self) -> float:
        self.seconds += self.step_seconds
        return self.seconds


class NoCaptures:
    """Nobody is enrolled before a camera."""

    def is_running(self, _camera: str) -> bool:
        return False

    def take(self, _request: Request) -> bool:
        return False

    def lose(self, _camera: str, _reason: str | None) -> None:
        """There is nothing to lose."""

    def end_overdue(self) -> None:
        """Nothing is overdue."""

    def stop(self) -> None:
        """There is nothing to stop."""


class UnsteadyOutbox(Outbox):
    """An outbox on a disk that refuses while it is full."""

    is_full = False

    def append(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - as the outbox has it
        refuse() if self.is_full else None
        return super().append(*arguments, **named)

    def acknowledge(self, seqs: Sequence[int]) -> int:
        refuse() if self.is_full else None
        return super().acknowledge(seqs)


class SystemdThatListens(Notifier):
    """Counts how often it was said that edged is ready."""

    ready_count = 0

    def ready(self) -> None:
        self.ready_count += 1


@dataclass
class Detector:
    """Networks in memory, and how often those that nothing needs were freed."""

    freed: int = 0

    def unload_unused(self) -> None:
        self.freed += 1


@dataclass
class ScriptedControl:
    """Answers as it is told to, and otherwise as it is."""

    control: Control
    script: Callable[[Request], Iterator[Reply]] | None = None

    def steps(self, request: Request) -> Iterator[Reply]:
        return (self.script or self.control.steps)(request)


@dataclass
class Bench:
    """A worker with stubs for what sees, and real parts for what keeps and publishes."""

    worker: Worker
    camera: RunningCamera
    feed: StubFeed
    pipeline: StubPipeline
    link: MemoryLink
    outbox: UnsteadyOutbox
    known: GalleryParts
    control: ScriptedControl
    bridge: Bridge
    replies: Replies
    upkeep: DeviceUpkeep
    health: HealthReport
    notifier: SystemdThatListens
    detector: Detector
    load: list[float]
    clock: PassingTime
    now: float = field(default_factory=time.monotonic)

    def told(self, ending: str) -> list[dict[str, Any]]:
        return [json.loads(message.payload) for message in self.link.sent if message.topic.endswith(ending)]

    def acknowledge(self) -> None:
        acknowledge(self.link)

    def pause(self, *, paused: bool) -> None:
        form = forms.pause("front", paused=paused)
        list(self.control.steps(Request(ReplyAddress("pause"), form)))

    def set(self, changes: Mapping[str, Any]) -> None:
        """Change settings as the verb does, without networks."""
        chosen = self.known.settings.choose(changes)
        self.known.settings.adopt(chosen)
        self.known.shared.rules = chosen.rules


def acknowledge(link: MemoryLink) -> None:
    """The broker has the newest event."""
    link.deliver(max(token for token, message in enumerate(link.sent) if message.topic.endswith("/event")))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_database(tmp_path / "gallery.db") as database:
        config = Config.model_validate({"device": {"id": "door"}, "camera": [{"name": "front"}]})
        known = gallery_parts(config, database, CARD)
        known.gallery.enroll("alice", "Alice", [template(1, model_id=CARD.id)])
        known.reader.after_change()
        outbox, link, waker = UnsteadyOutbox(database), MemoryLink(), Waker()
        bridge = Bridge(link, TOPICS, on_input=waker.wake, subscriber_grace_seconds=0)
        feed, pipeline, clock = StubFeed(), StubPipeline(), PassingTime()
        publisher = EventPublisher(outbox, bridge, TOPICS, monotonic=clock)
        camera = RunningCamera(cast("Any", feed), cast("Any", pipeline))
        announcer = Announcer(bridge.states, description_of(config, "1.0"))
        states = StatePublisher(bridge.states, TOPICS, announcer, known.shared, known.settings, known.owner_state)
        captures = cast("Any", NoCaptures())
        cameras = Cameras([camera], CameraStates(bridge.states, TOPICS), publisher, captures, known.shared, known.owner_state)
        known.reader.on_change = cameras.take_over_gallery
        states.on_pictures_off = cameras.drop_pictures
        control, replies = ScriptedControl(known.control()), Replies(bridge)
        requests = Requests(bridge, cast("Any", control), states, replies)
        budget, detector, load = Budget(50.0, None), Detector(), [0.0]
        upkeep = DeviceUpkeep(budget, [camera], detector, cpu_percent=lambda: load[0])
        health, notifier = HealthReport(publisher, bridge, TOPICS, budget, [camera], known.shared), SystemdThatListens()
        worker = Worker(cameras, requests, publisher, states, health, [upkeep.run], notifier, waker)
        bridge.start()
        link.connect()
        seen = (camera, feed, pipeline, link, outbox, known, control, bridge, replies)
        yield Bench(worker, *seen, upkeep, health, notifier, detector, load, clock)


def refuse(*_: object, **__: object) -> NoReturn:
    raise GalleryError("The disk is full.")


def test_an_event_the_disk_refuses_waits_in_memory_and_is_sent_later(bench: Bench) -> None:
    bench.outbox.is_full = True
    bench.pipeline.events = [event()]
    bench.worker.step()
    bench.worker.step()
    assert bench.told("/event") == []
    bench.outbox.is_full = False
    bench.worker.step()
    assert [told["seq"] for told in bench.told("/event")] == [1]


def test_of_a_capture_only_the_last_word_waits_for_the_broker(bench: Bench) -> None:
    address = ReplyAddress("enroll", "7")
    bench.link.disconnect()
    bench.replies.send_and_log(Reply(address, HINT, is_final=False))
    bench.replies.send_and_log(Reply(address, ENROLLED))
    bench.link.connect()
    assert [told["status"] for told in bench.told("/response/enroll")] == ["ok"]
    bench.replies.send_and_log(Reply(address, HINT, is_final=False))
    assert bench.told("/response/enroll")[-1]["status"] == "progress"


def test_an_acknowledged_event_is_removed_later_where_the_disk_refuses(bench: Bench) -> None:
    bench.pipeline.events = [event()]
    bench.worker.step()
    bench.acknowledge()
    bench.outbox.is_full = True
    bench.worker.step()
    bench.outbox.is_full = False
    bench.worker.step()
    assert bench.outbox.count() == 0
    assert len(bench.told("/event")) == 1


def test_events_in_memory_are_stored_when_it_stops(bench: Bench) -> None:
    bench.link.disconnect()
    bench.outbox.is_full = True
    bench.pipeline.events = [event()]
    bench.worker.step()
    bench.outbox.is_full = False
    bench.worker.stop()
    bench.worker.run()
    assert bench.outbox.count() == 1


@pytest.mark.parametrize("happened", [event(), departure(), emotion()])
def test_an_event_that_waits_in_memory_loses_the_name_of_who_is_forgotten_meanwhile(bench: Bench, happened: Event) -> None:
    bench.outbox.is_full = True
    bench.pipeline.events = [happened, replace(event("bob"), track=18)]
    bench.known.gallery.enroll("bob", "Bob", [template(2, model_id=CARD.id)])
    bench.known.reader.after_change()
    bench.worker.step()
    bench.known.gallery.forget("alice")
    bench.known.reader.after_change()
    bench.known.gallery.enroll("alice", "Alice", [template(3, model_id=CARD.id)])  # somebody else, by the same name afterwards
    bench.known.reader.after_change()
    bench.outbox.is_full = False
    for _ in range(2):
        bench.worker.step()
        bench.acknowledge()
    forgotten, kept = bench.told("/event")
    assert (forgotten["event_type"], forgotten["person"], forgotten["display_name"], forgotten["reason"]) == (
        event_fields(happened).event_type,
        None,
        None,
        FORGOTTEN,
    )
    assert (kept["person"], kept["reason"]) == ("bob", None)


def test_trouble_is_said_once(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.outbox.is_full = True
    bench.pipeline.events = [event()]
    for _ in range(5):
        bench.worker.step()
    assert caplog.text.count("The disk is full.") == 1


def test_a_frame_that_goes_wrong_is_passed_over_and_many_end_the_service_for_a_restart(bench: Bench) -> None:
    bench.pipeline.failure = ValueError("a defect")
    for _ in range(MOST_FAILURES - 1):
        bench.worker.step()
    bench.pipeline.failure = None
    bench.pipeline.events = [event()]
    bench.worker.step()
    assert len(bench.told("/event")) == 1
    bench.pipeline.failure = ValueError("a defect")
    for _ in range(MOST_FAILURES - 1):
        bench.worker.step()
    with pytest.raises(WorkerError) as ended:
        bench.worker.step()
    assert ended.value.exit_code == 1, "78 would keep systemd from starting it anew"


def test_networks_that_nothing_needs_are_freed_now_and_again(bench: Bench) -> None:
    bench.worker.step()
    bench.worker.step()
    assert bench.detector.freed == 1
    bench.upkeep.run(time.monotonic() + EVENTUALLY)
    assert bench.detector.freed == 2


def test_it_is_ready_when_every_camera_has_shown_whether_it_works(bench: Bench) -> None:
    bench.feed.state = CameraState("starting", None, 0.0)
    bench.worker.step()
    assert bench.notifier.ready_count == 0
    bench.feed.state = CameraState("offline", "unplugged", 1.0)
    for _ in range(2):
        bench.worker.step()
    assert bench.notifier.ready_count == 1


def test_nobody_is_seen_by_a_camera_that_is_gone(bench: Bench) -> None:
    bench.worker.step()
    assert bench.told("/people")[-1]["people"] == ["alice"]
    bench.feed.take = lambda: None  # type: ignore[method-assign] # the camera gives nothing any more
    bench.feed.state = CameraState("offline", "unplugged", 1.0)
    bench.worker.step()
    assert bench.told("/status")[-1] == {"status": "offline", "reason": "unplugged"}
    assert bench.told("/people")[-1] == {"people": [], "strangers": 0}


def happened(bench: Bench, *events: Event) -> list[dict[str, Any]]:
    """What is sent of events, each acknowledged in its turn."""
    bench.pipeline.events = list(events)
    for _ in range(len(events) + 1):
        bench.worker.step()
        bench.acknowledge()
    return bench.told("/event")


def test_a_correction_names_the_event_that_it_corrects(bench: Bench) -> None:
    elsewhere = replace(event(), track=18)
    first, other, corrected, again = happened(
        bench, event(None), elsewhere, event("alice", is_correction=True), event("bob", is_correction=True)
    )
    assert (first["corrects"], other["corrects"]) == (None, None)
    assert corrected["corrects"] == first["event_id"]
    assert again["corrects"] == corrected["event_id"]


def test_only_an_announcement_is_corrected_or_corrects(bench: Bench) -> None:
    announced, left, corrected = happened(bench, event(None), departure(), event("alice", is_correction=True))
    assert "corrects" not in left
    assert corrected["corrects"] == announced["event_id"]


def test_a_camera_corrects_its_own_events_only(bench: Bench) -> None:
    _, back = happened(bench, event(None), replace(event("alice", is_correction=True), camera="back"))
    assert back["corrects"] is None


def busy(bench: Bench, percent: float) -> None:
    """Come round once after this much processor time, past the next reading."""
    bench.load[0] = percent
    bench.now += EVENTUALLY
    bench.upkeep.run(bench.now)
    bench.worker.step()


def test_beyond_its_budget_it_slows_down_and_says_so_at_once(bench: Bench) -> None:
    bench.worker.step()
    assert (bench.told("/health")[-1]["slowdown"], bench.told("/health")[-1]["slowed_by"]) == (1.0, None)
    busy(bench, 90.0)
    assert bench.pipeline.slowdown > 1.0
    assert bench.told("/health")[-1]["slowed_by"] == "cpu"
    assert bench.told("/health")[-1]["slowdown"] == round(bench.pipeline.slowdown, 2)
    while bench.pipeline.slowdown > 1.0:
        busy(bench, 5.0)
    assert (bench.told("/health")[-1]["slowdown"], bench.told("/health")[-1]["slowed_by"]) == (1.0, None)
    assert len(bench.told("/health")) == 3


def test_a_clip_played_as_fast_as_possible_is_not_slowed(bench: Bench) -> None:
    bench.camera.keeps_budget = False
    busy(bench, 90.0)
    assert bench.pipeline.slowdown == 1.0


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


def answers(bench: Bench) -> list[Message]:
    return [message for message in bench.link.sent if "/response/" in message.topic]


def test_the_longest_round_since_the_last_report_is_told(bench: Bench) -> None:
    bench.worker.step()
    bench.health.note_round(0.2)
    busy(bench, 90.0)  # slowing down, it reports again
    busy(bench, 5.0)
    while len(bench.told("/health")) < 3:
        busy(bench, 5.0)
    longest = [health["longest_round_ms"] for health in bench.told("/health")]
    assert longest[1] == 200.0
    assert longest[2] < 200.0


def test_frames_that_were_skipped_are_no_looks(bench: Bench) -> None:
    bench.pipeline.frames_skipped = 1
    bench.worker.step()
    busy(bench, 90.0)  # slowing down, it reports again
    first, second = (health["cameras"]["front"] for health in bench.told("/health"))
    assert (first["fps"], first["frames_skipped"]) == (0.0, 1)
    assert second["fps"] > 0


def test_a_paused_camera_is_not_looked_at_and_nobody_is_there(bench: Bench) -> None:
    bench.worker.step()
    assert bench.told("/people")[-1]["people"] == ["alice"]
    bench.pause(paused=True)
    bench.pipeline.events = [event()]
    bench.worker.step()
    bench.worker.step()
    assert bench.pipeline.events, "nothing was looked at"
    assert bench.pipeline.frames_skipped == 2
    assert bench.told("/status")[-1] == {"status": "paused", "reason": None}
    assert bench.told("/people")[-1]["people"] == []
    bench.pause(paused=False)
    bench.worker.step()
    bench.worker.step()
    assert not bench.pipeline.events
    assert bench.told("/status")[-1] == {"status": "online", "reason": None}
    assert bench.told("/people")[-1]["people"] == ["alice"]
    assert [message.payload for message in bench.link.sent if message.topic.endswith("/pause")] == [b"OFF", b"ON", b"OFF"]


def test_a_paused_camera_that_goes_stays_paused_and_says_why_it_has_gone(bench: Bench) -> None:
    bench.pause(paused=True)
    bench.worker.step()
    bench.feed.state = CameraState("offline", "It was unplugged.", 0.0)
    bench.worker.step()
    assert bench.told("/status") == [{"status": "paused", "reason": None}, {"status": "paused", "reason": "It was unplugged."}]


def pictured(person: str | None = "alice", head: Uint8Array | None = None) -> Event:
    """Somebody at the door, with the picture of their head."""
    plain = event(person)
    assert isinstance(plain.fact, Announcement)
    return replace(plain, fact=replace(plain.fact, crop=Crop(np.full((300, 300, 3), 90, np.uint8) if head is None else head)))


def sent(link: MemoryLink) -> list[str]:
    """What was sent of events and pictures, in order."""
    return [last for message in link.sent if (last := message.topic.rpartition("/")[2]) in {"event", "image"}]


def test_a_face_is_sent_after_its_event(bench: Bench) -> None:
    bench.pipeline.events = [pictured()]
    bench.worker.step()
    assert sent(bench.link) == ["event", "image"]
    [image] = [message for message in bench.link.sent if message.topic == "edged/door/front/face/image"]
    assert not image.retain
    assert decode_sent(image.payload).shape == (300, 300, 3)


def test_events_of_one_frame_are_all_on_their_way_before_a_picture_is_made(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting: list[int] = []

    def encode(*_: object, **__: object) -> bytes:
        waiting.append(bench.outbox.count())
        return b"jpeg"

    monkeypatch.setattr(event_publisher, "encode_jpeg", encode)
    bench.pipeline.events = [pictured(), pictured(None)]
    bench.worker.step()
    assert waiting == [2, 2]
    bench.acknowledge()
    assert sent(bench.link) == ["event", "image", "event", "image"]


def test_without_a_broker_no_picture_is_made_or_kept(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.link.disconnect()
    monkeypatch.setattr(event_publisher, "encode_jpeg", refuse)
    bench.pipeline.events = [pictured()]
    bench.worker.step()
    bench.link.connect()
    bench.worker.step()
    assert sent(bench.link) == ["event"]


def test_an_event_that_the_disk_refuses_loses_its_picture_and_keeps_no_memory(bench: Bench) -> None:
    bench.outbox.is_full = True
    head = np.full((300, 300, 3), 90, np.uint8)
    pixels = weakref.ref(head)
    bench.pipeline.events = [pictured(head=head)]
    del head
    bench.worker.step()
    assert pixels() is None
    bench.outbox.is_full = False
    bench.worker.step()
    assert sent(bench.link) == ["event"]


def test_no_picture_follows_once_pictures_are_off_whatever_waited(bench: Bench) -> None:
    bench.outbox.is_full = True
    bench.pipeline.events = [event()]
    bench.worker.step()
    bench.clock.step_seconds = 0.0
    bench.pipeline.events = [pictured("bob")]  # comes while the disk is not asked
    bench.worker.step()
    bench.outbox.is_full = False
    bench.set({"pictures": False})
    bench.worker.step()
    bench.clock.step_seconds = 10.0
    for _ in range(2):
        bench.worker.step()
        bench.acknowledge()
    assert sent(bench.link) == ["event", "event"]


def test_while_pictures_are_off_no_frame_is_held(bench: Bench) -> None:
    camera = bench.camera
    bench.worker.step()
    assert camera.scene.frame is not None
    assert camera.scene.is_online
    bench.set({"pictures": False})
    bench.feed.take = lambda: None  # type: ignore[method-assign] # no frame comes that could take the place of the last
    bench.worker.step()
    assert camera.scene.frame is None


def test_nothing_is_shown_of_a_camera_that_is_paused(bench: Bench) -> None:
    camera = bench.camera
    bench.worker.step()
    bench.pause(paused=True)
    bench.worker.step()
    bench.worker.step()
    assert (camera.scene.frame, camera.scene.is_online, camera.scene.reason) == (None, False, "It is paused.")
    bench.pause(paused=False)
    bench.worker.step()
    bench.worker.step()
    assert camera.scene.frame is not None
    assert camera.scene.is_online
