"""Which looks of a stranger are kept: the best, and those that show something else."""

from __future__ import annotations

import numpy as np
import pytest

from edged.gallery.sightings import ALIKE, MOST_LOOKS, Sighting, superfluous
from edged.types import Embedding

from .conftest import MODEL, NOON, embedding


def turned(*degrees: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Looks in one plane: two are the more alike the nearer their angles are."""
    radians = np.radians(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


SAME_VIEW = float(np.degrees(np.arccos(ALIKE))) - 1.0


def test_the_first_look_is_kept() -> None:
    assert superfluous(turned(0), [0.0]) is None


def test_a_look_that_shows_something_new_is_kept_however_poor() -> None:
    assert superfluous(turned(0, 40), [0.9, 0.1]) is None


@pytest.mark.parametrize(("quality", "out"), [(0.9, 0), (0.3, 1), (0.5, 1)])
def test_of_two_looks_of_one_view_the_better_stays(quality: float, out: int) -> None:
    assert superfluous(turned(0, SAME_VIEW), [0.5, quality]) == out


def test_where_there_are_too_many_one_of_the_two_most_alike_goes() -> None:
    angles = [40.0 * number for number in range(MOST_LOOKS)]
    assert superfluous(turned(*angles), [0.5] * MOST_LOOKS) is None
    assert superfluous(turned(*angles, 70), [0.5] * MOST_LOOKS + [0.4]) == MOST_LOOKS
    assert superfluous(turned(*angles, 70), [0.5] * MOST_LOOKS + [0.6]) == 2
    assert superfluous(turned(*angles, 195), [0.5, 0.5, 0.7, 0.6, 0.5, 0.6]) == 4


def test_whatever_comes_the_best_look_stays() -> None:
    generator = np.random.default_rng(1)
    kept, best = [(embedding(0).vector, 0.5)], 0.5
    for _ in range(200):
        vector = kept[0][0] + generator.normal(0, 0.06, 128)
        kept.append(((vector / np.linalg.norm(vector)).astype(np.float32), float(generator.random())))
        best = max(best, kept[-1][1])
        out = superfluous(np.array([vector for vector, _ in kept]), [quality for _, quality in kept])
        if out is not None:
            del kept[out]
        assert len(kept) <= MOST_LOOKS
        assert max(quality for _, quality in kept) == best


@pytest.mark.parametrize("quality", [-0.1, 1.1, float("nan")])
def test_what_is_no_quality_is_refused(quality: float) -> None:
    with pytest.raises(ValueError, match="A quality is 0…1"):
        Sighting(embedding(1), quality, NOON, None)


def test_what_is_no_embedding_is_refused() -> None:
    with pytest.raises(ValueError, match="finite vector of unit length"):
        Sighting(Embedding(np.full(4, np.nan, np.float32), MODEL), 0.5, NOON, None)
