"""Health: now and then, and at once when another limit slows it or none does any more, how the daemon and its cameras do.

Knows where the figures come from; who reads them, and what the worker does about them, is not known here.
"""

from __future__ import annotations

import logging
import math
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from edged.daemon.upkeep import Every
from edged.interface.states import CameraHealth, HealthPayload
from edged.system import device
from edged.system.times import rfc3339
from edged.types import ClockState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edged.daemon.budget import Budget, SlowedBy
    from edged.daemon.cameras import RunningCamera
    from edged.daemon.event_publisher import EventPublisher
    from edged.interface.topics import Topics
    from edged.mqtt.bridge import Bridge
    from edged.pipeline.shared_state import SharedState

log = logging.getLogger(__name__)

HEALTH_SECONDS = 30.0
"""Seconds between two reports where nothing happens."""
CLOCK_SET_SECONDS = 5.0
"""Seconds by which the start moves at least for the clock to count as set, and not as running a little fast or slow."""
LIMITS = {"cpu": "cpu_percent", "temperature": "temperature_celsius"}
"""What a limit is called in the configuration, after max_."""


class HealthReport:
    """Gathers the figures, and publishes them when it is time."""

    def __init__(
        self,
        publisher: EventPublisher,
        bridge: Bridge,
        topics: Topics,
        budget: Budget,
        cameras: Sequence[RunningCamera],
        shared: SharedState,
    ) -> None:
        """Begin to count; the first report is due at once."""
        self._publisher, self._bridge, self._topics, self._budget = publisher, bridge, topics, budget
        self._cameras, self._shared = cameras, shared
        self._cpu, self._writes = device.CpuMeter(), device.WriteMeter()
        self._started, self._longest_round_seconds = time.monotonic(), 0.0
        self._reports, self._reported_at = Every(HEALTH_SECONDS), math.inf
        self._slowed_by: SlowedBy | None = None
        self._start: datetime | None = None

    def note_round(self, seconds: float) -> None:
        """Note that the worker came round once, in so many seconds."""
        self._longest_round_seconds = max(self._longest_round_seconds, seconds)

    def publish(self, now: float) -> None:
        """Publish it, if it is time at monotonic time now, and at once when another limit slows edged down, or none does any more."""
        slowed_by = self._budget.slowed_by
        if slowed_by != self._slowed_by:
            log.info("Looking at %s.", f"fewer frames, to keep to limits.max_{LIMITS[slowed_by]}" if slowed_by else "all frames again")
            self._slowed_by, self._reports.due_at = slowed_by, now
        if not self._reports.is_due(now):
            return
        elapsed, self._reported_at = now - self._reported_at, now
        health = HealthPayload(
            uptime_seconds=int(now - self._started),
            started_at=self._started_at(now),
            cameras={camera.name: _of_camera(camera, elapsed) for camera in self._cameras},
            longest_round_ms=round(1000 * self._longest_round_seconds, 1),
            events_waiting=self._publisher.count(),
            events_unheard=self._bridge.events.unheard(),
            requests_waiting=self._bridge.requests_waiting(),
            people=len(self._shared.display_names),
            strangers=len(self._shared.strangers.known),
            templates=len(self._shared.matcher),
            single_template_people=self._shared.matcher.single_template_people,
            rss_mb=round(device.rss_mb(), 1),
            cpu_percent=round(self._cpu.percent(), 1),
            day_written_mb=None if (written := self._writes.day_mb(now)) is None else round(written, 2),
            temperature_celsius=device.temperature_celsius(),
            throttled=device.throttled(),
            slowdown=round(self._budget.slowdown, 2),
            slowed_by=slowed_by,
            clock=ClockState.of(is_synchronised=self._publisher.clock.is_synchronised),
        )
        self._longest_round_seconds = 0.0
        self._bridge.states.publish(self._topics.health, health.to_json())

    def _started_at(self, now: float) -> str:
        """When edged was started; the same in every report, unless the clock was set meanwhile."""
        moment = datetime.now(UTC) - timedelta(seconds=now - self._started)
        if self._start is None or abs((moment - self._start).total_seconds()) >= CLOCK_SET_SECONDS:
            self._start = moment
        return rfc3339(self._start)


def _of_camera(camera: RunningCamera, elapsed: float) -> CameraHealth:
    looks = camera.frames - camera.pipeline.frames_skipped
    since, camera.looks_reported = looks - camera.looks_reported, looks
    return CameraHealth(
        fps=round(since / elapsed, 1) if elapsed > 0 else 0.0,
        frames_skipped=camera.pipeline.frames_skipped,
        frames_dropped=camera.feed.frames_dropped,
        unnamed=dict(camera.pipeline.unnamed),
        unusual_share=None if (share := camera.pipeline.views.unusual_share) is None else round(share, 2),
        stage_ms={stage: round(ms, 2) for stage, ms in camera.pipeline.times.median_ms().items()},
    )
