"""Examination: what a single picture shows of faces, in the words of replies.

Knows pixels, networks and who is known; nothing of it is written down, and how the picture came here is not known.
"""

from __future__ import annotations

import base64
from functools import partial
from typing import TYPE_CHECKING

from edged.errors import CommandError, PersonNotFound
from edged.gallery.names import person_id
from edged.interface.events import age_gender_fields, emotion_fields
from edged.tracking.attributes import AgeGenderRules, EmotionKeeper, EmotionRules, answer_of
from edged.types import Reason
from edged.vision.crops import cut_head, encode_jpeg

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.interface.commands import Json
    from edged.pipeline.attributes import AttributeNetworks, LoadedNetworks
    from edged.pipeline.shared_state import SharedState
    from edged.types import Detection, Quality, Uint8Array
    from edged.vision.faces import Face, FaceReader

MOST_FACES = 20
"""Faces of one picture that are read, the largest: each takes tens of milliseconds on a small device, during which no camera is watched."""
CROP_BYTES = 48_000
"""Of one head: 20 of them make a reply of 1.3 MB, which a broker takes."""
CROP_SIDE_PX = 512
DIGITS = 6
"""Of an embedding's numbers: what rounding changes of a similarity is far below any threshold."""


class Examiner:
    """Answers what may be asked of a picture (H, W, 3) BGR."""

    def __init__(self, reader: FaceReader, shared: SharedState, networks: AttributeNetworks) -> None:
        """Take the networks and who is known."""
        self._reader, self._shared, self._networks = reader, shared, networks

    def recognise(self, pixels: Uint8Array) -> dict[str, Json]:
        """Who each face is, by the rules that hold at the door; a view that would not count there names nobody."""
        return self._reply(pixels, self._named)

    def represent(self, pixels: Uint8Array) -> dict[str, Json]:
        """The embedding of each face."""
        return {**self._reply(pixels, self._embedded), "model": self._reader.embedder.model_id}

    def extract(self, pixels: Uint8Array) -> dict[str, Json]:
        """Each head as a JPEG of at most CROP_BYTES, base64.

        Raises:
            CommandError: the owner wants no pictures sent.
        """
        refuse_pictures(self._shared)
        return self._reply(pixels, self._cut)

    def analyse(self, pixels: Uint8Array) -> dict[str, Json]:
        """Expression, age range and gender of each face, null where the view is too poor; the networks are loaded if need be.

        Raises:
            ModelError: a network's file cannot be used.
        """
        loaded = self._networks.load(emotion=True, age_gender=True)
        return self._reply(pixels, partial(self._read, loaded))

    def verify(self, picture: Callable[[], Uint8Array], person: str) -> dict[str, Json]:
        """Whether the largest face of a picture, which is opened only where there is such a person, is this one, by id or name.

        Raises:
            NameRejected: not a name.
            PersonNotFound: nobody of that name.
            CommandError: no face.
        """
        wanted = person_id(person)
        if wanted not in self._shared.display_names:
            raise PersonNotFound(wanted)
        face = self._largest(picture())
        similarity = self._shared.matcher.standing(face.embedding, wanted).similarity
        return {"person": wanted, **self._same(similarity, face), "face": _face_json(face.detection, face.quality), "other_face": None}

    def compare(self, picture: Callable[[], Uint8Array], other_picture: Callable[[], Uint8Array]) -> dict[str, Json]:
        """Whether the largest faces of two pictures, which are opened one after the other, are of one person.

        Raises:
            CommandError: no face in one of them.
        """
        face, other = self._largest(picture()), self._largest(other_picture())
        similarity = float(face.embedding.vector @ other.embedding.vector)
        shown = {"face": _face_json(face.detection, face.quality), "other_face": _face_json(other.detection, other.quality)}
        return {"person": None, **self._same(similarity, face, other), **shown}

    def _reply(self, pixels: Uint8Array, tell: Callable[[Uint8Array, Detection], dict[str, Json]]) -> dict[str, Json]:
        found = sorted(self._reader.detector.detect(pixels), key=lambda face: -face.box.area)
        height, width = pixels.shape[:2]
        faces: list[Json] = [tell(pixels, face) for face in found[:MOST_FACES]]
        return {"size": [width, height], "faces": faces, "left_out": max(0, len(found) - MOST_FACES)}

    def _named(self, pixels: Uint8Array, detection: Detection) -> dict[str, Json]:
        rules, shared = self._shared.rules, self._shared
        face = self._reader.read(pixels, detection, rules.quality)
        match = shared.matcher.match(face.embedding, threshold=shared.threshold(rules), margin=rules.margin)
        reason = face.quality.reason or match.reason
        person = None if reason else match.person
        asks = not person and not face.quality.reason
        recalled = shared.strangers.recall(face.embedding, threshold=rules.match_threshold, margin=rules.margin) if asks else None
        return {
            **_face_json(detection, face.quality),
            "reason": reason,
            "person": person,
            "display_name": shared.display_names.get(person) if person else None,
            "stranger": recalled.stranger if recalled else None,
            "similarity": _rounded(match.similarity),
            "margin": _rounded(match.margin),
            "threshold": round(match.threshold, 3),
        }

    def _embedded(self, pixels: Uint8Array, detection: Detection) -> dict[str, Json]:
        face = self._reader.read(pixels, detection, self._shared.rules.quality)
        numbers: list[Json] = [round(number, DIGITS) for number in face.embedding.vector.tolist()]
        return {**_face_json(detection, face.quality), "embedding": numbers}

    def _cut(self, pixels: Uint8Array, detection: Detection) -> dict[str, Json]:
        jpeg = encode_jpeg(cut_head(pixels, detection.box).pixels, most_bytes=CROP_BYTES, longest_side=CROP_SIDE_PX)
        return {**self._judged(pixels, detection), "image": base64.b64encode(jpeg).decode()}

    def _read(self, loaded: LoadedNetworks, pixels: Uint8Array, detection: Detection) -> dict[str, Json]:
        told = self._judged(pixels, detection)
        if told["reason"] or not (loaded.emotion and loaded.age_gender):
            return {**told, **dict.fromkeys(("emotion", "probabilities", "age_range", "age_years", "gender", "female"))}
        scores = loaded.emotion.read_with_mirror(pixels, detection.landmarks)
        emotion = EmotionKeeper(EmotionRules(self._networks.emotion_card.emotion.least_confidence)).add(0, scores, 1.0, 0.0)
        card = self._networks.age_gender_card
        rules = AgeGenderRules(card.gender.least_confidence, card.age.max_range_years)
        age_gender = answer_of(loaded.age_gender.read_with_mirror(pixels, detection.landmarks), rules)
        return {**told, **(emotion_fields(emotion) if emotion else {}), **age_gender_fields(age_gender)}

    def _judged(self, pixels: Uint8Array, detection: Detection) -> dict[str, Json]:
        return _face_json(detection, self._reader.view(pixels, detection, self._shared.rules.quality)[1])

    def _largest(self, pixels: Uint8Array) -> Face:
        found = max(self._reader.detector.detect(pixels), key=lambda face: face.box.area, default=None)
        if found is None:
            raise CommandError("no_face", "There is no face in the picture; send one in which the face is large and upright.")
        return self._reader.read(pixels, found, self._shared.rules.quality)

    def _same(self, similarity: float | None, *faces: Face) -> dict[str, Json]:
        """A poor view is no proof: the answer is no, with the reason."""
        threshold = self._shared.rules.match_threshold
        far = Reason.BELOW_THRESHOLD if similarity is None or similarity < threshold else None
        reason = next((face.quality.reason for face in faces if face.quality.reason), far)
        return {"same": reason is None, "similarity": _rounded(similarity), "threshold": round(threshold, 3), "reason": reason}


def refuse_pictures(shared: SharedState) -> None:
    """Refuse a request for a picture where the owner wants none.

    Raises:
        CommandError: the setting `pictures` is off.
    """
    if not shared.rules.pictures:
        raise CommandError("pictures_off", "Pictures are switched off; the setting 'pictures' switches them on.")


def _face_json(detection: Detection, quality: Quality) -> dict[str, Json]:
    """What all answers say of a face."""
    box, pose = detection.box, quality.pose
    return {
        "box": [round(box.x1), round(box.y1), round(box.x2), round(box.y2)],
        "score": round(detection.score, 3),
        "quality": round(quality.score, 2),
        "reason": quality.reason,
        "pose": {
            "yaw_degrees": round(pose.yaw_degrees),
            "pitch_degrees": round(pose.pitch_degrees),
            "roll_degrees": round(pose.roll_degrees),
        }
        if pose
        else None,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
