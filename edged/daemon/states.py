"""The states that are no camera's: settings, the name to enroll, what was refused, and who is enrolled for Home Assistant.

What they mean is not known here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from edged.interface.form import shortened
from edged.interface.messages import MAX_MESSAGE_CHARACTERS
from edged.interface.states import EnrollNamePayload, RefusalPayload
from edged.system.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.control.owner_state import OwnerState
    from edged.control.settings import SettingsKeeper
    from edged.daemon.person_states import PersonStates
    from edged.errors import EdgedError
    from edged.homeassistant.announcer import Announcer
    from edged.interface.topics import Topics
    from edged.mqtt.retained_states import RetainedStates
    from edged.pipeline.shared_state import Rules, SharedState


class StatePublisher:
    """Publishes what has changed."""

    def __init__(
        self,
        states: RetainedStates,
        topics: Topics,
        announcer: Announcer,
        people: PersonStates,
        shared: SharedState,
        settings: SettingsKeeper,
        owner_state: OwnerState,
    ) -> None:
        """Publish nothing yet."""
        self._states, self._topics, self._announcer, self._people = states, topics, announcer, people
        self._shared, self._settings, self._owner_state = shared, settings, owner_state
        self.on_pictures_off: Callable[[], None] = lambda: None
        """Called before it is published that pictures are switched off."""
        self._rules: Rules | None = None
        self._named: EnrollNamePayload | None = None
        self._pictures: set[str] = set()  # topics that show one

    def publish(self) -> None:
        """Publish what is another than before."""
        self._announcer.publish(self._shared.display_names)
        self._people.publish(self._shared.display_names)
        named = EnrollNamePayload(name=self._owner_state.enroll_name, stranger=self._owner_state.enroll_stranger)
        if named != self._named:
            self._named = named
            self._states.publish(self._topics.enroll_name, named.to_json())
        if self._shared.rules != self._rules:
            self._publish_settings(self._shared.rules)

    def refuse(self, verb: str, error: EdgedError) -> None:
        """Publish why a request was refused, for those who asked by a bare value and hear no answer."""
        message = shortened(str(error), MAX_MESSAGE_CHARACTERS)
        refusal = RefusalPayload(verb=verb, code=error.code, message=message, refused_at=rfc3339(datetime.now(UTC)))
        self._states.publish_unkept(self._topics.refusal, refusal.to_json())

    def show(self, topic: str, picture: bytes) -> None:
        """Show a picture, until pictures are switched off."""
        self._pictures.add(topic)
        self._states.publish_unkept(topic, picture)

    def publish_again(self) -> None:
        """Have the next publish() send settings and name once more."""
        self._rules = self._named = None

    def _publish_settings(self, rules: Rules) -> None:
        if not rules.pictures:
            self.on_pictures_off()
            for topic in self._pictures:
                self._states.publish_unkept(topic, b"")
            self._pictures.clear()
        self._rules = rules
        for name, state in self._settings.states().items():
            self._states.publish(self._topics.setting(name), state.to_json())
