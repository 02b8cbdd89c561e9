"""The owner: changes what edged knows, over MQTT and all the time, notes what was acknowledged, and looks whether it is still there.

It does not know which faults there are. A change that was not answered may have been carried out or not: both are right.
"""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from edged.gallery.archive import SENT, ArchivedPerson, pack
from edged.gallery.templates import NewTemplate
from edged.types import Embedding

if TYPE_CHECKING:
    from random import Random

    from campaign.witness import Witness

MOST_GUESTS = 8
SETTING, SETTING_VALUES = "margin", (0.05, 0.055, 0.06, 0.065)
"""A setting whose values make no difference to who is announced."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that was asked for: what is to be so then, of somebody or of the setting; None where somebody is not to be there."""

    number: str
    what: str
    becomes: str | float | None


@dataclass(slots=True)
class Owner:
    """One owner of one device; model_id is that of the templates of made-up guests."""

    witness: Witness
    random: Random
    model_id: str
    dimensions: int
    acknowledged: int = 0
    _allowed: dict[str, set[str | float | None]] = field(default_factory=dict)
    _open: list[Change] = field(default_factory=list)
    _guests: int = 0

    def change(self) -> None:
        """Ask for the next change, and wait for nothing."""
        self._take_answers()
        here = [name for name, states in self._allowed.items() if name != SETTING and None not in states]
        wanted = self.random.choice(("import", "import", "rename", "settings", "forget"))
        if wanted == "settings":
            value = self.random.choice(SETTING_VALUES)
            self._ask("settings", SETTING, value, {"set": {SETTING: value}})
        elif not here or (wanted == "import" and len(here) < MOST_GUESTS):
            self._guests += 1
            self._ask("import", f"guest_{self._guests}", f"Guest {self._guests}", {"archive": self._archive(self._guests)})
        elif wanted == "rename":
            person, name = self.random.choice(here), f"Guest {self.random.randrange(10**6)}"
            self._ask("rename", person, name, {"person": person, "display_name": name})
        else:
            person = self.random.choice(here)
            self._ask("forget", person, None, {"person": person})

    def missing(self, people: dict[str, Any], settings: dict[str, Any]) -> list[str]:
        """What should be so and is not, by these answers to `people` and `settings`; afterwards what is there is what should be."""
        self._take_answers()
        found: dict[str, str | float | None] = {one["person"]: one["display_name"] for one in people["people"]}
        found[SETTING] = settings["settings"][SETTING]["value"]
        wrong = [
            f"{what} is {found.get(what)!r} and not {' or '.join(map(repr, states))}"
            for what, states in self._allowed.items()
            if not any(_are_same(found.get(what), state) for state in states)
        ]
        self._open.clear()
        for what in self._allowed:
            self._allowed[what] = {found.get(what)}
        return wrong

    def give_up(self, people: set[str]) -> None:
        """Expect these no more, since a damaged disk has cost them, and it was said so."""
        for person in people:
            self._allowed.pop(person, None)

    def _ask(self, verb: str, what: str, becomes: str | float | None, request: dict[str, Any]) -> None:
        self._allowed.setdefault(what, {None} if what != SETTING else set(SETTING_VALUES)).add(becomes)
        self._open.append(Change(self.witness.ask(verb, request), what, becomes))

    def _take_answers(self) -> None:
        """An answer of ok makes the change the only thing that is right, but for those on the same that came after it."""
        for change in list(self._open):
            answer = self.witness.answer(change.number)
            if answer is None:
                continue
            self._open.remove(change)
            if answer["status"] == "ok":
                self.acknowledged += 1
                later = {other.becomes for other in self._open if other.what == change.what}
                self._allowed[change.what] = {change.becomes} | later

    def _archive(self, number: int) -> str:
        direction = np.random.default_rng(number).normal(size=self.dimensions).astype(np.float32)
        face = Embedding(direction / np.linalg.norm(direction), self.model_id)
        template = NewTemplate(face, 0.9, "shell", datetime(2026, 1, 2, tzinfo=UTC), None)
        packed = pack([ArchivedPerson(f"guest_{number}", f"Guest {number}", (template,))], datetime(2026, 1, 2, tzinfo=UTC), SENT)
        return base64.b64encode(packed).decode()


def _are_same(found: str | float | None, wanted: str | float | None) -> bool:
    if isinstance(found, float | int) and isinstance(wanted, float | int):
        return math.isclose(found, wanted)
    return found == wanted
