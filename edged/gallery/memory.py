"""The strangers of the gallery file held in memory: who is there again, and what of a visit is stored.

It does not know SQLite, cameras, or what is made of an answer.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from edged.errors import StrangerNotFound
from edged.gallery.matcher import Matcher

if TYPE_CHECKING:
    from edged.gallery.matcher import Nearest
    from edged.gallery.strangers import Strangers
    from edged.gallery.templates import Sighting
    from edged.types import Embedding, Stranger


class Recalled(NamedTuple):
    """A stranger who is there again: id, cosine to their nearest look, −1…1, and whether they are ignored."""

    stranger: str
    similarity: float
    ignored: bool


class StrangerMemory:
    """Recognises strangers who were seen before. Not thread-safe, as the matcher.

    recall() only searches, and may be called for every look; meet() writes to the disk, and is for once a visit. Every method but
    recall() and knows() raises GalleryError where the file cannot be read or written; nothing is changed then.
    """

    def __init__(self, store: Strangers, model_id: str, *, days: int) -> None:
        """Read the strangers of a file.

        Args:
            store: What is in the file; whoever changes it in another way calls reload().
            model_id: The model whose looks are searched.
            days: How long strangers are remembered after they were last seen; 0: none are.
        """
        self.store = store
        self._model_id, self._days = model_id, days
        self.reload()

    def reload(self) -> None:
        """Read the strangers again."""
        looks, ignored = self.store.looks(self._model_id), self.store.ignored()
        self._matcher = Matcher(looks.persons, looks.embeddings, looks.model_id)
        self._known, self._ignored = frozenset(looks.persons), ignored

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
        nearest = self._matcher.nearest(probe)
        if nearest is None or nearest.similarity is None or nearest.similarity < threshold:
            return None
        return Recalled(nearest.person, nearest.similarity, self._is_to_be_ignored(nearest, margin))

    def meet(self, sighting: Sighting, recalled: Recalled | None) -> Stranger | None:
        """Store a visit of the stranger whom recall() has found, or of a new one, and give them; None where none are remembered."""
        if not self._days:
            return None
        stranger = self._note(sighting, recalled)
        self.reload()
        return stranger

    def improve(self, stranger: str, sighting: Sighting) -> None:
        """Keep a view of the visit that meet() noted, where it is clearly better than all before and they are still remembered."""
        with suppress(StrangerNotFound):
            if self.store.improve(stranger, sighting):
                self.reload()

    def knows(self, stranger: str) -> bool:
        """Whether this stranger is remembered."""
        return stranger in self._known

    def withdraw(self, stranger: str) -> None:
        """Delete a stranger who turned out to be somebody enrolled; the file is compacted when that is next tried."""
        self.store.withdraw(stranger)
        self.reload()

    def expire(self) -> int:
        """Erase the strangers who have not been seen for longer than they are remembered, and count them."""
        erased = self.store.expire(self._days)
        if erased:
            self.reload()
        return erased

    def _note(self, sighting: Sighting, recalled: Recalled | None) -> Stranger:
        if recalled:
            with suppress(StrangerNotFound):  # forgotten by another process a moment ago
                return self.store.seen_again(recalled.stranger, sighting)
        return self.store.remember(sighting)

    def _is_to_be_ignored(self, nearest: Nearest, margin: float) -> bool:
        certain = nearest.lead is None or nearest.lead >= margin or nearest.other_person in self._ignored
        return certain and nearest.person in self._ignored
