"""How long to wait before a camera that failed is tried again.

It does not know what failed.
"""

from __future__ import annotations

import random

FIRST_PAUSE_SECONDS = 1.0
"""At least this before any further try, so that one that fails at once does not fill the log and a core."""

LONGEST_PAUSE_SECONDS = 30.0
"""At most this: somebody who has plugged the camera in again is standing at the door."""

MOST_DOUBLINGS = 10
"""More than lead to the longest pause, few enough for the power not to overflow."""


def back_off(failures: int) -> float:
    """Give the seconds to wait after so many failures in a row (from 0): doubling, and by chance up to twice as long.

    The chance keeps several cameras on one recorder from coming back all at once.
    """
    pause = min(FIRST_PAUSE_SECONDS * 2 ** min(failures, MOST_DOUBLINGS), LONGEST_PAUSE_SECONDS / 2)
    return random.uniform(pause, 2 * pause)  # noqa: S311 - not a secret
