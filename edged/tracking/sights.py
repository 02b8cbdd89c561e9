"""Sights: when and where tracks were seen lately, and whether two of them are two faces that are there at the same time.

Knows tracks, boxes and frame times; it does not know whose faces they are.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edged.types import Box

TOGETHER_LOOKS = 3
"""Latest sights of two tracks that must be of the same frames for two faces: a track that is handed over ends before the next begins, a
damaged frame shows somebody twice for a moment, and a detector's double overlaps its face."""


class Sights:
    """The latest sights of one camera's tracks."""

    def __init__(self) -> None:
        """Begin with none."""
        self._seen: dict[int, deque[tuple[float, Box]]] = {}

    def see(self, track: int, now: float, box: Box) -> None:
        """Note where a track is in the frame of monotonic time now."""
        self._seen.setdefault(track, deque(maxlen=TOGETHER_LOOKS)).append((now, box))

    def is_seen(self, track: int, now: float) -> bool:
        """Whether the frame of this time shows a track."""
        seen = self._seen.get(track)
        return seen is not None and seen[-1][0] == now

    def are_apart(self, track: int, other: int) -> bool:
        """Whether all of their latest sights show both, and apart; else they may be one face."""
        pairs = list(zip(self._seen.get(track, ()), self._seen.get(other, ()), strict=False))
        return len(pairs) == TOGETHER_LOOKS and all(at == then and not box.iou(place) for (at, box), (then, place) in pairs)

    def end(self, track: int) -> None:
        """Drop a track that ended, or follows another face from now on."""
        self._seen.pop(track, None)
