"""A camera whose faces are squeezed is noticed, one whose faces are not is not, however few people it sees."""

from __future__ import annotations

import itertools
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.config import Config
from edged.daemon.opening import open_attributes
from edged.pipeline.pipeline import Pipeline
from edged.pipeline.proportions import LEAST_LOOKS, LEAST_TRACKS, LOOK_SECONDS, MOST_TRACKS, ProportionWatch, shape
from edged.types import Frame, Quality, Reason
from edged.vision.pictures import read_picture
from tests.door import NEW_YEAR, shared_state
from tests.vision.test_proportions import FRONTAL, LFW, face
from tests.walking import CLIP, FPS, pictures

if TYPE_CHECKING:
    from edged.types import Uint8Array
    from edged.vision.detection_card import FaceProportions
    from edged.vision.faces import FaceReader

WIDE = (1280, 720)
HALVED = (640, 720)


@pytest.fixture(scope="module")
def usual(reader: FaceReader) -> FaceProportions:
    assert reader.detection_card.proportions
    return reader.detection_card.proportions


def show(
    watch: ProportionWatch,
    usual: FaceProportions,
    tracks: range,
    *,
    width: float = 1.0,
    looks: int = LEAST_LOOKS,
    size: tuple[int, int] = WIDE,
) -> None:
    """Show a face of this width to the watch, in so many looks of each track."""
    for track in tracks:
        for look in range(looks):
            watch.see(track, face(usual, width=width), Quality(0.9, None, FRONTAL), size, now=look * LOOK_SECONDS)


def test_faces_of_usual_proportions_say_nothing(usual: FaceProportions) -> None:
    watch = ProportionWatch(usual)
    show(watch, usual, range(20))
    assert watch.aspect is None


def test_squeezed_faces_say_which_shape_the_picture_should_have(usual: FaceProportions) -> None:
    watch = ProportionWatch(usual)
    show(watch, usual, range(LEAST_TRACKS), width=0.69, size=HALVED)  # what the detector makes of faces squeezed to half
    assert watch.aspect == "16:9"


def test_a_few_squeezed_faces_prove_nothing(usual: FaceProportions) -> None:
    watch = ProportionWatch(usual)
    show(watch, usual, range(LEAST_TRACKS - 1), width=0.69)
    show(watch, usual, range(10, 30), width=0.69, looks=LEAST_LOOKS - 1)
    assert watch.aspect is None


def test_one_track_counts_once_however_long_it_is(usual: FaceProportions) -> None:
    watch = ProportionWatch(usual)
    show(watch, usual, range(1), width=0.69, looks=500)
    show(watch, usual, range(1, LEAST_TRACKS + 1))
    assert watch.aspect is None


def test_a_camera_that_was_mended_is_soon_told_of_as_such(usual: FaceProportions) -> None:
    watch = ProportionWatch(usual)
    show(watch, usual, range(40), width=0.69)
    assert watch.aspect
    show(watch, usual, range(40, 40 + MOST_TRACKS))
    assert watch.aspect is None


@pytest.mark.parametrize(("reason", "aspect"), [(Reason.CUT_OFF, None), (Reason.TOO_SMALL, None), (Reason.TURNED_AWAY, "16:9")])
def test_what_is_refused_for_its_looks_counts_all_the_same_unless_it_is_not_seen_whole(
    usual: FaceProportions, reason: Reason, aspect: str | None
) -> None:
    watch = ProportionWatch(usual)
    for track, look in itertools.product(range(LEAST_TRACKS), range(LEAST_LOOKS)):
        watch.see(track, face(usual, width=0.69), Quality(0.0, reason, FRONTAL), HALVED, now=look * LOOK_SECONDS)
    assert watch.aspect == aspect


def test_a_network_whose_card_says_nothing_is_not_judged(usual: FaceProportions) -> None:
    watch = ProportionWatch(None)
    show(watch, usual, range(20), width=0.5)
    assert watch.aspect is None


@pytest.mark.parametrize(
    ("shown", "too_wide", "expected"),
    [
        (960 / 1080, 0.5, "16:9"),  # 1080N
        (960 / 1080, 0.62, "16:9"),  # the estimate is of too little
        (960 / 576, 1.25, "4:3"),  # 960H
        (720 / 576, 0.7, "16:9"),
        (704 / 288, 1.8, "4:3"),
        (1280 / 720, 1.33, "4:3"),
        (1280 / 720, 0.5, "3.56:1"),
        (1280 / 720, 0.2, "4.00:1"),
        (1080 / 1920, 2.0, "0.28:1"),
        (1.0, 1.7, "9:16"),
        (960 / 576, 1.18, "4:3"),
    ],
)
def test_the_suggested_shape_is_a_usual_one_where_there_is_one(shown: float, too_wide: float, expected: str) -> None:
    assert shape(shown, too_wide) == expected
    Config.model_validate({"camera": [{"aspect": expected}]})


def watched(reader: FaceReader, frames: list[Frame]) -> str | None:
    """What a real pipeline says of the proportions in these frames."""
    pipeline = Pipeline("door", reader, shared_state(reader), networks=open_attributes(Config()), max_fps=30.0)
    for frame in frames:
        pipeline.look(frame)
    return pipeline.proportions.aspect


@pytest.fixture(scope="module")
def visits() -> list[Uint8Array]:
    """Ten people, each for a second before a camera of 1280×720 pixels, with a pause between them: 80 frames."""
    if not LFW.exists():
        pytest.skip("the development data is not here")
    by_person = defaultdict(list)
    for path in sorted(LFW.rglob("*.jpg")):
        by_person[path.stem.rsplit("_", 1)[0]].append(path)
    chosen = [paths[0] for paths in by_person.values()][::40][:10]
    frames = []
    for path in chosen:
        portrait = cv2.resize(read_picture(path), (400, 400))
        for step in range(4):
            frames.append(np.full((720, 1280, 3), 90, np.uint8))
            frames[-1][160:560, 400 + 4 * step : 800 + 4 * step] = portrait
        frames += [np.full((720, 1280, 3), 90, np.uint8)] * 4
    return frames


@pytest.mark.parametrize(
    ("size", "aspects"),
    [
        ((1280, 720), {None}),
        ((640, 720), {"16:9"}),
        ((1280, 480), {"16:9"}),
        ((853, 720), {"16:9"}),
        ((1280, 360), {"16:9"}),
    ],
)
def test_real_people_before_a_camera(reader: FaceReader, visits: list[Uint8Array], size: tuple[int, int], aspects: set[str | None]) -> None:
    squeezed = [np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8) for pixels in visits]
    assert watched(reader, [Frame("door", number, NEW_YEAR, number * 0.5, pixels) for number, pixels in enumerate(squeezed)]) in aspects


@pytest.mark.parametrize("turn", [cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE])
def test_a_camera_that_hangs_on_its_side_is_not_called_squeezed(reader: FaceReader, visits: list[Uint8Array], turn: int) -> None:
    turned = [np.asarray(cv2.rotate(pixels, turn), np.uint8) for pixels in visits]
    assert watched(reader, [Frame("door", number, NEW_YEAR, number * 0.5, pixels) for number, pixels in enumerate(turned)]) is None


@pytest.mark.skipif(not CLIP.exists(), reason="the development data is not here")
def test_people_who_walk_towards_a_camera_are_not_squeezed(reader: FaceReader) -> None:
    shown = pictures()
    assert Path(CLIP).exists()
    assert watched(reader, [Frame("street", number, NEW_YEAR, number / FPS, shown[number]) for number in range(0, len(shown), 2)]) is None
