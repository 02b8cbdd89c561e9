"""The worker's loop where something goes wrong: a disk that refuses, frames that cannot be looked at, cameras that go."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn, cast

import numpy as np
import pytest

from edged.camera.feed import CameraState
from edged.daemon import event_publisher
from edged.daemon import worker as module
from edged.daemon.budget import Budget
from edged.daemon.cameras import RunningCamera
from edged.daemon.event_publisher import EventPublisher
from edged.daemon.worker import MOST_FAILURES, Waker, Worker
from edged.errors import GalleryError, WorkerError
from edged.gallery.matcher import Matcher
from edged.gallery.store import Gallery
from edged.homeassistant.announcer import Announcer
from edged.homeassistant.entities import Device
from edged.interface.commands import Reply, ReplyAddress, Request
from edged.interface.events import event_fields
from edged.interface.topics import Topics
from edged.mqtt.bridge import Bridge
from edged.mqtt.link import MemoryLink, Message, Received
from edged.pipeline.stage_times import StageTimes
from edged.storage.database import open_database
from edged.storage.outbox import FORGOTTEN, Outbox
from edged.system.notify import Notifier
from edged.types import Announcement, Crop, Presence
from edged.vision.pictures import decode_sent
from tests.door import RULES
from tests.mqtt.conftest import departure, emotion, event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edged.types import Event, Reason

TOPICS = Topics("edged", "door")


@dataclass
class StubFeed:
    """A camera that gives a frame each time it is asked, and is as it is told to be."""

    state: CameraState = field(default_factory=lambda: CameraState("online", None, 0.0))
    ended: bool = False
    frames_dropped: int = 0

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

    def take_over_gallery(self) -> None:
        """Nobody was forgotten."""

    def pass_over(self, _frame: object) -> list[Event]:
        self.frames_skipped += 1
        return []

    def step(self, _frame: object) -> list[Event]:
        self.frames += 1
        if self.failure:
            raise self.failure
        events, self.events = self.events, []
        return events


@dataclass
class Bench:
    """A worker with stubs for what sees, and real parts for what keeps and tells."""

    worker: Worker
    feed: StubFeed
    pipeline: StubPipeline
    link: MemoryLink
    outbox: Outbox
    owner_state: SimpleNamespace

    def told(self, ending: str) -> list[dict[str, Any]]:
        return [json.loads(message.payload) for message in self.link.sent if message.topic.endswith(ending)]

    def acknowledge(self) -> None:
        acknowledge(self.link)


def acknowledge(link: MemoryLink) -> None:
    """The broker has the newest event."""
    link.deliver(max(token for token, message in enumerate(link.sent) if message.topic.endswith("/event")))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_database(tmp_path / "gallery.db") as database:
        gallery, outbox, link, waker = Gallery(database), Outbox(database), MemoryLink(), Waker()
        bridge = Bridge(link, TOPICS, on_input=waker.wake, subscriber_grace_seconds=0)
        shared = SimpleNamespace(matcher=Matcher([], np.empty((0, 4), np.float32), "test"), rules=RULES, display_names={"alice": "Alice"})
        owner_state = SimpleNamespace(paused=set[str](), enroll_name=None)
        nothing = {"expire": lambda: None, "free_unused": lambda: None}
        control = SimpleNamespace(shared=shared, owner_state=owner_state, refresh=lambda: False, settings=dict, **nothing)
        feed, pipeline, post = StubFeed(), StubPipeline(), EventPublisher(outbox, bridge, TOPICS)
        cameras = [RunningCamera(cast("Any", feed), cast("Any", pipeline))]
        announcer = Announcer(bridge, Device(TOPICS, "1.0", "en", ("front",), ()))
        worker = Worker(cameras, cast("Any", control), gallery, post, bridge, TOPICS, Notifier(), waker, Budget(50.0, None), announcer)
        bridge.start()
        link.connect()
        yield Bench(worker, feed, pipeline, link, outbox, owner_state)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was refused is tried again at once."""
    monkeypatch.setattr(event_publisher, "RETRY_SECONDS", 0.0)


def refuse(*_: object, **__: object) -> NoReturn:
    raise GalleryError("The disk is full.")


