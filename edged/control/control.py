"""Control: a request in, its replies out. It finds the handler of each request, and has the gallery read anew after a change.

What the verbs do is known to the parts that handle them; how requests arrive is not known here.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from typing import TYPE_CHECKING, Protocol, cast

from edged.control.handlers import handlers_of
from edged.errors import EdgedError, RequestFailed
from edged.interface.form import Answer
from edged.interface.messages import MOST_ANSWER_BYTES, Reply
from edged.interface.paging import fitted, room_for
from edged.interface.verbs import BY_FORM, logged_verb
from edged.system.beside import finish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from edged.control.gallery_reader import GalleryReader
    from edged.control.handlers import Handler, Steps
    from edged.interface.form import AnswerT, AnyVerb, Form, FormT, Verb
    from edged.interface.messages import Request
    from edged.system.beside import Turn

log = logging.getLogger(__name__)


class Captures(Protocol):
    """Whoever answers the requests that take as long as somebody stands before a camera."""

    def take(self, request: Request) -> bool:
        """Take a request that is for this one, which is answered as frames come; whether it was."""


class Control:
    """Carries out requests with the handlers of its parts."""

    def __init__(
        self,
        parts: Iterable[object],
        gallery: GalleryReader,
        captures: Captures | None = None,
        *,
        most_bytes: Callable[[], int] = lambda: MOST_ANSWER_BYTES,
    ) -> None:
        """Take the handlers that the parts have, and what reads the gallery anew; without captures none can be asked for.

        most_bytes says how many an answer's packet may have now.
        """
        self._most_bytes = most_bytes
        self._handlers: dict[type[Form], Handler] = {form: handler for part in parts for form, handler in handlers_of(part).items()}
        self._gallery, self._captures = gallery, captures

    def steps(self, request: Request) -> Iterator[Reply | Turn]:
        """Carry out a request, with a turn for the cameras after each step; only the last reply is final, and says whatever is wrong.

        There is no reply to a request that a capture has taken: it answers by itself.
        """
        address, command = request.address, request.command
        if isinstance(command, EdgedError):
            yield Reply(address, command)
            return
        if self._captures and self._captures.take(request):
            return
        try:
            progress = self._run(BY_FORM[type(command)], command)
            while True:
                try:
                    step = next(progress)
                except StopIteration as end:
                    yield Reply(address, fitted(command, end.value, room_for(address, self._most_bytes())))
                    return
                yield Reply(address, step, is_final=False) if isinstance(step, Answer) else step
        except EdgedError as error:
            yield Reply(address, error.let_go())
        except Exception:  # a defect in one command must not stop the camera
            log.exception("The request '%s' failed.", logged_verb(address.verb))
            yield Reply(address, RequestFailed())

    def carry_out(self, verb: Verb[FormT, AnswerT], form: FormT) -> AnswerT:
        """Carry out a command as a whole.

        Raises:
            EdgedError: it was refused or failed; nothing has been changed.
        """
        return cast("AnswerT", finish(self._run(verb, form)))

    def _run(self, row: AnyVerb, form: Form) -> Steps[Answer]:
        try:
            outcome = self._handlers[row.form](form)
            answer: Answer = (yield from outcome) if isinstance(outcome, Generator) else outcome
        except Exception:
            if row.changes_gallery:  # also where it failed: something may have been written before
                yield from self._gallery.after_change()
            raise
        if row.changes_gallery:
            yield from self._gallery.after_change()
        return answer
