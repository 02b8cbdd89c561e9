"""Topics: the names under which everything is published and asked for.

Knows how names are built and taken apart; payloads are not known here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topics:
    """All topics of one device, below `<prefix>/<device>`."""

    prefix: str
    device: str

    @property
    def root(self) -> str:
        """What every topic of this device begins with."""
        return f"{self.prefix}/{self.device}"

    @property
    def availability(self) -> str:
        """`online` or `offline`, retained."""
        return f"{self.root}/availability"

    @property
    def info(self) -> str:
        """What this device is, retained."""
        return f"{self.root}/info"

    @property
    def health(self) -> str:
        """How this device is, retained."""
        return f"{self.root}/health"

    @property
    def requests(self) -> str:
        """The filter that matches every request."""
        return f"{self.root}/request/+"

    def status(self, camera: str) -> str:
        """A camera's status, retained."""
        return f"{self.root}/{camera}/status"

    def event(self, camera: str) -> str:
        """A camera's events, never retained."""
        return f"{self.root}/{camera}/event"

    def people(self, camera: str) -> str:
        """Who is before a camera now, retained."""
        return f"{self.root}/{camera}/people"

    def setting(self, name: str) -> str:
        """A setting's value, retained."""
        return f"{self.root}/setting/{name}"

    def response(self, verb: str) -> str:
        """Where requests with a verb are answered."""
        return f"{self.root}/response/{verb}"

    def verb(self, topic: str) -> str:
        """The verb of a request's topic."""
        return topic.rpartition("/")[2]
