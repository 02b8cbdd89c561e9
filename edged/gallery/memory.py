"""The strangers of the gallery file held in memory: who is there again, and what of a visit is stored.

It does not know SQLite, cameras, or what is made of an answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from edged.errors import GalleryError, StrangerNotFound
from edged.gallery.matcher import Matcher
from edged.gallery.names import STRANGER_PREFIX
from edged.gallery.strangers import BETTER_BY, last_number
from edged.types import Stranger

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.gallery.matcher import Nearest
    from edged.gallery.strangers import Strangers
    from edged.gallery.templates import Sighting, TemplateRows
    from edged.system.beside import Call
    from edged.types import Embedding

RETRY_SECONDS = 2.0
"""Seconds of pause after the disk has refused to take what is to be remembered."""


class Recalled(NamedTuple):
    """A stranger who is there again: id, cosine to their nearest look, −1…1, and whether they are ignored."""

    stranger: str
    similarity: float
    ignored: bool


class Remembered(NamedTuple):
    """What the file holds of strangers at one moment: their looks, and the ids of those who are ignored."""

    looks: TemplateRows
    ignored: frozenset[str]


@dataclass(slots=True)
class _Change:
    """What is being written of a stranger, and what it will be: as they are then, None where they are gone, and the look of it."""

    id: str
    write: Callable[[], object]
    call: Call[Remembered]
    stranger: Stranger | None = None
    sighting: Sighting | None = None


class StrangerMemory:
    """Recognises strangers who were seen before. Not thread-safe, as the matcher.

    recall() only searches, and may be called for every look; what is to be remembered is known at once, and written by the file's writer,
    of which take_over_writes() takes over what came of it. While the disk refuses, nobody new is remembered. Every method but recall(),
    knows() and take_over_writes() raises GalleryError where the file cannot be read, or what is submitted is refused at once; nothing is
    changed then.
    """

    def __init__(self, store: Strangers, model_id: str, *, days: int) -> None:
        """Read the strangers of a file.

        Args:
            store: What is in the file; whoever changes it in another way calls reload().
            model_id: The model whose looks are searched.
            days: How long strangers are remembered after they were last seen; 0: none are.
        """
        self.store, self.days = store, days
        self.on_failure: Callable[[GalleryError], None] = lambda _: None
        """Called where the disk refuses what was submitted before."""
        self.known: frozenset[str] = frozenset()
        """Ids of the strangers who are remembered."""
        self._model_id = model_id
        self._changes: list[_Change] = []
        self._best: dict[str, float] = {}  # the best quality that was submitted of a visit; what the file has may be better
        self._last_number, self._refusal, self._retry_at = 0, "", 0.0
        self.reload()

    def reload(self) -> None:
        """Read the strangers again."""
        self.take_over(self.read())

    def read(self) -> Remembered:
        """Read what the file holds; on any thread, for take_over()."""
        return Remembered(self.store.looks(self._model_id), self.store.ignored())

    def take_over(self, remembered: Remembered) -> None:
        """Hold this in memory from now on, and with it what is not yet written."""
        self._remembered = remembered
        gone = {change.id for change in self._changes if change.stranger is None}
        looks, new = remembered.looks, [change for change in self._changes if change.sighting and change.id not in gone]
        kept = [row for row, person in enumerate(looks.persons) if person not in gone]
        persons = [*(looks.persons[row] for row in kept), *(change.id for change in new)]
        added = [change.sighting.embedding.vector for change in new if change.sighting]
        held = looks.embeddings if len(kept) == len(looks.persons) else looks.embeddings[kept]
        matrix = np.vstack([held, *(vector[np.newaxis] for vector in added)]) if added and held.size else np.array(added) if added else held
        self.matcher = Matcher(persons, matrix, looks.model_id)
        """Searches all looks that are held."""
        self.known, self._ignored = frozenset(persons), remembered.ignored

    def take_over_writes(self, now: float) -> None:
        """Take over what was written meanwhile, and have what was refused written again after a pause; now is in monotonic seconds."""
        if not any(change.call.is_done for change in self._changes):
            return
        waiting: list[_Change] = []
        remembered, refusal = self._remembered, None
        gone = {change.id for change in self._changes if change.stranger is None}
        for change in self._changes:
            try:
                if change.call.is_done:
                    remembered = change.call.result()
                else:
                    waiting.append(change)
            except StrangerNotFound:  # forgotten by somebody else meanwhile
                continue
            except GalleryError as error:
                if change.stranger is None or change.id not in gone:  # else it would be written again after it was deleted
                    waiting.append(change)
                refusal = error
        if len(waiting) < len(self._changes):
            self._changes = waiting
            self.take_over(remembered)
        self._refusal = self._refusal if waiting else ""
        if refusal:
            self._try_again(refusal, now)

    def recall(self, probe: Embedding, *, threshold: float, margin: float) -> Recalled | None:
        """Find the stranger nearest to a probe, where one is near enough.

        Where two are equally near the nearest is taken all the same, unlike with people: it is most often one stranger who was
        once not recalled, and who would have another id at each visit if nobody were. Only to be ignored takes certainty.

        Args:
            probe: The embedding searched for.
            threshold: Least similarity to a look, −1…1.
            margin: Least lead over the looks of another who is not ignored, ≥ 0, for the stranger to be ignored.

        Raises:
            WrongModel, ValueError: as Matcher.
        """
        nearest = self.matcher.nearest(probe)
        if nearest is None or nearest.similarity is None or nearest.similarity < threshold:
            return None
        return Recalled(nearest.person, nearest.similarity, self._is_to_be_ignored(nearest, margin))

    def meet(self, sighting: Sighting, recalled: Recalled | None) -> Stranger | None:
        """Remember a visit of the stranger whom recall() has found, or of a new one, and give them; None where none are remembered."""
        if not self.days:
            return None
        if self._refusal:
            raise GalleryError(self._refusal)
        seen = self._seen(recalled.stranger) if recalled else None
        if seen:
            again = replace(seen, last_seen_at=sighting.seen_at, seen_count=seen.seen_count + 1)
            self._best.pop(again.id, None)
            self._submit(again.id, lambda: self.store.seen_again(again.id, sighting), again, sighting)
            return again
        number = self._last_number = max(self._last_number, last_number(self.store.database)) + 1
        new = Stranger(f"{STRANGER_PREFIX}{number}", sighting.seen_at, sighting.seen_at, 1, False, 1, sighting.aligned_png is not None)  # noqa: FBT003 - in their order
        self._submit(new.id, lambda: self.store.remember(sighting, number), new, sighting)
        return new

    def improve(self, stranger: str, sighting: Sighting) -> None:
        """Keep a view of the visit that meet() noted, where it is clearly better than all before and they are still remembered."""
        if self.knows(stranger) and sighting.quality >= self._best.get(stranger, -1.0) + BETTER_BY:
            self._best[stranger] = sighting.quality
            self._submit(stranger, lambda: self.store.improve(stranger, sighting), self._seen(stranger), sighting)

    def knows(self, stranger: str) -> bool:
        """Whether this stranger is remembered."""
        return stranger in self.known

    def withdraw(self, stranger: str) -> None:
        """Delete a stranger who turned out to be somebody enrolled; the file is rid of them when that is next tried."""
        self._submit(stranger, lambda: self.store.withdraw(stranger))

    def _submit(self, stranger: str, write: Callable[[], object], after: Stranger | None = None, sighting: Sighting | None = None) -> None:
        """Have something written, and hold it in memory as if it were; what is refused at once raises, and is not held."""
        change = _Change(stranger, write, self._written(write), after, sighting)
        self._changes.append(change)
        if not change.call.is_done or len(self._changes) > 1:
            self.take_over(self._remembered)
            return
        self._changes.clear()
        try:
            self.take_over(change.call.result())
        except StrangerNotFound:  # forgotten by another process a moment ago
            self.reload()

    def _written(self, write: Callable[[], object]) -> Call[Remembered]:
        def do() -> Remembered:
            write()
            return self.read()

        return self.store.writer.submit(do)

    def _try_again(self, error: GalleryError, now: float) -> None:
        """Have all that waits written again, in its order, once the pause is over."""
        if not self._refusal:
            self._refusal, self._retry_at = str(error), now + RETRY_SECONDS
            self.on_failure(error)
        elif now >= self._retry_at:
            self._retry_at = now + RETRY_SECONDS
            for change in self._changes:
                if change.call.is_done:
                    change.call = self._written(change.write)

    def _seen(self, stranger: str) -> Stranger | None:
        """The stranger as they are with what is not yet written; None where they were forgotten a moment ago."""
        for change in reversed(self._changes):
            if change.id == stranger:
                return change.stranger
        try:
            return self.store.stranger(stranger)
        except StrangerNotFound:
            return None

    def _is_to_be_ignored(self, nearest: Nearest, margin: float) -> bool:
        certain = nearest.lead is None or nearest.lead >= margin or nearest.other_person in self._ignored
        return certain and nearest.person in self._ignored
