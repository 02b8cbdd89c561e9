"""People from one device to another: what goes into an archive, and what of a foreign one may come into the gallery.

Here archives meet the networks and the gallery; how an archive arrived, and what is read anew after it, is not known here.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING

from edged.control.people import curated_json, note_json
from edged.enrollment.re_embedding import aligned_face
from edged.errors import ArchiveRejected, PictureError, TemplateRejected
from edged.gallery.archive import ArchivedPerson, pack, unpack
from edged.gallery.enrollment import judge_others
from edged.gallery.names import person_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from edged.gallery.archive import Limits
    from edged.gallery.curation import Curation, IfExists
    from edged.gallery.matcher import Matcher
    from edged.gallery.store import Gallery
    from edged.gallery.templates import NewTemplate
    from edged.interface.commands import Json
    from edged.pipeline.shared_state import SharedState
    from edged.types import AlignedFace
    from edged.vision.faces import FaceReader


def export(
    names: Sequence[str] | None, gallery: Gallery, curation: Curation, now: datetime, limits: Limits, *, pictures: bool
) -> dict[str, Json]:
    """Pack people with all their templates; None: everybody.

    Raises:
        NameRejected: not a name.
        PersonNotFound: nobody of that name.
        ArchiveRejected: nobody is enrolled, or it gets too large.
    """
    wanted = [person.id for person in gallery.people()] if names is None else list(dict.fromkeys(map(person_id, names)))
    people = [_archived(person, gallery, curation, pictures=pictures) for person in wanted]
    people = [one for one in people if one.templates]
    if not people:
        raise ArchiveRejected("nobody", "Nobody with a template is enrolled, so there is nothing to export.")
    packed = pack(people, now, limits)
    return {
        "archive": base64.b64encode(packed).decode(),
        "bytes": len(packed),
        "people": [one.person for one in people],
        "templates": sum(len(one.templates) for one in people),
    }


class Importer:
    """Takes archives apart, and gives the gallery what can be used of them: all of that or nothing."""

    def __init__(self, reader: FaceReader, curation: Curation, shared: SharedState) -> None:
        """Embed with these networks, write into this gallery, and store pictures where they are wanted."""
        self._reader, self._curation, self._shared = reader, curation, shared

    def take(
        self, archive: bytes, limits: Limits, matcher: Matcher, *, match_threshold: float, if_exists: IfExists, allow_alike: bool
    ) -> dict[str, Json]:
        """Import people.

        Templates of another model are embedded again from their pictures; those without one are left out, and said to be.

        Raises:
            ArchiveRejected: it cannot be read, or somebody in it has no template that can be used here.
            NameRejected: somebody in it cannot be called so.
            PersonExists: somebody in it is here already, and if_exists is "refuse".
            TemplateRejected: a template matches somebody else here, and look-alikes are not allowed.
        """
        usable: list[ArchivedPerson] = []
        notes: list[Json] = []
        left_out: list[Json] = []
        for one in unpack(archive, limits):
            templates = [template for found in one.templates if (template := self._usable(one.person, found)) is not None]
            if not templates:
                raise ArchiveRejected(
                    "wrong_model",
                    f"{one.person!r} has no template of the model in use, nor a picture to make one of. Nothing was imported.",
                )
            if len(templates) < len(one.templates):
                left_out.append({"person": one.person, "templates": len(one.templates) - len(templates)})
            notes += self._judged(one.person, templates, matcher, match_threshold, allow_alike=allow_alike)
            usable.append(replace(one, templates=tuple(templates)))
        admitted = self._curation.admit(usable, if_exists)
        return {"people": [curated_json(one) for one in admitted], "left_out": left_out, "notes": notes}

    def _usable(self, person: str, template: NewTemplate) -> NewTemplate | None:
        """The template as it can be used here; None where it is of another model and has no picture."""
        face = self._picture(person, template)
        kept = template.aligned_png if self._shared.stores_pictures else None
        if template.embedding.model_id == self._reader.embedder.model_id:
            if len(template.embedding.vector) != self._reader.embedding_card.embedding.dimensions:
                raise ArchiveRejected("bad_archive", f"A template of {person!r} has not the size of its model's. Nothing was imported.")
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
            raise ArchiveRejected("bad_archive", f"A picture of {person!r} cannot be used: {error} Nothing was imported.") from error

    def _judged(
        self, person: str, templates: list[NewTemplate], matcher: Matcher, match_threshold: float, *, allow_alike: bool
    ) -> list[Json]:
        """A note for the first template that matches somebody else, who is then a look-alike of this person."""
        for template in templates:
            standing = matcher.standing(template.embedding, person)
            try:
                note = judge_others(standing, match_threshold=match_threshold, allow_alike=allow_alike)
            except TemplateRejected as error:
                raise TemplateRejected(error.code, f"{person}: {error} Nothing was imported.") from error
            if note:
                return note_json(note)
        return []


def _archived(person: str, gallery: Gallery, curation: Curation, *, pictures: bool) -> ArchivedPerson:
    templates = curation.templates(person).values()
    kept = tuple(template if pictures else replace(template, aligned_png=None) for template in templates)
    return ArchivedPerson(person, gallery.person(person).display_name, kept)
