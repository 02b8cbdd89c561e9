"""The worker: the one loop that drives requests, cameras, events and states, one after the other.

All mutable state is touched on its thread; it decides nothing, and the parts it drives do not know it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from edged.system.mapped_files import LIBRARIES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edged.daemon.cameras import Cameras
    from edged.daemon.event_publisher import EventPublisher
    from edged.daemon.health import HealthReport
    from edged.daemon.requests import Requests
    from edged.daemon.states import StatePublisher
    from edged.system.notify import Notifier

TICK_SECONDS, LAST_EVENTS_SECONDS = 0.5, 5.0
"""Seconds that the loop sleeps where nothing wakes it, and that the end of a clip waits for the broker to take the last events."""


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
    """Comes round until it is told to stop, or every clip has ended."""

    def __init__(
        self,
        cameras: Cameras,
        requests: Requests,
        publisher: EventPublisher,
        states: StatePublisher,
        health: HealthReport,
        upkeep: Sequence[Callable[[float], None]],
        notifier: Notifier,
        waker: Waker,
    ) -> None:
        """Take the parts; nothing runs before run(). Each of upkeep is called once a round with the monotonic time."""
        self._cameras, self._requests, self._publisher, self._states = cameras, requests, publisher, states
        self._health, self._upkeep, self._notifier, self._waker = health, upkeep, notifier, waker
        self._is_stopping = self._is_ready = self._wants_reload = False
        self.on_reload: Callable[[], None] = lambda: None
        """Called between two rounds when the configuration is to be read again."""

    def stop(self) -> None:
        """Have run() return after the current frame; from any thread or a signal handler."""
        self._is_stopping = True
        self._waker.wake()

    def reload(self) -> None:
        """Have the configuration read again; from any thread or a signal handler."""
        self._wants_reload = True
        self._waker.wake()

    def run(self) -> bool:
        """Work until stopped or until every clip has ended and its events are with the broker; whether no event is lost."""
        self._cameras.start()
        while not self._is_stopping and not self._cameras.have_ended:
            self.step()
            self._waker.wait(TICK_SECONDS)
        return self._deliver_last()

    def close(self) -> None:
        """Take out of the outbox what the broker acknowledged in the last moment; when the bridge has stopped."""
        self._publisher.send()

    def step(self) -> None:
        """Come round once: heartbeat, a request, what is due, a frame of each camera, events, states."""
        started = time.monotonic()
        self._notifier.alive()
        if self._wants_reload:
            self._wants_reload = False
            self.on_reload()
        self._publisher.send()  # first, since what the disk has taken meanwhile need not wait for another frame
        if self._requests.step():
            self._waker.wake()
        for run in self._upkeep:
            run(started)
        if self._cameras.step():
            self._note_ready()
        self._publisher.send()
        self._publisher.show_faces()
        self._states.publish()
        self._health.note_round(time.monotonic() - started)
        self._health.publish(started)

    def _note_ready(self) -> None:
        """Ready is when every camera has shown whether it works: a missing one must not keep the service from starting."""
        if not self._is_ready and all(camera.state and camera.state.status != "starting" for camera in self._cameras.all):
            self._is_ready = True
            LIBRARIES.release()
            self._notifier.ready()

    def _deliver_last(self) -> bool:
        self._notifier.stopping()
        self._cameras.end_captures()
        self._requests.finish()
        self._cameras.close()
        deadline = time.monotonic() + LAST_EVENTS_SECONDS
        self._publisher.send()
        while self._publisher.is_delivering() and time.monotonic() < deadline:
            self._waker.wait(TICK_SECONDS)
            self._publisher.send()
        return self._publisher.end()
