"""Live enrollment: the captures that are under way, at most one a camera; what a camera sees in, replies to the askers out.

Here a capture meets the gallery; it knows neither how frames arrive nor how replies leave.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from edged.enrollment.answers import look_answer, note_answers
from edged.enrollment.capture import Capture, Hint, Seen
from edged.enrollment.selection import FEWEST
from edged.enrollment.subject import find_subject
from edged.errors import (
    CameraOffline,
    Cancelled,
    EdgedError,
    NoCapture,
    PersonNotFound,
    RequestFailed,
    TemplateRejected,
    TooFewLooks,
    UnknownCamera,
    counted,
)
from edged.gallery.enrollment import Note
from edged.interface.enrollment import CancelledAnswer, CapturedAnswer, Enroll, HintAnswer
from edged.interface.messages import Reply
from edged.system.beside import finish

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edged.enrollment.capture import Look
    from edged.enrollment.pictures import Enroller, Judged
    from edged.interface.enrollment import CaptureForm, LookAnswer
    from edged.interface.form import Answer
    from edged.interface.messages import ReplyAddress, Request
    from edged.pipeline.frame_faces import FrameFaces
    from edged.pipeline.shared_state import SharedState
    from edged.system.beside import Turns

log = logging.getLogger(__name__)

SOURCE = "camera"
"""Where the templates came from, as the gallery notes it."""
ADVICE = {
    Hint.NOBODY: "There is nobody to be seen; step before the camera.",
    Hint.ONE_AT_A_TIME: "There are several faces; one at a time.",
    Hint.CLOSER: "Come closer.",
    Hint.NOT_IN_THE_MIDDLE: "Move to the middle of the picture.",
    Hint.TOO_DARK: "It is too dark; find more light.",
    Hint.TOO_BRIGHT: "It is too bright; find less light.",
    Hint.HOLD_STILL: "Hold still.",
    Hint.SOMEBODY_ELSE: "This is not who began; only they are enrolled.",
    Hint.NOT_UPRIGHT: "The face is seen lying or upside down; turn the camera, or set camera.rotate.",
    Hint.UNUSUAL_VIEW: "Show the whole face, in even light, with nothing before it; if it is squeezed, set camera.aspect.",
    Hint.LOOK_STRAIGHT: "Look straight into the camera.",
    Hint.TURN_LEFT: "Turn your head a little to your left.",
    Hint.TURN_RIGHT: "Turn your head a little to your right.",
    Hint.LOOK_UP: "Raise your chin a little.",
    Hint.LOOK_DOWN: "Lower your chin a little.",
}


@dataclass(slots=True)
class _Running:
    """A capture with what it is for and what has been accepted; shown is the name of somebody new, heard_at the time of its last frame."""

    address: ReplyAddress
    form: Enroll
    wanted: CaptureForm
    person: str
    shown: str | None
    was_enrolled: bool
    capture: Capture
    heard_at: float
    accepted: list[Judged] = field(default_factory=list)
    judged: list[LookAnswer] = field(default_factory=list)

    def progress(self, hint: Hint | None, taken: int) -> HintAnswer:
        wanted = self.wanted
        message = ADVICE[hint] if hint else f"Look straight into the camera {wanted.camera!r}."
        return HintAnswer(self.person, wanted.camera, hint, message, taken, wanted.looks, float(wanted.timeout_seconds))


class LiveEnrollment:
    """Begins, feeds and ends captures; every one ends with exactly one final reply, and changes the gallery only with its good one."""

    def __init__(
        self,
        enroller: Enroller,
        shared: SharedState,
        cameras: Sequence[str],
        *,
        answer: Callable[[Reply], None],
        after_change: Callable[[], Turns[None]],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with none.

        answer is called with every reply, on the caller's thread; after_change when somebody was enrolled, before the last reply.
        monotonic gives seconds, for the patience with a camera that gives no frames.
        """
        self._enroller, self._shared, self._cameras = enroller, shared, cameras
        self._answer, self._after_change, self._monotonic = answer, after_change, monotonic
        self._running: dict[str, _Running] = {}
        self._ending: list[Turns[None]] = []

    def is_running(self, camera: str) -> bool:
        """Whether this camera's frames are wanted."""
        return camera in self._running

    def take(self, request: Request) -> bool:
        """Begin or cancel a capture, and answer; False where the request is for none."""
        form = request.command
        if not isinstance(form, Enroll) or form.capture is None:
            return False
        try:
            if form.capture.cancel:
                self._answer(Reply(request.address, self._cancel(form.capture.camera)))
            else:
                self._begin(request.address, form, form.capture)
        except EdgedError as error:
            self._answer(Reply(request.address, error))
        return True

    def see(self, camera: str, frame_at: float, views: FrameFaces) -> None:
        """Look at a frame of monotonic time frame_at."""
        running = self._running.get(camera)
        if running is None:
            return
        running.heard_at = self._monotonic()
        self._try(running, partial(self._see, running, frame_at, views))

    def carry_on(self) -> None:
        """Answer those whose templates are written, and end what has waited for frames for longer than it was to take at all."""
        self._ending = [ending for ending in self._ending if _goes_on(ending)]
        now = self._monotonic()
        for running in list(self._running.values()):
            if now - running.heard_at >= running.wanted.timeout_seconds:
                self._try(running, partial(self._finish, running))

    def lose(self, camera: str, reason: str | None) -> None:
        """The camera is gone."""
        if running := self._running.get(camera):
            self._end(running, CameraOffline(reason))

    def stop(self) -> None:
        """Edged is about to end: whoever has given enough looks is enrolled, nobody else."""
        for ending in self._ending:
            finish(ending)
        self._ending.clear()
        for running in list(self._running.values()):
            self._end(running, Cancelled("edged has been stopped. Nothing was enrolled; ask again."))

    def _begin(self, address: ReplyAddress, form: Enroll, wanted: CaptureForm) -> None:
        if wanted.camera not in self._cameras:
            raise UnknownCamera(wanted.camera, self._cameras)
        person, shown = self._enroller.names(form.person or "", form.display_name, allow_alike=form.allow_alike)
        if before := self._running.get(wanted.camera):
            self._end(before, Cancelled("Another enrollment has begun before this camera. Nothing was enrolled."))
        capture = Capture(wanted.looks, float(wanted.timeout_seconds), self._shared.rules.match_threshold)
        running = _Running(address, form, wanted, person, shown, self._enroller.is_enrolled(person), capture, self._monotonic())
        self._running[wanted.camera] = running
        self._answer(Reply(address, running.progress(None, 0), is_final=False))

    def _cancel(self, camera: str) -> CancelledAnswer:
        running = self._running.get(camera)
        if running is None:
            raise NoCapture(camera)
        self._end(running, Cancelled("The enrollment was cancelled. Nothing was enrolled."))
        return CancelledAnswer(running.person, camera)

    def _try(self, running: _Running, do: Callable[[], None]) -> None:
        """What goes wrong ends the capture, not the camera."""
        try:
            do()
        except EdgedError as error:
            self._end(running, error)
        except Exception:
            log.exception("The capture on camera %s failed.", running.wanted.camera)
            self._end(running, RequestFailed())

    def _see(self, running: _Running, frame_at: float, views: FrameFaces) -> None:
        step = running.capture.see(frame_at, _seen(views))
        if step.look:
            self._judge(running, step.look)
        if running.capture.is_over:
            self._finish(running)
        elif step.progress:
            self._answer(Reply(running.address, running.progress(step.progress.hint, step.progress.taken), is_final=False))

    def _judge(self, running: _Running, look: Look) -> None:
        """Accept a look as a template or say why not; the first one decides whether to go on at all.

        Raises:
            TemplateRejected: the first look is like somebody else who is enrolled.
        """
        reason, accepted, alike = None, running.accepted, running.form.allow_alike
        try:
            new = self._enroller.judge_look(running.person, look, accepted, source=SOURCE, allow_alike=alike)
            accepted.append(new)
        except TemplateRejected as error:
            if not running.judged and error.code == "looks_like_other":
                raise
            reason = error.code
        running.judged.append(look_answer(look, reason))

    def _finish(self, running: _Running) -> None:
        """Enroll the accepted looks, all or none; where the time was up before all directions were seen, with others that differ.

        Raises:
            EdgedError: they are too few, the person has gone, or the gallery cannot be written.
        """
        if running.was_enrolled and not self._enroller.is_enrolled(running.person):
            raise PersonNotFound(running.person)
        for look in running.capture.spares:
            self._judge(running, look)
        if len(running.accepted) < _least(running):
            raise _too_few(running)
        self._running.pop(running.wanted.camera, None)
        ending = _answered(self._added(running), running, self._answer)
        if _goes_on(ending):
            self._ending.append(ending)

    def _added(self, running: _Running) -> Turns[CapturedAnswer]:
        is_named = running.form.display_name or not self._enroller.is_enrolled(running.person)
        shown = running.shown if is_named else None  # who was enrolled or renamed meanwhile keeps that name
        added = yield from self._enroller.add(running.person, shown, running.accepted)
        yield from self._after_change()
        capture, noted = running.capture, [note for judged in running.accepted for note in judged.notes]
        notes = note_answers([*noted, _left_out(capture.left_out), _beside(capture.others_beside)])
        return CapturedAnswer.extending(replace(added, notes=notes), looks=tuple(running.judged))

    def _end(self, running: _Running, outcome: Answer | EdgedError) -> None:
        self._running.pop(running.wanted.camera, None)
        self._answer(Reply(running.address, outcome))


