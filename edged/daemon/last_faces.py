"""The last faces and the last people: the picture that each announcement shows, which event it is of, and who was recognised last.

It does not know how events are kept, nor who is enrolled.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edged.interface.states import FaceShownPayload, LastPersonPayload
from edged.mqtt.link import Message
from edged.system.times import rfc3339
from edged.vision.crops import encode_jpeg

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from edged.control.event_faces import EventFaces
    from edged.daemon.unwritten_events import UnwrittenEvent
    from edged.interface.topics import CameraTopics, Topics
    from edged.mqtt.bridge import Bridge
    from edged.types import Crop

FACE_BYTES, FACE_SIDE_PX = 100_000, 512
"""Size of a face's picture: what a notification shows, and little enough to be made in milliseconds on a small device."""
NOBODY = LastPersonPayload(person=None, display_name=None, event_id=None, frame_at=None)


@dataclass(frozen=True, slots=True)
class Shown:
    """A face that is to be shown, or that there is none to show for an event."""

    seq: int
    event_id: str
    camera: str
    owner: str | None  # id of the person or stranger
    crop: Crop | None


class LastFaces:
    """Publishes them; of somebody forgotten neither the face nor the name stays."""

    def __init__(self, bridge: Bridge, topics: Topics, kept: EventFaces) -> None:
        """Begin with none; kept is where they stay for whoever asks later."""
        self._bridge, self._topics, self._kept = bridge, topics, kept
        self._waiting: deque[Shown] = deque()
        self._faces: dict[str, str | None] = {}
        self._people: dict[str, str] = {}

    def add(self, waiting: UnwrittenEvent, at: datetime, crop: Crop | None) -> None:
        """Take an announcement, whose frame was taken then."""
        camera, fields = waiting.event.camera, waiting.fields
        self._waiting.append(Shown(waiting.seq, waiting.event_id, camera, fields.person or fields.stranger, crop))
        self._faces[camera] = fields.person
        if fields.person is not None:
            self._people[camera] = fields.person
            self._name(camera, LastPersonPayload.of(fields, waiting.event_id, rfc3339(at)))

    def send(self) -> None:
        """Keep the pictures, and send them after their events; where there is none, take away the face before."""
        while self._waiting:
            shown = self._waiting.popleft()
            topics = self._topics.camera(shown.camera)
            picture = self._picture(topics, shown)
            if picture:
                self._kept.keep(shown.event_id, shown.owner, picture)
            if self._bridge.is_connected():
                self._bridge.pictures.publish(shown.seq, _messages(topics, picture, shown.event_id))

    def drop(self) -> None:
        """Show no face any more, and keep none."""
        self._waiting.clear()
        self._kept.clear()
        self._bridge.pictures.drop(_no_faces(self._topics, self._faces))
        self._faces.clear()

    def forget_others(self, people: Collection[str], knows_stranger: Callable[[str], bool]) -> None:
        """Show the face and say the name of nobody but these people, and of strangers; keep the face of no other."""
        self._waiting.clear()  # whoever came while the gallery changed may be known by another name now
        self._kept.forget_others(lambda owner: owner in people or knows_stranger(owner))
        gone = [camera for camera, person in self._faces.items() if person is not None and person not in people]
        self._bridge.pictures.show(_no_faces(self._topics, gone))
        for camera in [camera for camera, person in self._people.items() if person not in people]:
            del self._people[camera]
            self._name(camera, NOBODY)

    def _name(self, camera: str, payload: LastPersonPayload) -> None:
        self._bridge.states.publish_unkept(self._topics.camera(camera).last_person, payload.to_json())

    def _picture(self, topics: CameraTopics, shown: Shown) -> bytes:
        if shown.crop is None:
            return b""
        most = min(FACE_BYTES, self._bridge.pictures.most_bytes(topics.face_image) or FACE_BYTES)
        return encode_jpeg(shown.crop.pixels, most_bytes=most, longest_side=FACE_SIDE_PX)


def _no_faces(topics: Topics, cameras: Collection[str]) -> list[Message]:
    return [message for camera in cameras for message in _messages(topics.camera(camera), b"", None)]


def _messages(topics: CameraTopics, picture: bytes, event_id: str | None) -> list[Message]:
    """What shows a picture: between the two that say whose it is nobody can take it for that of another event."""
    changing = FaceShownPayload(event_id=None, picture=False)
    shown = FaceShownPayload(event_id=event_id, picture=bool(picture))
    return [
        Message(topics.face_shown, changing.to_json()),
        Message(topics.face_image, picture),
        Message(topics.face_shown, shown.to_json()),
    ]
