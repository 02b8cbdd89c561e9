"""People are cut out of their portraits without their background, and a portrait that cannot be read is named."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from door_people import ClipError, cut_out

if TYPE_CHECKING:
    from pathlib import Path

    from portraits import Portraits


@pytest.mark.parametrize("person", ["obama", "biden", "astronaut"])
def test_a_cut_out_has_a_soft_edge_and_no_background(portraits: Portraits, person: str) -> None:
    actor = cut_out(portraits, person)
    opacity = actor.levels[0][..., 3]
    x, y = round(actor.face_xy[0]), round(actor.face_xy[1])
    assert opacity[y, x] == 255
    assert opacity[0].max() == 0
    assert 0 < np.count_nonzero((opacity > 0) & (opacity < 255)) < 0.05 * opacity.size
    assert len(actor.levels) > 1


def test_a_portrait_that_is_no_picture_is_told(portraits: Portraits, tmp_path: Path) -> None:
    broken = tmp_path / "biden.jpg"
    broken.write_bytes(b"not a picture")
    with pytest.raises(ClipError, match="not a readable picture"):
        cut_out(replace(portraits, biden=replace(portraits.biden, act=broken)), "biden")
