"""People from one device to another: what goes into an archive, and what of a foreign one may come into the gallery.

Here archives meet the networks and the gallery; how an archive arrived, and what is read anew after it, is not known here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edged.enrollment.answers import curated_answer, note_answers
from edged.enrollment.re_embedding import aligned_face
from edged.errors import BadArchive, NobodyToExport, NoUsableTemplate, PictureError, TemplateRejected
from edged.gallery.archive import ArchivedPerson, pack, refuse_too_much, unpack
from edged.gallery.directory import find_person
from edged.gallery.enrollment import judge_others
from edged.gallery.store import display_names
from edged.gallery.templates import Origin
from edged.interface.transfer import ExportAnswer, ImportAnswer, LeftOut

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from edged.gallery.archive import Limits
    from edged.gallery.curation import Curation, IfExists
    from edged.gallery.enrollment import Note
    from edged.gallery.store import Gallery
    from edged.gallery.templates import NewTemplate
    from edged.pipeline.shared_state import SharedState
    from edged.types import AlignedFace
    from edged.vision.faces import FaceReader


class Exporter:
    """Packs people with all their templates."""

    def __init__(self, gallery: Gallery, curation: Curation, shared: SharedState, *, now: Callable[[], datetime]) -> None:
        """Read this gallery; pictures are left out where they are switched off."""
        self._gallery, self._curation, self._shared, self._now = gallery, curation, shared, now

    def pack(self, names: Sequence[str] | None, limits: Limits, *, pictures: bool) -> ExportAnswer:
        """People as an archive, by the templates that were enrolled, without those learned from visits here; None: everybody.

        Raises:
            NameRejected: not a name.
            PersonNotFound, AmbiguousName: nobody of that name, or several.
            ArchiveRejected: nobody is enrolled, or it gets too large.
        """
        everybody = display_names(self._gallery)
        wanted = list(everybody) if names is None else list(dict.fromkeys(find_person(name, everybody) for name in names))
        with_pictures = pictures and self._shared.rules.pictures
        refuse_too_much(sum(self._curation.stored_bytes(person, pictures=with_pictures) for person in wanted), limits)
        people = [one for person in wanted if (one := self._archived(person, pictures=with_pictures)).templates]
        if not people:
            raise NobodyToExport
        packed = pack(people, self._now(), limits)
        return ExportAnswer(packed, len(packed), tuple(one.person for one in people), sum(len(one.templates) for one in people))

    def _archived(self, person: str, *, pictures: bool) -> ArchivedPerson:
        templates = [one for one in self._curation.templates(person).values() if one.origin is Origin.ENROLLED]
        kept = tuple(template if pictures else replace(template, aligned_png=None) for template in templates)
        return ArchivedPerson(person, self._gallery.person(person).display_name, kept)


class Importer:
    """Takes archives apart, and gives the gallery what can be used of them: all of that or nothing."""

    def __init__(self, reader: FaceReader, curation: Curation, shared: SharedState) -> None:
        """Embed with these networks, write into this gallery, and store pictures where they are wanted."""
        self._reader, self._curation, self._shared = reader, curation, shared

    def take(self, archive: bytes, limits: Limits, *, if_exists: IfExists, allow_alike: bool) -> ImportAnswer:
        """Import people.

        Templates of another model are embedded again from their pictures; those without one are left out, and said to be.

        Raises:
            ArchiveRejected: it cannot be read, or somebody in it has no template that can be used here.
            NameRejected: somebody in it cannot be called so.
            PersonExists: somebody in it is here already, and if_exists is "refuse".
            TemplateRejected: a template matches somebody else here, and look-alikes are not allowed.
        """
        usable: list[ArchivedPerson] = []
        notes: list[Note | None] = []
        left_out: list[LeftOut] = []
        for one in unpack(archive, limits):
            templates = [template for found in one.templates if (template := self._usable(one.person, found)) is not None]
            if not templates:
                raise NoUsableTemplate(one.person)
            if len(templates) < len(one.templates):
                left_out.append(LeftOut(one.person, len(one.templates) - len(templates)))
            notes.append(self._judged(one.person, templates, allow_alike=allow_alike))
            usable.append(replace(one, templates=tuple(templates)))
        admitted = self._curation.admit(usable, if_exists)
        return ImportAnswer(tuple(map(curated_answer, admitted)), tuple(left_out), note_answers(notes))

    def _usable(self, person: str, template: NewTemplate) -> NewTemplate | None:
        """The template as it can be used here; None where it is of another model and has no picture."""
        face = self._picture(person, template)
        kept = template.aligned_png if self._shared.stores_pictures else None
        if template.embedding.model_id == self._reader.embedder.model_id:
            if len(template.embedding.vector) != self._reader.embedding_card.dimensions:
                raise BadArchive(f"A template of {person!r} has not the size of its model's. Nothing was imported.")
            return replace(template, aligned_png=kept)
        if face is None:
            return None
        return replace(template, embedding=self._reader.embedder.embed_with_mirror(face), aligned_png=kept)

    def _picture(self, person: str, template: NewTemplate) -> AlignedFace | None:
        if template.aligned_png is None:
            return None
        try:
            return aligned_face(self._reader, template.aligned_png)
        except PictureError as error:
            raise BadArchive(f"A picture of {person!r} cannot be used: {error} Nothing was imported.") from error

    def _judged(self, person: str, templates: list[NewTemplate], *, allow_alike: bool) -> Note | None:
        """A note for the first template that matches somebody else, who is then a look-alike of this person."""
        matcher, threshold = self._shared.matcher, self._shared.rules.match_threshold
        for template in templates:
            standing = matcher.standing(template.embedding, person)
            try:
                note = judge_others(standing, match_threshold=threshold, allow_alike=allow_alike)
            except TemplateRejected as error:
                error.extend(before=f"{person}: ", after=" Nothing was imported.")
                raise
            if note:
                return note
        return None
