"""The verb `groups`: which of the strangers who are remembered look like one person.

How alike they have to be is not decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edged.control.handlers import answers
from edged.gallery.groups import group_threshold, groups_of
from edged.gallery.templates import TemplateRows
from edged.interface.strangers import GROUPS, GroupAnswer, GroupsAnswer, ListGroups

if TYPE_CHECKING:
    from edged.control.handlers import Steps
    from edged.pipeline.shared_state import SharedState


class GroupVerb:
    """Answers which strangers may be one person."""

    def __init__(self, shared: SharedState) -> None:
        """Compare the strangers in memory, by what the network's card says of people who are not the same."""
        self._shared = shared

    @answers(GROUPS)
    def list(self, _form: ListGroups) -> Steps[GroupsAnswer]:
        """Every group, who was seen last first; those who are ignored are in none, since nobody wants to hear of them."""
        tail, places = self._shared.impostors, self._places()
        rows = _only(self._shared.strangers.matcher.rows, places)
        found = yield from groups_of(rows, tail)
        groups = [sorted(group.strangers, key=places.__getitem__) for group in found]
        answers_ = [GroupAnswer(ids[0], tuple(ids), group.similarity) for ids, group in zip(groups, found, strict=True)]
        answers_.sort(key=lambda answer: places[answer.group])
        people = len(set(rows.persons))
        least = group_threshold(people, len(rows.persons), tail) if people > 1 else 1.0
        return GroupsAnswer(total=len(answers_), next=None, groups=tuple(answers_), threshold=least)

    def _places(self) -> dict[str, int]:
        """The ids of those who are not ignored, with their places: who was seen last first."""
        everybody = self._shared.strangers.store.strangers()
        return {stranger.id: place for place, stranger in enumerate(everybody) if not stranger.ignored}


def _only(rows: TemplateRows, wanted: dict[str, int]) -> TemplateRows:
    """The looks of those who are wanted, each one's together."""
    kept = sorted((row for row, person in enumerate(rows.persons) if person in wanted), key=lambda row: wanted[rows.persons[row]])
    return TemplateRows(rows.model_id, [rows.persons[row] for row in kept], rows.embeddings[np.array(kept, int)], [])
