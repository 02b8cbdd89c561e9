"""The verbs on what visits teach: suggestions listed, accepted and refused, and all that was learned undone.

What a visit teaches, and when, is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.control.face_answers import refuse_pictures
from edged.control.handlers import answers
from edged.gallery.directory import find_person
from edged.gallery.store import display_names
from edged.interface import learning as wire
from edged.interface.people import PersonAnswer

if TYPE_CHECKING:
    from edged.control.handlers import Steps
    from edged.gallery.lessons import Lessons, Suggestion
    from edged.gallery.store import Gallery
    from edged.pipeline.shared_state import SharedState


class LearningVerbs:
    """Answers what is asked of lessons."""

    def __init__(self, gallery: Gallery, lessons: Lessons, shared: SharedState) -> None:
        """Read and write this gallery; shared says whether pictures may be shown."""
        self._gallery, self._lessons, self._shared = gallery, lessons, shared

    @answers(wire.SUGGESTIONS)
    def list(self, form: wire.ListSuggestions) -> wire.SuggestionsAnswer:
        """Everything that waits for the owner's word; PicturesOff where pictures are asked for and switched off."""
        if form.pictures:
            refuse_pictures(self._shared)
        names = display_names(self._gallery)
        return wire.SuggestionsAnswer.of_all(
            [_answer(one, names[one.person], with_picture=form.pictures) for one in self._lessons.suggestions() if one.person in names]
        )

    @answers(wire.LEARN)
    def learn(self, form: wire.Learn) -> Steps[wire.LearnAnswer]:
        """Make a suggestion a template, or erase it."""
        decide = self._lessons.accept if form.accept else self._lessons.refuse
        person = yield from self._lessons.writer.in_turns(lambda: decide(form.suggestion))
        return wire.LearnAnswer.extending(PersonAnswer.of(person), accepted=form.accept)

    @answers(wire.UNLEARN)
    def unlearn(self, form: wire.Unlearn) -> Steps[wire.UnlearnAnswer]:
        """Erase all that visits taught of a person, or of everybody."""
        person = None if form.person is None else find_person(form.person, display_names(self._gallery))
        return wire.UnlearnAnswer.extending((yield from self._lessons.writer.in_turns(lambda: self._lessons.unlearn(person))))


def _answer(one: Suggestion, display_name: str, *, with_picture: bool) -> wire.SuggestionAnswer:
    picture = one.aligned_png if with_picture else None
    has_picture = one.aligned_png is not None
    return wire.SuggestionAnswer(one.number, one.person, display_name, one.quality, one.created_at, has_picture, picture)
