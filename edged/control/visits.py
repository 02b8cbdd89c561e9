"""The verb `visits`: who was here, page by page.

How visits are noted and kept is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.control.handlers import answers
from edged.gallery.directory import find_person
from edged.gallery.store import display_names
from edged.gallery.strangers import stranger_number
from edged.gallery.visits import WantedVisits
from edged.interface.visits import VISITS, ListVisits, VisitAnswer, VisitsAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edged.control.event_faces import EventFaces
    from edged.gallery.store import Gallery
    from edged.gallery.visit_memory import VisitMemory
    from edged.gallery.visits import SeenVisit


class VisitVerb:
    """Answers what is asked of visits."""

    def __init__(self, gallery: Gallery, visits: VisitMemory, faces: EventFaces) -> None:
        """List these visits, with the names of this gallery; faces says which of their pictures there are."""
        self._gallery, self._visits, self._faces = gallery, visits, faces

    @answers(VISITS)
    def list(self, form: ListVisits) -> VisitsAnswer:
        """The newest visits that are wanted; PersonNotFound or StrangerNotFound where nobody can be meant."""
        names = display_names(self._gallery)
        person = find_person(form.person, names) if form.person is not None else None
        if form.stranger is not None:
            stranger_number(form.stranger)
        wanted = WantedVisits(person, form.stranger, form.camera, form.kind, form.since)
        page = self._visits.page(wanted, form.limit, None if form.after is None else int(form.after))
        rows = tuple(self._answer(visit, names) for visit in page.visits)
        return VisitsAnswer(page.total, str(rows[-1].visit) if page.has_more else None, rows)

    def _answer(self, visit: SeenVisit, names: Mapping[str, str]) -> VisitAnswer:
        return VisitAnswer(
            visit=visit.number,
            event_id=visit.event_id,
            camera=visit.camera,
            person=visit.person,
            display_name=names.get(visit.person, visit.person) if visit.person else None,
            stranger=visit.stranger,
            began_at=visit.began_at,
            ended_at=visit.ended_at,
            similarity=visit.similarity,
            margin=visit.margin,
            threshold=visit.threshold,
            looks=visit.looks,
            corrected=visit.is_corrected,
            still=visit.is_still,
            has_picture=self._faces.get(visit.event_id) is not None,
            clock=visit.clock,
        )
