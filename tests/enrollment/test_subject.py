"""Which face is meant where several are seen: the largest that is one, and whole; and who is in the way of it."""

from __future__ import annotations

import numpy as np
import pytest

from edged.enrollment.subject import Subject, find_subject
from edged.types import Box, Detection, Landmarks, Quality, Reason

POINTS = Landmarks(("nose_tip",), np.zeros((1, 2), np.float32))
GOOD, POOR, CUT = Quality(0.9, None), Quality(0.3, None), Quality(0.6, Reason.CUT_OFF)


def found(*faces: tuple[float, float, Quality]) -> Subject | None:
    """Who is meant of faces of these widths, scores and views."""
    detections = [Detection(Box(0, 0, width, width), POINTS, score) for width, score, _ in faces]
    return find_subject(detections, lambda row: faces[row][2], lambda row: faces[row][2])


@pytest.mark.parametrize(
    ("faces", "subject"),
    [
        ((), None),
        (((100, 0.9, GOOD),), Subject(0, (), ())),
        (((100, 0.71, POOR),), Subject(0, (), ())),
        (((90, 0.9, GOOD), (100, 0.9, GOOD)), Subject(1, (0,), ())),
        (((100, 0.9, GOOD), (45, 0.9, GOOD)), Subject(0, (), ())),
        (((100, 0.9, GOOD), (90, 0.9, POOR)), Subject(0, (), (1,))),
        (((100, 0.9, GOOD), (90, 0.9, CUT), (80, 0.9, GOOD)), Subject(0, (2,), (1,))),
        (((130, 0.71, POOR), (100, 0.9, GOOD)), Subject(1, (), (0,))),
        (((300, 0.71, POOR), (100, 0.9, GOOD)), Subject(1, (), (0,))),
        (((130, 0.9, CUT), (100, 0.9, GOOD)), Subject(1, (), (0,))),
        (((130, 0.9, CUT), (60, 0.9, GOOD)), Subject(0, (), ())),
        (((130, 0.9, POOR), (100, 0.9, GOOD)), Subject(0, (1,), ())),
        (((130, 0.9, CUT), (100, 0.9, CUT)), Subject(0, (), (1,))),
    ],
)
def test_who_is_meant(faces: tuple[tuple[float, float, Quality], ...], subject: Subject | None) -> None:
    assert found(*faces) == subject
