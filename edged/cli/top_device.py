"""What `edged top` knows of one device: the latest of everything that it has told over the broker.

It does not know how that is shown, nor how it came here.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from edged.interface.events import EVENTS, AgeGenderPayload, DepartedPayload, EmotionPayload, FacePayload
from edged.interface.states import HealthPayload, InfoPayload, PeoplePayload, ProblemPayload, StatusPayload

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.interface.events import EventPayload
    from edged.interface.topics import Topics

PayloadT = TypeVar("PayloadT")
EVENT_FORMS = tuple(dict.fromkeys(EVENTS.values()))
"""Forms of events, of which one at most reads each."""
MOST_EVENTS = 200
"""Events that are remembered: more than any terminal has lines."""
MOST_TRACKS = 50
"""Tracks of a camera that are remembered, the newest: an edged that was killed tells of no departure."""


@dataclass(slots=True)
class ShownTrack:
    """Somebody who was announced on a track, and what was told of them since."""

    face: FacePayload
    emotion: EmotionPayload | None = None
    age: AgeGenderPayload | None = None


Tracks: TypeAlias = dict[int, ShownTrack]


@dataclass(slots=True)
class ShownCamera:
    """One camera: its status, who is in view, and the tracks of those who were announced and have not left."""

    status: StatusPayload | None = None
    people: PeoplePayload | None = None
    tracks: Tracks = field(default_factory=dict)

    @property
    def in_view(self) -> Tracks:
        """The tracks of those who are in view now; of strangers the newest, as many as there are."""
        if self.people is None:
            return {}
        known = {track: shown for track, shown in self.tracks.items() if shown.face.person in self.people.people}
        others = [track for track, shown in self.tracks.items() if shown.face.person is None]
        others = others[len(others) - min(len(others), self.people.strangers) :]
        return dict(sorted((known | {track: self.tracks[track] for track in others}).items()))

    def take(self, event: EventPayload) -> None:
        """Take in an event of this camera."""
        shown = self.tracks.get(event.track)
        if isinstance(event, FacePayload):
            self.tracks[event.track] = ShownTrack(event)
            if len(self.tracks) > MOST_TRACKS:
                del self.tracks[next(iter(self.tracks))]
        elif isinstance(event, EmotionPayload) and shown:
            shown.emotion = event
        elif isinstance(event, AgeGenderPayload) and shown:
            shown.age = event
        elif isinstance(event, DepartedPayload):
            who = (event.person, event.stranger)
            same = [track for track, one in self.tracks.items() if any(who) and (one.face.person, one.face.stranger) == who]
            for track in {event.track, *same}:
                self.tracks.pop(track, None)


class ShownDevice:
    """The latest of everything; None is what has not come yet."""

    def __init__(self, topics: Topics) -> None:
        """Nothing has come."""
        self.topics = topics
        self.lost: str | None = None
        """Why there is no connection to the broker."""
        self.is_online: bool | None = None
        self.info: InfoPayload | None = None
        self.health: HealthPayload | None = None
        self.problem: ProblemPayload | None = None
        self.cameras: dict[str, ShownCamera] = {}
        self.events: deque[EventPayload] = deque(maxlen=MOST_EVENTS)
        """The newest last."""

    def take(self, topic: str, content: bytes) -> None:
        """Take in a message; one of no form that is known here is left out, as another version may tell it."""
        topics = self.topics
        if topic == topics.availability:
            self.is_online = content == b"online"
        elif topic == topics.info:
            self.info = _read(InfoPayload.model_validate_json, content) or self.info
        elif topic == topics.health:
            self.health = _read(HealthPayload.model_validate_json, content) or self.health
        elif topic == topics.problem:
            self.problem = _read(ProblemPayload.model_validate_json, content) or self.problem
        else:
            self._take_of_camera(topic, content)

    def _take_of_camera(self, topic: str, content: bytes) -> None:
        name = topic.removeprefix(f"{self.topics.root}/").partition("/")[0]
        camera, topics = self.cameras.setdefault(name, ShownCamera()), self.topics.camera(name)
        if topic == topics.status:
            camera.status = _read(StatusPayload.model_validate_json, content) or camera.status
        elif topic == topics.people:
            camera.people = _read(PeoplePayload.model_validate_json, content) or camera.people
        elif event := next(filter(None, (_read(form.model_validate_json, content) for form in EVENT_FORMS)), None):
            self.events.append(event)
            camera.take(event)


def _read(read: Callable[[bytes], PayloadT], content: bytes) -> PayloadT | None:
    try:
        return read(content)
    except ValueError:
        return None
