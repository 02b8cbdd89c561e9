"""The cameras while edged runs: their newest frames go through their pipelines, and their states to their topics.

What is seen in a frame is not known here.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from edged.camera.clock import Moment
from edged.camera.sight import Sight
from edged.control.snapshot import Scene
from edged.daemon import hints
from edged.daemon.hints import Mounting
from edged.errors import WorkerError
from edged.interface.states import StatusPayload, presence_json
from edged.interface.topics import kept_of
from edged.mqtt.inputs import OFF, ON
from edged.types import Presence, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edged.camera.feed import Feed
    from edged.camera.handover import CameraState
    from edged.control.owner_state import OwnerState
    from edged.daemon.event_publisher import EventPublisher
    from edged.daemon.person_states import PersonStates
    from edged.enrollment.live import LiveEnrollment
    from edged.interface.topics import Topics
    from edged.mqtt.retained_states import RetainedStates
    from edged.pipeline.frame_faces import FrameFaces
    from edged.pipeline.pipeline import Pipeline
    from edged.pipeline.shared_state import SharedState
    from edged.types import Event, Frame

log = logging.getLogger(__name__)

NOBODY = Presence((), 0)
MOST_FAILURES = 20
"""Frames of one camera in a row that cannot be looked at before the service gives up and is started anew."""


@dataclass(slots=True)
class RunningCamera:
    """One camera: its feed, its pipeline, and what was last published of it."""

    feed: Feed
    pipeline: Pipeline
    mounting: Mounting = field(default_factory=Mounting)
    keeps_budget: bool = True  # False where frames do not come in real time: a slower rate would change what is seen, and spare nothing
    sight: Sight = field(default_factory=Sight)
    is_recorded: bool = True  # whether its frames keep the time of a clip, and not that of the clock; known from the first on
    state: CameraState | None = None
    paused: bool | None = None
    hint: str | None = None
    has_colours: bool | None = None
    people: bytes = b""
    frames: int = 0
    looks_reported: int = 0
    failures: int = 0
    scene: Scene = field(default_factory=Scene)

    @property
    def name(self) -> str:
        """The camera's name."""
        return self.pipeline.camera

    @property
    def is_online(self) -> bool:
        """Whether it gives pictures that show something, by what was last published."""
        return self.state is not None and self.state.status == "online"

    @property
    def state_now(self) -> CameraState:
        """How it is, by what its feed and its pictures say."""
        return self.feed.state.seen_through(self.sight)

    def take(self) -> Frame | None:
        """Give its newest frame, once."""
        frame = self.feed.take()
        if frame is not None and self.feed.frozen_after_seconds is not None:
            self.is_recorded = False
        return frame

    @property
    def is_away(self) -> bool:
        """Whether it gives no frames, by whose times visits would end, and the clock tells how late it is before it."""
        return not self.is_recorded and self.feed.state.status == "offline"

    def sees(self, frame: Frame) -> bool:
        """Take in whether a frame shows anything, and say whether faces are to be looked for in it."""
        return self.sight.look(frame, self.feed.frozen_after_seconds)

    def hint_now(self) -> str | None:
        """Say which key would help it, by the faces that it shows; None where nothing is known that would."""
        if degrees := self.pipeline.views.degrees:
            return hints.turned(self.name, degrees, self.mounting)
        if aspect := self.pipeline.proportions.aspect:
            return hints.squeezed(self.name, aspect, self.mounting)
        return hints.unusual(self.name) if self.pipeline.views.is_unusual else None

    def note_scene(self) -> None:
        """Note what may be asked for of it: nothing while it is paused."""
        self.scene.is_online = self.is_online and not self.paused
        self.scene.hint = self.hint
        self.scene.reason = "It is paused." if self.paused else self.state.reason if self.state else None
        if self.paused:
            self.scene.frame = None


