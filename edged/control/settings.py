"""The settings in force: those of the model card and the configuration, and over them what was changed while edged runs.

It does not know who obeys them, nor what they need to be obeyed.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pydantic import ValidationError

from edged.config import SETTINGS, Changeable
from edged.control import safety
from edged.control.owner_state import NAME, NAMED, PAUSED
from edged.errors import BadSetting
from edged.interface.states import SettingState
from edged.pipeline.shared_state import Rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edged.storage.kept_settings import KeptSettings
    from edged.system.beside import Turns
    from edged.vision.model_card import EmbedderCard

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChosenSettings:
    """Settings that are allowed: the rules that they make, the names of those that were changed, and what is not yet kept of it."""

    rules: Rules
    overridden: frozenset[str]
    changes: Mapping[str, object] = field(default_factory=dict, compare=False)


class SettingsKeeper:
    """Makes rules of settings, and keeps what is changed; the file is read at the start and when asked for, and not at each change."""

    def __init__(self, kept: KeptSettings, defaults: Changeable, card: EmbedderCard) -> None:
        """Read what was changed before, over the values of the configuration and, where it has none, of the model card.

        Raises:
            GalleryError: the file cannot be read.
        """
        self._kept, self._configured, self._card = kept, defaults, card
        self._defaults = self._chosen({}).rules
        self.in_force = self.read()

    def read(self) -> ChosenSettings:
        """The settings as they are in the file, which are not yet in force; those that an older edged allowed are left out.

        Raises:
            GalleryError: the file cannot be read.
        """
        kept = self._kept.overrides()
        allowed = {name: value for name, value in kept.items() if value is not None and self._is_allowed(name, value)}
        if unused := kept.keys() - allowed.keys() - {NAME, NAMED, PAUSED}:
            log.warning("Settings kept in the gallery are not used, since they are not allowed any more: %s.", ", ".join(sorted(unused)))
        return self._chosen(allowed)

    def configured(self, defaults: Changeable) -> ChosenSettings:
        """The settings as they would be with these values of the configuration, under what was changed while edged runs.

        What was changed, and the configuration does not allow any more, is left out.
        """
        changed = {name: getattr(self.in_force.rules, name) for name in self.in_force.overridden}
        return self._chosen({name: value for name, value in changed.items() if self._is_allowed(name, value, defaults)}, defaults)

    def configure(self, defaults: Changeable, chosen: ChosenSettings) -> None:
        """Put into force what configured() gave for these values of the configuration."""
        self._configured, self.in_force = defaults, chosen
        self._defaults = self._chosen({}).rules

    def choose(self, changes: Mapping[str, object]) -> ChosenSettings:
        """The settings as they would be with these changes, None meaning back to the configuration's value.

        Raises:
            BadSetting: no such setting, or a value that is not allowed.
        """
        overrides = {name: getattr(self.in_force.rules, name) for name in self.in_force.overridden} | dict(changes)
        chosen = self._chosen({name: value for name, value in overrides.items() if value is not None or name not in SETTINGS})
        safety.check(changes, self._card.impostor_tail)
        return replace(chosen, changes=changes)

    def adopt(self, chosen: ChosenSettings) -> Turns[None]:
        """Put into force what was chosen or read, and keep its changes: all or none.

        Raises:
            GalleryError: the file cannot be written; nothing was changed.
        """
        if chosen.changes:
            yield from self._kept.writer.in_turns(lambda: self._kept.change(chosen.changes))
        self.in_force = chosen

    def states(self) -> dict[str, SettingState]:
        """Every setting that is in force, by name."""
        return {name: self._state(name) for name in SETTINGS}

    def _state(self, name: str) -> SettingState:
        minimum, maximum = safety.safe_range(name, self._card.impostor_tail)
        return SettingState(
            value=getattr(self.in_force.rules, name),
            default=getattr(self._defaults, name),
            overridden=name in self.in_force.overridden,
            locked=name in self._configured.locked,
            minimum=minimum,
            maximum=maximum,
        )

    def _is_allowed(self, name: str, value: object, configured: Changeable | None = None) -> bool:
        try:
            self._chosen({name: value}, configured)
        except BadSetting:
            return False
        return True

    def _chosen(self, overrides: Mapping[str, object], configured: Changeable | None = None) -> ChosenSettings:
        configured = configured or self._configured
        try:
            settings = Changeable.model_validate({**configured.model_dump(), **overrides})
        except ValidationError as error:
            raise safety.refusal(error) from error
        safety.check_locked(overrides, configured.locked)
        matching = self._card.matching
        by_card = {"match_threshold": matching.match_threshold, "margin": matching.margin}
        return ChosenSettings(Rules(**by_card | settings.model_dump(exclude_none=True)), frozenset(overrides))
