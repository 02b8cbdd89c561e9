"""Live enrollment: the captures that are under way, at most one a camera; what a camera sees in, replies to the askers out.

Here a capture meets the gallery; it knows neither how frames arrive nor how replies leave.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from edged.control.people import note_json
from edged.enrollment.capture import Capture, Hint, Seen
from edged.enrollment.pictures import is_rival
from edged.errors import CommandError, EdgedError, PersonNotFound, TemplateRejected
from edged.gallery.enrollment import Note
from edged.interface.commands import CancelLive, EnrollLive, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edged.control.control import Control
    from edged.enrollment.capture import Look
    from edged.enrollment.pictures import Judged
    from edged.interface.commands import Json, ReplyAddress, Request
    from edged.pipeline.frame_faces import FrameFaces
    from edged.types import Detection

log = logging.getLogger(__name__)

MIN_LOOKS = 3
"""Fewer accepted looks than this enroll nobody, unless fewer were asked for."""
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
    Hint.LOOK_STRAIGHT: "Look straight into the camera.",
    Hint.TURN_LEFT: "Turn your head a little to your left.",
    Hint.TURN_RIGHT: "Turn your head a little to your right.",
    Hint.LOOK_UP: "Raise your chin a little.",
    Hint.LOOK_DOWN: "Lower your chin a little.",
}


@dataclass(slots=True)
class _Running:
    """A capture with what it is for and what has been accepted; heard_at is the worker's time of its last frame."""

    address: ReplyAddress
    command: EnrollLive
    person: str
    was_enrolled: bool
    capture: Capture
    heard_at: float
    accepted: list[Judged] = field(default_factory=list)
    verdicts: list[Json] = field(default_factory=list)

    def progress(self, hint: Hint | None, taken: int) -> dict[str, Json]:
        message = ADVICE[hint] if hint else f"Look straight into the camera {self.command.camera!r}."
        said: dict[str, Json] = {"person": self.person, "camera": self.command.camera, "hint": hint, "message": message}
        return {**said, "taken": taken, "looks": self.command.looks, "timeout_seconds": self.command.timeout_seconds}


