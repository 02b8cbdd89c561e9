"""The verbs that make templates: `enroll` where it is carried out at once, from pictures and of strangers.

What makes a template, and how somebody is enrolled before a camera, is not known here.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from edged.control.handlers import answers
from edged.errors import NoName, NoStranger, PersonNotFound
from edged.interface.enrollment import ENROLL, ENROLL_LAST, Enroll, EnrolledAnswer, EnrolledLastAnswer, EnrollLast, JudgedAnswer
from edged.vision.pictures import decode_sent

if TYPE_CHECKING:
    from edged.control.handlers import Steps
    from edged.control.owner_state import OwnerState
    from edged.enrollment.pictures import Enroller, Judged
    from edged.system.beside import Beside, Call
    from edged.types import Uint8Array

SOURCE = "mqtt"
"""Source of the template of a picture that was sent, as the gallery notes it."""


class EnrollmentVerbs:
    """Answers requests to enroll."""

    def __init__(self, enroller: Enroller, owner_state: OwnerState, beside: Beside) -> None:
        """Take what makes templates, the name that is kept for a stranger, and where pictures are decoded."""
        self._enroller, self._owner_state, self._beside = enroller, owner_state, beside

    @answers(ENROLL)
    def enroll(self, form: Enroll) -> Steps[EnrolledAnswer]:
        """Make templates of a person, all or none; several pictures one by one, since twenty take a second or more on a small device."""
        name = form.person or ""
        if form.all_strangers:
            return (yield from self._enroller.promote(name, form.display_name, form.all_strangers, allow_alike=form.allow_alike))
        return (yield from self._enroll_each(name, form))

    @answers(ENROLL_LAST)
    def enroll_last(self, _form: EnrollLast) -> Steps[EnrolledLastAnswer]:
        """Make the stranger for whom a name is kept a person of that name, and keep it no longer: it is not the next one's."""
        name, stranger = self._owner_state.enroll_name, self._owner_state.enroll_stranger
        if name is None:
            raise NoName
        if stranger is None:
            raise NoStranger
        done = yield from self._enroller.promote(name, None, [stranger])
        yield from self._owner_state.drop_name()
        return EnrolledLastAnswer.extending(done, stranger=stranger)

    def _enroll_each(self, name: str, form: Enroll) -> Steps[EnrolledAnswer]:
        person, shown = self._enroller.names(name, form.display_name, allow_alike=form.allow_alike)
        was_enrolled = self._enroller.is_enrolled(person)
        judged: list[Judged] = []
        decoded: deque[Call[Uint8Array]] = deque()
        count = len(form.pictures)
        judging = self._enroller.judge_each(person, [lambda: decoded.pop().result()] * count, source=SOURCE, allow_alike=form.allow_alike)
        for image in form.pictures:
            if count > 1:
                yield JudgedAnswer(person, len(judged), count)
            call = self._beside.submit(partial(decode_sent, image))
            while not call.is_done:
                yield call
            decoded.append(call)
            judged.append(next(judging))
        if count > 1:
            yield JudgedAnswer(person, count, count)
        if was_enrolled and not self._enroller.is_enrolled(person):
            raise PersonNotFound(person)  # who was forgotten meanwhile does not come back by this
        return (yield from self._enroller.add(person, shown, judged))
