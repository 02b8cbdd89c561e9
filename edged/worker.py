"""The worker: the one loop that carries out commands, looks at the newest frames and posts what came of it.

All mutable state is touched on its thread; it decides nothing, and the parts it drives do not know it.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Literal

from edged import device
from edged.commands import (
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
from edged.errors import CommandError, EdgedError, GalleryError, WorkerError
from edged.gallery.outbox import redacted
from edged.live_enrollment import LiveEnrollment
from edged.mqtt.events import event_fields, name_of, ulid
from edged.mqtt.inputs import OFF, ON
from edged.mqtt.states import CameraHealth, EnrollNamePayload, HealthPayload, SettingPayload, StatusPayload, presence_json
from edged.scene import Scene
from edged.types import Announcement, Presence
from edged.vision.crops import encode_jpeg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edged.budget import Budget, SlowedBy
    from edged.camera.feed import CameraState, Feed
    from edged.commands import Json, Request
    from edged.control import Control
    from edged.gallery.outbox import Outbox
    from edged.gallery.store import Gallery
    from edged.home_assistant import Announcer
    from edged.knowledge import Rules
    from edged.mqtt.bridge import Bridge
    from edged.mqtt.topics import Topics
    from edged.notify import Notifier
    from edged.pipeline import Pipeline
    from edged.types import Crop, Event, Frame
    from edged.views import Views

log = logging.getLogger(__name__)

TICK_SECONDS = 0.5
"""How long the loop sleeps where nothing wakes it."""
HEALTH_SECONDS = 30.0
GALLERY_SECONDS = 0.25
"""How often other processes' changes of the gallery are looked for."""
ERASURE_SECONDS = 60.0
"""How often an erasure that another process held up is tried again."""
REQUESTS_AT_ONCE = 1
"""Requests, or steps of a long one, carried out between two frames, so that a flood of them does not blind the cameras."""
EVENTS_AT_ONCE = 100
"""Events handed to the bridge ahead of the broker's acknowledgement; the rest waits on disk."""
EXPIRY_SECONDS = 6 * 3600.0
"""How often strangers who were not seen for too long are forgotten; after it the whole file is written anew."""
UNUSED_SECONDS = 5.0
"""How often networks are freed that nothing has needed since the last time: a camera that works looks every two seconds at least."""
BUDGET_SECONDS = 5.0
"""How often processor time and temperature are read: long enough for a mean of many frames, short against the heat."""
MOST_CORRECTABLE = 1000
"""Events whose ids are remembered, in case that a better look corrects them."""
RETRY_SECONDS = 2.0
"""Pause after the disk has refused something."""
MOST_FAILURES = 20
"""Frames of one camera in a row that cannot be looked at before the service gives up and is started anew."""
LAST_EVENTS_SECONDS = 5.0
"""How long the end of a clip waits for the broker to take the last events."""
NOBODY = Presence((), 0)
UNSAID = ""
"""In place of a name that was said; no name is empty."""
LOGGED = Enroll | Promote | PromoteLast | Rename | Merge | Import | Forget | Ignore | Pause | Reload | ErasePictures
"""Requests that change something, beside those of settings, which are told by their verb: a value that is refused counts too."""
FACE_BYTES, FACE_SIDE_PX = 100_000, 512
"""Of the picture of a face: what a notification shows, and little enough to be made in milliseconds on a small device."""
LIMITS = {"cpu": "cpu_percent", "temperature": "temperature_celsius"}


@dataclass(slots=True)
class Watched:
    """One camera: its feed, its pipeline, and what was last said of it."""

    feed: Feed
    pipeline: Pipeline
    keeps_budget: bool = True
    """False where frames do not come in real time: a slower rate would change what is seen in them, and spare nothing."""
    state: CameraState | None = None
    paused: bool | None = None
    people: bytes = b""
    frames: int = 0
    looks_reported: int = 0
    failures: int = 0
    scene: Scene = field(default_factory=Scene)


@dataclass(slots=True)
class _Unposted:
    """An event that the outbox does not hold yet, and what is to be told of it."""

    event: Event
    fields: dict[str, Json]


