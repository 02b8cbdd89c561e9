"""Times as they stand in the file: RFC 3339 text in UTC with milliseconds, which sorts as it reads.

It does not look at a clock.
"""

from __future__ import annotations

from datetime import UTC, datetime


def to_text(time: datetime) -> str:
    """The time as `2026-01-31T12:00:00.123Z`; what is finer than a millisecond is cut off.

    Raises:
        ValueError: the time has no zone.
    """
    if time.tzinfo is None:
        raise ValueError(f"{time!r} has no time zone.")
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """The aware UTC datetime that to_text wrote."""
    return datetime.fromisoformat(text).astimezone(UTC)
