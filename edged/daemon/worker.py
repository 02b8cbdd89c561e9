"""The worker: the one loop that carries out commands, looks at the newest frames and posts what came of it.

All mutable state is touched on its thread; it decides nothing, and the parts it drives do not know it.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from edged.daemon.cameras import NOBODY, CameraStates
from edged.daemon.health import HealthReport
from edged.enrollment.live import LiveEnrollment
from edged.errors import CommandError, EdgedError, GalleryError, WorkerError
from edged.interface.commands import (
    CancelLive,
    Enroll,
    EnrollLive,
    ErasePictures,
    Forget,
    Ignore,
    Import,
    Merge,
    Pause,
    Promote,
    PromoteLast,
    Reload,
    Rename,
    Reply,
    Settings,
)
from edged.interface.states import EnrollNamePayload, SettingPayload
from edged.system import device

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edged.control.control import Control
    from edged.daemon.budget import Budget
    from edged.daemon.cameras import RunningCamera
    from edged.daemon.event_publisher import EventPublisher
    from edged.gallery.store import Gallery
    from edged.homeassistant.announcer import Announcer
    from edged.interface.commands import Request
    from edged.interface.topics import Topics
    from edged.mqtt.bridge import Bridge
    from edged.pipeline.frame_faces import FrameFaces
    from edged.pipeline.shared_state import Rules
    from edged.system.notify import Notifier
    from edged.types import Event, Frame

log = logging.getLogger(__name__)

TICK_SECONDS = 0.5
"""How long the loop sleeps where nothing wakes it."""
GALLERY_SECONDS = 0.25
"""How often other processes' changes of the gallery are looked for."""
GALLERY_RETRY_SECONDS = 2.0
"""How soon again where it could not be read."""
ERASURE_SECONDS = 60.0
"""How often an erasure that another process held up is tried again."""
REQUESTS_AT_ONCE = 1
"""Requests, or steps of a long one, carried out between two frames, so that a flood of them does not blind the cameras."""
EXPIRY_SECONDS = 6 * 3600.0
"""How often strangers who were not seen for too long are forgotten; after it the whole file is written anew."""
UNUSED_SECONDS = 5.0
"""How often networks are freed that nothing has needed since the last time. A camera looks every two seconds; one that gives frames
seldom, is paused or gone has its network loaded again when it looks."""
BUDGET_SECONDS = 5.0
"""How often processor time and temperature are read: long enough for a mean of many frames, short against the heat."""
MOST_FAILURES = 20
"""Frames of one camera in a row that cannot be looked at before the service gives up and is started anew."""
LAST_EVENTS_SECONDS = 5.0
"""How long the end of a clip waits for the broker to take the last events."""
UNSAID = ""
"""In place of a name that was said; no name is empty."""
LOGGED = Enroll | Promote | PromoteLast | Rename | Merge | Import | Forget | Ignore | Pause | Reload | ErasePictures
"""Requests that change something, beside those of settings, which are told by their verb: a value that is refused counts too."""


@dataclass(slots=True)
class _Timers:
    gallery: float = 0.0
    erasure: float = 0.0
    expiry: float = 0.0
    budget: float = 0.0
    unused: float = 0.0


@dataclass(slots=True)
class Waker:
    """Wakes the worker from any thread and from a signal handler: SimpleQueue's put may interrupt its own get."""

    _queue: SimpleQueue[None] = field(default_factory=SimpleQueue)

    def wake(self) -> None:
        """Have wait() return."""
        self._queue.put(None)

    def wait(self, seconds: float) -> None:
        """Return when woken since the last call, or after so long."""
        try:
            self._queue.get(timeout=seconds)
            while True:
                self._queue.get_nowait()
        except Empty:
            pass


