"""A watched camera: its feed and its pipeline, and what was last said of it on its topics.

Knows what a camera's state means to those who listen; when it is looked at, and what is seen, is not known here.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from edged.interface.states import StatusPayload, presence_json
from edged.mqtt.inputs import OFF, ON
from edged.pipeline.scene import Scene
from edged.types import Presence

if TYPE_CHECKING:
    from edged.camera.feed import CameraState, Feed
    from edged.interface.topics import Topics
    from edged.mqtt.retained_states import RetainedStates
    from edged.pipeline.pipeline import Pipeline

log = logging.getLogger(__name__)

NOBODY = Presence((), 0)


@dataclass(slots=True)
class RunningCamera:
    """One camera: its feed, its pipeline, and what was last said of it."""

    feed: Feed
    pipeline: Pipeline
    keeps_budget: bool = True
    """False where frames do not come in real time: a slower rate would change what is seen in them, and spare nothing."""
    state: CameraState | None = None
    paused: bool | None = None
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
        """Whether it gives pictures, by what was last said."""
        return self.state is not None and self.state.status == "online"

    @property
    def has_begun(self) -> bool:
        """Whether it has been online or offline once."""
        return self.state is not None and self.state.status != "starting"


class CameraStates:
    """Says of cameras what has changed: status, pause and who is in view."""

    def __init__(self, states: RetainedStates, topics: Topics) -> None:
        """Say nothing yet."""
        self._states, self._topics = states, topics

    def tell(self, camera: RunningCamera, *, paused: bool) -> bool:
        """Say how the camera is, and whether it is paused, where either has changed; returns whether it has."""
        state = camera.feed.state
        if (state, paused) == (camera.state, camera.paused):
            return False
        if paused != camera.paused:
            self._states.publish(self._topics.camera(camera.name).pause, ON if paused else OFF)
        camera.state, camera.paused = state, paused
        _note_scene(camera)
        if paused:
            self._say(camera, "paused", state.reason)
            self.tell_people(camera, NOBODY)
        elif state.status == "online":
            self._say(camera, "online", None)
        elif state.status == "offline":
            self.tell_offline(camera, state.reason)
        return True

    def tell_offline(self, camera: RunningCamera, reason: str | None) -> None:
        """Say that it gives no pictures, and why."""
        self._say(camera, "offline", reason)
        self.tell_people(camera, NOBODY)  # nobody is seen by a camera that is not there

    def tell_people(self, camera: RunningCamera, presence: Presence) -> None:
        """Say who is in view, where that is another than before."""
        people = presence_json(presence)
        if people != camera.people:
            camera.people = people
            self._states.publish(self._topics.camera(camera.name).people, people)

    def _say(self, camera: RunningCamera, status: Literal["online", "offline", "paused"], reason: str | None) -> None:
        payload = StatusPayload(status=status, reason=reason)
        self._states.publish(self._topics.camera(camera.name).status, payload.to_json())
        level = logging.WARNING if status == "offline" else logging.INFO
        log.log(level, "Camera %s is %s%s", camera.name, status, f": {reason}" if reason else ".")


def _note_scene(camera: RunningCamera) -> None:
    """What may be asked for of a camera: nothing of one that is paused."""
    scene = camera.scene
    scene.is_online = camera.is_online and not camera.paused
    scene.reason = "It is paused." if camera.paused else camera.state.reason if camera.state else None
    if camera.paused:
        scene.frame = None
