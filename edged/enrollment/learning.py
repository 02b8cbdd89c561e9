"""Learning: clear visits of a person become templates of theirs, by themselves or after the owner was asked, where the owner wants it.

Here a face that has left meets the networks and the gallery; how it was seen, and how the owner answers, is not known here.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING

from edged.enrollment.selection import GOOD
from edged.errors import GalleryError, PersonNotFound
from edged.gallery.learning import ClearVisit, LearningRules, judge_visit
from edged.gallery.matcher import Matcher
from edged.gallery.templates import NewTemplate, Origin
from edged.system.private import ALIASES
from edged.types import Event, Lesson
from edged.vision.pictures import encode_png

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.gallery.lessons import Lessons
    from edged.gallery.templates import TemplateRows
    from edged.pipeline.event_maker import KnownFace
    from edged.pipeline.shared_state import SharedState
    from edged.system.beside import Turns
    from edged.vision.faces import FaceReader

log = logging.getLogger(__name__)

SOURCE = "visit"
"""Where the templates came from, as the gallery notes it."""
REST_SECONDS = 20 * 3600.0
"""Seconds from one template of a person to the next: five of one evening in one light show less than five of a week."""
MOST_WAITING = 16
"""Faces that wait to be judged; of more the oldest are dropped, since people come again."""
MARGINS = 2.0
"""Margins of a name that a lesson needs."""


class Learner:
    """Takes what the cameras saw of people who have left, and judges one face each time it is called, which takes a few frames' time.

    A face waits in memory: what a kill takes with it comes again. A template is written as a whole, or not at all.
    """

    def __init__(
        self,
        reader: FaceReader,
        lessons: Lessons,
        shared: SharedState,
        *,
        asks: bool,
        on_lesson: Callable[[Event], Turns[None]],
        on_failure: Callable[[GalleryError], None],
    ) -> None:
        """Judge by what is known; asks is whether the owner decides of each template.

        on_lesson is called with the event of a template that was stored, after which the gallery is to be read anew; on_failure where the
        disk refuses.
        """
        self._reader, self._lessons, self._shared, self._asks = reader, lessons, shared, asks
        self._on_lesson, self._on_failure = on_lesson, on_failure
        self._waiting: deque[KnownFace] = deque(maxlen=MOST_WAITING)
        self._rests_until: dict[str, float] = {}
        self._judging: Turns[None] | None = None

    def see(self, face: KnownFace) -> None:
        """Take a face, in microseconds: it is judged when run() is called."""
        best = face.evidence.best
        if best is not None and best.quality >= GOOD and best.typicality >= 0:
            self._waiting.append(face)

    def run(self, now: float) -> None:
        """Carry out a step of judging one of the faces that wait, at monotonic time now, seconds."""
        if self._judging is None and self._waiting:
            self._judging = self._judge(now)
        try:
            if self._judging:
                next(self._judging)
        except StopIteration:
            self._judging = None
        except GalleryError as error:
            self._judging = None
            self._on_failure(error)

    def _judge(self, now: float) -> Turns[None]:
        face = self._waiting.popleft()
        person = face.identity.person or ""
        if person not in self._shared.display_names or now < self._rests_until.get(person, now):
            return
        if event := (yield from self._learn(face, person)):
            self._rests_until[person] = now + REST_SECONDS
            yield from self._on_lesson(event)

    def _learn(self, face: KnownFace, person: str) -> Turns[Event | None]:
        best, fused = face.evidence.best, face.evidence.fused()
        if best is None or fused is None or self._lessons.is_asking(person):
            return None
        visit = ClearVisit(person, fused, face.evidence.looks)
        view, writer = self._reader.embedder.embed_with_mirror(best.face), self._lessons.writer
        known, strangers = self._shared.matcher.rows, self._shared.strangers.matcher.rows.embeddings
        anchors, held = yield from writer.in_turns(lambda: (self._anchors(person, known), self._lessons.held(person, view.model_id)))
        if refusal := judge_visit(visit, view, anchors, held, strangers, self._rules(visit.looks)):
            log.debug("A visit of %s teaches nothing: %s.", ALIASES.of(person), refusal.name)
            return None
        picture = encode_png(best.face.pixels) if self._shared.stores_pictures else None
        origin = Origin.SUGGESTED if self._asks else Origin.LEARNED
        template = NewTemplate(view, best.quality, SOURCE, best.at, picture, best.typicality, origin)
        try:
            number = yield from writer.in_turns(lambda: self._lessons.add(person, template))
        except PersonNotFound:  # forgotten a moment ago, which is no trouble of the disk
            return None
        similarity = anchors.standing(view, person).similarity or 0.0
        lesson = Lesson(number if self._asks else None, similarity, best.quality)
        return Event(face.camera, face.track, face.identity, best.at, lesson)

    def _anchors(self, person: str, known: TemplateRows) -> Matcher:
        rows = self._lessons.enrolled(person, known)
        return Matcher(rows.persons, rows.embeddings, rows.model_id)

    def _rules(self, looks: int) -> LearningRules:
        shared, matching = self._shared, self._reader.embedding_card.matching
        visit, view = shared.threshold(shared.rules, looks) + shared.decisive_lead, shared.threshold(shared.rules, looks=1)
        return LearningRules(visit, view, MARGINS * shared.rules.margin, matching.look_alike_similarity, shared.rules.match_threshold)
