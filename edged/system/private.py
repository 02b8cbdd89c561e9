"""Words of a log line that may name somebody, and what stands in their place where the owner wants no names in the journal.

It does not know who is enrolled, nor where lines are written.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

ALIAS_BYTES = 3
"""Random bytes of what somebody is called: of 100 people two have the same in one run of 3,000."""


@dataclass(frozen=True, slots=True)
class Private:
    """An argument of a log line. Whoever does not ask for its text gets what may be kept."""

    text: str
    kept: str

    def __str__(self) -> str:
        """What may be kept."""
        return self.kept


class Aliases:
    """What people are called in the journal: random, in memory only, and gone when they are forgotten or edged ends."""

    def __init__(self) -> None:
        """Nobody has been called anything."""
        self._of: dict[str, str] = {}

    def of(self, person: str) -> Private:
        """Whoever has this id, the same at each call until they are forgotten."""
        if person not in self._of:
            self._of = {**self._of, person: f"person {secrets.token_hex(ALIAS_BYTES)}"}
        return Private(person, self._of[person])

    def forget_others(self, people: Collection[str]) -> None:
        """Let nobody but these people have what they were called before."""
        self._of = {person: alias for person, alias in self._of.items() if person in people}


ALIASES = Aliases()
"""Those of this process, as its log is one."""
