"""What the tests of the daemon share: a worker with stubs for what sees, and real parts for what keeps and publishes."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, cast

import pytest

from edged.camera.colours import ColourWatch
from edged.camera.handover import CameraState
from edged.config import Config
from edged.daemon.budget import Budget
from edged.daemon.cameras import Cameras, CameraStates, RunningCamera
from edged.daemon.device_upkeep import DeviceUpkeep
from edged.daemon.event_publisher import EventPublisher
from edged.daemon.health import HealthReport
from edged.daemon.opening import GalleryParts, gallery_parts
from edged.daemon.person_states import PersonStates
from edged.daemon.requests import Replies, Requests
from edged.daemon.states import StatePublisher
from edged.daemon.worker import Waker, Worker
from edged.errors import GalleryError
from edged.homeassistant.announcer import Announcer, description_of
from edged.interface.enrollment import EnrolledAnswer, HintAnswer
from edged.interface.messages import Reply, ReplyAddress, Request
from edged.interface.topics import Topics
from edged.mqtt.bridge import Bridge
from edged.mqtt.link import MemoryLink
from edged.pipeline.proportions import ProportionWatch
from edged.pipeline.stage_times import StageTimes
from edged.pipeline.view_watch import ViewWatch
from edged.storage.database import open_database
from edged.storage.outbox import Outbox
from edged.system.beside import finish
from edged.system.notify import Notifier
from edged.types import Presence
from edged.vision.model_card import EmbeddingCard
from tests import forms
from tests.conftest import MODELS
from tests.gallery.conftest import NOON, template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from edged.control.control import Control
    from edged.system.beside import Turn
    from edged.types import Event, Instant, Reason

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
    frozen_after_seconds: float | None = 30.0
    decoder: str | None = None

    def start(self) -> None:
        """Frames come at once."""

    def take(self) -> object:
        return object()

    def close(self) -> None:
        """Nothing is open."""


class StubSight:
    """Sees something in whatever it is shown."""

    problem = None
    colours = ColourWatch()

    def look(self, _frame: object, _frozen_after_seconds: float | None) -> bool:
        return True


@dataclass
class StubPipeline:
    """A pipeline that gives the events it was given, or fails."""

    events: list[Event] = field(default_factory=list)
    failure: Exception | None = None
    camera: str = "front"
    presence: Presence = field(default_factory=lambda: Presence(("alice",), 0))
    unnamed: Counter[Reason] = field(default_factory=Counter)
    times: StageTimes = field(default_factory=StageTimes)
    proportions: ProportionWatch = field(default_factory=lambda: ProportionWatch(None))
    views: ViewWatch = field(default_factory=ViewWatch)
    slowdown: float = 1.0
    frames_skipped: int = 0
    frames: int = 0
    passed: list[Instant] = field(default_factory=list)

    def refresh_people(self) -> None:
        """Nobody was forgotten."""

    def skip(self, _frame: object) -> list[Event]:
        self.frames_skipped += 1
        return []

    def pass_time(self, now: Instant) -> list[Event]:
        self.passed.append(now)
        return self._events()

    def step(self, _frame: object) -> list[Event]:
        self.frames += 1
        return self._events()

    def _events(self) -> list[Event]:
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

    def carry_on(self) -> None:
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
    """Answers as it is told to, and otherwise as it is; by its clock each step is a long one, or as short as it is told to be."""

    control: Control
    script: Callable[[Request], Iterator[Reply | Turn]] | None = None
    step_seconds: float = 1.0
    seconds: float = 0.0

    def steps(self, request: Request) -> Iterator[Reply | Turn]:
        for step in (self.script or self.control.steps)(request):
            self.seconds += self.step_seconds
            yield step

    def now(self) -> float:
        return self.seconds


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
    requests: Requests
    upkeep: DeviceUpkeep
    health: HealthReport
    notifier: SystemdThatListens
    states: StatePublisher
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

    def busy(self, percent: float) -> None:
        """Come round once after this much processor time, past the next reading."""
        self.load[0] = percent
        self.now += EVENTUALLY
        self.upkeep.run(self.now)
        self.worker.step()

    def read_anew(self) -> None:
        """Take over what was changed in the gallery."""
        finish(self.known.reader.after_change())

    def set(self, changes: Mapping[str, Any]) -> None:
        """Change settings as the verb does, without networks."""
        chosen = self.known.settings.choose(changes)
        finish(self.known.settings.adopt(chosen))
        self.known.shared.rules = chosen.rules


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_database(tmp_path / "gallery.db") as database:
        config = Config.model_validate({"device": {"id": "door"}, "camera": [{"name": "front"}]})
        known = gallery_parts(config, database, CARD)
        known.gallery.enroll("alice", "Alice", [template(1, model_id=CARD.id)])
        finish(known.reader.after_change())
        outbox, link, waker = UnsteadyOutbox(database), MemoryLink(), Waker()
        bridge = Bridge(link, TOPICS, on_input=waker.wake, subscriber_grace_seconds=0)
        feed, pipeline, clock = StubFeed(), StubPipeline(), PassingTime()
        publisher = EventPublisher(outbox, bridge, TOPICS, monotonic=clock)
        camera = RunningCamera(cast("Any", feed), cast("Any", pipeline), sight=cast("Any", StubSight()))
        announcer = Announcer(bridge.states, description_of(config, "1.0"))
        people = PersonStates(bridge.states, TOPICS)
        states = StatePublisher(bridge.states, TOPICS, announcer, people, known.shared, known.settings, known.owner_state)
        captures = cast("Any", NoCaptures())
        cameras = Cameras([camera], CameraStates(bridge.states, TOPICS, people), publisher, captures, known.shared, known.owner_state)
        known.reader.on_change = cameras.take_over_gallery
        states.on_pictures_off = cameras.drop_pictures
        control, replies = ScriptedControl(known.control()), Replies(bridge)
        requests = Requests(bridge, cast("Any", control), states, replies, control.now)
        budget, detector, load = Budget(50.0, None), Detector(), [0.0]
        upkeep = DeviceUpkeep(budget, [camera], detector.unload_unused, cpu_percent=lambda: load[0])
        health, notifier = HealthReport(publisher, bridge, TOPICS, budget, [camera], known.shared), SystemdThatListens()
        worker = Worker(cameras, requests, publisher, states, health, [upkeep.run], notifier, waker)
        bridge.start()
        link.connect()
        seen = (camera, feed, pipeline, link, outbox, known, control, bridge, replies, requests)
        yield Bench(worker, *seen, upkeep, health, notifier, states, detector, load, clock)


def refuse(*_: object, **__: object) -> NoReturn:
    raise GalleryError("The disk is full.")


def acknowledge(link: MemoryLink) -> None:
    """The broker has the newest event."""
    link.deliver(max(token for token, message in enumerate(link.sent) if message.topic.endswith("/event")))
