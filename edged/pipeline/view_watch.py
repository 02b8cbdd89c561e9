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
MOST_OTHERS, MOST_OTHERS_LATER = 0.2, 0.4
"""Share of the tracks that may be seen otherwise all the same, since the networks err now and then; and that once it is told."""


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
    """Remembers of each of the newest tracks how it was seen.

    degrees is the turn of the picture, counter-clockwise, in which the faces of all are upright, 0 for none or unknown; is_unusual whether
    the camera shows everybody in a way in which people are hard to tell apart.
    """

    def __init__(self) -> None:
        """Begin with nobody seen."""
        self.degrees, self.is_unusual = 0, False
        self._tracks: OrderedDict[int, _Seen] = OrderedDict()

    @property
    def unusual_share(self) -> float | None:
        """The share of the newest tracks, 0…1, seen in a way in which people are hard to tell apart; None before there are enough."""
        if len(self._tracks) < LEAST_TRACKS:
            return None
        return sum(seen.is_unusual for seen in self._tracks.values()) / len(self._tracks)

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
        if len(self._tracks) >= LEAST_TRACKS:
            self._judge()

    def _judge(self) -> None:
        turns = Counter(seen.turn for seen in self._tracks.values())
        if turns[0] <= self._most_others(is_told=self.degrees != 0):
            self.degrees = turns.most_common(1)[0][0]
        else:
            self.degrees = 0
        usual = sum(not seen.is_unusual for seen in self._tracks.values())
        self.is_unusual = usual <= self._most_others(is_told=self.is_unusual)

    def _most_others(self, *, is_told: bool) -> float:
        """Tracks that may be seen otherwise; more once it is told, so that it is not taken back and told again by each who comes."""
        return len(self._tracks) * (MOST_OTHERS_LATER if is_told else MOST_OTHERS)
