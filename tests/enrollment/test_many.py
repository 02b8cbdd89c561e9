"""Which of many looks become templates, and what is said of the others."""

from __future__ import annotations

import numpy as np

from edged.enrollment.many import FoundLook, LeftOutPicture, _chosen
from edged.types import AlignedFace, Embedding

THRESHOLD = 0.43
NOTHING = AlignedFace(np.zeros((112, 112, 3), np.uint8))


def look(where: str, direction: tuple[float, ...], quality: float = 0.9, typicality: float = 0.5) -> FoundLook:
    vector = np.zeros(8, np.float32)
    vector[: len(direction)] = direction
    return FoundLook(where, NOTHING, Embedding(vector / np.linalg.norm(vector), "m"), quality, typicality)


def chosen(*looks: FoundLook) -> tuple[list[str], list[LeftOutPicture]]:
    kept, refused = _chosen(looks, THRESHOLD)
    return [one.where for one in kept], refused


def test_a_better_picture_of_somebody_else_does_not_say_who_is_meant() -> None:
    kept, refused = chosen(look("other", (0, 0, 1), 1.0), look("a", (1, 0.3)), look("b", (1, -0.5), 0.8), look("c", (1, 1)))
    assert kept == ["a", "c", "b"]
    assert refused == [LeftOutPicture("other", "It shows somebody else than most of the pictures.")]


def test_who_is_seen_from_another_side_is_linked_by_a_look_between() -> None:
    kept, refused = chosen(look("left", (1, 0)), look("half", (1, 1), 0.8), look("right", (0, 1), 0.75))
    assert kept == ["left", "half", "right"]
    assert not refused


def test_what_shows_the_same_is_spare_and_no_more_than_five_are_chosen() -> None:
    looks = [look(str(row), (1.0, *np.eye(7)[row])) for row in range(6)]
    kept, refused = chosen(look("same", (1, 1), 0.8), *looks)
    assert len(kept) == 5
    assert "same" not in kept
    assert not refused


def test_a_poor_picture_is_better_than_none_and_worse_than_a_good_one() -> None:
    assert chosen(look("poor", (1, 0), 0.5), look("poorer", (1, 0), 0.4)) == (
        ["poor"],
        [LeftOutPicture("poorer", "Its quality is 0.40, and there are better ones.")],
    )
    assert chosen(look("poor", (1, 0), 0.5), look("good", (1, 0.6)))[0] == ["good"]
    assert chosen() == ([], [])