class Worker:
    """Turns frames and requests into events and replies until it is told to stop, or every clip has ended."""

    def __init__(
        self,
        cameras: list[RunningCamera],
        control: Control,
        gallery: Gallery,
        post: EventPublisher,
        bridge: Bridge,
        topics: Topics,
        notifier: Notifier,
        waker: Waker,
        budget: Budget,
        announcer: Announcer,
    ) -> None:
        """Take the parts; nothing runs before run()."""
        self._cameras, self._control, self._gallery, self._post = cameras, control, gallery, post
        self._bridge, self._topics, self._notifier, self._waker = bridge, topics, notifier, waker
        self._budget, self._announcer = budget, announcer
        self._teller, self._health = CameraStates(bridge.states, topics), HealthReport(post, bridge, topics, budget)
        self._live = LiveEnrollment(control, [camera.name for camera in cameras], self._tell_capture)
        self._stopping = False
        self._ready = False
        self._timers = _Timers(budget=time.monotonic() + BUDGET_SECONDS)
        self._rules_said: Rules | None = None
        self._name_said: str | None = UNSAID
        self._budget_cpu = device.CpuMeter()
        self._at_hand: tuple[Request, Iterator[Reply]] | None = None

    def stop(self) -> None:
        """Have run() return after the frame at hand; from any thread or a signal handler."""
        self._stopping = True
        self._waker.wake()

    def run(self) -> None:
        """Work until stopped or until every clip has ended and its events are with the broker."""
        for camera in self._cameras:
            camera.feed.start()
        while not self._stopping and not all(camera.feed.ended for camera in self._cameras):
            self.step()
            self._waker.wait(TICK_SECONDS)
        self._deliver_last()

    def close(self) -> None:
        """Take out of the outbox what the broker acknowledged in the last moment; when the bridge has stopped."""
        self._post.send()

    def step(self) -> None:
        """Come round once: heartbeat, requests, frames, news."""
        now = time.monotonic()
        self._notifier.alive()
        self._carry_out_requests()
        self._look_at_gallery(now)
        self._keep_budget(now)
        self._free_unused(now)
        for camera in self._cameras:
            frame = camera.feed.take()
            if frame is not None:
                self._look(camera, frame)
            self._tell_state(camera)
            self._end_capture_without_frames(camera)
        self._live.check(now)
        self._post.send()
        self._post.show_faces()
        self._announcer.tell(self._control.shared.display_names)
        self._tell_enroll_name()
        self._tell_settings()
        self._health.note_round(time.monotonic() - now)
        self._health.tell(now, self._cameras, len(self._control.shared.matcher))

    def _look(self, camera: RunningCamera, frame: Frame) -> None:
        shown: list[FrameFaces] = []
        camera.scene.frame = frame if self._control.shared.rules.pictures and not self._is_paused(camera) else None
        try:
            events = self._events_of(camera, frame, shown.append)
        except Exception as error:  # one frame that goes wrong must not blind the door; a network that is broken is mended by a restart
            camera.failures += 1
            log.exception("A frame of camera %s could not be looked at.", camera.name)
            if camera.failures >= MOST_FAILURES:
                raise WorkerError(camera.name, camera.failures) from error
            return
        camera.failures = 0
        self._post.add(events)
        camera.frames += 1
        self._tell_people(camera)
        for views in shown:
            self._live.see(camera.name, frame.monotonic_seconds, views, time.monotonic())

    def _events_of(self, camera: RunningCamera, frame: Frame, onlooker: Callable[[FrameFaces], None]) -> list[Event]:
        """Every frame counts while somebody is being enrolled."""
        if self._is_paused(camera):
            return camera.pipeline.pass_over(frame)
        return camera.pipeline.look(frame, onlooker) if self._live.is_running(camera.name) else camera.pipeline.step(frame)

    def _end_capture_without_frames(self, camera: RunningCamera) -> None:
        if self._is_paused(camera):
            self._live.lose(camera.name, "The camera is paused; resume it first.")
        elif camera.state and camera.state.status == "offline":
            self._live.lose(camera.name, camera.state.reason)

    def _keep_budget(self, now: float) -> None:
        if now < self._timers.budget:
            return
        self._timers.budget = now + BUDGET_SECONDS
        self._budget.update(self._budget_cpu.percent(), device.temperature_celsius())
        for camera in self._cameras:
            if camera.keeps_budget:
                camera.pipeline.slowdown = self._budget.slowdown

    def _free_unused(self, now: float) -> None:
        if now >= self._timers.unused:
            self._timers.unused = now + UNUSED_SECONDS
            self._control.free_unused()

    def _carry_out_requests(self) -> None:
        for _ in range(REQUESTS_AT_ONCE):
            if self._at_hand is None:
                request = self._bridge.next_request()
                if request is None:
                    return
                if isinstance(request.command, EnrollLive | CancelLive):
                    self._waker.wake()  # there may be more
                    self._live.handle(request, time.monotonic())
                    continue
                self._at_hand = request, self._control.steps(request)
            self._waker.wake()
            self._carry_on(*self._at_hand)

    def _carry_on(self, request: Request, replies: Iterator[Reply]) -> None:
        """Do a step of the request at hand; others wait for it to be done, so that all are answered in their order."""
        reply = next(replies)
        if reply.is_final:
            self._at_hand = None
            self._note_done(request, reply)
        if reply.is_final or self._bridge.is_connected():
            self._bridge.answer(reply)

    def _note_done(self, request: Request, reply: Reply) -> None:
        if isinstance(request.command, Enroll | Forget | Promote | PromoteLast | Merge | Import | Reload):
            self._take_over_gallery()
        if isinstance(reply.outcome, EdgedError):
            self._rules_said, self._name_said = None, UNSAID  # who sent a value that was refused shows it until the old one comes
        if isinstance(request.command, LOGGED) or request.address.verb == "settings":
            _log_done(reply)
        if isinstance(request.command, Settings):
            self._tell_settings()  # before the answer: whoever has it can rely on no picture coming after it

    def _tell_capture(self, reply: Reply) -> None:
        """Hints are for the moment: where the broker is away they are not kept for later, as the last word is."""
        if not reply.is_final and not self._bridge.is_connected():
            return
        self._bridge.answer(reply)
        if not reply.is_final:
            return
        _log_done(reply)
        if isinstance(reply.outcome, dict):
            self._take_over_gallery()

    def _look_at_gallery(self, now: float) -> None:
        try:
            if now >= self._timers.gallery:
                self._timers.gallery = now + GALLERY_SECONDS
                if self._control.refresh():
                    self._take_over_gallery()
            if now >= self._timers.erasure:
                self._timers.erasure = now + ERASURE_SECONDS
                self._gallery.finish_erasure()
            if now >= self._timers.expiry:
                self._timers.expiry = now + EXPIRY_SECONDS
                self._control.expire()
        except GalleryError as error:
            self._timers.gallery = now + GALLERY_RETRY_SECONDS
            self._post.wait_for_disk(error)

    def _take_over_gallery(self) -> None:
        """After a change of the gallery nothing in memory names anybody who is gone."""
        self._post.forget_others(self._control.shared.display_names)
        for camera in self._cameras:
            camera.pipeline.take_over_gallery()
            if camera.is_online:
                self._tell_people(camera)

    def _tell_people(self, camera: RunningCamera) -> None:
        self._teller.tell_people(camera, NOBODY if self._is_paused(camera) else camera.pipeline.presence)

    def _tell_state(self, camera: RunningCamera) -> None:
        """Say how a camera is, if that has changed, and once that edged is ready.

        Ready is when every camera has shown whether it works: a missing one must not keep the service from starting.
        """
        if not self._teller.tell(camera, paused=self._is_paused(camera)):
            return
        self._notifier.status(", ".join(f"{known.name} {known.state.status}" for known in self._cameras if known.state))
        if not self._ready and all(known.has_begun for known in self._cameras):
            self._ready = True
            device.release_libraries()
            self._notifier.ready()

    def _is_paused(self, camera: RunningCamera) -> bool:
        return camera.name in self._control.owner_state.paused

    def _tell_enroll_name(self) -> None:
        name = self._control.owner_state.enroll_name
        if name != self._name_said:
            self._name_said = name
            self._bridge.states.publish(self._topics.enroll_name, EnrollNamePayload(name=name).to_json())

    def _tell_settings(self) -> None:
        if self._control.shared.rules == self._rules_said:
            return
        rules = self._control.shared.rules
        if not rules.pictures:
            self._hide_faces()
        try:
            told = self._control.settings()
        except GalleryError as error:
            self._post.wait_for_disk(error)
            return
        self._rules_said = rules
        for name, value in told.items():
            self._bridge.states.publish(self._topics.setting(name), SettingPayload.model_validate(value).to_json())

    def _hide_faces(self) -> None:
        """Pictures were switched off: those that wait are not sent any more, and no frame is held."""
        self._post.drop_pictures()
        for camera in self._cameras:
            camera.scene.frame = None

    def _deliver_last(self) -> None:
        self._notifier.stopping()
        self._live.stop()
        while self._at_hand:
            self._carry_on(*self._at_hand)
        while request := self._bridge.next_request():
            self._bridge.answer(Reply(request.address, CommandError("cancelled", "edged has been stopped. Nothing was done; ask again.")))
        for camera in self._cameras:
            camera.feed.close()
            self._tell_state(camera)
            if camera.feed.state.status != "offline":
                self._teller.tell_offline(camera, "edged has been stopped.")
        deadline = time.monotonic() + LAST_EVENTS_SECONDS
        self._post.send()
        while self._post.is_waiting() and self._bridge.is_connected() and time.monotonic() < deadline:
            self._waker.wait(TICK_SECONDS)
            self._post.send()
        self._post.end()


def _log_done(reply: Reply) -> None:
    log.info("Request %s: %s", reply.address.verb, "done." if isinstance(reply.outcome, dict) else reply.outcome)
