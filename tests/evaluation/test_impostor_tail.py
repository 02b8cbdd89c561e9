"""The tail of strangers: a line in the logarithm of the rate, there and back."""

from __future__ import annotations

import pytest

from edged.evaluation.impostor_tail import ImpostorTail

TAIL = ImpostorTail((0.3, 0.4, 0.5), (1e-2, 1e-3, 1e-4), fused_offset=0.02)


@pytest.mark.parametrize(
    ("rate", "similarity"),
    [(1e-2, 0.32), (1e-3, 0.42), (10**-2.5, 0.37), (1e-5, 0.62), (1e-1, 0.22), (1e-12, 1.0)],
    ids=["first point", "second point", "between", "beyond the rarest", "before the most frequent", "no similarity is above 1"],
)
def test_a_rate_has_its_similarity(rate: float, similarity: float) -> None:
    assert TAIL.similarity_at(rate) == pytest.approx(similarity)


@pytest.mark.parametrize("rate", [0.5, 1e-2, 3e-3, 1e-4, 1e-6])
def test_from_a_rate_to_its_similarity_and_back(rate: float) -> None:
    assert TAIL.rate_at(TAIL.similarity_at(rate)) == pytest.approx(rate)


def test_no_rate_is_above_one() -> None:
    assert TAIL.rate_at(-1.0) == 1.0


@pytest.mark.parametrize(
    ("similarities", "rates", "offset"),
    [
        ((0.3,), (1e-2,), 0.0),
        ((0.4, 0.3), (1e-2, 1e-3), 0.0),
        ((0.3, 0.4), (1e-3, 1e-2), 0.0),
        ((0.3, 0.4), (1e-2, 1e-3, 1e-4), 0.0),
        ((0.3, 1.0), (1e-2, 1e-3), 0.0),
        ((0.3, 0.4), (1.0, 1e-3), 0.0),
        ((0.3, 0.4), (1e-2, 0.0), 0.0),
        ((0.3, 0.4), (1e-2, 1e-3), -0.1),
    ],
)
def test_what_is_no_tail_is_a_mistake(similarities: tuple[float, ...], rates: tuple[float, ...], offset: float) -> None:
    with pytest.raises(ValueError, match="needs rising similarities"):
        ImpostorTail(similarities, rates, offset)
