"""Requests on their way through the worker: taken from the bridge, carried out step by step between two frames, answered, logged.

What a request does is not known here.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from edged.errors import Busy, Cancelled, EdgedError, NotAccepted, RequestFailed
from edged.interface.messages import Reply
from edged.interface.operation import SnapshotAnswer
from edged.interface.verbs import logged_verb, row_of
from edged.system.private import Private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edged.control.control import Control
    from edged.daemon.states import StatePublisher
    from edged.interface.form import Answer
    from edged.interface.messages import Request
    from edged.mqtt.bridge import Bridge
    from edged.system.beside import Pending, Turn

log = logging.getLogger(__name__)

NAME_NOBODY = NotAccepted, Busy, Cancelled, RequestFailed
"""Refusals whose sentences name nobody, whatever was sent."""
STEPS_SECONDS = 0.002
"""Seconds within which another step may begin between two frames: short ones need no round each, and a flood does not blind a camera."""


class Replies:
    """Sends replies to their askers."""

    def __init__(self, bridge: Bridge) -> None:
        """Send over this bridge."""
        self._bridge = bridge

    def send(self, reply: Reply) -> None:
        """Send a reply. Progress is for the moment: where the broker is away it is not kept for later, as the last word is."""
        if not reply.is_final and not self._bridge.is_connected():
            return
        try:
            self._bridge.answer(reply)
        except Exception:  # an answer that cannot be written as JSON is a defect, and must not stop the camera
            log.exception("The answer to '%s' cannot be sent.", logged_verb(reply.address.verb))
            self._bridge.answer(Reply(reply.address, RequestFailed()))

    def send_and_log(self, reply: Reply) -> None:
        """Send a reply, and note in the journal what came of the request if it is the last."""
        if reply.is_final:
            _log(reply)
        self.send(reply)


class Requests:
    """Carries out one request after the other, so that all are answered in their order."""

    def __init__(
        self, bridge: Bridge, control: Control, states: StatePublisher, replies: Replies, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Take where requests come from, who carries them out, what publishes the states that they change, and a clock in seconds."""
        self._bridge, self._control, self._states, self._replies, self._now = bridge, control, states, replies, now
        self._current: tuple[Request, Iterator[Reply | Turn]] | None = None
        self._pending: Pending | None = None

    def step(self) -> bool:
        """Carry out a step, and more while they are short; whether there may be more. What is waited for wakes the worker when done."""
        until = self._now() + STEPS_SECONDS
        while self._step():
            if self._now() >= until:
                return True
        return False

    def finish(self) -> None:
        """Complete the request that is under way, and refuse those that wait: edged is about to end."""
        while self._current:
            if self._pending:
                self._pending.wait()
            self._carry_on(*self._current)
        while request := self._bridge.next_request():
            self._bridge.answer(Reply(request.address, Cancelled("edged has been stopped. Nothing was done; ask again.")))

    def _step(self) -> bool:
        if self._pending and not self._pending.is_done:
            return False
        if self._current is None:
            request = self._bridge.next_request()
            if request is None:
                return False
            self._current = request, self._control.steps(request)
        self._carry_on(*self._current)
        return True

    def _carry_on(self, request: Request, steps: Iterator[Reply | Turn]) -> None:
        self._pending = None
        try:
            step = next(steps)
        except StopIteration:  # a capture has taken the request
            self._current = None
            return
        if isinstance(step, Reply):
            self._reply(request, step)
        else:
            self._pending = step

    def _reply(self, request: Request, reply: Reply) -> None:
        if reply.is_final:
            self._current = None
            self._note_done(request, reply)
        self._replies.send(reply)

    def _note_done(self, request: Request, reply: Reply) -> None:
        if _is_logged(request):
            _log(reply)
        if isinstance(reply.outcome, EdgedError):
            self._states.refuse(reply.address.verb, reply.outcome)
            self._states.publish_again()  # who sent a value that was refused shows it until the old one comes
        else:
            if request.shown_on and isinstance(reply.outcome, SnapshotAnswer):
                self._states.show(request.shown_on, reply.outcome.image)
            self._states.publish()  # before the answer: whoever has it can rely on no picture coming after it


def _is_logged(request: Request) -> bool:
    """Whether what came of a request is for the journal: of many kinds only where it was carried out or tried."""
    if isinstance(request.command, NotAccepted):
        return True
    row = row_of(request)
    return row is not None and row.logged and (row.logs_malformed or not isinstance(request.command, EdgedError))


def _log(reply: Reply) -> None:
    log.info("Request %s: %s", logged_verb(reply.address.verb), _told(reply.outcome))


def _told(outcome: Answer | EdgedError) -> str | Private:
    """What came of a request: why it was refused only by its code, where the sentence may name a person or quote what was sent."""
    if not isinstance(outcome, EdgedError):
        return "done."
    return str(outcome) if isinstance(outcome, NAME_NOBODY) else Private(str(outcome), f"refused, {outcome.code}.")
