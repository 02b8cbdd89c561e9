"""The clip has the size, rate and length it says, and its truth says who is there when.

Knows no detector: that faces in it are found and told apart is for the tests of the daemon.
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from door_acts import Act, Pose, Role, comes_closer, door_acts, nobody, two_at_once
from door_clip import Scene, compose, compose_scenes, scenes_of
from door_frames import frames

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
    assert all(cv2.absdiff(*pair).mean() < 4 for pair in zip(pictures, frames(acts, portraits, (640, 360)), strict=True))


def test_the_truth_stands_beside_the_clip(portraits: Portraits, tmp_path: Path) -> None:
    path = tmp_path / "short.mp4"
    scenes = compose_scenes([nobody(0.2), two_at_once("obama", "astronaut", 0.4)], portraits, path, SMALL, fps=15)
    assert scenes == [Scene(0.0, 0.2, (), "nobody"), Scene(0.2, 0.6, ("obama", "astronaut"), "obama and astronaut at once")]
    truth = json.loads((tmp_path / "short.json").read_text(encoding="utf-8"))
    assert truth["size"] == [320, 180]
    assert truth["fps"] == 15
    assert truth["scenes"] == [
        {"start_seconds": 0.0, "end_seconds": 0.2, "people": [], "note": "nobody"},
        {"start_seconds": 0.2, "end_seconds": 0.6, "people": ["obama", "astronaut"], "note": "obama and astronaut at once"},
    ]


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


def test_another_suffix_is_refused(portraits: Portraits, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"clip\.gif: a clip is written as \.mp4 or \.avi"):
        compose_scenes([nobody(0.2)], portraits, tmp_path / "clip.gif")
