"""Moments as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from edged.system.times import from_rfc3339, rfc3339, ulid
from tests.gallery.conftest import NOON


def test_text_is_utc_with_milliseconds() -> None:
    vienna = timezone(timedelta(hours=1))
    assert rfc3339(datetime(2026, 1, 31, 13, 0, 0, 123_999, tzinfo=vienna)) == "2026-01-31T12:00:00.123Z"
    assert rfc3339(datetime(2026, 1, 31, tzinfo=UTC)) == "2026-01-31T00:00:00.000Z"


def test_there_and_back() -> None:
    assert from_rfc3339(rfc3339(NOON)) == NOON
    assert from_rfc3339(rfc3339(NOON)).tzinfo is UTC


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        rfc3339(NOON.replace(tzinfo=None))


def test_ids_sort_by_time_and_are_never_the_same() -> None:
    earlier, later = ulid(NOON), ulid(NOON + timedelta(milliseconds=1))
    assert earlier < later
    assert len(earlier) == 26
    assert ulid(NOON) != earlier