class CameraStates:
    """Publishes what has changed of cameras: status, pause and who is in view."""

    def __init__(self, states: RetainedStates, topics: Topics, people: PersonStates) -> None:
        """Publish nothing yet."""
        self._states, self._topics, self._people = states, topics, people

    def publish(self, camera: RunningCamera, *, paused: bool) -> bool:
        """Publish how the camera is, whether it is paused, and what is seen of it, where any has changed; returns whether either has."""
        state, is_as_seen = camera.state_now, self._take_in_view(camera)
        if (state, paused) == (camera.state, camera.paused):
            if not is_as_seen:
                camera.note_scene()
                self._publish(camera, "paused" if paused else state.status, state)
            return False
        if paused != camera.paused:
            self._states.publish(self._topics.camera(camera.name).pause, ON if paused else OFF)
        camera.state, camera.paused = state, paused
        camera.note_scene()
        if paused:
            self._publish_status(camera, "paused", state)
            self.publish_people(camera, NOBODY)
        elif state.status == "online":
            self._publish_status(camera, "online", state)
        elif state.status == "offline":
            self.publish_offline(camera, state)
        return True

    @staticmethod
    def _take_in_view(camera: RunningCamera) -> bool:
        """Note what would help the camera, and whether it shows colours; returns whether both are as before."""
        hint, has_colours = camera.hint_now(), camera.sight.colours.has_colours
        if hint != camera.hint:
            log.warning("%s", hint or f"What was said of the faces that camera {camera.name} shows is over.")
        is_as_before = (hint, has_colours) == (camera.hint, camera.has_colours)
        camera.hint, camera.has_colours = hint, has_colours
        return is_as_before

    def publish_offline(self, camera: RunningCamera, state: CameraState) -> None:
        """Publish that it gives no pictures, or none that show anything, and why."""
        self._publish_status(camera, "offline", state)
        self.publish_people(camera, NOBODY)  # nobody is seen by a camera that is not there

    def withdraw(self, camera: RunningCamera) -> None:
        """Have the broker keep nothing of it any more."""
        for topic in kept_of(self._topics.camera(camera.name)):
            self._states.erase(topic)

    def publish_people(self, camera: RunningCamera, presence: Presence) -> None:
        """Publish who is in view, where that is another than before."""
        people = presence_json(presence)
        if people != camera.people:
            camera.people = people
            self._states.publish(self._topics.camera(camera.name).people, people)
            self._people.see(camera.name, presence.people)

    def _publish(self, camera: RunningCamera, status: str, state: CameraState) -> None:
        if status in {"online", "offline", "paused"}:
            hint, colour, decoder = camera.hint, camera.has_colours, camera.feed.decoder
            payload = StatusPayload(status=status, reason=state.reason, problem=state.problem, hint=hint, colour=colour, decoder=decoder)
            self._states.publish(self._topics.camera(camera.name).status, payload.to_json())

    def _publish_status(self, camera: RunningCamera, status: Literal["online", "offline", "paused"], state: CameraState) -> None:
        self._publish(camera, status, state)
        level = logging.WARNING if status == "offline" else logging.INFO
        is_blind = status == "offline" and state.problem not in {None, Problem.NO_FRAMES}
        how = "does not see" if is_blind else f"is {status}"
        log.log(level, "Camera %s %s%s", camera.name, how, f": {state.reason}" if state.reason else ".")


