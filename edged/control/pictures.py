"""The verbs on a picture that is sent: who its faces are, whether two are the same, how they look, what they are as vectors.

Nothing of a picture is written down, and how it came here is not known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from edged.control.handlers import answers
from edged.errors import NoFace, PicturesOff
from edged.gallery.directory import find_person
from edged.interface import pictures as wire
from edged.tracking.attribute_means import answer_of, expression_of
from edged.types import Reason
from edged.vision.crops import cut_head, encode_jpeg
from edged.vision.pictures import open_sent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edged.control.handlers import Steps
    from edged.pipeline.attributes import AttributeNetworks, LoadedNetworks
    from edged.pipeline.shared_state import SharedState
    from edged.system.beside import Beside, Turns
    from edged.types import Detection, Quality
    from edged.vision.faces import Face, FaceReader
    from edged.vision.pictures import SentPicture

MOST_FACES = 20
"""Faces of one picture that are read, the largest: each takes tens of milliseconds on a small device, during which no camera is watched."""
MOST_COMPARED = MOST_FACES // 2
"""Faces of each of two pictures that are compared, the largest: together no more than are read of one."""
CROP_BYTES = 48_000
"""Bytes of one head: 20 of them make a reply of 1.3 MB, which a broker takes."""
CROP_SIDE_PX = 512

FaceT = TypeVar("FaceT", bound=wire.FaceAnswer)


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


class PictureVerbs:
    """Answers what may be asked of a picture, (H, W, 3) BGR once it is decoded."""

    def __init__(self, reader: FaceReader, shared: SharedState, networks: AttributeNetworks, beside: Beside) -> None:
        """Take the networks, who is known, and where pictures are decoded."""
        self._reader, self._shared, self._networks, self._beside = reader, shared, networks, beside

    @answers(wire.RECOGNISE)
    def recognise(self, form: wire.Recognise) -> Steps[wire.RecogniseAnswer]:
        """Who each face is, see recognise_faces()."""
        return (yield from self.recognise_faces((yield from _opened(self._beside, form.image))))

    def recognise_faces(self, picture: SentPicture) -> Steps[wire.RecogniseAnswer]:
        """Who each face is, by the rules that hold at the door; a view that would not count there names nobody."""
        size, faces, left_out = yield from self._each(picture, self._named)
        return wire.RecogniseAnswer(size, faces, left_out)

    @answers(wire.REPRESENT)
    def represent(self, form: wire.Represent) -> Steps[wire.RepresentAnswer]:
        """The embedding of each face."""
        size, faces, left_out = yield from self._each((yield from _opened(self._beside, form.image)), self._embedded)
        return wire.RepresentAnswer(size, faces, left_out, self._reader.embedder.model_id)

    @answers(wire.EXTRACT)
    def extract(self, form: wire.Extract) -> Steps[wire.ExtractAnswer]:
        """Each head as a JPEG of at most CROP_BYTES."""
        refuse_pictures(self._shared)
        size, faces, left_out = yield from self._each((yield from _opened(self._beside, form.image)), self._cut)
        return wire.ExtractAnswer(size, faces, left_out)

    @answers(wire.ANALYSE)
    def analyse(self, form: wire.Analyse) -> Steps[wire.AnalyseAnswer]:
        """Expression, age range and gender of each face, see analyse_faces()."""
        return (yield from self.analyse_faces((yield from _opened(self._beside, form.image))))

    def analyse_faces(self, picture: SentPicture) -> Steps[wire.AnalyseAnswer]:
        """Expression, age range and gender of each face, None where the view is too poor; the networks are loaded if need be.

        Raises:
            ModelError: a network's file cannot be used.
        """
        loaded = self._networks.load(emotion=True, age_gender=True)
        size, faces, left_out = yield from self._each(picture, partial(self._analysed, loaded))
        return wire.AnalyseAnswer(size, faces, left_out)

    @answers(wire.VERIFY)
    def verify(self, form: wire.Verify) -> Steps[wire.VerifyAnswer]:
        """Whether a face of a picture is that of a person, or of another picture: of several faces the pair that is most alike.

        Pictures are decoded one after the other, and only where there is such a person.
        """
        if form.person is None:
            faces, count = yield from self._faces(form.image)
            others, other_count = yield from self._faces(form.other_image or b"")
            return _compared(self._shared, None, [_pair(face, other) for face in faces for other in others], count, other_count)
        wanted = find_person(form.person, self._shared.display_names)
        faces, count = yield from self._faces(form.image)
        pairs = [_Pair(face, None, self._shared.matcher.standing(face.embedding, wanted).similarity) for face in faces]
        return _compared(self._shared, wanted, pairs, count)

    def _each(
        self, picture: SentPicture, answer: Callable[[SentPicture, Detection], FaceT]
    ) -> Turns[tuple[tuple[int, int], tuple[FaceT, ...], int]]:
        """The picture's width and height, the answer for each of its largest faces, and how many others there are."""
        found = self._reader.detect(picture.pixels)
        answers: list[FaceT] = []
        for face in found[:MOST_FACES]:
            yield None
            answers.append(answer(picture, face))
        return picture.size, tuple(answers), max(0, len(found) - MOST_FACES)

    def _named(self, picture: SentPicture, detection: Detection) -> wire.RecognisedFace:
        rules, shared = self._shared.rules, self._shared
        face = self._reader.read(picture.pixels, detection, rules.quality)
        match = shared.decide(face.embedding, face.quality, rules)
        person = match.person
        asks = not person and not face.quality.reason and face.quality.is_typical
        recalled = shared.strangers.recall(face.embedding, threshold=rules.match_threshold, margin=rules.margin) if asks else None
        return wire.RecognisedFace.extending(
            replace(_face_answer(picture.in_full(detection), face.quality), reason=match.reason),
            person=person,
            display_name=shared.display_names.get(person) if person else None,
            stranger=recalled.stranger if recalled else None,
            similarity=match.similarity,
            margin=match.margin,
            threshold=match.threshold,
        )

    def _embedded(self, picture: SentPicture, detection: Detection) -> wire.RepresentedFace:
        face = self._reader.read(picture.pixels, detection, self._shared.rules.quality)
        told = _face_answer(picture.in_full(detection), face.quality)
        return wire.RepresentedFace.extending(told, embedding=tuple(face.embedding.vector.tolist()))

    def _cut(self, picture: SentPicture, detection: Detection) -> wire.ExtractedFace:
        jpeg = encode_jpeg(cut_head(picture.pixels, detection.box).pixels, most_bytes=CROP_BYTES, longest_side=CROP_SIDE_PX)
        return wire.ExtractedFace.extending(self._judged(picture, detection), image=jpeg)

    def _analysed(self, loaded: LoadedNetworks, picture: SentPicture, detection: Detection) -> wire.AnalysedFace:
        judged, pixels = self._judged(picture, detection), picture.pixels
        if judged.reason or not (loaded.emotion and loaded.age_gender):
            unknown = dict.fromkeys(("emotion", "probabilities", "age_range", "age_years", "gender", "female"))
            return wire.AnalysedFace.extending(judged, **unknown)
        scores = loaded.emotion.read_with_mirror(pixels, detection.landmarks)
        known = answer_of(loaded.age_gender.read_with_mirror(pixels, detection.landmarks), self._networks.age_gender_card.rules)
        return wire.AnalysedFace.extending(
            judged,
            emotion=expression_of(scores, self._networks.emotion_card.rules).emotion,
            probabilities=dict(zip(scores.labels, scores.probabilities, strict=True)),
            age_range=known.age_range,
            age_years=known.mean.age_years,
            gender=known.gender,
            female=known.mean.female,
        )

    def _judged(self, picture: SentPicture, detection: Detection) -> wire.FaceAnswer:
        view = self._reader.view(picture.pixels, detection, self._shared.rules.quality, turn=True)
        return _face_answer(picture.in_full(detection), view.quality)

    def _faces(self, image: bytes) -> Turns[tuple[list[Face], int]]:
        """The largest faces of a picture, the largest first, and how many there are in all; NoFace where there is none."""
        picture = yield from _opened(self._beside, image)
        found = self._reader.detect(picture.pixels)
        if not found:
            raise NoFace
        faces: list[Face] = []
        for detection in found[:MOST_COMPARED]:
            yield None
            face = self._reader.read(picture.pixels, detection, self._shared.rules.quality)
            faces.append(replace(face, detection=picture.in_full(detection)))
        return faces, len(found)


