"""The rule book: which rules are in force, of the model card, the configuration, and what was changed over it while edged runs.

Knows what may be changed and where changes are kept; who obeys the rules, and what they need to be obeyed, is not known here.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pydantic import ValidationError

from edged.config import Changeable
from edged.control import safety
from edged.errors import CommandError
from edged.pipeline.shared_state import Rules

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from edged.interface.commands import Json
    from edged.storage.kept_settings import KeptSettings
    from edged.vision.model_card import Matching

log = logging.getLogger(__name__)


class RuleBook:
    """Makes rules of settings, and keeps the changes."""

    def __init__(self, kept: KeptSettings, defaults: Changeable, matching: Matching) -> None:
        """Take where changes are kept, the configuration's values, and those of the model card, for where it has none."""
        self._kept, self._defaults, self._matching = kept, defaults, matching

    def overrides(self) -> dict[str, object]:
        """The settings that were changed, by name, without those that an older edged kept and that are not allowed any more.

        Raises:
            GalleryError: the file cannot be read.
        """
        return self._allowed(self._kept.overrides())

    def overridden(self, changes: Mapping[str, Json]) -> frozenset[str]:
        """The names of the settings that are overridden after these changes, None meaning back to the configuration's value.

        Raises:
            GalleryError: the file cannot be read.
        """
        return frozenset(name for name, value in {**self.overrides(), **changes}.items() if value is not None)

    def in_force(self) -> Rules:
        """The rules with every override.

        Raises:
            GalleryError: the file cannot be read.
        """
        kept = self._kept.overrides()
        overrides = self._allowed(kept)
        if unused := kept.keys() - overrides.keys():
            log.warning("Settings kept in the gallery are not used, since they are not allowed any more: %s.", ", ".join(sorted(unused)))
        return self._rules(overrides)

    def changed(self, changes: Mapping[str, Json]) -> Rules:
        """The rules as they would be with these changes, None meaning back to the configuration's value.

        Raises:
            CommandError: no such setting, or a value that is not allowed.
            GalleryError: the file cannot be read.
        """
        overrides = {**self.overrides(), **changes}
        return self._rules({name: value for name, value in overrides.items() if value is not None})

    def keep(self, changes: Mapping[str, Json]) -> None:
        """Keep changes that are allowed: all or none.

        Raises:
            GalleryError: the file cannot be written.
        """
        self._kept.change(changes)

    def tell(self, rules: Rules, overridden: Container[str]) -> dict[str, Json]:
        """Every setting of these rules: its value, its default, and whether it is overridden."""
        defaults = self._rules({})
        return {
            name: {"value": getattr(rules, name), "default": getattr(defaults, name), "overridden": name in overridden}
            for name in Changeable.model_fields
        }

    def _allowed(self, kept: Mapping[str, object]) -> dict[str, object]:
        return {name: value for name, value in kept.items() if name in Changeable.model_fields and self._is_allowed(name, value)}

    def _is_allowed(self, name: str, value: object) -> bool:
        try:
            self._rules({name: value})
        except CommandError:
            return False
        return True

    def _rules(self, overrides: Mapping[str, object]) -> Rules:
        try:
            chosen = Changeable.model_validate({**self._defaults.model_dump(), **overrides})
        except ValidationError as error:
            raise safety.refusal(error) from error
        values = chosen.model_dump()
        values["match_threshold"] = self._matching.match_threshold if chosen.match_threshold is None else chosen.match_threshold
        values["margin"] = self._matching.margin if chosen.margin is None else chosen.margin
        return Rules(**values)