def _answered(added: Turns[CapturedAnswer], running: _Running, answer: Callable[[Reply], None]) -> Turns[None]:
    """Enroll somebody, and answer what came of it."""
    outcome: Answer | EdgedError
    try:
        outcome = yield from added
    except EdgedError as error:
        outcome = error
    except Exception:
        log.exception("The capture on camera %s failed.", running.wanted.camera)
        outcome = RequestFailed()
    answer(Reply(running.address, outcome))


def _goes_on(ending: Turns[None]) -> bool:
    """Carry out the next step of what ends a capture; whether there are more."""
    try:
        next(ending)
    except StopIteration:
        return False
    return True


def _least(running: _Running) -> int:
    return min(FEWEST, running.wanted.looks)


def _too_few(running: _Running) -> TooFewLooks:
    capture = running.capture
    accepted, seconds = len(running.accepted), capture.timeout_seconds
    return TooFewLooks(accepted, capture.looks, _least(running), seconds, capture.missing, ADVICE[capture.hint])


def _left_out(frames: int) -> Note | None:
    if not frames:
        return None
    return Note("somebody_else", f"In {counted(frames, 'frame')} the face was not that of the first look; these were left out.")


def _beside(frames: int) -> Note | None:
    if not frames:
        return None
    return Note("other_face", f"In {counted(frames, 'frame')} there seemed to be another face, too poor to be meant; it was left out.")


def _seen(views: FrameFaces) -> Seen:
    """The face that is meant, how many may be meant as well, and whether there are others that may not."""
    subject = find_subject(views.detections, views.geometry, lambda row: views.read(row).quality)
    if subject is None:
        return Seen(0)
    view, width = views.read(subject.row), views.detections[subject.row].box.width
    brightness = float(view.face.pixels.mean()) if view.face else 0.0
    return Seen(1 + len(subject.rivals), view, width, brightness, has_others=bool(subject.passed_over))
