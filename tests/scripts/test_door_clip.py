"""The clip has the size, rate and length it says, is the same every time, and shows people where and when its truth says.

Knows no detector: that faces in it are found and told apart is for the tests of the daemon.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from door_clip import (
    DARK,
    Act,
    ClipError,
    Pose,
    Role,
    Scene,
    comes_closer,
    compose,
    compose_scenes,
    cut_out,
    door_acts,
    frames,
    from_dark_to_light,
    nobody,
    porch,
    read_scenes,
    scenes_of,
    two_at_once,
)

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt
    from portraits import Portraits

SMALL = (320, 180)


def read(path: Path) -> tuple[dict[str, float], list[npt.NDArray[np.uint8]]]:
    """A clip's properties and its frames."""
    capture = cv2.VideoCapture(str(path))
    about = {
        "width": capture.get(cv2.CAP_PROP_FRAME_WIDTH),
        "height": capture.get(cv2.CAP_PROP_FRAME_HEIGHT),
        "fps": capture.get(cv2.CAP_PROP_FPS),
    }
    pictures = []
    while (got := capture.read())[0]:
        pictures.append(got[1].astype(np.uint8, copy=False))
    capture.release()
    return about, pictures


def difference(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> float:
    return float(np.abs(one.astype(np.int16) - other).mean())


@pytest.mark.parametrize("suffix", [".mp4", ".avi"])
def test_a_clip_has_the_size_rate_and_length_it_was_asked_for(portraits: Portraits, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"short{suffix}"
    scenes = compose_scenes([nobody(0.4), comes_closer("obama", 1.0)], portraits, path, size=(640, 480), fps=10)
    about, pictures = read(path)
    assert about == {"width": 640, "height": 480, "fps": 10}
    assert len(pictures) == 14
    assert scenes[-1].end_seconds == 1.4


def test_compression_leaves_the_pictures_as_they_were(portraits: Portraits, tmp_path: Path) -> None:
    acts = [Act(0.4, "stands", (Role("biden", (Pose(0.0, 0.5, 200),)),))]
    compose_scenes(acts, portraits, tmp_path / "clip.mp4", size=(640, 360))
    _, pictures = read(tmp_path / "clip.mp4")
    assert all(difference(*pair) < 4 for pair in zip(pictures, frames(acts, portraits, (640, 360)), strict=True))


def test_the_same_acts_give_the_same_pixels(portraits: Portraits) -> None:
    acts = [nobody(0.2), from_dark_to_light("astronaut", 0.4)]
    once, again = (list(frames(acts, portraits, SMALL)) for _ in range(2))
    assert all(np.array_equal(*pair) for pair in zip(once, again, strict=True))


def test_the_truth_stands_beside_the_clip(portraits: Portraits, tmp_path: Path) -> None:
    path = tmp_path / "short.mp4"
    scenes = compose_scenes([nobody(0.2), two_at_once("obama", "astronaut", 0.4)], portraits, path, SMALL, fps=15)
    assert scenes == [Scene(0.0, 0.2, (), "nobody"), Scene(0.2, 0.6, ("obama", "astronaut"), "obama and astronaut at once")]
    assert read_scenes(path) == scenes
    truth = json.loads((tmp_path / "short.json").read_text(encoding="utf-8"))
    assert truth["size"] == [320, 180]
    assert truth["fps"] == 15
    assert truth["scenes"][0] == {"start_seconds": 0.0, "end_seconds": 0.2, "people": [], "note": "nobody"}


def test_the_demo_clip_shows_every_situation_in_half_a_minute(portraits: Portraits, tmp_path: Path) -> None:
    path = tmp_path / "door.mp4"
    scenes = compose(portraits, path, size=SMALL)
    _, pictures = read(path)
    assert scenes == scenes_of(door_acts())
    assert 25 <= scenes[-1].end_seconds <= 31
    assert len(pictures) == round(scenes[-1].end_seconds * 15)
    assert all(before.end_seconds == after.start_seconds for before, after in itertools.pairwise(scenes))
    assert [scene.people for scene in scenes if scene.people] == [("obama",), ("astronaut",), ("biden",), ("obama", "astronaut")]
    assert scenes[0].people == scenes[-1].people == ()


def test_the_empty_porch_stands_still(portraits: Portraits) -> None:
    empty = list(frames([nobody(0.4)], portraits, SMALL))
    assert all(difference(picture, porch(SMALL)) < 2 for picture in empty)
    assert not np.array_equal(empty[0], empty[1]), "a sensor is never quite still"


def test_a_person_grows_and_leaves(portraits: Portraits) -> None:
    empty = porch(SMALL)
    pictures = list(frames([comes_closer("obama", 2.0)], portraits, SMALL))
    changed = [np.count_nonzero(np.abs(picture.astype(np.int16) - empty).max(axis=2) > 25) for picture in pictures]
    assert changed[0] < 0.15 * changed[20]
    assert changed[0] < changed[8] < changed[16]
    assert changed[-1] < 0.5 * changed[20]


def test_the_face_stands_where_the_pose_says(portraits: Portraits) -> None:
    left = next(frames([Act(0.1, "left", (Role("astronaut", (Pose(0.0, 0.25, 120),)),))], portraits, SMALL))
    gone = next(frames([Act(0.1, "out of sight", (Role("astronaut", (Pose(0.0, 3.0, 120),)),))], portraits, SMALL))
    face = np.s_[60:90, 70:90]
    assert difference(left[face], porch(SMALL)[face]) > 30
    assert difference(gone, porch(SMALL)) < 2


def test_the_light_comes_up(portraits: Portraits) -> None:
    pictures = list(frames([from_dark_to_light("astronaut", 1.0)], portraits, SMALL))
    means = [float(picture.mean()) for picture in pictures]
    assert means[0] < (DARK + 0.05) * means[-1]
    assert means == sorted(means)


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


def test_another_suffix_is_refused(portraits: Portraits, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"clip\.gif: a clip is written as \.mp4 or \.avi"):
        compose_scenes([nobody(0.2)], portraits, tmp_path / "clip.gif")
