"""Whether pictures have colours: real people by day, by infrared light and through tinted lenses; and grey walls, which say nothing."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.camera.colours import ColourWatch, shows_colours
from edged.camera.sight import GRID
from edged.vision.pictures import read_picture
from tests.development import development_data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from edged.types import Uint8Array

NOISE = 8.0


def points(pixels: Uint8Array) -> Uint8Array:
    return np.asarray(cv2.resize(pixels, GRID, interpolation=cv2.INTER_NEAREST), np.uint8)


def noisy(values: np.typing.ArrayLike) -> Uint8Array:
    clean = np.asarray(values, np.float64)
    return np.clip(clean + np.random.default_rng(5).normal(0, NOISE, clean.shape), 0, 255).astype(np.uint8)


def grey(pixels: Uint8Array) -> Uint8Array:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)


def compressed(pixels: Uint8Array) -> Uint8Array:
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], cv2.IMREAD_COLOR), np.uint8)


def tinted(pixels: Uint8Array) -> Uint8Array:
    """As a sensor without a filter against infrared shows what its lamps light: violet all over, with much noise."""
    return noisy(0.6 * grey(pixels) * np.array([1.15, 0.9, 1.1]))


def flat(*colour: int) -> Uint8Array:
    return np.full((GRID[1], GRID[0], 3), colour, np.uint8)


@pytest.mark.parametrize(
    ("how", "shown"),
    [
        pytest.param(lambda pixels: pixels, True, id="by day"),
        pytest.param(compressed, True, id="compressed"),
        pytest.param(lambda pixels: noisy(0.3 * pixels), True, id="at dusk"),
        pytest.param(grey, False, id="grey"),
        pytest.param(lambda pixels: compressed(grey(pixels)), False, id="grey, compressed"),
        pytest.param(lambda pixels: noisy(0.5 * grey(pixels) + 60), False, id="grey and flat, with noise"),
        pytest.param(tinted, False, id="tinted"),
    ],
)
def test_people_are_seen_in_colour_or_not(portraits: dict[str, Path], how: Callable[[Uint8Array], Uint8Array], shown: bool) -> None:  # noqa: FBT001
    answers = {person: shows_colours(points(how(read_picture(path)))) for person, path in portraits.items()}
    assert set(answers.values()) == {shown}, answers


@pytest.mark.parametrize(
    "pixels",
    [
        pytest.param(flat(128, 128, 128), id="grey"),
        pytest.param(flat(170, 180, 185), id="in warm light"),
        pytest.param(noisy(flat(120, 120, 120)), id="with noise"),
        pytest.param(noisy(flat(0, 0, 0)), id="a dark yard"),
    ],
)
def test_a_wall_of_one_colour_says_nothing(pixels: Uint8Array) -> None:
    assert shows_colours(pixels) is None


def test_people_by_day_before_real_cameras_are_never_taken_for_grey() -> None:
    paths = sorted(development_data("nuaa_dev").rglob("*.jpg"))[::20]
    assert paths
    assert [path for path in paths if not shows_colours(points(read_picture(path)))] == []


COLOURED = points(np.asarray(cv2.resize(np.random.default_rng(3).integers(0, 220, (9, 16, 3), np.uint8), (640, 360)), np.uint8))
GREY, WALL = grey(COLOURED), flat(128, 128, 128)


def followed(watch: ColourWatch, *acts: tuple[Uint8Array, float], rate: float = 5.0) -> list[bool | None]:
    """What a watch says while it is shown pictures for so many seconds each, so many a second; what it repeats once."""
    said, number = [watch.has_colours], 0
    for pixels, seconds in acts:
        for _ in range(round(seconds * rate)):
            watch.look(pixels, 100.0 + number / rate)
            said.append(watch.has_colours)
            number += 1
    return [answer for answer, _ in groupby(said)]


@pytest.mark.parametrize(
    ("acts", "said"),
    [
        ([(COLOURED, 1)], [None, True]),
        ([(GREY, 1)], [None, False]),
        ([(WALL, 100), (GREY, 1)], [None, False]),
        ([(COLOURED, 1), (WALL, 1000)], [None, True]),
        ([(GREY, 1), (WALL, 1000)], [None, False]),
        ([(COLOURED, 1), (GREY, 55)], [None, True]),
        ([(COLOURED, 1), (GREY, 65)], [None, True, False]),
        ([(COLOURED, 1), *[(GREY, 50), (COLOURED, 2)] * 20], [None, True]),
        ([(COLOURED, 1), *[(GREY, 20), (WALL, 20)] * 4], [None, True, False]),
        ([(GREY, 1), (COLOURED, 2)], [None, False]),
        ([(GREY, 1), (COLOURED, 5)], [None, False, True]),
        ([(GREY, 1), *[(COLOURED, 2), (GREY, 2)] * 20], [None, False]),
    ],
)
def test_what_a_camera_shows_for_a_moment_changes_nothing(acts: Iterable[tuple[Uint8Array, float]], said: list[bool | None]) -> None:
    assert followed(ColourWatch(), *acts) == said
