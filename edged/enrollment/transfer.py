"""People from another device: what of an archive may come into the gallery.

Here archives meet the networks and the gallery; how an archive arrived, and what is read anew after it, is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from edged.enrollment.answers import curated_answer, note_answers
from edged.enrollment.re_embedding import aligned_face
from edged.errors import BadArchive, NoUsableTemplate, PictureError, TemplateRejected
from edged.gallery.alike_names import refuse_alike
from edged.gallery.archive import ArchivedPerson, ArchivePlace, Part
from edged.gallery.enrollment import Note, judge_others
from edged.interface.transfer import ImportAnswer, LeftOut
from edged.system.beside import Beside
from edged.types import Embedding

if TYPE_CHECKING:
    from edged.gallery.curation import Curation, IfExists
    from edged.gallery.templates import NewTemplate
    from edged.pipeline.shared_state import SharedState
    from edged.system.beside import Turns
    from edged.types import AlignedFace
    from edged.vision.faces import FaceReader

Parts: TypeAlias = Callable[[], Iterable[Part]]
"""Reads an archive part by part, from its beginning at each call, so that none of it has to stay in memory."""
Verdict: TypeAlias = Embedding | bool
"""Of a template: whether it is used, or the embedding with which it is."""


@dataclass(slots=True)
class _Checked:
    """What was found out about an archive, in the order of its templates."""

    verdicts: list[Verdict] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    left_out: dict[str, int] = field(default_factory=dict)
    notes: dict[str, Note] = field(default_factory=dict)


class Importer:
    """Takes archives apart, and gives the gallery what can be used of them: all of that or nothing."""

    def __init__(self, reader: FaceReader, curation: Curation, shared: SharedState, beside: Beside | None = None) -> None:
        """Embed with these networks, write into this gallery, and store pictures where they are wanted.

        Parts are read and unpacked beside, None: at once.
        """
        self._reader, self._curation, self._shared, self._beside = reader, curation, shared, beside or Beside()

    def take(self, parts: Parts, *, if_exists: IfExists, allow_alike: bool) -> Turns[ImportAnswer]:
        """Import people: all of an archive is looked at, one template a step, and then it is read once more and written as a whole.

        Templates of another model are embedded again from their pictures; those without one are left out, and said to be.

        Raises:
            ArchiveRejected: it cannot be read, parts of it are missing, or somebody in it has no template that can be used here.
            NameRejected: somebody in it cannot be called so.
            NameLooksAlike: a name would be read as somebody else's here, and look-alikes are not allowed.
            PersonExists: somebody in it is here already, and if_exists is "refuse".
            TemplateRejected: a template matches somebody else here, and look-alikes are not allowed.
        """
        checked, waiting = _Checked(), in_order(parts())
        while part := (yield from self._beside.submit(partial(next, waiting, None)).in_turns()):
            for one in part.people:
                if not allow_alike:
                    refuse_alike(one.person, one.display_name, self._shared.display_names)
                for template in one.templates:
                    yield None
                    self._check(one.person, template, checked, allow_alike=allow_alike)
        if useless := checked.left_out.keys() - checked.used:
            raise NoUsableTemplate(min(useless))
        yield None
        keeps = self._shared.stores_pictures
        admitted = yield from self._curation.writer.in_turns(
            lambda: self._curation.admit(_admissible(parts(), checked.verdicts, keeps_pictures=keeps), if_exists)
        )
        left_out = tuple(LeftOut(person, count) for person, count in checked.left_out.items())
        return ImportAnswer(tuple(map(curated_answer, admitted)), left_out, note_answers(checked.notes.values()))

    def _check(self, person: str, found: NewTemplate, checked: _Checked, *, allow_alike: bool) -> None:
        template = self._usable(person, found)
        if template is None:
            checked.verdicts.append(False)
            checked.left_out[person] = checked.left_out.get(person, 0) + 1
            return
        checked.verdicts.append(template.embedding is found.embedding or template.embedding)
        checked.used.add(person)
        if person not in checked.notes and (note := self._judged(person, template, allow_alike=allow_alike)):
            checked.notes[person] = note

    def _usable(self, person: str, template: NewTemplate) -> NewTemplate | None:
        """The template as it can be used here; None where it is of another model and has no picture."""
        face = self._picture(person, template)
        if template.embedding.model_id == self._reader.embedder.model_id:
            if len(template.embedding.vector) != self._reader.embedding_card.dimensions:
                raise BadArchive(f"A template of {person!r} has not the size of its model's. Nothing was imported.")
            return template
        if face is None:
            return None
        return replace(template, embedding=self._reader.embedder.embed_with_mirror(face))

    def _picture(self, person: str, template: NewTemplate) -> AlignedFace | None:
        if template.aligned_png is None:
            return None
        try:
            return aligned_face(self._reader, template.aligned_png)
        except PictureError as error:
            raise BadArchive(f"A picture of {person!r} cannot be used: {error} Nothing was imported.") from error

    def _judged(self, person: str, template: NewTemplate, *, allow_alike: bool) -> Note | None:
        """A note where a template matches somebody else, who is then a look-alike of this person."""
        standing = self._shared.matcher.standing(template.embedding, person)
        try:
            return judge_others(standing, match_threshold=self._shared.rules.match_threshold, allow_alike=allow_alike)
        except TemplateRejected as error:
            error.extend(before=f"{person}: ", after=" Nothing was imported.")
            raise


def in_order(parts: Iterable[Part]) -> Iterator[Part]:
    """The parts of one archive as they are, if they are all of it, and one behind the other.

    Raises:
        BadArchive: one is missing, or of another archive.
    """
    last = ArchivePlace("", 0, 0)
    for number, part in enumerate(parts, start=1):
        place = part.place or ArchivePlace("", number, 1)
        if number > 1 and (place.export, place.parts) != (last.export, last.parts):
            raise BadArchive(f"Part {number} is of another archive than part 1. Nothing was imported.")
        if place.part != number or place.part > place.parts:
            raise BadArchive(f"In the place of part {number} stands part {place.part} of {place.parts}. Nothing was imported.")
        last = place
        yield part
    if last.part < last.parts or not last.parts:
        raise BadArchive(f"The archive is cut off: it ends with part {last.part} of {last.parts}. Nothing was imported.")


def _admissible(parts: Iterable[Part], verdicts: Iterable[Verdict], *, keeps_pictures: bool) -> Iterator[ArchivedPerson]:
    """The people of an archive with those of their templates that can be used, as they can."""
    told = iter(verdicts)
    for part in parts:
        for one in part.people:
            templates = [_as_judged(found, next(told)) for found in one.templates]
            usable = (template for template in templates if template)
            kept = tuple(template if keeps_pictures else replace(template, aligned_png=None) for template in usable)
            if kept:
                yield replace(one, templates=kept)


def _as_judged(template: NewTemplate, verdict: Verdict) -> NewTemplate | None:
    if isinstance(verdict, Embedding):
        return replace(template, embedding=verdict)
    return template if verdict else None
