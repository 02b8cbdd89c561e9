"""The verbs on a picture that is sent: who its faces are, how they look, what they are as vectors.

Nothing of a picture is written down, and how it came here is not known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from edged.control.face_answers import each_face, face_answer, opened, refuse_pictures
from edged.control.handlers import answers
from edged.interface import pictures as wire
from edged.interface.messages import MOST_ANSWER_BYTES
from edged.interface.paging import picture_room
from edged.tracking.attribute_means import answer_of, expression_of
from edged.vision.crops import cut_head, encode_jpeg

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.control.dense_landmarks import DenseLandmarks
    from edged.control.handlers import Steps
    from edged.pipeline.attributes import AttributeNetworks, LoadedNetworks
    from edged.pipeline.shared_state import SharedState
    from edged.system.beside import Beside
    from edged.types import Detection, Uint8Array
    from edged.vision.faces import FaceReader
    from edged.vision.pictures import SentPicture
    from edged.vision.quality import QualityLimits

    ReadPoints = Callable[[SentPicture, Detection], wire.DenseAnswer | None]

CROP_BYTES = 48_000
"""Bytes of one head: 20 of them make a reply of 1.3 MB, which a broker takes."""
CROP_SIDE_PX = 512


@dataclass(frozen=True, slots=True, eq=False)
class CutFace:
    """A face cut out of a picture: what is told of it, aligned as networks take it, (112, 112, 3) BGR, and the head, (h, w, 3) BGR.

    dense is None where it was not asked for, or nothing was found.
    """

    told: wire.FaceAnswer
    dense: wire.DenseAnswer | None
    aligned: Uint8Array
    head: Uint8Array


class PictureVerbs:
    """Answers what may be asked of a picture, (H, W, 3) BGR once it is decoded."""

    def __init__(self, reader: FaceReader, shared: SharedState, networks: AttributeNetworks, dense: DenseLandmarks, beside: Beside) -> None:
        """Take the networks, who is known, and where pictures are decoded."""
        self._reader, self._shared, self._networks, self._beside = reader, shared, networks, beside
        self.dense = dense
        """What reads dense landmarks."""
        self.most_bytes: Callable[[], int] = lambda: MOST_ANSWER_BYTES
        """How many bytes an answer's packet may have now."""

    @answers(wire.RECOGNISE)
    def recognise(self, form: wire.Recognise) -> Steps[wire.RecogniseAnswer]:
        """Who each face is, see recognise_faces()."""
        return (yield from self.recognise_faces((yield from opened(self._beside, form.image)), top=form.top))

    def recognise_faces(self, picture: SentPicture, *, top: int = 0) -> Steps[wire.RecogniseAnswer]:
        """Who each face is, by the rules that hold at the door; a view that would not count there names nobody.

        top is of how many people who are most alike the similarity is told as well.
        """
        size, faces, left_out = yield from each_face(self._reader, picture, partial(self._named, top))
        return wire.RecogniseAnswer(size, faces, left_out)

    @answers(wire.REPRESENT)
    def represent(self, form: wire.Represent) -> Steps[wire.RepresentAnswer]:
        """The embedding of each face, see represent_faces()."""
        return (yield from self.represent_faces((yield from opened(self._beside, form.image))))

    def represent_faces(self, picture: SentPicture) -> Steps[wire.RepresentAnswer]:
        """The embedding of each face."""
        size, faces, left_out = yield from each_face(self._reader, picture, self._embedded)
        return wire.RepresentAnswer(size, faces, left_out, self._reader.embedder.model_id)

    @answers(wire.EXTRACT)
    def extract(self, form: wire.Extract) -> Steps[wire.ExtractAnswer]:
        """Each head as a JPEG of at most CROP_BYTES, and of no more than an answer has room for."""
        refuse_pictures(self._shared)
        cut = partial(self._cut, self.dense.reader(wanted=form.dense_landmarks))
        size, faces, left_out = yield from each_face(self._reader, (yield from opened(self._beside, form.image)), cut)
        return wire.ExtractAnswer(size, faces, left_out)

    def cut_faces(self, picture: SentPicture, *, dense: bool = False) -> list[CutFace]:
        """Cut out every face, the largest first; nothing is made smaller. dense is whether its dense landmarks are told."""
        points, found = self.dense.reader(wanted=dense), self._reader.detect(picture.pixels)
        return [_cut_out(self._reader, picture, face, self._shared.rules.quality, points(picture, face)) for face in found]

    @answers(wire.ANALYSE)
    def analyse(self, form: wire.Analyse) -> Steps[wire.AnalyseAnswer]:
        """Expression, age range and gender of each face, see analyse_faces()."""
        return (yield from self.analyse_faces((yield from opened(self._beside, form.image)), dense=form.dense_landmarks))

    def analyse_faces(self, picture: SentPicture, *, dense: bool = False) -> Steps[wire.AnalyseAnswer]:
        """Expression, age range and gender of each face, None where the view is too poor; and its dense landmarks.

        The networks are loaded if need be.

        Raises:
            ModelError: a network's file cannot be used.
        """
        loaded = yield from self._networks.loading(emotion=True, age_gender=True)
        dense_reader = self.dense.reader(wanted=dense)
        size, faces, left_out = yield from each_face(self._reader, picture, partial(self._analysed, loaded, dense_reader))
        return wire.AnalyseAnswer(size, faces, left_out)

    def detect_faces(self, picture: SentPicture) -> Steps[wire.PictureAnswer]:
        """Where each face is, how good the view, and how the head is held."""
        size, faces, left_out = yield from each_face(self._reader, picture, self._judged)
        return wire.PictureAnswer(size, faces, left_out)

    def _named(self, top: int, picture: SentPicture, detection: Detection) -> wire.RecognisedFace:
        rules, shared = self._shared.rules, self._shared
        face = self._reader.read(picture.pixels, detection, rules.quality)
        match = shared.decide(face.embedding, face.quality, rules)
        person = match.person
        asks = not person and not face.quality.reason and face.quality.is_typical
        recalled = shared.strangers.recall(face.embedding, threshold=rules.match_threshold, margin=rules.margin) if asks else None
        return wire.RecognisedFace.extending(
            replace(face_answer(picture.in_full(detection), face.quality), reason=match.reason),
            person=person,
            display_name=shared.display_names.get(person) if person else None,
            stranger=recalled.stranger if recalled else None,
            similarity=match.similarity,
            margin=match.margin,
            threshold=match.threshold,
            ranking=tuple(
                wire.RankedPerson(one, shared.display_names.get(one, one), similarity)
                for one, similarity in shared.matcher.ranking(face.embedding, top)
            ),
        )

    def _embedded(self, picture: SentPicture, detection: Detection) -> wire.RepresentedFace:
        face = self._reader.read(picture.pixels, detection, self._shared.rules.quality)
        told = face_answer(picture.in_full(detection), face.quality)
        return wire.RepresentedFace.extending(told, embedding=tuple(face.embedding.vector.tolist()))

    def _cut(self, dense: ReadPoints, picture: SentPicture, detection: Detection) -> wire.ExtractedFace:
        most = min(CROP_BYTES, picture_room(self.most_bytes()))
        jpeg = encode_jpeg(cut_head(picture.pixels, detection.box).pixels, most_bytes=most, longest_side=CROP_SIDE_PX)
        return wire.ExtractedFace.extending(self._judged(picture, detection), image=jpeg, dense_landmarks=dense(picture, detection))

    def _analysed(self, loaded: LoadedNetworks, dense: ReadPoints, picture: SentPicture, detection: Detection) -> wire.AnalysedFace:
        judged, pixels, points = self._judged(picture, detection), picture.pixels, dense(picture, detection)
        if judged.reason or not (loaded.emotion and loaded.age_gender):
            unknown = dict.fromkeys(("emotion", "probabilities", "age_range", "age_years", "gender", "female"))
            return wire.AnalysedFace.extending(judged, **unknown, dense_landmarks=points)
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
            dense_landmarks=points,
        )

    def _judged(self, picture: SentPicture, detection: Detection) -> wire.FaceAnswer:
        view = self._reader.view(picture.pixels, detection, self._shared.rules.quality, turn=True)
        return face_answer(picture.in_full(detection), view.quality)


def _cut_out(
    reader: FaceReader, picture: SentPicture, detection: Detection, limits: QualityLimits, dense: wire.DenseAnswer | None
) -> CutFace:
    view = reader.view(picture.pixels, detection, limits, turn=True)
    told, head = face_answer(picture.in_full(detection), view.quality), cut_head(picture.pixels, detection.box).pixels
    return CutFace(told, dense, view.aligned.pixels, head)
