"""The faces of the last events, for whoever asks for one: in memory only, so that no picture of a visit is ever on the disk.

Who was announced, and what of a picture is published, is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_FACES, MOST_BYTES = 100, 4_000_000
"""Faces that are kept at most, and bytes of all together: a day at most doors, and little beside the networks."""


@dataclass(frozen=True, slots=True)
class EventFace:
    """The picture of an event, a JPEG, and the id of the person or stranger whom it shows; None of a stranger who has none."""

    owner: str | None
    jpeg: bytes


class EventFaces:
    """The newest faces by the id of their event. Not thread-safe, by design: one worker thread."""

    def __init__(self) -> None:
        """Begin with none."""
        self._faces: dict[str, EventFace] = {}
        self._bytes = 0

    def keep(self, event_id: str, owner: str | None, jpeg: bytes) -> None:
        """Keep the picture of an event, and let the oldest go where there are too many."""
        self._faces[event_id] = EventFace(owner, jpeg)
        self._bytes += len(jpeg)
        while len(self._faces) > MOST_FACES or self._bytes > MOST_BYTES:
            self._drop(next(iter(self._faces)))

    def get(self, event_id: str) -> bytes | None:
        """The picture of an event; None where none is kept."""
        face = self._faces.get(event_id)
        return face.jpeg if face else None

    def forget_others(self, knows: Callable[[str], bool], owner_now: Callable[[str], str | None] = lambda _: None) -> None:
        """Keep the face of nobody who is not known any more; owner_now says whose an event is now, as a stranger's who was given a name."""
        for event_id, face in list(self._faces.items()):
            if face.owner is None or knows(face.owner):
                continue
            owner = owner_now(event_id)
            if owner is not None and knows(owner):
                self._faces[event_id] = EventFace(owner, face.jpeg)
            else:
                self._drop(event_id)

    def clear(self) -> None:
        """Keep none."""
        self._faces.clear()
        self._bytes = 0

    def _drop(self, event_id: str) -> None:
        self._bytes -= len(self._faces.pop(event_id).jpeg)
