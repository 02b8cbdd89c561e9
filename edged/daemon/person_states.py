"""Where each person is: before which cameras they are now, and which saw them last, each on a topic of their own.

Who is recognised, and how, is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from edged.homeassistant.device_entities import with_entities
from edged.interface.states import PersonPayload
from edged.system.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edged.interface.topics import Topics
    from edged.mqtt.retained_states import RetainedStates


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Before which cameras somebody is, which saw them last, and when."""

    cameras: frozenset[str] = frozenset()
    camera: str | None = None
    last_seen_at: str | None = None


class PersonStates:
    """Publishes what has changed, of those people who have an entity of their own."""

    def __init__(self, states: RetainedStates, topics: Topics, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Publish nothing yet."""
        self._states, self._topics, self._now = states, topics, now
        self._names: Mapping[str, str] = {}
        self._known: dict[str, Whereabouts] = {}
        self._shown: dict[str, PersonPayload] = {}

    def see(self, camera: str, people: tuple[str, ...]) -> None:
        """Take in who is before a camera now."""
        before = {person for person, known in self._known.items() if camera in known.cameras}
        for person in before.symmetric_difference(people):
            known = self._known.get(person, Whereabouts())
            cameras = known.cameras - {camera} if person in before else known.cameras | {camera}
            self._known[person] = replace(known, cameras=cameras, camera=camera, last_seen_at=rfc3339(self._now()))
        self.publish(self._names)

    def publish(self, people: Mapping[str, str]) -> None:
        """Publish those who are enrolled, ids and names to show, where something is another than before."""
        self._names, told = people, with_entities(people)
        for person in self._shown.keys() - told.keys():
            del self._shown[person]
            self._states.erase(self._topics.person(person))
        for person in self._known.keys() - people.keys():
            del self._known[person]
        for person, name in told.items():
            payload = self._payload(person, name)
            if payload != self._shown.get(person):
                self._shown[person] = payload
                self._states.publish(self._topics.person(person), payload.to_json())

    def _payload(self, person: str, name: str) -> PersonPayload:
        known = self._known.get(person, Whereabouts())
        return PersonPayload(
            person=person,
            display_name=name,
            present=bool(known.cameras),
            cameras=tuple(sorted(known.cameras)),
            camera=known.camera,
            last_seen_at=known.last_seen_at,
        )