class LiveEnrollment:
    """Begins, feeds and ends captures; every one ends with exactly one final reply, and changes the gallery only with its good one."""

    def __init__(self, control: Control, cameras: Sequence[str], answer: Callable[[Reply], None]) -> None:
        """Begin with none; answer is called with every reply, on the caller's thread."""
        self._control, self._cameras, self._answer = control, tuple(cameras), answer
        self._running: dict[str, _Running] = {}

    def is_running(self, camera: str) -> bool:
        """Whether this camera's frames are wanted."""
        return camera in self._running

    def handle(self, request: Request, now: float) -> None:
        """Begin or cancel, and answer; now is the worker's time in seconds."""
        command = request.command
        try:
            if isinstance(command, CancelLive):
                self._answer(Reply(request.address, self._cancel(command.camera)))
            elif isinstance(command, EnrollLive):
                self._begin(request.address, command, now)
        except EdgedError as error:
            self._answer(Reply(request.address, error))

    def see(self, camera: str, frame_at: float, views: FrameFaces, now: float) -> None:
        """Look at a frame of monotonic time frame_at; now is the worker's."""
        running = self._running.get(camera)
        if running is None:
            return
        running.heard_at = now
        self._try(running, partial(self._see, running, frame_at, views))

    def check(self, now: float) -> None:
        """End what has waited for frames for longer than it was to take at all; now is the worker's time."""
        for running in list(self._running.values()):
            if now - running.heard_at >= running.command.timeout_seconds:
                self._try(running, partial(self._finish, running))

    def lose(self, camera: str, reason: str | None) -> None:
        """The camera is gone."""
        if running := self._running.get(camera):
            self._end(running, CommandError("camera_offline", f"{reason or 'The camera is offline.'} Nothing was enrolled."))

    def stop(self) -> None:
        """Edged is about to end."""
        for running in list(self._running.values()):
            self._end(running, CommandError("cancelled", "edged has been stopped. Nothing was enrolled; ask again."))

    def _begin(self, address: ReplyAddress, command: EnrollLive, now: float) -> None:
        if command.camera not in self._cameras:
            raise CommandError("unknown_camera", f"There is no camera {command.camera!r}; there are: {', '.join(self._cameras)}.")
        person, _ = self._control.enroller.names(command.person, command.display_name)
        if before := self._running.get(command.camera):
            self._end(before, CommandError("cancelled", "Another enrollment has begun before this camera. Nothing was enrolled."))
        capture = Capture(command.looks, command.timeout_seconds, self._control.shared.rules.match_threshold)
        running = _Running(address, command, person, self._control.enroller.is_enrolled(person), capture, now)
        self._running[command.camera] = running
        self._answer(Reply(address, running.progress(None, 0), is_final=False))

    def _cancel(self, camera: str) -> dict[str, Json]:
        running = self._running.get(camera)
        if running is None:
            raise CommandError("no_capture", f"Nobody is being enrolled before a camera {camera!r}; there is nothing to cancel.")
        self._end(running, CommandError("cancelled", "The enrollment was cancelled. Nothing was enrolled."))
        return {"person": running.person, "camera": camera}

    def _try(self, running: _Running, do: Callable[[], None]) -> None:
        """What goes wrong ends the capture, not the camera."""
        try:
            do()
        except EdgedError as error:
            self._end(running, error)
        except Exception:
            log.exception("The capture on camera %s failed.", running.command.camera)
            self._end(running, CommandError("internal", "edged failed on this request; its log says more."))

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
        reason, allow_alike = None, running.command.allow_alike
        try:
            judged = self._control.enroller.judge_look(
                running.person, look.face, look.quality, running.accepted, source=SOURCE, allow_alike=allow_alike
            )
            running.accepted.append(judged)
        except TemplateRejected as error:
            if not running.verdicts and error.code == "looks_like_other":
                raise
            reason = error.code
        running.verdicts.append(_verdict(look, reason))

    def _finish(self, running: _Running) -> None:
        """Enroll the accepted looks, all or none.

        Raises:
            EdgedError: they are too few, the person has gone, or the gallery cannot be written.
        """
        if running.was_enrolled and not self._control.enroller.is_enrolled(running.person):
            raise PersonNotFound(running.person)
        if len(running.accepted) < _least(running):
            raise _too_few(running)
        _, shown = self._control.enroller.names(running.command.person, running.command.display_name)
        added = self._control.add(running.person, shown, running.accepted)
        notes: list[Json] = [note for judged in running.accepted for note in judged.notes]
        self._end(running, {**added, "notes": [*notes, *_left_out(running.capture.left_out)], "looks": running.verdicts})

    def _end(self, running: _Running, outcome: dict[str, Json] | EdgedError) -> None:
        self._running.pop(running.command.camera, None)
        self._answer(Reply(running.address, outcome))


def _least(running: _Running) -> int:
    return min(MIN_LOOKS, running.command.looks)


def _too_few(running: _Running) -> CommandError:
    capture, accepted = running.capture, len(running.accepted)
    missing = f" Missing: {', '.join(capture.missing)}." if capture.missing else ""
    return CommandError(
        "too_few_looks",
        f"{accepted} of {capture.looks} looks could be taken in {capture.timeout_seconds:g} s, and {_least(running)} are needed."
        f"{missing} Last: {ADVICE[capture.hint]} Nothing was enrolled.",
    )


def _left_out(frames: int) -> list[Json]:
    if not frames:
        return []
    return note_json(Note("somebody_else", f"In {frames} frames the face was not that of the first look; these were left out."))


def _verdict(look: Look, reason: str | None) -> dict[str, Json]:
    return {
        "direction": look.direction,
        "yaw_degrees": round(look.pose.yaw_degrees, 1),
        "pitch_degrees": round(look.pose.pitch_degrees, 1),
        "quality": round(look.quality, 2),
        "accepted": reason is None,
        "reason": reason,
    }


def _seen(views: FrameFaces) -> Seen:
    """The largest face, and how many are as near as that."""
    faces = sorted(enumerate(views.detections), key=_area, reverse=True)
    if not faces:
        return Seen(0)
    row, largest = faces[0]
    near = 1 + sum(is_rival(face, largest) for _, face in faces[1:])
    view = views.read(row)
    brightness = float(view.face.pixels.mean()) if view.face else 0.0
    return Seen(near, view, largest.box.width, brightness)


def _area(numbered: tuple[int, Detection]) -> float:
    return numbered[1].box.area
