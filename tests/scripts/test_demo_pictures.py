"""Boxes and captions stay within the frame and leave the face free; a contact sheet holds every picture."""

from __future__ import annotations

import numpy as np
import pytest
from demo_pictures import annotate, ascii_only, contact_sheet

from tests.scripts.payloads import RECOGNISED


@pytest.mark.parametrize("size", [(1280, 720), (640, 480), (160, 120), (40, 30)])
@pytest.mark.parametrize(
    "box",
    [
        [412, 96, 561, 288],
        [0, 0, 200, 200],
        [1100, 0, 1280, 720],
        [0, 600, 300, 720],
        [-80, -40, 90, 100],
        [1200, 650, 1400, 800],
        [0, 0, 1280, 720],
        [2000, 2000, 2100, 2100],
        [300, 300, 300, 300],
        None,
    ],
)
def test_drawings_stay_in_the_frame(size: tuple[int, int], box: list[int] | None) -> None:
    frame = np.full((size[1], size[0], 3), 127, np.uint8)
    picture = annotate(
        frame, {**RECOGNISED, "box": box, "display_name": "A name that goes on and on, far beyond every frame and still further"}
    )
    assert picture.shape == frame.shape
    assert picture.dtype == np.uint8
    assert (picture != frame).any()
    assert (frame == 127).all(), "the frame itself is left alone"


def test_the_box_is_scaled_to_the_frame() -> None:
    picture = annotate(np.zeros((360, 640, 3), np.uint8), RECOGNISED)
    assert tuple(picture[143, 210]) == (80, 200, 80)
    assert not picture[100:140, 215:270].any(), "nothing is drawn over the face"


def test_an_event_without_anything_is_still_drawn() -> None:
    assert annotate(np.zeros((120, 160, 3), np.uint8), {}).any()


def test_strangers_and_people_have_their_own_colours() -> None:
    frame = np.zeros((720, 1280, 3), np.uint8)
    assert not np.array_equal(
        annotate(frame, {**RECOGNISED, "display_name": "stranger"}), annotate(frame, {**RECOGNISED, "event_type": "stranger"})
    )


DRAWN = {
    "Zoë": "Zoe",
    "Straße": "Strasse",
    "Łukasz Żak": "Lukasz Zak",
    "Søren": "Soren",
    "田中": "??",
    "a\nb": "a?b",
    "O\u2019Neil": "O'Neil",
}


@pytest.mark.parametrize(("name", "drawn"), DRAWN.items())
def test_names_become_ascii_for_drawing(name: str, drawn: str) -> None:
    assert ascii_only(name) == drawn


@pytest.mark.parametrize(("count", "shape"), [(1, (52, 80)), (2, (52, 152)), (4, (96, 224))])
def test_a_contact_sheet_holds_all_pictures(count: int, shape: tuple[int, int]) -> None:
    pictures = [np.full((72, 128, 3), 40 * (i + 1), np.uint8) for i in range(count)]
    sheet = contact_sheet(pictures, columns=3, cell_width=64)
    assert sheet.shape == (*shape, 3)
    assert all((sheet == 40 * (i + 1)).any() for i in range(count))


def test_a_contact_sheet_takes_pictures_of_any_shape() -> None:
    contact_sheet([np.zeros((72, 128, 3), np.uint8), np.zeros((300, 20, 3), np.uint8), np.zeros((5, 900, 3), np.uint8)], cell_width=64)


def test_a_contact_sheet_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one picture"):
        contact_sheet([])
