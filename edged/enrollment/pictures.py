"""Enrollment: pictures, or what is remembered of a stranger, become templates of a person, all of them or none.

Here pictures meet the networks and the gallery; who asked for it, and what is read anew after it, is not known here.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from edged.enrollment.answers import accepted_picture, curated_answer, note_answers
from edged.enrollment.subject import find_subject
from edged.errors import (
    DuplicateTemplate,
    GalleryError,
    NoFace,
    PersonNotFound,
    PictureError,
    PoorView,
    SeveralFaces,
    TemplateRejected,
    UnusualView,
)
from edged.gallery.alike_names import odd_name, refuse_alike
from edged.gallery.curation import Curated
from edged.gallery.directory import find_person
from edged.gallery.enrollment import Note, judge, own_similarity
from edged.gallery.names import new_display_name, new_person_id
from edged.gallery.templates import NewTemplate
from edged.interface.enrollment import EnrolledAnswer
from edged.system.private import ALIASES, Private
from edged.types import Reason
from edged.vision.pictures import encode_png
from edged.vision.quality import judge_geometry
from edged.vision.typical_view import UNLIKE_ALL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from edged.gallery.curation import Curation
    from edged.gallery.store import Gallery
    from edged.interface.enrollment import AcceptedPicture
    from edged.pipeline.shared_state import SharedState
    from edged.system.beside import Turns
    from edged.types import AlignedFace, Box, Embedding, Uint8Array
    from edged.vision.faces import Face, FaceReader

log = logging.getLogger(__name__)

ADVICE = {
    Reason.TOO_SMALL: "the face is too small; come closer or send a larger picture",
    Reason.BLURRED: "the face is blurred; hold still or send a sharper picture",
    Reason.TURNED_AWAY: "the face is turned away or leaning; look straight into the camera",
    Reason.NOT_UPRIGHT: "the face lies on its side or upside down; turn the picture, or the camera with the key camera.rotate",
    Reason.CUT_OFF: "the face is cut off by the picture's edge; move to the middle or send a wider picture",
    Reason.TOO_DARK: "the face is too dark; find more light",
    Reason.TOO_BRIGHT: "the face is too bright; find less light",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A template that was accepted, what it is like, and what the user should know of it."""

    template: NewTemplate
    picture: AcceptedPicture
    notes: tuple[Note, ...]


class ClearLook(Protocol):
    """A look that may become a template: the aligned face, its quality, 0…1, and its typicality, as in `Quality`."""

    @property
    def face(self) -> AlignedFace:
        """112×112 pixels."""

    @property
    def quality(self) -> float:
        """0…1."""

    @property
    def typicality(self) -> float:
        """0 and more: like the views that the embedder learnt."""


