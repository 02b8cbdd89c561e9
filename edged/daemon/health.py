"""Health: now and then, and at once when another limit slows it or none does any more, how the daemon and its cameras do.

Knows where the figures come from; who reads them, and what the worker does about them, is not known here.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from edged.interface.states import CameraHealth, HealthPayload
from edged.system import device

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edged.daemon.budget import Budget, SlowedBy
    from edged.daemon.cameras import RunningCamera
    from edged.daemon.event_publisher import EventPublisher
    from edged.interface.topics import Topics
    from edged.mqtt.bridge import Bridge

log = logging.getLogger(__name__)

HEALTH_SECONDS = 30.0
"""Between two reports where nothing happens."""
LIMITS = {"cpu": "cpu_percent", "temperature": "temperature_celsius"}
"""What a limit is called in the configuration, after max_."""


class HealthReport:
    """Gathers what is to be told of health, and tells it when it is time."""

    def __init__(self, post: EventPublisher, bridge: Bridge, topics: Topics, budget: Budget) -> None:
        """Begin to count; the first report is due at once."""
        self._post, self._bridge, self._topics, self._budget = post, bridge, topics, budget
        self._started = time.monotonic()
        self._due_at = 0.0
        self._cpu = device.CpuMeter()
        self._longest_round_seconds = 0.0
        self._slowed_by: SlowedBy | None = None

    def note_round(self, seconds: float) -> None:
        """The worker came round once, in so many seconds."""
        self._longest_round_seconds = max(self._longest_round_seconds, seconds)

    def tell(self, now: float, cameras: Iterable[RunningCamera], templates: int) -> None:
        """Tell it, if it is time at monotonic time now; templates is how many faces the gallery holds."""
        slowed_by = self._budget.slowed_by
        if now < self._due_at and slowed_by == self._slowed_by:
            return
        if slowed_by != self._slowed_by:
            log.info("Looking at %s.", f"fewer frames, to keep to limits.max_{LIMITS[slowed_by]}" if slowed_by else "all frames again")
        elapsed = now - (self._due_at - HEALTH_SECONDS) if self._due_at else 0.0
        self._slowed_by, self._due_at = slowed_by, now + HEALTH_SECONDS
        health = HealthPayload(
            uptime_seconds=int(now - self._started),
            cameras={camera.name: _of_camera(camera, elapsed) for camera in cameras},
            longest_round_ms=round(1000 * self._longest_round_seconds, 1),
            events_waiting=self._post.count(),
            requests_waiting=self._bridge.requests_waiting(),
            templates=templates,
            rss_mb=round(device.rss_mb(), 1),
            cpu_percent=round(self._cpu.percent(), 1),
            temperature_celsius=device.temperature_celsius(),
            throttled=device.throttled(),
            slowdown=round(self._budget.slowdown, 2),
            slowed_by=slowed_by,
        )
        self._longest_round_seconds = 0.0
        self._bridge.states.publish(self._topics.health, health.to_json())


def _of_camera(camera: RunningCamera, elapsed: float) -> CameraHealth:
    looks = camera.frames - camera.pipeline.frames_skipped
    since, camera.looks_reported = looks - camera.looks_reported, looks
    return CameraHealth(
        fps=round(since / elapsed, 1) if elapsed > 0 else 0.0,
        frames_skipped=camera.pipeline.frames_skipped,
        frames_dropped=camera.feed.frames_dropped,
        unnamed=dict(camera.pipeline.unnamed),
        stage_ms={stage: round(ms, 2) for stage, ms in camera.pipeline.times.median_ms().items()},
    )