@dataclass(slots=True)
class _Timers:
    health: float = 0.0
    gallery: float = 0.0
    erasure: float = 0.0
    expiry: float = 0.0
    retry: float = 0.0
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
        cameras: list[Watched],
        control: Control,
        gallery: Gallery,
        outbox: Outbox,
        bridge: Bridge,
        topics: Topics,
        notifier: Notifier,
        waker: Waker,
        budget: Budget,
        announcer: Announcer,
    ) -> None:
        """Take the parts; nothing runs before run()."""
        self._cameras, self._control, self._gallery, self._outbox = cameras, control, gallery, outbox
        self._bridge, self._topics, self._notifier, self._waker = bridge, topics, notifier, waker
        self._budget, self._announcer = budget, announcer
        self._live = LiveEnrollment(control, [camera.pipeline.camera for camera in cameras], self._tell_capture)
        self._stopping = False
        self._ready = False
        self._started = time.monotonic()
        self._timers = _Timers(budget=self._started + BUDGET_SECONDS)
        self._offered_seq = 0
        self._announced: dict[tuple[str, int], str] = {}
        self._unposted: deque[_Unposted] = deque()
        self._faces: deque[tuple[int, str, Crop]] = deque()
        self._to_remove: list[int] = []
        self._trouble = ""
        self._events_to_offer = True
        self._rules_said: Rules | None = None
        self._name_said: str | None = UNSAID
        self._cpu, self._budget_cpu = device.CpuMeter(), device.CpuMeter()
        self._slowed_by_said: SlowedBy | None = None
        self._longest_round_seconds = 0.0
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
        self._post_events()

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
        self._post_events()
        self._show_faces()
        self._announcer.tell(self._control.knowledge.display_names)
        self._tell_enroll_name()
        self._tell_settings()
        self._longest_round_seconds = max(self._longest_round_seconds, time.monotonic() - now)
        self._tell_health(now)

    def _look(self, camera: Watched, frame: Frame) -> None:
        shown: list[Views] = []
        camera.scene.frame = frame if self._control.knowledge.rules.pictures and not self._is_paused(camera) else None
        try:
            events = self._events_of(camera, frame, shown.append)
        except Exception as error:  # one frame that goes wrong must not blind the door; a network that is broken is mended by a restart
            camera.failures += 1
            log.exception("A frame of camera %s could not be looked at.", camera.pipeline.camera)
            if camera.failures >= MOST_FAILURES:
                raise WorkerError(camera.pipeline.camera, camera.failures) from error
            return
        camera.failures = 0
        self._unposted.extend(_Unposted(event, event_fields(event)) for event in events)
        self._post_events()
        camera.frames += 1
        self._tell_people(camera, camera.pipeline.presence)
        for views in shown:
            self._live.see(camera.pipeline.camera, frame.monotonic_seconds, views, time.monotonic())

    def _events_of(self, camera: Watched, frame: Frame, onlooker: Callable[[Views], None]) -> list[Event]:
        """Every frame counts while somebody is being enrolled."""
        if self._is_paused(camera):
            return camera.pipeline.pass_over(frame)
        return camera.pipeline.look(frame, onlooker) if self._live.is_running(camera.pipeline.camera) else camera.pipeline.step(frame)

    def _end_capture_without_frames(self, camera: Watched) -> None:
        if self._is_paused(camera):
            self._live.lose(camera.pipeline.camera, "The camera is paused; resume it first.")
        elif camera.state and camera.state.status == "offline":
            self._live.lose(camera.pipeline.camera, camera.state.reason)

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

    def _tell_people(self, camera: Watched, presence: Presence) -> None:
        people = presence_json(NOBODY if self._is_paused(camera) else presence)
        if people != camera.people:
            camera.people = people
            self._bridge.publish_state(self._topics.people(camera.pipeline.camera), people)

    def _post_events(self) -> None:
        """Put events into the outbox, hand them to the bridge, and take out what has arrived.

        Where the disk refuses, all of it stays in memory, is said once, and is tried again after a pause.
        """
        if time.monotonic() < self._timers.retry:
            return
        try:
            while self._unposted:
                self._post(self._unposted[0])
                self._unposted.popleft()
            self._remove_acknowledged()
            self._offer_events()
            self._trouble = ""
        except GalleryError as error:
            self._wait_for_disk(error)

    def _wait_for_disk(self, error: GalleryError) -> None:
        """Memory is small: who waits there loses their picture."""
        for waiting in self._unposted:
            waiting.event = _without_crop(waiting.event)
        self._timers.retry = time.monotonic() + RETRY_SECONDS
        if str(error) != self._trouble:
            self._trouble = str(error)
            log.error("%s %d events wait in memory; trying again.", error, len(self._unposted))

    def _remove_acknowledged(self) -> None:
        self._to_remove += self._bridge.acknowledged()
        if self._to_remove:
            self._outbox.acknowledge(self._to_remove)
            self._to_remove.clear()

    def _post(self, waiting: _Unposted) -> None:
        event = waiting.event
        event_id = ulid(event.frame_at)
        fields = {**waiting.fields, "event_id": event_id}
        if isinstance(event.fact, Announcement):
            fields["corrects"] = self._announced.get((event.camera, event.track)) if event.fact.is_correction else None
        entry = self._outbox.append(event_id, self._topics.event(event.camera), fields, event.frame_at)
        self._events_to_offer = True
        if isinstance(event.fact, Announcement):
            self._note_announced(event, event_id)
            if event.fact.crop:
                self._faces.append((entry.seq, event.camera, event.fact.crop))
        log.info("%s: %s, %s (event %d).", event.camera, fields["event_type"], name_of(fields), entry.seq)

    def _show_faces(self) -> None:
        """Send the pictures of what was announced now, when every event is on its way; none is made where nobody is to be reached."""
        while self._faces:
            seq, camera, crop = self._faces.popleft()
            if self._bridge.is_connected():
                picture = encode_jpeg(crop.pixels, most_bytes=FACE_BYTES, longest_side=FACE_SIDE_PX)
                self._bridge.publish_picture(seq, self._topics.face_image(camera), picture)

    def _note_announced(self, event: Event, event_id: str) -> None:
        """A later event may correct this one."""
        self._announced[event.camera, event.track] = event_id
        if len(self._announced) > MOST_CORRECTABLE:
            del self._announced[next(iter(self._announced))]

    def _offer_events(self) -> None:
        wanted = EVENTS_AT_ONCE - self._bridge.events_waiting()
        if not self._events_to_offer or wanted <= EVENTS_AT_ONCE // 2:
            return
        entries = self._outbox.pending(after_seq=self._offered_seq, limit=wanted)
        self._events_to_offer = len(entries) == wanted
        if entries:
            self._offered_seq = entries[-1].seq
            self._bridge.publish_events(entries)

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
            self._timers.gallery = now + RETRY_SECONDS
            self._wait_for_disk(error)

    def _take_over_gallery(self) -> None:
        """After a change of the gallery nothing in memory names anybody who is gone.

        Events that wait are read again from the outbox, where the name was taken out; those that the disk has not taken lose it here.
        """
        self._redact_unposted()
        self._bridge.withdraw_events()
        self._offered_seq, self._events_to_offer = 0, True
        for camera in self._cameras:
            camera.pipeline.take_over_gallery()
            if camera.state and camera.state.status == "online":
                self._tell_people(camera, camera.pipeline.presence)

    def _redact_unposted(self) -> None:
        known = self._control.knowledge.display_names
        for waiting in self._unposted:
            person = waiting.fields["person"]
            if isinstance(person, str) and person not in known:
                waiting.event, waiting.fields = _without_crop(waiting.event), redacted(waiting.fields, person)

    def _tell_state(self, camera: Watched) -> None:
        state, paused = camera.feed.state, self._is_paused(camera)
        if (state, paused) == (camera.state, camera.paused):
            return
        if paused != camera.paused:
            self._bridge.publish_state(self._topics.pause(camera.pipeline.camera), ON if paused else OFF)
        camera.state, camera.paused = state, paused
        self._note_scene(camera)
        if paused:
            self._tell_status(camera, "paused", state.reason)
            self._tell_people(camera, NOBODY)
        elif state.status == "online":
            self._tell_status(camera, "online", None)
        elif state.status == "offline":
            self._tell_offline(camera, state.reason)
        self._notifier.status(self._status_line())
        self._tell_ready()

    def _is_paused(self, camera: Watched) -> bool:
        return camera.pipeline.camera in self._control.wishes.paused

    def _note_scene(self, camera: Watched) -> None:
        """What may be asked for of a camera: nothing of one that is paused."""
        scene = camera.scene
        scene.is_online = camera.state is not None and camera.state.status == "online" and not camera.paused
        scene.reason = "It is paused." if camera.paused else camera.state.reason if camera.state else None
        if camera.paused:
            scene.frame = None

    def _tell_status(self, camera: Watched, status: Literal["online", "offline", "paused"], reason: str | None) -> None:
        payload = StatusPayload(status=status, reason=reason)
        self._bridge.publish_state(self._topics.status(camera.pipeline.camera), payload.to_json())
        level = logging.WARNING if status == "offline" else logging.INFO
        log.log(level, "Camera %s is %s%s", camera.pipeline.camera, status, f": {reason}" if reason else ".")

    def _tell_offline(self, camera: Watched, reason: str | None) -> None:
        self._tell_status(camera, "offline", reason)
        self._tell_people(camera, NOBODY)  # nobody is seen by a camera that is not there

    def _tell_ready(self) -> None:
        """Ready is when every camera has shown whether it works: a missing one must not keep the service from starting."""
        if not self._ready and all(camera.state and camera.state.status != "starting" for camera in self._cameras):
            self._ready = True
            device.release_libraries()
            self._notifier.ready()

    def _status_line(self) -> str:
        return ", ".join(f"{camera.pipeline.camera} {camera.state.status}" for camera in self._cameras if camera.state)

    def _tell_enroll_name(self) -> None:
        name = self._control.wishes.enroll_name
        if name != self._name_said:
            self._name_said = name
            self._bridge.publish_state(self._topics.enroll_name, EnrollNamePayload(name=name).to_json())

    def _tell_settings(self) -> None:
        if self._control.knowledge.rules == self._rules_said:
            return
        rules = self._control.knowledge.rules
        if not rules.pictures:
            self._hide_faces()
        try:
            told = self._control.settings()
        except GalleryError as error:
            self._wait_for_disk(error)
            return
        self._rules_said = rules
        for name, value in told.items():
            self._bridge.publish_state(self._topics.setting(name), SettingPayload.model_validate(value).to_json())

    def _hide_faces(self) -> None:
        """Pictures were switched off: those that wait are not sent any more, and no frame is held."""
        self._bridge.drop_pictures()
        self._faces.clear()
        for waiting in self._unposted:
            waiting.event = _without_crop(waiting.event)
        for camera in self._cameras:
            camera.scene.frame = None

    def _tell_health(self, now: float) -> None:
        slowed_by = self._budget.slowed_by
        if now < self._timers.health and slowed_by == self._slowed_by_said:
            return
        if slowed_by != self._slowed_by_said:
            log.info("Looking at %s.", f"fewer frames, to keep to limits.max_{LIMITS[slowed_by]}" if slowed_by else "all frames again")
        self._slowed_by_said = slowed_by
        elapsed = now - (self._timers.health - HEALTH_SECONDS) if self._timers.health else 0.0
        self._timers.health = now + HEALTH_SECONDS
        health = HealthPayload(
            uptime_seconds=int(now - self._started),
            cameras={camera.pipeline.camera: _camera_health(camera, elapsed) for camera in self._cameras},
            longest_round_ms=round(1000 * self._longest_round_seconds, 1),
            events_waiting=self._count_waiting(),
            requests_waiting=self._bridge.requests_waiting(),
            templates=len(self._control.knowledge.matcher),
            rss_mb=round(device.rss_mb(), 1),
            cpu_percent=round(self._cpu.percent(), 1),
            temperature_celsius=device.temperature_celsius(),
            throttled=device.throttled(),
            slowdown=round(self._budget.slowdown, 2),
            slowed_by=slowed_by,
        )
        self._longest_round_seconds = 0.0
        self._bridge.publish_state(self._topics.health, health.to_json())

    def _count_waiting(self) -> int:
        try:
            return self._outbox.count() + len(self._unposted)
        except GalleryError as error:
            self._wait_for_disk(error)
            return self._bridge.events_waiting() + len(self._unposted)

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
                self._tell_offline(camera, "edged has been stopped.")
        deadline = time.monotonic() + LAST_EVENTS_SECONDS
        self._post_events()
        while self._is_waiting() and self._bridge.is_connected() and time.monotonic() < deadline:
            self._waker.wait(TICK_SECONDS)
            self._post_events()
        self._post_events()
        if self._unposted:
            log.error("%d events could not be written to the disk and are lost.", len(self._unposted))

    def _is_waiting(self) -> bool:
        return bool(self._unposted or self._bridge.events_waiting() or self._events_to_offer)


def _log_done(reply: Reply) -> None:
    log.info("Request %s: %s", reply.address.verb, "done." if isinstance(reply.outcome, dict) else reply.outcome)


def _without_crop(event: Event) -> Event:
    return replace(event, fact=replace(event.fact, crop=None)) if isinstance(event.fact, Announcement) else event


def _camera_health(camera: Watched, elapsed: float) -> CameraHealth:
    looks = camera.frames - camera.pipeline.frames_skipped
    since, camera.looks_reported = looks - camera.looks_reported, looks
    return CameraHealth(
        fps=round(since / elapsed, 1) if elapsed > 0 else 0.0,
        frames_skipped=camera.pipeline.frames_skipped,
        frames_dropped=camera.feed.frames_dropped,
        unnamed=dict(camera.pipeline.unnamed),
        stage_ms={stage: round(ms, 2) for stage, ms in camera.pipeline.times.median_ms().items()},
    )