class Enroller:
    """Makes templates; the state it judges them by is read anew by whoever asked."""

    def __init__(
        self, reader: FaceReader, gallery: Gallery, curation: Curation, shared: SharedState, *, now: Callable[[], datetime]
    ) -> None:
        """Read faces with these networks, judge them by what is known, and write them into this gallery."""
        self._reader, self._gallery, self._curation, self._shared = reader, gallery, curation, shared
        self._now = now

    def enroll(
        self, name: str, shown: str | None, pictures: Sequence[Callable[[], Uint8Array]], *, source: str, allow_alike: bool = False
    ) -> Turns[EnrolledAnswer]:
        """Make templates of a person from pictures: all of them or none.

        Each picture is a call that decodes it to pixels (H, W, 3) BGR, so that only one at a time is in memory.

        Raises:
            NameRejected: not a name.
            TemplateRejected: a picture has no face, several, a poor one, one seen before, or somebody else's.
        """
        person, shown = self.names(name, shown, allow_alike=allow_alike)
        return (yield from self.add(person, shown, list(self.judge_each(person, pictures, source=source, allow_alike=allow_alike))))

    def judge_each(
        self, person: str, pictures: Sequence[Callable[[], Uint8Array]], *, source: str, allow_alike: bool = False
    ) -> Iterator[Judged]:
        """Make a template of each picture in turn, for add(); the arguments are those of enroll(), but that person is an id.

        Raises:
            TemplateRejected: as enroll().
        """
        accepted: list[Embedding] = []
        for number, picture in enumerate(pictures, start=1):
            with _numbered(number, len(pictures)):
                face, beside = self.clear_face(picture())
                template = self._new(face.aligned, face.embedding, (face.quality.score, face.quality.typicality), source)
                judged = self._judge(template, person, accepted, allow_alike=allow_alike)
            accepted.append(judged.template.embedding)
            yield replace(judged, notes=(*_beside(face, beside, number, len(pictures)), *judged.notes))

    def names(self, name: str, shown: str | None, *, allow_alike: bool = False) -> tuple[str, str | None]:
        """The id of whom a name means, or of somebody new; and the name to show: None where it stays, as of whoever is enrolled.

        Raises:
            NameRejected: not a name.
            NameLooksAlike: it would be read as somebody else's, and that is not allowed.
            AmbiguousName: several people are shown by it.
        """
        try:
            person, shown = find_person(name, self._shared.display_names), new_display_name(shown) if shown else None
        except PersonNotFound:
            person, shown = new_person_id(name), new_display_name(shown or name)
        if shown and not allow_alike:
            refuse_alike(person, shown, self._shared.display_names)
        return person, shown

    def judge_look(self, person: str, look: ClearLook, before: Sequence[Judged], *, source: str, allow_alike: bool) -> Judged:
        """Make a template of a clear look, embedded as that of a picture is (`FaceReader.read`), if it may be one.

        before is what was accepted before and is not enrolled yet; source says in a word where the look came from.

        Raises:
            TemplateRejected: the face is like somebody else's, was seen so before, or is seen in an unusual way.
        """
        template = self._new(look.face, self._reader.embedder.embed_with_mirror(look.face), (look.quality, look.typicality), source)
        return self._judge(template, person, [one.template.embedding for one in before], allow_alike=allow_alike)

    def add(self, person: str, shown: str | None, judged: Sequence[Judged]) -> Turns[EnrolledAnswer]:
        """Give a person the templates that were accepted, all or none, and drop those that are superfluous then.

        No picture is kept if pictures were switched off since the looks were taken.

        Raises:
            GalleryError: the file cannot be written; nothing was added.
        """
        templates = [one.template for one in judged]
        if not self._shared.stores_pictures:
            templates = [replace(template, aligned_png=None) for template in templates]

        def write() -> EnrolledAnswer:
            with self._gallery.database.transaction():  # one for both, since the disk takes longer for each than all else together
                self._gallery.enroll(person, shown, templates)
                return self._enrolled(person, shown, judged)

        return (yield from self._gallery.database.writer.in_turns(write))

    def is_enrolled(self, person: str) -> bool:
        """Whether somebody has this id."""
        return person in self._shared.display_names

    def promote(self, name: str, shown: str | None, strangers: Sequence[str], *, allow_alike: bool = False) -> Turns[EnrolledAnswer]:
        """Make the looks of a stranger, or of several, templates of a person, those that may be ones; events that name them stay.

        Raises:
            NameRejected: not a name.
            StrangerNotFound, WrongModel: nobody of that id is remembered, or with another network.
            TemplateRejected: a look is like somebody else's templates, or the same as one the person has, or no look is a usual one.
        """
        person, shown = self.names(name, shown, allow_alike=allow_alike)
        store, now = self._shared.strangers.store, self._now()
        wanted = list(dict.fromkeys(strangers))
        templates = yield from store.writer.in_turns(lambda: [one for stranger in wanted for one in store.templates(stranger, now)])
        judged: list[Judged] = []
        for template in sorted(templates, key=lambda one: -one.typicality):
            try:
                judged.append(self._judge(template, person, [one.template.embedding for one in judged], allow_alike=allow_alike))
            except (UnusualView, DuplicateTemplate) as error:
                if not judged or (isinstance(error, DuplicateTemplate) and len(wanted) == 1):
                    raise

        def write() -> EnrolledAnswer:
            with store.database.transaction():
                store.promote(wanted, person, shown, [one.template for one in judged])
                return self._enrolled(person, shown, judged)

        return (yield from store.writer.in_turns(write))

    def _new(self, face: AlignedFace, embedding: Embedding, view: tuple[float, float], source: str) -> NewTemplate:
        """A template of a view of this quality and typicality."""
        picture = encode_png(face.pixels) if self._shared.stores_pictures else None
        return NewTemplate(embedding, view[0], source, self._now(), picture, view[1])

    def _judge(self, template: NewTemplate, person: str, accepted: Sequence[Embedding], *, allow_alike: bool) -> Judged:
        matcher, threshold = self._shared.matcher, self._shared.rules.match_threshold
        note = judge(template.embedding, person, matcher, match_threshold=threshold, accepted=accepted, allow_alike=allow_alike)
        standing = matcher.standing(template.embedding, person)
        own = own_similarity(standing.similarity, template.embedding, accepted)
        is_vouched_for = own is not None and own >= threshold + self._shared.decisive_lead
        if template.typicality < (UNLIKE_ALL if is_vouched_for else 0):
            raise UnusualView
        return Judged(template, accepted_picture(template.quality, own, standing), (note,) if note else ())

    def _enrolled(self, person: str, shown: str | None, judged: Sequence[Judged]) -> EnrolledAnswer:
        """What an enrollment answers, after what it made superfluous is dropped; shown is the name to show that was given with it."""
        curated = curated_answer(self._thinned(person))
        notes = note_answers([odd_name(shown) if shown else None, *(note for one in judged for note in one.notes)])
        return EnrolledAnswer.extending(curated, added=len(judged), accepted=tuple(one.picture for one in judged), notes=notes)

    def _thinned(self, person: str) -> Curated:
        """The templates are in the gallery by now: what is superfluous may stay until the next time, where the disk refuses."""
        try:
            return self._curation.thin_out(person)
        except GalleryError as error:
            log.warning("Superfluous templates of %s stay: %s", ALIASES.of(person), Private(str(error), error.code))
            return Curated(self._gallery.person(person), [])

    def clear_face(self, pixels: Uint8Array) -> tuple[Face, list[Box]]:
        """The face that is meant, and where others are that are near but cannot be meant.

        Raises:
            NoFace, SeveralFaces, PoorView: there is none, or several may be meant, or it is seen too poorly.
        """
        found, limits, size = self._reader.detect(pixels), self._shared.rules.quality, (pixels.shape[1], pixels.shape[0])
        subject = find_subject(
            found, lambda row: judge_geometry(found[row], size, limits), lambda row: self._reader.view(pixels, found[row], limits).quality
        )
        if subject is None:
            raise NoFace
        if subject.rivals:
            raise SeveralFaces(_place(found[row].box) for row in (subject.row, *subject.rivals))
        face = self._reader.read(pixels, found[subject.row], limits)
        if face.quality.reason is Reason.UNUSUAL_VIEW:
            raise UnusualView
        if reason := face.quality.reason:
            size_px = (face.detection.box.width, face.detection.box.height)
            raise PoorView(reason, ADVICE[reason], face.quality.score, size_px, limits.min_face_px)
        return face, [found[row].box for row in subject.passed_over]


@contextmanager
def _numbered(number: int, count: int) -> Iterator[None]:
    """What is wrong with a picture of several says which one it is."""
    try:
        yield
    except (TemplateRejected, PictureError) as error:
        error.extend(before=f"Picture {number}: " if count > 1 else "", after=" Nothing was enrolled.")
        raise


def _place(box: Box) -> str:
    return f"[{box.x1:.0f} {box.y1:.0f} {box.x2:.0f} {box.y2:.0f}]"


def _beside(face: Face, others: Sequence[Box], number: int, count: int) -> list[Note]:
    """That others were seen beside the face, where there are any."""
    if not others:
        return []
    sentence = f"beside the face at {_place(face.detection.box)} there seems to be another at {', '.join(map(_place, others))}"
    before = f"Picture {number}: {sentence}" if count > 1 else sentence.capitalize()
    return [Note("other_face", f"{before} (x1 y1 x2 y2), which is too poor to be meant, and was left out.")]
