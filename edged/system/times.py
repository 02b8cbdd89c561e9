"""Moments as text: RFC 3339 for files and messages, and ids that sort by the time they were given.

It does not look at a clock.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Digits of base 32, without the letters that are taken for others (crockford.com/base32.html)."""
RANDOM_BITS = 80
"""Bits of an id that are not its time."""


def rfc3339(moment: datetime) -> str:
    """Write a moment as `2026-01-31T12:00:00.123Z`, which sorts as it reads; what is finer than a millisecond is cut off.

    Raises:
        ValueError: the moment has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone.")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_rfc3339(text: str) -> datetime:
    """Read a moment that rfc3339() wrote, as an aware one in UTC.

    Raises:
        ValueError: the text is no moment.
    """
    return datetime.fromisoformat(text).astimezone(UTC)


def ulid(moment: datetime) -> str:
    """Make a unique id that sorts by time: 48 bits of milliseconds and 80 random ones in Crockford's base 32 (github.com/ulid/spec)."""
    number = (max(0, int(moment.timestamp() * 1000)) << RANDOM_BITS) | secrets.randbits(RANDOM_BITS)
    return "".join(CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))
