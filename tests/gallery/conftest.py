"""What every test of the gallery needs: a file, faces and a time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.gallery.store import Gallery
from edged.gallery.templates import NewTemplate
from edged.storage.database import open_database
from edged.types import Embedding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edged.storage.database import Database

NOON = datetime(2026, 1, 31, 12, 0, 0, 123_000, tzinfo=UTC)
MODEL = "face_embedding_a"
REPOSITORY = Path(__file__).parents[2]
"""Where the programs that the tests start find edged."""

PNG = b"\x89PNG\r\n\x1a\n a picture of a face, as far as the gallery can tell"


def embedding(seed: int, model_id: str = MODEL, size: int = 128) -> Embedding:
    """A reproducible face; those of different seeds are nearly orthogonal."""
    vector = np.random.default_rng(seed).standard_normal(size).astype(np.float32)
    return Embedding(vector / np.linalg.norm(vector), model_id)


def template(seed: int, *, png: bytes | None = PNG, model_id: str = MODEL) -> NewTemplate:
    """The same as a template, seen at noon."""
    return NewTemplate(embedding(seed, model_id), 0.8, "test", NOON, png)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the gallery file is; its directory is not there yet."""
    return tmp_path / "state" / "gallery.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    """An open, empty gallery file."""
    with open_database(path, busy_seconds=0.05) as database:
        yield database


@pytest.fixture
def gallery(database: Database) -> Gallery:
    """The people and templates in it."""
    return Gallery(database)
