"""Attributes of the faces of one camera: when expression, age and gender are read, and what is news of them.

Knows tracks, landmarks and the two readers; who the faces belong to is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from edged.system import device
from edged.tracking.attributes import AgeGenderKeeper, AgeGenderRules, EmotionKeeper, EmotionRules
from edged.vision.attribute_readers import AgeGenderReader, EmotionReader
from edged.vision.golden_check import check_golden_age_gender, check_golden_emotion
from edged.vision.model_card import AgeGenderCard, EmotionCard

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edged.types import AgeGenderAnswer, Detection, EmotionAnswer, Frame

ReaderT = TypeVar("ReaderT", EmotionReader, AgeGenderReader)

READ_SECONDS = 0.5
"""A track's expression is read so often: an answer is told at most once a second, and should rest on more than one look."""
ENOUGH_LOOKS = 20
"""Looks at a track from which its age and gender are known as well as they will be."""


@dataclass(frozen=True, slots=True, eq=False)
class LoadedNetworks:
    """The networks that are in memory; None: switched off."""

    emotion: EmotionReader | None = None
    age_gender: AgeGenderReader | None = None


class AttributeNetworks:
    """The two networks, each in memory only while it is switched on; shared by all cameras."""

    def __init__(self, models: Path, *, emotion: str, age_gender: str, threads: int, delegate: Path | None) -> None:
        """Read the cards.

        Args:
            models: folder of the models.
            emotion: folder of the card of expressions, below models.
            age_gender: folder of the card of age and gender, below models.
            threads: CPU threads of one network.
            delegate: library of an external TFLite delegate.

        Raises:
            ModelError: a card is missing or says nonsense.
        """
        self.emotion_card, self.age_gender_card = EmotionCard.read(models / emotion), AgeGenderCard.read(models / age_gender)
        self._models, self._threads, self._delegate = models, threads, delegate
        self.in_use = LoadedNetworks()

    def load(self, *, emotion: bool, age_gender: bool) -> LoadedNetworks:
        """What is to be switched on: what is in use already as it is, the rest loaded and tried on the golden picture.

        Raises:
            ModelError: a file cannot be used, or gives wrong answers.
        """
        now = self.in_use
        return LoadedNetworks(
            (now.emotion or self._load(EmotionReader, self.emotion_card, check_golden_emotion)) if emotion else None,
            (now.age_gender or self._load(AgeGenderReader, self.age_gender_card, check_golden_age_gender)) if age_gender else None,
        )

    def switch(self, loaded: LoadedNetworks) -> None:
        """Use these from now on, and free what is not among them."""
        self.in_use = loaded

    def _load(self, reader: Callable[..., ReaderT], card: EmotionCard | AgeGenderCard, test: Callable[[ReaderT, Path], None]) -> ReaderT:
        loaded = reader(card, threads=self._threads, delegate=self._delegate)
        test(loaded, self._models)
        device.release_pages(card.folder / card.file[0].name)  # the runtime has packed the weights into memory of its own
        return loaded


@dataclass(slots=True)
class _Track:
    emotion_at: float | None = None
    age_gender_at: float | None = None
    age_gender_looks: int = 0
    is_emotion_new: bool = False
    is_age_gender_new: bool = False


class Attributes:
    """The attributes of one camera's tracks. An answer that nobody may be told yet waits until somebody may."""

    def __init__(self, networks: AttributeNetworks) -> None:
        """Begin with no track."""
        self._networks = networks
        card = networks.age_gender_card
        self._emotions = EmotionKeeper(EmotionRules(networks.emotion_card.emotion.least_confidence))
        self._ages = AgeGenderKeeper(AgeGenderRules(card.gender.least_confidence, card.age.max_range_years))
        self._tracks: dict[int, _Track] = {}

    def look(self, frame: Frame, track: int, face: Detection, quality: float) -> None:
        """Read what is switched on and due of a face.

        Args:
            frame: the frame.
            track: the face's track.
            face: where it is in the frame.
            quality: how good the view is, 0…1.
        """
        state = self._tracks.setdefault(track, _Track())
        now, networks = frame.monotonic_seconds, self._networks.in_use
        if networks.emotion and _is_due(state.emotion_at, now):
            state.emotion_at = now
            scores = networks.emotion.read(frame.pixels, face.landmarks)
            state.is_emotion_new |= self._emotions.add(track, scores, quality, now) is not None
        if networks.age_gender and state.age_gender_looks < ENOUGH_LOOKS and _is_due(state.age_gender_at, now):
            state.age_gender_at = now
            state.age_gender_looks += 1
            seen = networks.age_gender.read(frame.pixels, face.landmarks)
            state.is_age_gender_new |= self._ages.add(track, seen, quality, now) is not None

    def news(self, track: int, now: float) -> list[EmotionAnswer | AgeGenderAnswer]:
        """What is new of a track since the last call, and is told in the frame of monotonic time now."""
        state = self._tracks.get(track)
        if state is None:
            return []
        emotion = self._emotions.tell(track, now) if state.is_emotion_new else None
        age_gender = self._ages.tell(track, now) if state.is_age_gender_new else None
        state.is_emotion_new = state.is_age_gender_new = False
        return [answer for answer in (emotion, age_gender) if answer is not None]

    def end(self, track: int) -> None:
        """Drop a track that ended."""
        self._tracks.pop(track, None)
        self._emotions.forget_tracks([track])
        self._ages.forget_tracks([track])


def _is_due(read_at: float | None, now: float) -> bool:
    return read_at is None or now - read_at >= READ_SECONDS
