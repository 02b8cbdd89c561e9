"""Attributes of the faces of one camera: when expression, age and gender are read, and which answers are new.

Knows tracks, landmarks and the two readers; who the faces belong to is not known here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from edged.system.beside import finish
from edged.system.mapped_files import release_pages
from edged.tracking.attribute_means import AgeGenderKeeper, EmotionKeeper
from edged.vision.attribute_cards import AgeGenderCard, EmotionCard
from edged.vision.attribute_readers import AgeGenderReader, EmotionReader
from edged.vision.golden_check import check_golden_age_gender, check_golden_emotion

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edged.system.beside import Turns
    from edged.types import AgeGenderAnswer, Detection, EmotionAnswer, Frame

ReaderT = TypeVar("ReaderT", EmotionReader, AgeGenderReader)

READ_SECONDS, ENOUGH_LOOKS = 0.5, 20
"""Seconds between two readings of a track: an answer is given at most once a second, and should rest on more than one look; and looks
after which its age and gender are known as well as they will be."""


@dataclass(frozen=True, slots=True, eq=False)
class LoadedNetworks:
    """The networks that are in memory; None: switched off."""

    emotion: EmotionReader | None = None
    age_gender: AgeGenderReader | None = None


class AttributeNetworks:
    """The two networks, each in memory only while it is switched on; shared by all cameras."""

    def __init__(self, models: Path, *, emotion: str, age_gender: str, threads: int, delegate: Path | None) -> None:
        """Read the cards, which lie in these folders below that of the models.

        The networks will use so many CPU threads each, and the library of an external TFLite delegate where there is one.

        Raises:
            ModelError: a card is missing or says nonsense.
        """
        self.emotion_card, self.age_gender_card = EmotionCard.read(models / emotion), AgeGenderCard.read(models / age_gender)
        self._models, self._threads, self._delegate = models, threads, delegate
        self.in_use = LoadedNetworks()

    def load(self, *, emotion: bool, age_gender: bool) -> LoadedNetworks:
        """Prepare what is to be switched on: what is in use already as it is, the rest loaded and tried on the golden picture.

        Raises:
            ModelError: a file cannot be used, or gives wrong answers.
        """
        return finish(self.loading(emotion=emotion, age_gender=age_gender))

    def loading(self, *, emotion: bool, age_gender: bool) -> Turns[LoadedNetworks]:
        """Do what load() does as work in steps; raises as that."""
        now, expressions, ages = self.in_use, None, None
        if emotion:
            expressions = now.emotion or (yield from self._loading(EmotionReader, self.emotion_card, check_golden_emotion))
        if age_gender:
            ages = now.age_gender or (yield from self._loading(AgeGenderReader, self.age_gender_card, check_golden_age_gender))
        return LoadedNetworks(expressions, ages)

    def switch(self, loaded: LoadedNetworks) -> None:
        """Use these from now on, and free what is not among them."""
        self.in_use = loaded

    def _loading(
        self, reader: Callable[..., ReaderT], card: EmotionCard | AgeGenderCard, test: Callable[[ReaderT, Path], None]
    ) -> Turns[ReaderT]:
        loaded = reader(card, threads=self._threads, delegate=self._delegate)
        yield None
        test(loaded, self._models)
        release_pages(card.folder / card.file[0].name)  # the runtime has packed the weights into memory of its own
        yield None
        return loaded


@dataclass(slots=True)
class _Track:
    emotion_at: float = -math.inf
    age_gender_at: float = -math.inf
    age_gender_looks: int = 0
    is_emotion_new: bool = False
    is_age_gender_new: bool = False


NO_LOOKS = _Track()


class Attributes:
    """The attributes of one camera's tracks. An answer that may not be published yet waits until it may."""

    def __init__(self, networks: AttributeNetworks) -> None:
        """Begin with no track."""
        self._networks = networks
        self._emotions = EmotionKeeper(networks.emotion_card.rules)
        self._ages = AgeGenderKeeper(networks.age_gender_card.rules)
        self._tracks: dict[int, _Track] = {}

    def is_due(self, track: int, now: float) -> bool:
        """Whether anything is to be read of a track at monotonic time now."""
        return any(self._due(self._tracks.get(track, NO_LOOKS), now))

    def look(self, frame: Frame, track: int, face: Detection, quality: float) -> None:
        """Read what is switched on and due of the face of a track; quality is how good the view is, 0…1."""
        state, now = self._tracks.setdefault(track, _Track()), frame.monotonic_seconds
        emotion, age_gender = self._due(state, now)
        if emotion:
            state.emotion_at = now
            scores = emotion.read(frame.pixels, face.landmarks)
            state.is_emotion_new |= self._emotions.add(track, scores, quality, now) is not None
        if age_gender:
            state.age_gender_at = now
            state.age_gender_looks += 1
            seen = age_gender.read(frame.pixels, face.landmarks)
            state.is_age_gender_new |= self._ages.add(track, seen, quality, now) is not None

    def new_answers(self, track: int, now: float) -> list[EmotionAnswer | AgeGenderAnswer]:
        """The answers of a track that are new since the last call, to be published at monotonic time now."""
        state = self._tracks.get(track)
        if state is None:
            return []
        emotion = self._emotions.take_latest(track, now) if state.is_emotion_new else None
        age_gender = self._ages.take_latest(track, now) if state.is_age_gender_new else None
        state.is_emotion_new = state.is_age_gender_new = False
        return [answer for answer in (emotion, age_gender) if answer is not None]

    def end(self, track: int) -> None:
        """Drop a track that ended."""
        self._tracks.pop(track, None)
        self._emotions.end(track)
        self._ages.end(track)

    def _due(self, state: _Track, now: float) -> tuple[EmotionReader | None, AgeGenderReader | None]:
        """The networks that are switched on and due."""
        emotion, age_gender = now - state.emotion_at >= READ_SECONDS, now - state.age_gender_at >= READ_SECONDS
        networks = self._networks.in_use
        return networks.emotion if emotion else None, networks.age_gender if age_gender and state.age_gender_looks < ENOUGH_LOOKS else None
