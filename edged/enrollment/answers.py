"""What the gallery gives of people and templates, and what was seen of a look, as it is answered.

Who asked is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.interface.enrollment import AcceptedPicture, LookAnswer
from edged.interface.people import CuratedAnswer, DroppedTemplate, NoteAnswer, PersonAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edged.enrollment.capture import Look
    from edged.gallery.curation import Curated, Dropped
    from edged.gallery.enrollment import Note
    from edged.gallery.matcher import Nearest


def curated_answer(curated: Curated) -> CuratedAnswer:
    """A person after a change, with what was dropped."""
    dropped = tuple(_dropped(one) for one in curated.dropped)
    return CuratedAnswer.extending(PersonAnswer.of(curated.person), dropped=dropped)


def note_answers(notes: Iterable[Note | None]) -> tuple[NoteAnswer, ...]:
    """The notes that there are."""
    return tuple(NoteAnswer(note.code, note.message) for note in notes if note)


def accepted_picture(quality: float, own_similarity: float | None, standing: Nearest) -> AcceptedPicture:
    """A view that became a template: how good it is, how like the person's others, and how near to anybody else."""
    return AcceptedPicture(quality, own_similarity, standing.other_person, standing.other_similarity)


def look_answer(look: Look, reason: str | None) -> LookAnswer:
    """What became of a look before a camera; reason is why it did not become a template, None where it did."""
    return LookAnswer(look.direction, look.pose.yaw_degrees, look.pose.pitch_degrees, look.quality, reason is None, reason)


def _dropped(one: Dropped) -> DroppedTemplate:
    template = one.template
    return DroppedTemplate(template.quality, template.source, template.created_at, one.similarity)
