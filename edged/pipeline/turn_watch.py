"""Watches which way up the faces of a camera are: where those of all who come are turned alike, the camera is mounted so.

It knows tracks and angles only, and not what is published of it.
"""

from __future__ import annotations

from collections import Counter, OrderedDict

LEAST_TRACKS = 3
"""Tracks that must agree: one face may be a picture that somebody carries upside down."""
MOST_TRACKS = 15
"""Newest tracks that are remembered, so that a camera that was turned is soon told of as such."""
MOST_UPRIGHT = 0.2
"""Share of the tracks that may be seen upright all the same: the detector errs now and then."""


class TurnWatch:
    """Remembers of each of the newest tracks how it was seen."""

    def __init__(self) -> None:
        """Begin with nobody seen."""
        self._tracks: OrderedDict[int, Counter[int]] = OrderedDict()

    @property
    def degrees(self) -> int:
        """The turn of the picture, counter-clockwise in degrees, in which the faces of all tracks are upright; 0: none, or unknown."""
        turns = Counter(seen.most_common(1)[0][0] for seen in self._tracks.values())
        if len(self._tracks) < LEAST_TRACKS or turns[0] > MOST_UPRIGHT * len(self._tracks):
            return 0
        return turns.most_common(1)[0][0]

    def see(self, track: int, degrees: int) -> None:
        """Note that the face of a track would be upright after a turn of so many degrees counter-clockwise; 0 where it is.

        Of a track that which was seen most often counts.
        """
        self._tracks.setdefault(track, Counter())[degrees] += 1
        if len(self._tracks) > MOST_TRACKS:
            self._tracks.popitem(last=False)
