"""Viewing: the frames of one camera looked at without a broker, and who each face in them is held to be.

Nothing is stored or published of what is seen; how it is shown is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from edged.errors import StrangerNotFound
from edged.gallery.memory import StrangerMemory
from edged.pipeline.pipeline import Pipeline
from edged.pipeline.zone import Zone
from edged.types import AgeGenderAnswer, EmotionAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edged import config
    from edged.config import SettingValue
    from edged.daemon.opening import FaceParts
    from edged.gallery.memory import Recalled
    from edged.gallery.templates import Sighting
    from edged.pipeline.frame_faces import FrameFaces
    from edged.types import Box, Frame, Gender, Identity, Reason, Stranger

SHOWN: Mapping[str, SettingValue] = MappingProxyType({"emotion": True, "age_gender": True, "pictures": False})
"""Settings that hold while a camera is shown, whatever was chosen for what is published."""


@dataclass(frozen=True, slots=True)
class SeenFace:
    """A face of one frame: its box in pixels of the frame, and who it is held to be; None is what nobody knows, or not yet.

    similarity is that of the verdict, reason why this view cannot be compared, and emotion, age_range and gender are the latest answers.
    """

    box: Box
    identity: Identity | None
    similarity: float | None
    reason: Reason | None
    emotion: str | None
    age_range: tuple[int, int] | None
    gender: Gender | None


class RecalledStrangers(StrangerMemory):
    """The strangers of a gallery, found again, of whom nothing is written."""

    def meet(self, _sighting: Sighting, recalled: Recalled | None) -> Stranger | None:
        """Give the stranger who was found, as they are in the file."""
        try:
            return self.store.stranger(recalled.stranger) if recalled else None
        except StrangerNotFound:
            return None

    def improve(self, _stranger: str, _sighting: Sighting) -> None:
        """Keep nothing."""

    def withdraw(self, _stranger: str) -> None:
        """Delete nobody."""


class Viewer:
    """One camera, each frame of which is looked at, expression, age and gender too."""

    def __init__(self, camera: config.CameraConfig, parts: FaceParts) -> None:
        """Look at a camera with the networks and the gallery of a command that changes nothing.

        Raises:
            ModelError: a network of expressions or ages cannot be used.
        """
        known, networks = parts.gallery, parts.attributes
        networks.switch(networks.load(emotion=True, age_gender=True))
        strangers = RecalledStrangers(known.shared.strangers.store, parts.reader.embedder.model_id, days=known.shared.strangers.days)
        shared = replace(known.shared, strangers=strangers, keep_pictures=False)
        self._pipeline = Pipeline(
            camera.name,
            parts.reader,
            shared,
            networks=networks,
            max_fps=camera.max_fps,
            zone=Zone(camera.zone or ()),
            own_settings={**camera.own_settings, **SHOWN},
        )
        self._emotions: dict[int, EmotionAnswer] = {}
        self._ages: dict[int, AgeGenderAnswer] = {}

    def look(self, frame: Frame) -> list[SeenFace]:
        """Look at a new frame of the camera; the faces in it, the best seen first."""
        seen: list[FrameFaces] = []
        for event in self._pipeline.look(frame, seen.append):
            if isinstance(event.fact, EmotionAnswer):
                self._emotions[event.track] = event.fact
            elif isinstance(event.fact, AgeGenderAnswer):
                self._ages[event.track] = event.fact
        for answers in (self._emotions, self._ages):
            for track in [track for track in answers if self._pipeline.visits.of(track) is None]:
                del answers[track]
        return [self._face(views, row, track) for views in seen for row, track in enumerate(views.tracks)]

    def _face(self, views: FrameFaces, row: int, track: int | None) -> SeenFace:
        visit = None if track is None else self._pipeline.visits.of(track)
        emotion, age = self._emotions.get(track or 0), self._ages.get(track or 0)
        return SeenFace(
            views.detections[row].box,
            visit.identity if visit else None,
            visit.verdict.similarity if visit else None,
            views.geometry(row).reason,
            emotion.emotion if emotion else None,
            age.age_range if age else None,
            age.gender if age else None,
        )
