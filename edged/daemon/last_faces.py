"""The last faces, people and strangers: the picture that each announcement shows, which event it is of, and who came last.

It does not know how events are kept, nor who is enrolled.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edged.interface.states import FaceShownPayload, LastPersonPayload, LastStrangerPayload
from edged.mqtt.link import Message
from edged.system.times import rfc3339
from edged.vision.crops import encode_jpeg

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import datetime

    from edged.control.event_faces import EventFaces
    from edged.daemon.unwritten_events import UnwrittenEvent
    from edged.interface.topics import CameraTopics, Topics
    from edged.mqtt.bridge import Bridge
    from edged.types import Crop

FACE_BYTES, FACE_SIDE_PX = 100_000, 512
"""Size of a face's picture: what a notification shows, and little enough to be made in milliseconds on a small device."""
NOBODY = LastPersonPayload(person=None, display_name=None, event_id=None, frame_at=None)
NO_STRANGER = LastStrangerPayload(stranger=None, seen_count=None, first_seen_at=None, event_id=None, frame_at=None)


@dataclass(frozen=True, slots=True)
class Shown:
    """A face that is to be shown, or that there is none to show for an event."""

    seq: int
    event_id: str
    camera: str
    owner: str | None  # id of the person or stranger
    crop: Crop | None
    is_stranger: bool


class LastFaces:
    """Publishes them; of somebody forgotten neither the face nor the name stays."""

    def __init__(self, bridge: Bridge, topics: Topics, kept: EventFaces) -> None:
        """Begin with none; kept is where they stay for whoever asks later."""
        self._bridge, self._topics, self._kept = bridge, topics, kept
        self._waiting: deque[Shown] = deque()
        self._faces: dict[str, str | None] = {}  # whose is shown of each camera, as Shown has it
        self._people: dict[str, str] = {}
        self._strangers: dict[str, LastStrangerPayload] = {}

    def add(self, waiting: UnwrittenEvent, at: datetime, crop: Crop | None) -> None:
        """Take an announcement, whose frame was taken then."""
        camera, fields = waiting.event.camera, waiting.fields
        if camera in self._strangers and waiting.corrects == self._strangers[camera].event_id:
            self._drop_stranger(camera)
        owner, is_stranger = fields.person or fields.stranger, fields.person is None
        self._waiting.append(Shown(waiting.seq, waiting.event_id, camera, owner, crop, is_stranger))
        self._faces[camera] = owner
        if fields.person is not None:
            self._people[camera] = fields.person
            self._publish(self._topics.camera(camera).last_person, LastPersonPayload.of(fields, waiting.event_id, rfc3339(at)))
        else:
            self._strangers[camera] = LastStrangerPayload.of(fields, waiting.event_id, rfc3339(at))
            self._publish(self._topics.camera(camera).last_stranger, self._strangers[camera])

    def send(self) -> None:
        """Send pictures after their events, and keep them; without one take away the face before. While there is no broker none is made."""
        while self._waiting:
            shown = self._waiting.popleft()
            if not self._bridge.is_connected():
                continue
            topics = self._topics.camera(shown.camera)
            if picture := self._picture(topics, shown):
                self._kept.keep(shown.event_id, shown.owner, picture)
            self._bridge.pictures.publish(shown.seq, _messages(topics, shown, picture))

    def drop(self) -> None:
        """Show no face any more, and keep none."""
        self._waiting.clear()
        self._kept.clear()
        self._bridge.pictures.drop([*_no_faces(self._topics, self._faces), *_no_strangers(self._topics, self._strangers)])
        self._faces.clear()

    def forget_others(self, people: Collection[str], knows_stranger: Callable[[str], bool], owner_now: Callable[[str], str | None]) -> None:
        """Show and keep the face, and say the name, of nobody but these people and known strangers.

        owner_now gives the id of whom an event is of now.
        """
        self._waiting.clear()  # whoever came while the gallery changed may be known by another name now

        def is_known(owner: str | None) -> bool:
            return owner is None or owner in people or knows_stranger(owner)

        self._kept.forget_others(is_known, owner_now)
        gone = [camera for camera, owner in self._faces.items() if not is_known(owner)]
        for camera in gone:
            del self._faces[camera]
        self._bridge.pictures.show(_no_faces(self._topics, gone))
        for camera in [camera for camera, person in self._people.items() if person not in people]:
            del self._people[camera]
            self._publish(self._topics.camera(camera).last_person, NOBODY)
        for camera, last in list(self._strangers.items()):
            if last.stranger is not None and not knows_stranger(last.stranger):
                self._drop_stranger(camera)

    def _drop_stranger(self, camera: str) -> None:
        """Whoever it was is no stranger any more, or is forgotten."""
        del self._strangers[camera]
        self._bridge.pictures.show(_no_strangers(self._topics, [camera]))
        self._publish(self._topics.camera(camera).last_stranger, NO_STRANGER)

    def _publish(self, topic: str, payload: LastPersonPayload | LastStrangerPayload) -> None:
        self._bridge.states.publish_unkept(topic, payload.to_json())

    def _picture(self, topics: CameraTopics, shown: Shown) -> bytes:
        if shown.crop is None:
            return b""
        most = min(FACE_BYTES, self._bridge.pictures.most_bytes(topics.stranger_image) or FACE_BYTES)
        return encode_jpeg(shown.crop.pixels, most_bytes=most, longest_side=FACE_SIDE_PX)


def _messages(topics: CameraTopics, shown: Shown, picture: bytes) -> list[Message]:
    """What shows a face, that of a stranger also as the last stranger's."""
    messages = _shown(topics.face_image, topics.face_shown, picture, shown.event_id)
    if shown.is_stranger:
        messages += _shown(topics.stranger_image, topics.stranger_shown, picture, shown.event_id)
    return messages


def _no_faces(topics: Topics, cameras: Iterable[str]) -> list[Message]:
    every = [topics.camera(camera) for camera in cameras]
    return [message for one in every for message in _shown(one.face_image, one.face_shown, b"", None)]


def _no_strangers(topics: Topics, cameras: Iterable[str]) -> list[Message]:
    every = [topics.camera(camera) for camera in cameras]
    return [message for one in every for message in _shown(one.stranger_image, one.stranger_shown, b"", None)]


def _shown(image: str, told: str, picture: bytes, event_id: str | None) -> list[Message]:
    """What shows a picture: between the two that say whose it is nobody can take it for that of another event."""
    changing = FaceShownPayload(event_id=None, picture=False)
    shown = FaceShownPayload(event_id=event_id, picture=bool(picture))
    return [Message(told, changing.to_json()), Message(image, picture), Message(told, shown.to_json())]
