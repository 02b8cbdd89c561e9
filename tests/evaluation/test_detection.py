"""Average precision on boxes that were written out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edged.errors import LabelsError
from edged.evaluation.detection import ScoredPicture, average_precision, precision_curve, read_boxes
from edged.types import Box

if TYPE_CHECKING:
    from pathlib import Path

HERE, THERE, SMALL = Box(0, 0, 100, 100), Box(200, 0, 300, 100), Box(400, 0, 410, 10)


def ap(found: list[tuple[Box, float]], labelled: list[Box]) -> float:
    return average_precision(precision_curve([ScoredPicture(found, labelled)], 20)).ap


@pytest.mark.parametrize(
    ("found", "labelled", "expected"),
    [
        ([(HERE, 0.9), (THERE, 0.8)], [HERE, THERE], 1.0),
        ([(HERE, 0.9)], [HERE, THERE], 0.5),
        ([], [HERE], 0.0),
        ([(HERE, 0.9)], [], 0.0),
        ([(THERE, 0.9), (HERE, 0.8)], [HERE], 0.5),
        ([(HERE, 0.9), (THERE, 0.8)], [HERE], 1.0),
        ([(HERE, 0.9), (HERE, 0.8), (THERE, 0.7)], [HERE, THERE], 0.5 + 0.5 * 2 / 3),
        ([(SMALL, 0.9), (HERE, 0.8)], [HERE, SMALL], 1.0),
    ],
    ids=["all", "one missed", "none found", "none there", "false first", "false last", "twice", "small ones do not count"],
)
def test_average_precision(found: list[tuple[Box, float]], labelled: list[Box], expected: float) -> None:
    assert ap(found, labelled) == pytest.approx(expected)


def test_recall_and_faces_are_counted_over_all_pictures() -> None:
    figures = average_precision(precision_curve([ScoredPicture([(HERE, 0.9)], [HERE, SMALL]), ScoredPicture([], [THERE])], 20))
    assert (figures.recall, figures.faces) == (0.5, 2)


def test_a_curve_takes_the_boxes_of_all_pictures_by_their_scores() -> None:
    curve = precision_curve([ScoredPicture([(HERE, 0.7)], [HERE]), ScoredPicture([(HERE, 0.9), (THERE, 0.8)], [HERE, SMALL])], 20)
    assert curve.scores == (0.9, 0.8, 0.7)
    assert curve.precision == pytest.approx((1.0, 1 / 2, 2 / 3))
    assert (curve.recall, curve.faces) == ((0.5, 0.5, 1.0), 2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"a.jpg": {}}',
        '{"a.jpg": {"size": [1, 2], "boxes_xyxy": [[1, 2, 3]]}}',
        '{"a.jpg": {"size": [1, 2], "boxes_xyxy": [[NaN, 2, 3, 4]]}}',
    ],
)
def test_what_is_no_list_of_boxes_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "boxes.json").write_text(text)
    with pytest.raises(LabelsError, match=r"boxes\.json"):
        read_boxes(tmp_path / "boxes.json")
    with pytest.raises(LabelsError, match="cannot be read"):
        read_boxes(tmp_path / "gone.json")
