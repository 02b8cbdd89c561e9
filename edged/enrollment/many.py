"""Enrollment from pictures of which not all need be good, as a folder of them: the best and most different become templates.

Here looks meet the gallery; where the pictures are, and what is said of those that are left out, is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edged.enrollment.selection import GOOD, Offered, Selection
from edged.errors import CameraError, DuplicateTemplate, PictureError, TemplateRejected
from edged.system.beside import finish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from edged.enrollment.pictures import Enroller, Judged
    from edged.interface.enrollment import EnrolledAnswer
    from edged.pipeline.shared_state import SharedState
    from edged.types import AlignedFace, Embedding, Uint8Array

SOURCE = "shell"
"""Source of the template, as the gallery notes it."""


@dataclass(frozen=True, slots=True, eq=False)
class FoundLook:
    """A clear face of a picture, or of a moment of a video; where says which, for people."""

    where: str
    face: AlignedFace
    embedding: Embedding
    quality: float
    typicality: float


@dataclass(frozen=True, slots=True)
class LeftOutPicture:
    """A picture that became no template, and why, in a sentence."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class ManyEnrolled:
    """What came of many pictures: the enrollment, None where nothing was new or good; what was left out; how many good ones are spare.

    is_enrolled is whether the person has templates now.
    """

    done: EnrolledAnswer | None
    left_out: tuple[LeftOutPicture, ...]
    spare: int
    is_enrolled: bool


class ManyEnroller:
    """Enrolls one person from many looks, each of which may be left out."""

    def __init__(self, enroller: Enroller, shared: SharedState) -> None:
        """Make templates by this enroller, and judge who is the same person by the rules in force."""
        self._enroller, self._shared = enroller, shared

    def look(self, where: str, pixels: Uint8Array) -> FoundLook:
        """The clear face of a picture (H, W, 3) BGR.

        Raises:
            NoFace, TemplateRejected: there is none, or several, or a poor one.
        """
        face, _ = self._enroller.clear_face(pixels)
        return FoundLook(where, face.aligned, face.embedding, face.quality.score, face.quality.typicality)

    def enroll(self, name: str, pictures: Iterable[tuple[str, Callable[[], Sequence[FoundLook]]]], *, allow_alike: bool) -> ManyEnrolled:
        """Make two to five templates of all pictures, each given by what it is called and a call that reads its looks.

        Raises:
            NameRejected, AmbiguousName: not a name, or that of several.
            GalleryError: the file cannot be written; nothing was added.
        """
        person, shown = self._enroller.names(name, None, allow_alike=allow_alike)
        looks: list[FoundLook] = []
        left_out: list[LeftOutPicture] = []
        for where, read in pictures:
            try:
                looks += read()
            except (PictureError, TemplateRejected, CameraError) as error:
                left_out.append(LeftOutPicture(where, str(error)))
        chosen, refused = _chosen(looks, self._shared.rules.match_threshold)
        judged: list[Judged] = []
        spare = len(looks) - len(chosen) - len(refused)
        for look in chosen:
            try:
                judged.append(self._enroller.judge_look(person, look, judged, source=SOURCE, allow_alike=allow_alike))
            except DuplicateTemplate:
                spare += 1
            except TemplateRejected as error:
                refused.append(LeftOutPicture(look.where, str(error)))
        done = finish(self._enroller.add(person, shown, judged)) if judged else None
        is_enrolled = done is not None or self._enroller.is_enrolled(person)
        return ManyEnrolled(done, (*left_out, *refused), spare, is_enrolled)


def _chosen(looks: Sequence[FoundLook], match_threshold: float) -> tuple[list[FoundLook], list[LeftOutPicture]]:
    """The looks to make templates of, the best first, and those that must be none; all others show nothing that these do not."""
    meant, others = _most_alike(looks, match_threshold)
    refused = [LeftOutPicture(look.where, "It shows somebody else than most of the pictures.") for look in others]
    selection = Selection[FoundLook](match_threshold)
    for look in meant:
        match selection.offer(look):
            case Offered.SOMEBODY_ELSE:
                refused.append(LeftOutPicture(look.where, "It is unlike the best of the pictures."))
            case Offered.POOR if selection.kept or look is not meant[0]:
                refused.append(LeftOutPicture(look.where, f"Its quality is {look.quality:.2f}, and there are better ones."))
    return list(selection.kept) or meant[:1], refused  # a poor one that is clear is better than none


def _most_alike(looks: Sequence[FoundLook], match_threshold: float) -> tuple[list[FoundLook], list[FoundLook]]:
    """The looks at the one person of whom there are most, those first that may vouch for others, and the looks at other people.

    Two looks are at one person where they match, or where a third one matches both.
    """
    if not looks:
        return [], []
    vectors = np.array([look.embedding.vector for look in looks])
    matches = vectors @ vectors.T >= match_threshold
    people = matches.copy()
    while (wider := people @ matches).sum() > people.sum():
        people = wider
    most = people[people.sum(axis=1).argmax()]
    meant = sorted((look for look, is_meant in zip(looks, most, strict=True) if is_meant), key=_order)
    return meant, [look for look, is_meant in zip(looks, most, strict=True) if not is_meant]


def _order(look: FoundLook) -> tuple[bool, float]:
    return look.quality < GOOD or look.typicality < 0, -look.quality
