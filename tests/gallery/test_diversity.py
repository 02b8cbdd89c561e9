"""Which looks of one face are kept: the best, and those that show something else."""

from __future__ import annotations

import numpy as np
import pytest

from edged.gallery.diversity import ALIKE, redundant, superfluous
from tests.gallery.conftest import embedding

MOST = 5


def turned(*degrees: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Looks in one plane: two are the more alike the nearer their angles are."""
    radians = np.radians(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


def out_of(looks: np.ndarray[tuple[int, ...], np.dtype[np.float32]], qualities: list[float]) -> int | None:
    """The row that is done without."""
    found = superfluous(looks, qualities, most=MOST)
    return found.row if found else None


SAME_VIEW = float(np.degrees(np.arccos(ALIKE))) - 1.0


def test_the_first_look_is_kept() -> None:
    assert out_of(turned(0), [0.0]) is None


def test_a_look_that_shows_something_new_is_kept_however_poor() -> None:
    assert out_of(turned(0, 40), [0.9, 0.1]) is None


@pytest.mark.parametrize(("quality", "out"), [(0.9, 0), (0.3, 1), (0.5, 1)])
def test_of_two_looks_of_one_view_the_better_stays(quality: float, out: int) -> None:
    assert out_of(turned(0, SAME_VIEW), [0.5, quality]) == out


def test_where_there_are_too_many_one_of_the_two_most_alike_goes() -> None:
    angles = [40.0 * number for number in range(MOST)]
    assert out_of(turned(*angles), [0.5] * MOST) is None
    assert out_of(turned(*angles, 70), [0.5] * MOST + [0.4]) == MOST
    assert out_of(turned(*angles, 70), [0.5] * MOST + [0.6]) == 2
    assert out_of(turned(*angles, 195), [0.5, 0.5, 0.7, 0.6, 0.5, 0.6]) == 4


def test_whatever_comes_the_best_look_stays() -> None:
    generator = np.random.default_rng(1)
    kept, best = [(embedding(0).vector, 0.5)], 0.5
    for _ in range(200):
        vector = kept[0][0] + generator.normal(0, 0.06, 128)
        kept.append(((vector / np.linalg.norm(vector)).astype(np.float32), float(generator.random())))
        best = max(best, kept[-1][1])
        out = out_of(np.array([vector for vector, _ in kept]), [quality for _, quality in kept])
        if out is not None:
            del kept[out]
        assert len(kept) <= MOST
        assert max(quality for _, quality in kept) == best


def test_all_that_is_redundant_goes_with_how_alike_it_was() -> None:
    looks = turned(0, SAME_VIEW, 90, 90 + SAME_VIEW / 2, 180)
    out = redundant(looks, [0.5, 0.6, 0.5, 0.4, 0.1], most=MOST)
    assert sorted(one.row for one in out) == [0, 3]
    assert all(
        one.similarity == pytest.approx(float(looks[one.row] @ looks[other]), abs=1e-6) for one, other in zip(out, (2, 1), strict=True)
    )
    assert redundant(looks[:0], [], most=MOST) == []


def test_no_more_are_kept_than_have_a_place() -> None:
    angles = [30.0 * number for number in range(12)]
    for most in (1, 2, 7):
        assert len(redundant(turned(*angles), [0.5] * 12, most=most)) == 12 - most
