"""The verbs that make templates: `enroll` where it is carried out at once, from pictures and of strangers.

What makes a template, and how somebody is enrolled before a camera, is not known here.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from edged.control.handlers import answers
from edged.errors import NoName, NoStranger, PersonNotFound
from edged.interface.enrollment import ENROLL, ENROLL_LAST, Enroll, EnrolledAnswer, EnrollLast, JudgedAnswer
from edged.vision.pictures import decode_sent

if TYPE_CHECKING:
    from edged.control.handlers import Steps
    from edged.control.owner_state import OwnerState
    from edged.enrollment.pictures import Enroller, Judged
    from edged.gallery.strangers import Strangers

SOURCE = "mqtt"
"""Source of the template of a picture that was sent, as the gallery notes it."""


class EnrollmentVerbs:
    """Answers requests to enroll."""

    def __init__(self, enroller: Enroller, strangers: Strangers, owner_state: OwnerState) -> None:
        """Take what makes templates, who is remembered, and the name that is kept for the last of them."""
        self._enroller, self._strangers, self._owner_state = enroller, strangers, owner_state

    @answers(ENROLL)
    def enroll(self, form: Enroll) -> EnrolledAnswer | Steps[EnrolledAnswer]:
        """Make templates of a person, all or none; several pictures one by one, since twenty take a second or more on a small device."""
        name = form.person or ""
        if form.stranger is not None:
            return self._enroller.promote(name, form.display_name, form.stranger, allow_alike=form.allow_alike)
        if len(form.pictures) > 1:
            return self._enroll_each(name, form)
        pictures = [partial(decode_sent, image) for image in form.pictures]
        return self._enroller.enroll(name, form.display_name, pictures, source=SOURCE, allow_alike=form.allow_alike)

    @answers(ENROLL_LAST)
    def enroll_last(self, _form: EnrollLast) -> EnrolledAnswer:
        """Make the stranger seen last a person of the name that is kept for them, and keep it no longer: it is not the next one's."""
        name = self._owner_state.enroll_name
        if name is None:
            raise NoName
        last = next((stranger for stranger in self._strangers.strangers() if not stranger.ignored), None)
        if last is None:
            raise NoStranger
        done = self._enroller.promote(name, None, last.id)
        self._owner_state.drop_name()
        return done

    def _enroll_each(self, name: str, form: Enroll) -> Steps[EnrolledAnswer]:
        person, shown = self._enroller.names(name, form.display_name, allow_alike=form.allow_alike)
        was_enrolled = self._enroller.is_enrolled(person)
        pictures = [partial(decode_sent, image) for image in form.pictures]
        judged: list[Judged] = []
        yield JudgedAnswer(person, 0, len(pictures))
        for one in self._enroller.judge_each(person, pictures, source=SOURCE, allow_alike=form.allow_alike):
            judged.append(one)
            yield JudgedAnswer(person, len(judged), len(pictures))
        if was_enrolled and not self._enroller.is_enrolled(person):
            raise PersonNotFound(person)  # who was forgotten meanwhile does not come back by this
        return self._enroller.add(person, shown, judged)
