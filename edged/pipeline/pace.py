"""The pace of one camera: whether a frame is worth a look, from what moved and who is in view.

Knows counts and frame times only, so that a clip gives the same answers at any speed; it does not know pixels or a clock.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from statistics import median

IDLE_SECONDS, LINGER_SECONDS, SETTLED_SECONDS = 2.0, 1.5, 10.0
"""Seconds between two looks at a scene in which nothing moves: a face that fades in over 10 s is no motion to the gate; seconds for which
motion keeps its rate after it has ended: people stop before they turn to the door; and those from which another look at a face without a
verdict says little more: a poster, or somebody far away."""
SETTLED_FPS, LEAST_FPS = 5.0, 1.0
"""Looks per second where every face has its verdict: whoever joins them or leaves is noticed within 0.2 s, and who it was whose track
breaks since they walk fast is found again; and those at any slowdown while there is something to see: the door is still watched."""
LOOKS_PER_LIFETIME, SLACK = 2.0, 0.25
"""Looks at a face in view, at least, before it would count as gone: one look that misses it loses nobody; and part of the fastest
interval by which a frame may come early: cameras jitter, and a strict limit would drop every second frame."""
INTERVALS_PER_LIFETIME, LAST_INTERVALS, LONGEST_LIFETIME_SECONDS = 2.5, 5, 60.0
"""Intervals of the camera's own for which a face lives unseen at least, so that one look that misses it loses nobody there either; how many
are remembered to know what is usual; and seconds that a slow camera keeps somebody at most."""


@dataclass(frozen=True, slots=True)
class InView:
    """The living tracks of a camera after the last look: how many have no verdict, how many have one, and how many of both it missed."""

    undecided: int
    decided: int
    lost: int


class Lifetime:
    """How long a face lives unseen: as the rules say, but through some frames of a camera that gives few.

    What is usual is a median, so that a pause or a camera that was gone for a while changes nothing.
    """

    def __init__(self) -> None:
        """Begin without a frame."""
        self._at = -math.inf
        self._intervals: deque[float] = deque(maxlen=LAST_INTERVALS)
        self._least = 0.0

    def note(self, now: float) -> None:
        """Note that a new picture was taken at this monotonic time; the same one may be noted again."""
        if now <= self._at:
            return
        if self._at > -math.inf:
            self._intervals.append(now - self._at)
            self._least = min(INTERVALS_PER_LIFETIME * median(self._intervals), LONGEST_LIFETIME_SECONDS)
        self._at = now

    def seconds(self, lost_after_seconds: float) -> float:
        """Give the seconds, where the rules say lost_after_seconds."""
        return max(lost_after_seconds, self._least)


class Pace:
    """Decides frame by frame; at most max_fps looks per second, fewer where they cannot change an answer."""

    def __init__(self, max_fps: float) -> None:
        """Begin with a look at the first frame.

        Raises:
            ValueError: max_fps is not positive.
        """
        if max_fps <= 0:
            raise ValueError(f"max_fps must be positive: {max_fps}")
        self._shortest = 1.0 / max_fps
        self._looked_at = self._moved_at = -math.inf

    def is_due(self, now: float, in_view: InView, lost_after_seconds: float, *, moved: bool, slowdown: float) -> bool:
        """Whether the frame of monotonic time now, which never goes back, is to be looked at; moved is whether something moved in it.

        A track lives unseen for lost_after_seconds. Intervals are stretched by the factor slowdown, 1 and more.
        """
        if moved:
            self._moved_at = now
        interval = self._interval(now, in_view, lost_after_seconds, slowdown)
        due = self._looked_at + interval
        if now < due - SLACK * self._shortest:
            return False
        self._looked_at = max(due, now - self._shortest)  # of the schedule, so that frames that come early do not raise the rate
        return True

    def _interval(self, now: float, in_view: InView, lost_after_seconds: float, slowdown: float) -> float:
        faces = in_view.undecided + in_view.decided
        still_seconds = now - self._moved_at
        if not faces and still_seconds > LINGER_SECONDS:
            return max(IDLE_SECONDS, self._shortest)
        settled = faces and not in_view.lost and (not in_view.undecided or still_seconds > SETTLED_SECONDS)
        wanted = slowdown * max(self._shortest, 1.0 / SETTLED_FPS if settled else 0.0)
        longest = min(1.0 / LEAST_FPS, lost_after_seconds / LOOKS_PER_LIFETIME) if faces else 1.0 / LEAST_FPS
        return max(self._shortest, min(wanted, longest))
