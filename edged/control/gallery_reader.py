"""Reads the gallery file into the shared state: at the start, after each change made here, and after those of other processes.

What is done with the state is not known here.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from edged.enrollment.re_embedding import unrecognised
from edged.errors import GalleryError
from edged.gallery.matcher import LookAlikes, Matcher
from edged.gallery.parting import Partings
from edged.gallery.store import display_names
from edged.gallery.template_reader import TemplateReader
from edged.pipeline.shared_state import SharedState
from edged.system.beside import finish
from edged.system.private import Private

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.gallery.memory import StrangerMemory
    from edged.gallery.rules import RuleName
    from edged.gallery.store import Gallery
    from edged.pipeline.shared_state import Rules
    from edged.system.beside import Turns
    from edged.vision.model_card import EmbedderCard

log = logging.getLogger(__name__)

SOME_UNRECOGNISED = "Somebody is not recognised, since they have no template of the network in use; 'edged check' says who and what helps."


class GalleryReader:
    """Keeps the shared state true to the file."""

    def __init__(
        self,
        gallery: Gallery,
        strangers: StrangerMemory,
        card: EmbedderCard,
        rules: Rules,
        *,
        keep_pictures: bool,
        rule: RuleName = "best",
    ) -> None:
        """Read people and strangers for the first time; card is that of the network in use; keep_pictures and rule are the configuration's.

        Raises:
            GalleryError: the file cannot be read.
        """
        self._gallery, self._card, self.rule, self._writer = gallery, card, rule, gallery.database.writer
        finish(self._writer.in_turns(gallery.changed))  # counts from before what is read now
        self._templates, self._partings = TemplateReader(gallery.database, card.id), Partings(gallery.database)
        self._is_stale = False
        self._warned_of: str | None = None
        self.on_change: Callable[[], None] = lambda: None
        """Called whenever people or strangers were read anew."""
        self.shared = SharedState(
            self._matcher(), strangers, display_names(self._gallery), rules, card.impostor_tail, keep_pictures, card.matching.decisive_lead
        )

    @property
    def look_alikes(self) -> LookAlikes:
        """From which similarity on two people are look-alikes, and the lead that they need then, by the network's card."""
        return LookAlikes(self._card.matching.look_alike_similarity, self._card.matching.look_alike_margin)

    def refresh(self) -> Turns[bool]:
        """Take over which people and strangers another process changed; whether there was anything.

        Raises:
            GalleryError: the file cannot be read; nothing was taken over, and the next call tries again.
        """
        self._is_stale |= yield from self._writer.in_turns(self._gallery.changed)
        if not self._is_stale:
            return False
        yield from self.reload(anew=False)
        self._is_stale = False
        return True

    def reload(self, *, anew: bool = True) -> Turns[None]:
        """Read people and strangers, by the writer, whom nothing overtakes that was changed before; all anew, or what is new of them.

        Raises:
            GalleryError: the file cannot be read; nothing was taken over.
        """
        strangers = self.shared.strangers
        matcher, names, remembered = yield from self._writer.in_turns(
            lambda: (self._matcher(anew=anew), display_names(self._gallery), strangers.read())
        )
        strangers.take_over(remembered)
        self.shared.matcher, self.shared.display_names = matcher, names
        self.on_change()

    def after_change(self) -> Turns[None]:
        """Take over a change that was made here. It is done: where the file cannot be read just now, the next refresh() tries again."""
        self._is_stale = True
        with suppress(GalleryError):
            yield from self.reload(anew=False)
            self._is_stale = False

    def expire(self) -> Turns[None]:
        """Forget the strangers who have not been seen for longer than they are to be remembered.

        Raises:
            GalleryError: the file cannot be written; nothing was erased.
        """
        strangers = self.shared.strangers
        erased = yield from self._writer.in_turns(lambda: strangers.store.expire(strangers.days))
        if erased:
            yield from self.reload(anew=False)
            log.info("%d strangers are forgotten, since they have not been seen for long.", erased)

    def _matcher(self, *, anew: bool = False) -> Matcher:
        rows = self._templates.read(anew=anew)
        if rows.damaged:
            log.warning("%d damaged templates are left out; enroll those people again.", len(rows.damaged))
        sentence = unrecognised(self._gallery, rows.model_id)
        if sentence and sentence != self._warned_of:
            log.warning("%s", Private(sentence, SOME_UNRECOGNISED))
        self._warned_of = sentence
        parting = self._partings.read(rows.model_id)
        return Matcher(rows.persons, rows.embeddings, rows.model_id, look_alikes=self.look_alikes, rule=self.rule, parting=parting)
