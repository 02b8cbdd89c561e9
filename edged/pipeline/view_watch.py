"""Watches in what way a camera shows faces: which way up, and whether in a way in which people can be told apart.

It knows tracks and angles only, and not what is published of it.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass, field

LEAST_TRACKS = 3
"""Tracks that must agree: one face may be a picture that somebody carries upside down, or wear a mask."""
MOST_TRACKS = 15
"""Newest tracks that are remembered, so that a camera that was turned or cleaned is soon told of as such."""
MOST_OTHERS = 0.2
"""Share of the tracks that may be seen otherwise all the same: the networks err now and then."""


@dataclass(slots=True)
class _Seen:
    """The looks at one track: how many there were, how many were usual, and which turns would make those upright that are not."""

    looks: int = 0
    usual: int = 0
    turns: Counter[int] = field(default_factory=Counter)

    @property
    def turn(self) -> int:
        """The turn by which most looks are upright; usual ones are."""
        degrees, times = next(iter(self.turns.most_common(1)), (0, 0))
        return degrees if times > self.usual else 0

    @property
    def is_unusual(self) -> bool:
        return 2 * self.usual < self.looks


class ViewWatch:
    """Remembers of each of the newest tracks how it was seen."""

    def __init__(self) -> None:
        """Begin with nobody seen."""
        self._tracks: OrderedDict[int, _Seen] = OrderedDict()

    @property
    def degrees(self) -> int:
        """The turn of the picture, counter-clockwise in degrees, in which the faces of all tracks are upright; 0: none, or unknown."""
        turns = Counter(seen.turn for seen in self._tracks.values())
        if len(self._tracks) < LEAST_TRACKS or turns[0] > MOST_OTHERS * len(self._tracks):
            return 0
        return turns.most_common(1)[0][0]

    @property
    def unusual_share(self) -> float | None:
        """The share of the newest tracks, 0…1, seen in a way in which people are hard to tell apart; None before there are enough."""
        if len(self._tracks) < LEAST_TRACKS:
            return None
        return sum(seen.is_unusual for seen in self._tracks.values()) / len(self._tracks)

    @property
    def is_unusual(self) -> bool:
        """Whether that is the way in which the camera shows everybody."""
        share = self.unusual_share
        return share is not None and share >= 1 - MOST_OTHERS

    def see(self, track: int, degrees: int, *, usual: bool) -> None:
        """Note a look at the face of a track, which a turn by so many degrees counter-clockwise would make upright; 0 where it is.

        Of a track what was seen most often counts.
        """
        seen = self._tracks.setdefault(track, _Seen())
        seen.looks, seen.usual = seen.looks + 1, seen.usual + usual
        if degrees:
            seen.turns[degrees] += 1
        if len(self._tracks) > MOST_TRACKS:
            self._tracks.popitem(last=False)