def _opened(beside: Beside, image: bytes) -> Turns[SentPicture]:
    """A picture decoded; a large one takes half a second, without Python's lock."""
    return (yield from beside.submit(partial(open_sent, image)).in_turns())


def _pair(face: Face, other: Face) -> _Pair:
    return _Pair(face, other, float(face.embedding.vector @ other.embedding.vector))


def refuse_pictures(shared: SharedState) -> None:
    """Refuse a request for a picture where the owner wants none.

    Raises:
        PicturesOff: the setting `pictures` is off.
    """
    if not shared.rules.pictures:
        raise PicturesOff


def _face_answer(detection: Detection, quality: Quality) -> wire.FaceAnswer:
    """What all answers say of a face; its reason is why the view is too poor."""
    box, pose = detection.box, quality.pose
    return wire.FaceAnswer(
        box=(round(box.x1), round(box.y1), round(box.x2), round(box.y2)),
        score=detection.score,
        quality=quality.score,
        reason=quality.reason,
        pose=wire.PoseAnswer(pose.yaw_degrees, pose.pitch_degrees, pose.roll_degrees) if pose else None,
    )


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
        face=_face_answer(best.face.detection, best.face.quality),
        faces=faces,
        other_face=_face_answer(best.other.detection, best.other.quality) if best.other else None,
        other_faces=other_faces,
    )
