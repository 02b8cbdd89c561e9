"""Tracks: which detection of this frame is the same face as which one of the frames before.

Knows boxes and frame times; nothing here knows whose face it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edged.types import Box


@dataclass(frozen=True, slots=True)
class Tracked:
    """The outcome of one frame: a track id for each detection in its order, and the tracks that ended."""

    tracks: tuple[int, ...]
    lost: tuple[int, ...]


@dataclass(slots=True)
class _Track:
    box: Box
    seen_at: float


class Tracker:
    """Greedy association by overlap, best pair first.

    As in Bochinski et al., "High-speed tracking-by-detection without using image information", AVSS 2017, with
    lifetimes in seconds, so that the frame rate does not matter.
    """

    def __init__(self, *, min_iou: float = 0.2) -> None:
        """Set how much the boxes of one face must overlap from frame to frame, 0…1.

        Fast walkers at 5 frames a second still overlap by 0.2; faces side by side do not overlap at all.
        """
        self._min_iou = min_iou
        self._tracks: dict[int, _Track] = {}
        self._next = 1

    def update(self, boxes: Sequence[Box], now: float, lost_after_seconds: float) -> Tracked:
        """Continue, begin and end tracks with the boxes of the frame at monotonic time now, seconds.

        A track ends when it was not seen for longer than lost_after_seconds.
        """
        lost = self._expire(now - lost_after_seconds)
        chosen = self._associate(boxes)
        tracks = tuple(chosen.get(row) or self._begin() for row in range(len(boxes)))
        for track, box in zip(tracks, boxes, strict=True):
            self._tracks[track] = _Track(box, now)
        return Tracked(tracks, lost)

    def _expire(self, seen_before: float) -> tuple[int, ...]:
        lost = tuple(track for track, state in self._tracks.items() if state.seen_at < seen_before)
        for track in lost:
            del self._tracks[track]
        return lost

    def _associate(self, boxes: Sequence[Box]) -> dict[int, int]:
        pairs = [
            (overlap, row, track)
            for row, box in enumerate(boxes)
            for track, state in self._tracks.items()
            if (overlap := box.iou(state.box)) >= self._min_iou
        ]
        chosen: dict[int, int] = {}
        for _, row, track in sorted(pairs, reverse=True):
            if row not in chosen and track not in chosen.values():
                chosen[row] = track
        return chosen

    def _begin(self) -> int:
        self._next += 1
        return self._next - 1
