"""The line that `systemctl status` shows, and the line with which the log of a run begins.

It names nobody; what the figures mean for the worker is not known here.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from edged.daemon.upkeep import Every
from edged.errors import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edged.daemon.cameras import RunningCamera
    from edged.daemon.event_publisher import EventPublisher
    from edged.mqtt.bridge import Bridge
    from edged.pipeline.shared_state import SharedState
    from edged.system.notify import Notifier

log = logging.getLogger(__name__)

STATUS_SECONDS = 2.0
"""Seconds between two looks at what the line says."""


class StatusLine:
    """Gives systemd the line whenever it is another one: broker, cameras, who is present, and what waits."""

    def __init__(self, notifier: Notifier, bridge: Bridge, cameras: Sequence[RunningCamera], publisher: EventPublisher) -> None:
        """Give nothing yet."""
        self._notifier, self._bridge, self._cameras, self._publisher = notifier, bridge, cameras, publisher
        self._looks, self._given = Every(STATUS_SECONDS), ""

    def run(self, now: float) -> None:
        """Give the line, if it is time at monotonic time now and it is another one."""
        if self._looks.is_due(now) and (line := ", ".join(self._parts())) != self._given:
            self._given = line
            self._notifier.status(line)

    def _parts(self) -> Iterator[str]:
        yield f"broker {'connected' if self._bridge.is_connected() else 'away'}"
        for camera in self._cameras:
            yield f"{camera.name} {_how(camera)}"
        here = [camera.pipeline.presence for camera in self._cameras]
        people = counted(len({person for one in here for person in one.people}), "person", "people")
        yield f"present: {people} and {counted(sum(one.strangers for one in here), 'stranger')}"
        yield f"events waiting: {self._publisher.count()}"


def _how(camera: RunningCamera) -> str:
    if camera.paused:
        return "paused"
    status = camera.state.status if camera.state else "starting"
    return f"{status} without colours" if status == "online" and camera.has_colours is False else status


def log_start(version: str, networks: Sequence[str], shared: SharedState) -> None:
    """Log which edged runs, with which networks, for how many people, and by which thresholds."""
    rules, known = shared.rules, shared.matcher
    similarity, margin, share = shared.threshold(rules), rules.margin, 100 * rules.max_false_alarms
    log.info(
        "edged %s with %s; %s by %s. A name takes similarity %.2f and margin %.2f; at most %.3g %% of strangers get one.",
        *(version, ", ".join(networks), counted(known.people, "person", "people"), counted(len(known), "template")),
        *(similarity, margin, share),
    )
