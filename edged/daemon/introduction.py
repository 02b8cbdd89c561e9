"""The start at the broker: what it keeps of this device from before is read once, and what is gone is taken away before all is announced.

It does not know what the broker's messages mean, nor who is enrolled.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from edged.homeassistant.moving import MIGRATION, moves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from edged.homeassistant.announcer import Announcer
    from edged.homeassistant.device import DeviceDescription
    from edged.homeassistant.moving import Moves
    from edged.mqtt.bridge import Bridge
    from edged.mqtt.recall import Recall
    from edged.pipeline.shared_state import SharedState

PATIENCE_SECONDS = 30.0
"""Seconds with a broker after which it counts as keeping nothing: it may let nobody in but the daemon itself."""
SETTLE_SECONDS = 3.0
"""Seconds that Home Assistant has for one step before the next: what comes while it still takes entities out is lost."""


class Silence:
    """How long the broker has been there without an answer."""

    def __init__(self, bridge: Bridge) -> None:
        """Begin with the next connection."""
        self._bridge = bridge
        self._connected_since: float | None = None

    def is_over(self, now: float) -> bool:
        """Whether at monotonic time now it has been there for long, and has not answered."""
        if self._connected_since is None or not self._bridge.is_connected():
            self._connected_since = now
        return now - self._connected_since >= PATIENCE_SECONDS


class Introduction:
    """Holds the announcer back until the broker has answered, and while entities are moved."""

    def __init__(self, recall: Recall, announcer: Announcer, device: DeviceDescription, bridge: Bridge, shared: SharedState) -> None:
        """Hold the announcer back."""
        self._recall, self._announcer, self._device, self._bridge, self._shared = recall, announcer, device, bridge, shared
        self._announcer.is_moving = True
        self._silence = Silence(bridge)
        self._steps: list[Callable[[], None]] | None = None
        self._next_at = 0.0

    def run(self, now: float) -> None:
        """Carry out at monotonic time now what is due."""
        if not self._announcer.is_moving or self._announcer.is_held or now < self._next_at:
            return
        if self._steps is None:
            kept = self._recall.kept()
            if kept is None and not self._silence.is_over(now):
                return
            self._steps = self._planned(moves(self._device, kept or {}, self._shared.display_names))
        if not self._steps:
            self._announcer.is_moving = False
            return
        self._steps.pop(0)()
        self._next_at = now + SETTLE_SECONDS

    def _planned(self, found: Moves) -> list[Callable[[], None]]:
        """The steps; states go last, when nobody listens to them any more."""
        taken = dict.fromkeys(found.migrations, MIGRATION)
        sent = [partial(self._send, messages) for messages in (found.removals, taken) if messages]
        return [*sent, *(partial(self._erase, topics) for topics in (found.messages, found.states) if topics)]

    def _erase(self, topics: Iterable[str]) -> None:
        for topic in topics:
            self._bridge.states.erase(topic)

    def _send(self, messages: Mapping[str, bytes]) -> None:
        for topic, payload in messages.items():
            self._bridge.states.publish_once(topic, payload)
