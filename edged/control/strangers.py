"""The verbs on strangers who are remembered: listed, ignored.

Who is the same stranger is not decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.control.handlers import answers
from edged.interface.strangers import IGNORE, STRANGERS, Ignore, ListStrangers, StrangerAnswer, StrangersAnswer

if TYPE_CHECKING:
    from edged.gallery.memory import StrangerMemory


class StrangerVerbs:
    """Answers what is asked of strangers."""

    def __init__(self, memory: StrangerMemory) -> None:
        """Take what is remembered."""
        self._memory = memory

    @answers(STRANGERS)
    def list(self, _form: ListStrangers) -> StrangersAnswer:
        """Everybody remembered, who was seen last first."""
        return StrangersAnswer(tuple(StrangerAnswer.of(stranger) for stranger in self._memory.store.strangers()))

    @answers(IGNORE)
    def ignore(self, form: Ignore) -> StrangerAnswer:
        """Never report a stranger again, or do.

        Raises:
            StrangerNotFound: no stranger of that id.
        """
        done = self._memory.store.ignore(form.stranger, ignored=form.ignored)
        self._memory.reload()
        return StrangerAnswer.of(done)
