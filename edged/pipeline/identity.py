"""Who a verdict speaks of: a person by name, or a stranger by what is remembered of strangers.

Knows the gallery and the visits of one camera; it does not decide what is announced.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from edged.errors import GalleryError
from edged.gallery.templates import Sighting
from edged.types import Identity
from edged.vision.pictures import encode_png

if TYPE_CHECKING:
    from datetime import datetime

    from edged.gallery.memory import Recalled
    from edged.pipeline.shared_state import Rules, SharedState
    from edged.tracking.evidence import Evidence
    from edged.tracking.visits import Visits
    from edged.types import Embedding, Stranger, Verdict

log = logging.getLogger(__name__)

LEAST_REMEMBERED = -4.0
"""Typicality of the looks at a stranger from which they are remembered and found again: by less, different people are alike.

Of 262,000 pairs of different people in the same untypical view 0.2 % are alike, by decisive_lead above the threshold, where the lower
half of the face is hidden, 0.5 % where the upper half is, and at most 0.06 % in any other that is whole and upright (`viewbuild`). All who
walk by in people_walking_to_camera_1080p are above it."""


class Identifier:
    """Gives verdicts an identity: the same face the same one, while its visit goes on and, if strangers are remembered, after."""

    def __init__(self, shared: SharedState, visits: Visits) -> None:
        """Take what is known, and who is here."""
        self._shared, self._visits = shared, visits
        self._unremembered: dict[str, Embedding] = {}
        self._count = 0

    def identify(self, verdict: Verdict, evidence: Evidence, at: datetime, rules: Rules) -> Identity:
        """Say who it is that was seen at this time, aware, with these looks; a stranger who comes anew is written into the memory.

        Raises:
            ValueError: the evidence has no view, or its looks cancel each other out.
        """
        if verdict.person is not None:
            return Identity(verdict.person, verdict.person, self._shared.display_names.get(verdict.person), None)
        sighting = self._sighting(evidence, at)
        seen = sighting.embedding
        if evidence.typicality < LEAST_REMEMBERED:  # such views of different people are alike: they are neither remembered nor found again
            return self._unremembered_identity(seen, rules.match_threshold + self._shared.decisive_lead)
        threshold = rules.match_threshold + (self._shared.decisive_lead if evidence.typicality < 0 else 0.0)
        recalled = self._shared.strangers.recall(seen, threshold=threshold, margin=rules.margin)
        if recalled and (here := self._visits.find(lambda identity: identity.key == recalled.stranger)):
            return here.identity
        ignored = recalled is not None and recalled.ignored
        if stranger := self._meet(sighting, recalled):
            return Identity(stranger.id, None, None, stranger, ignored=ignored)
        if recalled and ignored:
            return Identity(recalled.stranger, None, None, None, ignored=True)
        return self._unremembered_identity(seen, threshold)

    def is_known(self, identity: Identity) -> bool:
        """Whether it is still somebody: nobody who was erased since, nor a stranger who was given a name or forgotten."""
        if identity.stranger is not None:
            return self._shared.strangers.knows(identity.stranger.id)
        return identity.person is None or identity.person in self._shared.display_names

    def improve(self, identity: Identity, evidence: Evidence, at: datetime) -> None:
        """Remember the looks at a stranger who is here, since there is a better view among them."""
        if identity.stranger is None or evidence.typicality < LEAST_REMEMBERED:
            return
        try:
            self._shared.strangers.improve(identity.stranger.id, self._sighting(evidence, at))
        except GalleryError as error:
            log.warning("The better view of %s is not kept: %s", identity.stranger.id, error)

    def withdraw(self, identity: Identity) -> None:
        """Take back what was remembered of a stranger who was none, if it was nobody before this visit."""
        if identity.stranger is None or identity.stranger.seen_count > 1:
            return
        try:
            self._shared.strangers.withdraw(identity.stranger.id)
        except GalleryError as error:
            log.warning("%s, who was none, stays remembered: %s", identity.stranger.id, error)

    def _sighting(self, evidence: Evidence, at: datetime) -> Sighting:
        """What is kept of a stranger: embedding, quality and picture of the same looks."""
        seen, best = evidence.fused(), evidence.best
        if seen is None or best is None:
            raise ValueError("There is no view to keep, or the looks cancel each other out.")
        picture = encode_png(best.face.pixels) if self._shared.stores_pictures else None
        return Sighting(seen, best.quality, at, picture, evidence.typicality)

    def _meet(self, sighting: Sighting, recalled: Recalled | None) -> Stranger | None:
        try:
            return self._shared.strangers.meet(sighting, recalled)
        except GalleryError as error:  # a full disk must not keep the event back
            log.warning("A stranger is not remembered: %s", error)
            return None

    def _unremembered_identity(self, seen: Embedding, threshold: float) -> Identity:
        here = self._visits.keys()
        self._unremembered = {key: face for key, face in self._unremembered.items() if key in here}
        for key, face in self._unremembered.items():
            if face.vector @ seen.vector >= threshold:
                return Identity(key, None, None, None)
        self._count += 1
        key = f"unremembered {self._count}"
        self._unremembered[key] = seen
        return Identity(key, None, None, None)
