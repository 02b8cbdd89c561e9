"""A gallery in which nobody was ever enrolled, at a broker that knows people of this device: lost by a disk, or begun anew on purpose?

Only the owner can tell. Until somebody is enrolled, what Home Assistant knows of those people is left alone, and a problem is published.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from edged.daemon.introduction import Silence
from edged.homeassistant.discovery import people_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.homeassistant.announcer import Announcer
    from edged.mqtt.bridge import Bridge
    from edged.mqtt.recall import Recall
    from edged.pipeline.shared_state import SharedState
    from edged.storage.database import Database

log = logging.getLogger(__name__)

MOST_NAMED = 5
"""People that the sentence names."""


def is_new(database: Database) -> bool:
    """Whether nobody was ever enrolled in a file that can be written; not where everybody was forgotten, which the owner wanted."""
    return not database.is_read_only and not database.column(int, "SELECT has_had_people FROM run")[0]


class NewGallery:
    """Hears from the broker whom it knows, holds the announcer back until it has answered, and longer where it knows somebody."""

    def __init__(self, recall: Recall, announcer: Announcer, shared: SharedState, bridge: Bridge, advice: str) -> None:
        """Hold the announcer back; advice is the sentence that says which backup there is."""
        self._recall, self._announcer, self._shared, self._advice = recall, announcer, shared, advice
        self._silence = Silence(bridge)
        self.on_answer: Callable[[str | None], None] = lambda _: None
        """Called with what is wrong, and with None where nothing is any more."""
        self._known: frozenset[str] | None = None
        self._is_open = self._announcer.is_held = True

    def run(self, now: float) -> None:
        """Look at monotonic time now whether the broker has answered, or the owner has decided."""
        if not self._is_open:
            return
        if self._known is None and (kept := self._recall.kept()) is not None:
            self._known = people_in(kept.values())
            if self._known:
                self.on_answer(self._sentence(sorted(self._known)))
        if self._shared.display_names or (not self._known and (self._known is not None or self._silence.is_over(now))):
            self._decide()

    def _decide(self) -> None:
        """Go on with this gallery: those whom only the broker knows are taken away there."""
        self._is_open = False
        self._announcer.release(self._known or frozenset())
        self.on_answer(None)

    def _sentence(self, known: list[str]) -> str:
        named = ", ".join(known[:MOST_NAMED]) + (f" and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else "")
        return (
            f"The gallery is new, and nobody is enrolled, but the broker knows people of this device: {named}. If its disk has lost them, "
            f"restore a backup; to begin anew, enroll somebody, or stop edged and run edged discovery --clear.{self._advice}"
        )
