"""Faces drawn into copies of pictures: what is seen of them, and which files are never written over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.errors import PictureError
from edged.vision.drawing import FORMATS, LINE_BGR, FaceMark, check_drawing, drawn, save_drawing
from edged.vision.pictures import read_picture

if TYPE_CHECKING:
    from pathlib import Path

    from edged.types import Uint8Array


def grey() -> Uint8Array:
    return np.full((300, 400, 3), 90, np.uint8)


def test_a_box_and_its_points_are_drawn_into_a_copy() -> None:
    picture = grey()
    copy = drawn(picture, [FaceMark((100, 100, 200, 220), "Alice", [(150, 160)])])
    assert (picture == 90).all()
    for x, y in ((100, 150), (200, 150), (150, 220), (150, 160)):
        assert tuple(copy[y, x]) == LINE_BGR


@pytest.mark.parametrize("words", ["Alice", "Zoë Müller", "王小明"])
@pytest.mark.parametrize("box", [(100, 100, 200, 220), (0, 0, 60, 60), (380, 100, 430, 180), (-40, -30, 40, 60)])
def test_words_stand_beside_a_face_also_at_the_edge(words: str, box: tuple[int, int, int, int]) -> None:
    without, copy = drawn(grey(), [FaceMark(box, "")]), drawn(grey(), [FaceMark(box, words)])
    rows, columns = np.nonzero((copy != without).any(axis=2))
    assert len(rows) > 100
    assert abs(rows.mean() - max(0, box[1])) < 40
    assert columns.min() >= 0


@pytest.mark.parametrize("other", [(220, 100, 280, 180), (200, 105, 260, 190), (110, 110, 190, 210)])
def test_words_of_faces_close_together_are_all_read_in_full(other: tuple[int, int, int, int]) -> None:
    """Two people who stand side by side have words that are wider than their boxes, one above the other's."""
    first, second = FaceMark((100, 100, 200, 220), "Alice 0.77, 43-68 years, male"), FaceMark(other, "Bob 0.96, 20-45 years")
    without, alone = drawn(grey(), [FaceMark(first.box, ""), FaceMark(other, "")]), drawn(grey(), [first, FaceMark(other, "")])
    together = drawn(grey(), [first, second])
    words = (alone != without).any(axis=2)
    assert (together[words] == alone[words]).all()
    assert ((together != alone).any(axis=2)).sum() > words.sum() / 3, "the words of the other stand elsewhere"


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_drawing_is_a_picture_of_the_format_that_its_name_ends_in(tmp_path: Path, suffix: str) -> None:
    save_drawing(grey(), tmp_path / f"copy{suffix}")
    assert read_picture(tmp_path / f"copy{suffix}").shape == (300, 400, 3)
    assert [path.name for path in tmp_path.iterdir()] == [f"copy{suffix}"]


def test_a_file_that_is_there_is_written_over_only_where_that_is_wanted_and_the_picture_itself_never(tmp_path: Path) -> None:
    source, there = tmp_path / "source.png", tmp_path / "there.png"
    save_drawing(grey(), source)
    save_drawing(grey(), there)
    with pytest.raises(PictureError, match="or give --overwrite"):
        check_drawing(there, source, overwrite=False)
    check_drawing(there, source, overwrite=True)
    with pytest.raises(PictureError, match="is the picture itself"):
        check_drawing(source, source, overwrite=True)
    with pytest.raises(PictureError, match=r"no name for a picture; end it in \.jpg"):
        check_drawing(tmp_path / "copy.txt", source, overwrite=False)


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="cannot be written"):
        save_drawing(grey(), tmp_path / "gone" / "copy.png")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(PictureError, match="cannot be written"):
        save_drawing(grey(), tmp_path / "folder.png")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.png"]
