"""Households with real networks: one here, one elsewhere, and one with people in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edged.storage.database import Database, open_database
from tests.control.asking import ask, sent
from tests.household import Household, household_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edged.vision.faces import FaceReader


@pytest.fixture
def elsewhere(reader: FaceReader, tmp_path: Path) -> Iterator[Household]:
    with open_database(tmp_path / "elsewhere" / "gallery.db") as database:
        yield household_of(reader, database)


@pytest.fixture
def household(control: Household, portraits: dict[str, Path]) -> Household:
    """Three people, four templates."""
    ask(control, "enroll", person="Barack", display_name="Barack O.", images=[sent(portraits["obama"]), sent(portraits["obama_again"])])
    ask(control, "enroll", person="joe", image=sent(portraits["biden"]))
    ask(control, "enroll", person="eileen", image=sent(portraits["astronaut"]))
    return control


@pytest.fixture
def control(reader: FaceReader, database: Database) -> Household:
    return household_of(reader, database)
