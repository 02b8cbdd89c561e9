"""The verb on two pictures, or on one and a person: whether they show the same face.

Nothing of a picture is written down, and how it came here is not known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edged.control.face_answers import MOST_FACES, face_answer, opened
from edged.control.handlers import answers
from edged.errors import NoFace
from edged.gallery.directory import find_person
from edged.interface import pictures as wire
from edged.types import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edged.control.handlers import Steps
    from edged.pipeline.shared_state import SharedState
    from edged.system.beside import Beside, Turns
    from edged.vision.faces import Face, FaceReader
    from edged.vision.pictures import SentPicture

MOST_COMPARED = MOST_FACES // 2
"""Faces of each of two pictures that are compared, the largest: together no more than are read of one."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """A face, what it is compared with (None: a person's templates), and how similar they are (None: there is no template)."""

    face: Face
    other: Face | None
    similarity: float | None

    @property
    def poor(self) -> Reason | None:
        """Why the views are no proof: the gravest reason of either, or that neither is typical; templates always are."""
        views = [face.quality for face in (self.face, self.other) if face]
        reasons = sorted((view.reason for view in views if view.reason), key=lambda reason: not reason.is_final)
        if self.other and not any(view.is_typical for view in views):
            reasons.append(Reason.UNUSUAL_VIEW)
        return reasons[0] if reasons else None

    def why_not(self, threshold: float, decisive_lead: float) -> Reason | None:
        """Why it is not held to be the same person; a poor view takes more similarity, and some prove nothing."""
        poor, similarity = self.poor, self.similarity
        is_near = similarity is not None and similarity >= threshold + (decisive_lead if poor else 0.0)
        if is_near and not (poor and poor.is_final):
            return None
        return poor or Reason.BELOW_THRESHOLD


class VerifyVerb:
    """Answers whether faces are of one person."""

    def __init__(self, reader: FaceReader, shared: SharedState, beside: Beside) -> None:
        """Take the networks, who is known, and where pictures are decoded."""
        self._reader, self._shared, self._beside = reader, shared, beside

    @answers(wire.VERIFY)
    def verify(self, form: wire.Verify) -> Steps[wire.VerifyAnswer]:
        """Whether a face of a picture is that of a person, or of another picture, see of_person() and of_pictures()."""
        image = opened(self._beside, form.image)
        if form.person is None:
            return (yield from self.of_pictures(image, opened(self._beside, form.other_image or b"")))
        return (yield from self.of_person(form.person, image))

    def of_pictures(self, one: Turns[SentPicture], other: Turns[SentPicture]) -> Steps[wire.VerifyAnswer]:
        """Compare the faces of two pictures, which are opened one after the other: of several the pair that is most alike.

        Raises:
            NoFace, PictureError: one shows no face, or is no picture.
        """
        faces, count = yield from self._faces(one)
        others, other_count = yield from self._faces(other, "the other picture")
        return _compared(self._shared, None, [_pair(face, another) for face in faces for another in others], count, other_count)

    def of_person(self, person: str, picture: Turns[SentPicture]) -> Steps[wire.VerifyAnswer]:
        """Compare the faces of a picture, which is opened only where there is such a person, with that person's templates.

        Raises:
            PersonNotFound, AmbiguousName, NameRejected: nobody is meant, or several.
            NoFace, PictureError: it shows no face, or is no picture.
        """
        wanted = find_person(person, self._shared.display_names)
        faces, count = yield from self._faces(picture)
        pairs = [_Pair(face, None, self._shared.matcher.standing(face.embedding, wanted).similarity) for face in faces]
        return _compared(self._shared, wanted, pairs, count)

    def _faces(self, image: Turns[SentPicture], what: str = "the picture") -> Turns[tuple[list[Face], int]]:
        """The largest faces of a picture, the largest first, and how many there are in all; NoFace where there is none."""
        picture = yield from image
        found = self._reader.detect(picture.pixels)
        if not found:
            raise NoFace(f"There is no face in {what}; send one in which the face is large and upright.")
        faces: list[Face] = []
        for detection in found[:MOST_COMPARED]:
            yield None
            face = self._reader.read(picture.pixels, detection, self._shared.rules.quality)
            faces.append(replace(face, detection=picture.in_full(detection)))
        return faces, len(found)


def _pair(face: Face, other: Face) -> _Pair:
    return _Pair(face, other, float(face.embedding.vector @ other.embedding.vector))


def _compared(
    shared: SharedState, person: str | None, pairs: Sequence[_Pair], faces: int, other_faces: int | None = None
) -> wire.VerifyAnswer:
    """What the most similar pair says; one that is held to be the same goes before, then one that can be judged."""
    threshold, lead = shared.rules.match_threshold, shared.decisive_lead

    def order(pair: _Pair) -> tuple[bool, bool, float]:
        similarity = -1.0 if pair.similarity is None else pair.similarity
        return pair.why_not(threshold, lead) is None, pair.poor is None, similarity

    best = max(pairs, key=order)
    reason = best.why_not(threshold, lead)
    return wire.VerifyAnswer(
        person=person,
        same=reason is None,
        similarity=best.similarity,
        threshold=threshold,
        reason=reason,
        face=face_answer(best.face.detection, best.face.quality),
        faces=faces,
        other_face=face_answer(best.other.detection, best.other.quality) if best.other else None,
        other_faces=other_faces,
    )
