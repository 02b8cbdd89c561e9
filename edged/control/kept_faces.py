"""The verb `picture`: a face of a person, of a stranger or of an event, as small as the asker wants it.

What is kept is decided where it is written; here it is only shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from edged.control.face_answers import refuse_pictures
from edged.control.handlers import answers
from edged.errors import BadRequest, NoKeptPicture, PictureError, counted
from edged.gallery.directory import find_person
from edged.gallery.store import display_names
from edged.interface.kept_faces import PICTURE, KeptPictureAnswer, ShowPicture
from edged.interface.messages import MOST_ANSWER_BYTES
from edged.interface.paging import picture_room
from edged.vision.crops import encode_jpeg
from edged.vision.pictures import decode_sent

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.control.event_faces import EventFaces
    from edged.gallery.curation import Curation
    from edged.gallery.store import Gallery
    from edged.pipeline.shared_state import SharedState

PICTURE_BYTES = 100_000
"""Bytes of a picture at most, where the broker takes so many."""
LONG_AGO = "only those of the last events are, in memory, since edged was started"
"""Why there is none of an event."""


class KeptFaceVerb:
    """Answers requests for a face that is kept."""

    def __init__(
        self,
        gallery: Gallery,
        curation: Curation,
        shared: SharedState,
        events: EventFaces,
        most_bytes: Callable[[], int] = lambda: MOST_ANSWER_BYTES,
    ) -> None:
        """Read this gallery and the faces of events; shared says whether pictures may be shown, most_bytes what an answer may have."""
        self._gallery, self._curation, self._shared, self._events, self._most_bytes = gallery, curation, shared, events, most_bytes

    @answers(PICTURE)
    def show(self, form: ShowPicture) -> KeptPictureAnswer:
        """The picture; PicturesOff where none is to be shown, NoKeptPicture where none is kept."""
        refuse_pictures(self._shared)
        if form.event is not None:
            return self._answer(form, form.event, "head", self._events.get(form.event), LONG_AGO)
        if form.stranger is not None:
            return self._answer(form, form.stranger, "aligned", self._shared.strangers.store.picture(form.stranger), self._why_not)
        person = find_person(form.person or "", display_names(self._gallery))
        return self._answer(form, person, "aligned", self._of_person(person, form.template), self._why_not)

    @property
    def _why_not(self) -> str:
        return "it was erased, or never kept" if self._shared.keep_pictures else "gallery.keep_pictures is off in the configuration"

    def _of_person(self, person: str, place: int | None) -> bytes | None:
        """The picture of a template, or of the best that has one."""
        templates = list(self._curation.templates(person).values())
        if place is None:
            pictured = [template for template in templates if template.aligned_png]
            best = max(pictured, key=lambda template: template.quality, default=None)
            return best.aligned_png if best else None
        if place > len(templates):
            raise BadRequest(f"template: {person!r} has {counted(len(templates), 'template')}, and no number {place}.")
        return templates[place - 1].aligned_png

    def _answer(
        self, form: ShowPicture, whose: str, cut: Literal["aligned", "head"], kept: bytes | None, why_not: str
    ) -> KeptPictureAnswer:
        if kept is None:
            raise NoKeptPicture(whose, why_not)
        try:
            pixels = decode_sent(kept)
        except PictureError as error:
            raise NoKeptPicture(whose, "what was kept is damaged; check the SD card") from error
        most = min(PICTURE_BYTES, picture_room(self._most_bytes()))
        jpeg = encode_jpeg(pixels, most_bytes=most, longest_side=form.longest_side)
        height, width = decode_sent(jpeg).shape[:2]
        return KeptPictureAnswer(whose if form.person else None, form.stranger, form.event, cut, (width, height), jpeg)
