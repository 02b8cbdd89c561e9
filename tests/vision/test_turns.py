"""Faces in four turns: which way up they are, by the detector alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.vision.pictures import read_picture
from edged.vision.turns import Turns

if TYPE_CHECKING:
    from pathlib import Path

    from edged.vision.faces import FaceReader


@pytest.mark.parametrize(
    ("name", "quarters"), [("obama", 0), ("obama", 2), ("biden", 0), ("biden", 2), *(("astronaut", n) for n in range(4))]
)
def test_which_way_up_a_face_is(reader: FaceReader, portraits: dict[str, Path], name: str, quarters: int) -> None:
    pixels = np.ascontiguousarray(np.rot90(read_picture(portraits[name]), quarters))
    found = reader.detect(pixels)
    turns = reader.turns.look(pixels, found[0], 0.0)
    assert turns.degrees == (360 - 90 * quarters) % 360


def test_where_no_turn_shows_a_face_it_counts_as_upright() -> None:
    assert Turns((0.0, 0.0, 0.0, 0.0), None).degrees == 0
