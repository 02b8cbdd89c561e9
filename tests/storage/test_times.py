"""Times in the file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from edged.storage.times import from_text, to_text
from tests.gallery.conftest import NOON


def test_text_is_utc_with_milliseconds() -> None:
    vienna = timezone(timedelta(hours=1))
    assert to_text(datetime(2026, 1, 31, 13, 0, 0, 123_999, tzinfo=vienna)) == "2026-01-31T12:00:00.123Z"
    assert to_text(datetime(2026, 1, 31, tzinfo=UTC)) == "2026-01-31T00:00:00.000Z"


def test_there_and_back() -> None:
    assert from_text(to_text(NOON)) == NOON
    assert from_text(to_text(NOON)).tzinfo is UTC


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        to_text(NOON.replace(tzinfo=None))