class Cameras:
    """All cameras, each looked at once in a round."""

    def __init__(
        self,
        cameras: Sequence[RunningCamera],
        states: CameraStates,
        publisher: EventPublisher,
        captures: LiveEnrollment,
        shared: SharedState,
        owner_state: OwnerState,
    ) -> None:
        """Take the cameras, where their states and events go, and who enrolls before them."""
        self.all, self._states, self._publisher, self._captures = list(cameras), states, publisher, captures
        self._shared, self._owner_state, self.scenes = shared, owner_state, {camera.name: camera.scene for camera in cameras}

    @property
    def have_ended(self) -> bool:
        """Whether every clip has ended; a camera never does."""
        return all(camera.feed.ended for camera in self.all)

    def see_nobody(self) -> bool:
        """Whether nobody is in view of any camera."""
        return all(camera.pipeline.presence == NOBODY for camera in self.all)

    def start(self) -> None:
        """Have frames come."""
        for camera in self.all:
            camera.feed.start()

    def step(self) -> bool:
        """Look at the newest frame of each camera that has one, and see off who was before one that is away; whether any state changed."""
        has_changed = False
        for camera in self.all:
            if (frame := camera.take()) is not None:
                self._look(camera, frame)
            elif camera.is_away:
                self._tell(camera, partial(camera.pipeline.pass_time, Moment.now()))
            has_changed |= self._states.publish(camera, paused=self._is_paused(camera))
            self._end_capture_without_frames(camera)
        self._captures.carry_on()
        return has_changed

    def take_over_gallery(self) -> None:
        """After a change of the gallery nothing in memory names anybody who is gone."""
        self._publisher.forget_others(self._shared.display_names, self._shared.strangers.knows)
        for camera in self.all:
            camera.pipeline.refresh_people()
            if camera.is_online:
                self._publish_people(camera)

    def drop_pictures(self) -> None:
        """Pictures were switched off: those that wait are not sent any more, and no frame is held."""
        self._publisher.drop_pictures()
        for camera in self.all:
            camera.scene.frame = None

    def end_captures(self) -> None:
        """Edged is about to end: whoever is being enrolled is not."""
        self._captures.stop()

    def close(self) -> None:
        """Have no more frames come, and publish that none do."""
        for camera in self.all:
            camera.feed.close()
            self._states.publish(camera, paused=self._is_paused(camera))
            if camera.feed.state.status != "offline":
                self._states.publish_offline(
                    camera, replace(camera.feed.state, reason="edged has been stopped.", problem=Problem.NO_FRAMES)
                )

    def _look(self, camera: RunningCamera, frame: Frame) -> None:
        shown: list[FrameFaces] = []
        camera.scene.frame = frame if self._shared.rules.pictures and not self._is_paused(camera) else None
        if not self._tell(camera, lambda: self._events_of(camera, frame, shown.append)):
            return
        camera.frames += 1
        self._publish_people(camera)
        for faces in shown:
            self._captures.see(camera.name, frame.monotonic_seconds, faces)

    def _tell(self, camera: RunningCamera, look: Callable[[], list[Event]]) -> bool:
        """Publish the events of a look, and say whether it went well."""
        try:
            events = look()
        except Exception as error:  # one frame that goes wrong must not blind the door; a network that is broken is mended by a restart
            camera.failures += 1
            log.exception("A frame of camera %s could not be looked at.", camera.name)
            if camera.failures >= MOST_FAILURES:
                raise WorkerError(camera.name, camera.failures) from error
            return False
        camera.failures = 0
        self._publisher.add(events)
        return True

    def _events_of(self, camera: RunningCamera, frame: Frame, on_faces: Callable[[FrameFaces], None]) -> list[Event]:
        """Every frame that shows something counts while somebody is being enrolled."""
        if self._is_paused(camera) or not camera.sees(frame):
            return camera.pipeline.skip(frame)
        return camera.pipeline.look(frame, on_faces) if self._captures.is_running(camera.name) else camera.pipeline.step(frame)

    def _end_capture_without_frames(self, camera: RunningCamera) -> None:
        if self._is_paused(camera):
            self._captures.lose(camera.name, "The camera is paused; resume it first.")
        elif camera.state and camera.state.status == "offline":
            self._captures.lose(camera.name, camera.state.reason)

    def _publish_people(self, camera: RunningCamera) -> None:
        is_blind = self._is_paused(camera) or camera.sight.problem is not None
        self._states.publish_people(camera, NOBODY if is_blind else camera.pipeline.presence)

    def _is_paused(self, camera: RunningCamera) -> bool:
        return camera.name in self._owner_state.paused