def test_an_event_the_disk_refuses_waits_in_memory_and_is_sent_later(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as full:
        full.setattr(Outbox, "append", refuse)
        bench.pipeline.events = [event()]
        bench.worker.step()
        bench.worker.step()
        assert bench.told("/event") == []
    bench.worker.step()
    assert [told["seq"] for told in bench.told("/event")] == [1]


def test_of_a_capture_only_the_last_word_waits_for_the_broker(bench: Bench) -> None:
    address = ReplyAddress("enroll", "7")
    bench.link.disconnect()
    bench.worker._tell_capture(Reply(address, {"hint": "hold_still"}, is_final=False))
    bench.worker._tell_capture(Reply(address, {"added": 3}))
    bench.link.connect()
    assert [told["status"] for told in bench.told("/response/enroll")] == ["ok"]
    bench.worker._tell_capture(Reply(address, {"hint": "hold_still"}, is_final=False))
    assert bench.told("/response/enroll")[-1]["status"] == "progress"


def test_an_acknowledged_event_is_removed_later_where_the_disk_refuses(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.pipeline.events = [event()]
    bench.worker.step()
    bench.acknowledge()
    with monkeypatch.context() as full:
        full.setattr(Outbox, "acknowledge", refuse)
        bench.worker.step()
    bench.worker.step()
    assert bench.outbox.count() == 0
    assert len(bench.told("/event")) == 1


def test_events_in_memory_are_stored_when_it_stops(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.link.disconnect()
    with monkeypatch.context() as full:
        full.setattr(Outbox, "append", refuse)
        bench.pipeline.events = [event()]
        bench.worker.step()
    bench.worker.stop()
    monkeypatch.setattr(bench.feed, "start", lambda: None, raising=False)
    bench.worker.run()
    assert bench.outbox.count() == 1


@pytest.mark.parametrize("happened", [event(), departure(), emotion()])
def test_an_event_that_waits_in_memory_loses_the_name_of_who_is_forgotten_meanwhile(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, happened: Event
) -> None:
    names = bench.worker._control.shared.display_names
    with monkeypatch.context() as full:
        full.setattr(Outbox, "append", refuse)
        bench.pipeline.events = [happened, replace(event("bob"), track=18)]
        names["bob"] = "Bob"
        bench.worker.step()
        del names["alice"]
        bench.worker._take_over_gallery()
        names["alice"] = "Alice"  # somebody else, who is enrolled by the same name afterwards
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


def test_trouble_is_said_once(bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(Outbox, "append", refuse)
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


def test_strangers_expire_at_the_start_and_then_now_and_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    expired: list[None] = []
    monkeypatch.setattr(bench.worker._control, "expire", lambda: expired.append(None))
    times = (1.0, 2.0, module.EXPIRY_SECONDS, module.EXPIRY_SECONDS + 1.0, module.EXPIRY_SECONDS + 2.0)
    counts = []
    for now in times:
        bench.worker._look_at_gallery(now)
        counts.append(len(expired))
    assert counts == [1, 1, 1, 2, 2]


def test_networks_that_nothing_needs_are_freed_now_and_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    freed: list[None] = []
    monkeypatch.setattr(bench.worker._control, "free_unused", lambda: freed.append(None))
    bench.worker.step()
    bench.worker.step()
    assert len(freed) == 1
    monkeypatch.setattr(bench.worker._timers, "unused", 0.0)
    bench.worker.step()
    assert len(freed) == 2


def test_a_gallery_that_cannot_be_read_is_tried_again_after_a_pause(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[None] = []

    def refresh() -> bool:
        tried.append(None)
        refuse()

    monkeypatch.setattr(bench.worker._control, "refresh", refresh)
    counts = []
    for now in (1.0, 1.0 + module.GALLERY_SECONDS, 1.0 + module.GALLERY_RETRY_SECONDS):
        bench.worker._look_at_gallery(now)
        counts.append(len(tried))
    assert counts == [1, 1, 2]


def test_it_is_ready_when_every_camera_has_shown_whether_it_works(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    ready: list[None] = []
    monkeypatch.setattr(bench.worker._notifier, "ready", lambda: ready.append(None))
    bench.feed.state = CameraState("starting", None, 0.0)
    bench.worker.step()
    assert not ready
    bench.feed.state = CameraState("offline", "unplugged", 1.0)
    for _ in range(2):
        bench.worker.step()
    assert len(ready) == 1


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


def busy(bench: Bench, monkeypatch: pytest.MonkeyPatch, percent: float) -> None:
    """Come round once after this much processor time, past the next reading."""
    monkeypatch.setattr(bench.worker, "_budget_cpu", SimpleNamespace(percent=lambda: percent))
    monkeypatch.setattr(bench.worker._timers, "budget", 0.0)
    bench.worker.step()


def test_beyond_its_budget_it_slows_down_and_says_so_at_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.worker.step()
    assert (bench.told("/health")[-1]["slowdown"], bench.told("/health")[-1]["slowed_by"]) == (1.0, None)
    busy(bench, monkeypatch, 90.0)
    assert bench.pipeline.slowdown > 1.0
    assert bench.told("/health")[-1]["slowed_by"] == "cpu"
    assert bench.told("/health")[-1]["slowdown"] == round(bench.pipeline.slowdown, 2)
    while bench.pipeline.slowdown > 1.0:
        busy(bench, monkeypatch, 5.0)
    assert (bench.told("/health")[-1]["slowdown"], bench.told("/health")[-1]["slowed_by"]) == (1.0, None)
    assert len(bench.told("/health")) == 3


def test_a_clip_played_as_fast_as_possible_is_not_slowed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.worker._cameras[0].keeps_budget = False
    busy(bench, monkeypatch, 90.0)
    assert bench.pipeline.slowdown == 1.0


def test_between_the_steps_of_a_long_request_cameras_are_looked_at_and_other_requests_wait(bench: Bench) -> None:
    def steps(request: Request) -> Iterator[Reply]:
        for number in range(2 if request.address.verb == "enroll" else 0):
            yield Reply(request.address, {"judged": number}, is_final=False)
        yield Reply(request.address, {})

    bench.worker._control.steps = steps  # type: ignore[method-assign] # of the stub
    for verb, payload in (("enroll", b'{"person": "Alice", "images": ["AA==", "AA=="]}'), ("people", b"")):
        bench.worker._bridge.received(Received(f"edged/door/request/{verb}", payload))
    said = []
    for _ in range(4):
        frames = bench.pipeline.frames
        bench.worker.step()
        assert bench.pipeline.frames == frames + 1
        said.append([(message.topic.rpartition("/")[2], json.loads(message.payload)["status"]) for message in answers(bench)])
    assert said[-1] == [("enroll", "progress"), ("enroll", "progress"), ("enroll", "ok"), ("people", "ok")]
    assert [len(heard) for heard in said] == [1, 2, 3, 4]


def test_a_request_at_hand_is_done_before_it_stops(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def steps(request: Request) -> Iterator[Reply]:
        yield Reply(request.address, {}, is_final=False)
        bench.worker.stop()
        yield Reply(request.address, {}, is_final=False)
        yield Reply(request.address, {})

    bench.worker._control.steps = steps  # type: ignore[method-assign] # of the stub
    monkeypatch.setattr(bench.feed, "start", lambda: None, raising=False)
    bench.worker._bridge.received(Received("edged/door/request/enroll", b'{"person": "Alice", "images": ["AA==", "AA=="]}'))
    bench.worker.run()
    assert [json.loads(message.payload)["status"] for message in answers(bench)] == ["progress", "progress", "ok"]


def test_requests_that_wait_when_it_stops_are_told_so(bench: Bench) -> None:
    for number in range(3):
        bench.worker._bridge.received(Received("edged/door/request/people", f'{{"id": "{number}"}}'.encode()))
    bench.worker._deliver_last()
    told = [json.loads(message.payload) for message in answers(bench)]
    assert [(answer["id"], answer["error"]["code"]) for answer in told] == [("0", "cancelled"), ("1", "cancelled"), ("2", "cancelled")]


def test_settings_that_cannot_be_read_are_told_when_they_can(bench: Bench) -> None:
    value = {"value": 3, "default": 3, "overridden": False}
    tries = iter((refuse, dict))

    def settings() -> dict[str, dict[str, int]]:
        next(tries)()
        return {"trigger_level": value}

    bench.worker._control.settings = settings  # type: ignore[assignment, method-assign] # of the stub
    bench.worker.step()
    assert bench.told("/setting/trigger_level") == []
    bench.worker.step()
    assert bench.told("/setting/trigger_level") == [value]


def answers(bench: Bench) -> list[Message]:
    return [message for message in bench.link.sent if "/response/" in message.topic]


def test_the_longest_round_since_the_last_report_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.worker.step()
    bench.worker._health._longest_round_seconds = 0.2
    busy(bench, monkeypatch, 90.0)  # slowing down, it reports again
    busy(bench, monkeypatch, 5.0)
    while len(bench.told("/health")) < 3:
        busy(bench, monkeypatch, 5.0)
    longest = [health["longest_round_ms"] for health in bench.told("/health")]
    assert longest[1] == 200.0
    assert longest[2] < 200.0


def test_frames_that_were_skipped_are_no_looks(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.pipeline.frames_skipped = 1
    bench.worker.step()
    busy(bench, monkeypatch, 90.0)  # slowing down, it reports again
    first, second = (health["cameras"]["front"] for health in bench.told("/health"))
    assert (first["fps"], first["frames_skipped"]) == (0.0, 1)
    assert second["fps"] > 0


def test_a_paused_camera_is_not_looked_at_and_nobody_is_there(bench: Bench) -> None:
    bench.worker.step()
    assert bench.told("/people")[-1]["people"] == ["alice"]
    bench.owner_state.paused = {"front"}
    bench.pipeline.events = [event()]
    bench.worker.step()
    bench.worker.step()
    assert bench.pipeline.events, "nothing was looked at"
    assert bench.pipeline.frames_skipped == 2
    assert bench.told("/status")[-1] == {"status": "paused", "reason": None}
    assert bench.told("/people")[-1]["people"] == []
    bench.owner_state.paused = set()
    bench.worker.step()
    bench.worker.step()
    assert not bench.pipeline.events
    assert bench.told("/status")[-1] == {"status": "online", "reason": None}
    assert bench.told("/people")[-1]["people"] == ["alice"]
    assert [message.payload for message in bench.link.sent if message.topic.endswith("/pause")] == [b"OFF", b"ON", b"OFF"]


def test_a_paused_camera_that_goes_stays_paused_and_says_why_it_has_gone(bench: Bench) -> None:
    bench.owner_state.paused = {"front"}
    bench.worker.step()
    bench.feed.state = CameraState("offline", "It was unplugged.", 0.0)
    bench.worker.step()
    assert bench.told("/status") == [{"status": "paused", "reason": None}, {"status": "paused", "reason": "It was unplugged."}]


def pictured(person: str | None = "alice") -> Event:
    """Somebody at the door, with the picture of their head."""
    plain = event(person)
    assert isinstance(plain.fact, Announcement)
    return replace(plain, fact=replace(plain.fact, crop=Crop(np.full((300, 300, 3), 90, np.uint8))))


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


def test_an_event_that_the_disk_refuses_loses_its_picture_and_keeps_no_memory(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as full:
        full.setattr(Outbox, "append", refuse)
        bench.pipeline.events = [pictured()]
        bench.worker.step()
        assert [cast("Any", waiting.event.fact).crop for waiting in bench.worker._post._unwritten] == [None]
    bench.worker.step()
    assert sent(bench.link) == ["event"]


def test_no_picture_follows_once_pictures_are_off_whatever_waited(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as full:
        full.setattr(Outbox, "append", refuse)
        full.setattr(event_publisher, "RETRY_SECONDS", 3600.0)
        bench.pipeline.events = [event()]
        bench.worker.step()
        bench.pipeline.events = [pictured("bob")]  # comes while the disk is not asked
        bench.worker.step()
    bench.worker._control.shared.rules = replace(RULES, pictures=False)
    bench.worker.step()
    bench.worker._post._retry_at = 0.0
    for _ in range(2):
        bench.worker.step()
        bench.acknowledge()
    assert sent(bench.link) == ["event", "event"]


def test_while_pictures_are_off_no_frame_is_held(bench: Bench) -> None:
    camera = bench.worker._cameras[0]
    bench.worker.step()
    assert camera.scene.frame is not None
    assert camera.scene.is_online
    bench.worker._control.shared.rules = replace(RULES, pictures=False)
    bench.feed.take = lambda: None  # type: ignore[method-assign] # no frame comes that could take the place of the last
    bench.worker.step()
    assert camera.scene.frame is None


def test_nothing_is_shown_of_a_camera_that_is_paused(bench: Bench) -> None:
    camera = bench.worker._cameras[0]
    bench.worker.step()
    bench.owner_state.paused = {"front"}
    bench.worker.step()
    bench.worker.step()
    assert (camera.scene.frame, camera.scene.is_online, camera.scene.reason) == (None, False, "It is paused.")
    bench.owner_state.paused = set()
    bench.worker.step()
    bench.worker.step()
    assert camera.scene.frame is not None
    assert camera.scene.is_online
