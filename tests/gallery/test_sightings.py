"""What a sighting of a stranger may be."""

from __future__ import annotations

import numpy as np
import pytest

from edged.gallery.sightings import Sighting
from edged.types import Embedding
from tests.gallery.conftest import MODEL, NOON, embedding


@pytest.mark.parametrize("quality", [-0.1, 1.1, float("nan")])
def test_what_is_no_quality_is_refused(quality: float) -> None:
    with pytest.raises(ValueError, match="A quality is 0…1"):
        Sighting(embedding(1), quality, NOON, None)


def test_what_is_no_embedding_is_refused() -> None:
    with pytest.raises(ValueError, match="finite vector of unit length"):
        Sighting(Embedding(np.full(4, np.nan, np.float32), MODEL), 0.5, NOON, None)
