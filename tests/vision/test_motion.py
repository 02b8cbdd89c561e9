"""The motion gate on real frames, and on noise, light and faces put into them."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.vision.motion import GATE_SIZE, MotionGate
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from edged.types import Uint8Array
    from edged.vision.faces import FaceReader

VIDEO = ROOT.parent / "shared" / "data" / "video"
EMPTY_AND_BACKS, VISITORS = VIDEO / "backs_and_empty_scene.mp4", VIDEO / "people_walking_to_camera_1080p.mp4"
needs_video = pytest.mark.skipif(not VIDEO.exists(), reason="the development data is not here")
FPS = 10.0
FACE = np.s_[60:190, 170:280]
"""Rows and columns of the astronaut's face."""


def frames(path: Path) -> Iterator[Uint8Array]:
    """A clip's frames, BGR."""
    capture = cv2.VideoCapture(str(path))
    while True:
        found, pixels = capture.read()
        if not found:
            return
        yield np.asarray(pixels, np.uint8)


def told(pictures: Iterable[Uint8Array], fps: float = FPS, gate: MotionGate | None = None) -> list[bool]:
    """What the gate says of each frame."""
    gate = gate or MotionGate()
    return [gate.moved(pixels, number / fps) for number, pixels in enumerate(pictures)]


def noisy(scene: Uint8Array, sigma: float, count: int) -> Iterator[Uint8Array]:
    """A still scene as a sensor with so much noise sees it."""
    generator = np.random.default_rng(1)
    for _ in range(count):
        yield np.clip(scene + sigma * generator.standard_normal(scene.shape, np.float32), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def scene(astronaut: Uint8Array) -> Uint8Array:
    """A still scene with light, dark and structure: 320×180."""
    return np.asarray(cv2.resize(astronaut, (320, 180)), np.uint8)


def with_face(scene: Uint8Array, astronaut: Uint8Array, width: int, share: float = 1.0) -> Uint8Array:
    """The scene with a face in it, so wide, and so much of it to be seen."""
    height = width * 13 // 11
    face = cv2.resize(astronaut[FACE], (width, height), interpolation=cv2.INTER_AREA)
    changed = scene.copy()
    spot = changed[-height - 5 : -5, 5 : width + 5]
    spot[:] = np.rint(spot * (1 - share) + face * share).astype(np.uint8)
    return changed


def test_the_first_frame_is_news(scene: Uint8Array) -> None:
    assert told([scene, scene]) == [True, False]


@pytest.mark.parametrize("sigma", [2, 5, 10, 20])
@pytest.mark.parametrize("light", [1.0, 0.15])
def test_noise_is_no_motion(scene: Uint8Array, sigma: float, light: float) -> None:
    assert not any(told(noisy((scene * light).astype(np.uint8), sigma, 60))[1:])


@pytest.mark.parametrize("gain", [0.5, 0.8, 1.15])
def test_a_step_of_the_exposure_is_no_motion(scene: Uint8Array, gain: float) -> None:
    dim = (scene * 0.75).astype(np.uint8)
    after = np.clip(dim * gain, 0, 255).astype(np.uint8)
    assert not any(told([*noisy(dim, 2, 20), *noisy(after, 2, 20)])[1:])


def test_flickering_light_is_no_motion_and_hides_nobody(scene: Uint8Array, astronaut: Uint8Array) -> None:
    bright = [1.0 if number % 2 else 0.85 for number in range(60)]
    empty = [(scene * gain).astype(np.uint8) for gain in bright]
    assert not any(told(empty)[1:])
    visited = [(with_face(scene, astronaut, 16) * gain).astype(np.uint8) for gain in bright[:5]]
    assert all(told([*empty, *visited])[60:])


@pytest.mark.parametrize("sigma", [0, 5, 10])
def test_a_small_face_that_appears_is_seen_at_once(scene: Uint8Array, astronaut: Uint8Array, sigma: float) -> None:
    """10 of 320 pixels: 40 of 1280."""
    visited = with_face(scene, astronaut, 10)
    assert all(told([*noisy(scene, sigma, 50), *noisy(visited, sigma, 5)])[50:])


def test_a_face_that_appears_with_a_change_of_light_is_seen(scene: Uint8Array, astronaut: Uint8Array) -> None:
    visited = (with_face(scene, astronaut, 24) * 0.7).astype(np.uint8)
    assert any(told([*noisy(scene, 2, 20), *noisy(visited, 2, 3)])[20:])


def test_what_stays_becomes_part_of_the_scene(scene: Uint8Array, astronaut: Uint8Array) -> None:
    parcel = with_face(scene, astronaut, 24)
    said = told([*[scene] * 20, *[parcel] * 900])
    assert said[20]
    assert not any(said[-100:])


def test_rain_for_long_hides_nobody(scene: Uint8Array, astronaut: Uint8Array) -> None:
    """Drops anywhere, a little brighter than what is behind them, each pixel often one of them; then somebody stands there."""
    generator = np.random.default_rng(2)

    def rained_on(picture: Uint8Array) -> Uint8Array:
        drops = generator.random(picture.shape[:2]) < 0.03
        return np.where(drops[..., None], np.uint8(255) - (255 - picture) // 5 * 4, picture)

    said = told([*(rained_on(scene) for _ in range(300)), *(rained_on(with_face(scene, astronaut, 40)) for _ in range(5))])
    assert sum(said[200:300]) < 10
    assert all(said[300:])


def test_somebody_who_moved_about_for_long_does_not_hide_the_next(scene: Uint8Array, astronaut: Uint8Array) -> None:
    restless = [with_face(scene, astronaut, 24 + 8 * (number % 2)) for number in range(300)]
    said = told([scene, *restless, *[scene] * 200, *[with_face(scene, astronaut, 24)] * 3])
    assert all(said[-3:])


def test_another_size_of_frame_begins_anew(scene: Uint8Array) -> None:
    larger = np.asarray(cv2.resize(scene, (3840, 2160)), np.uint8)
    assert told([scene, scene, larger, larger, scene]) == [True, False, True, False, True]


def test_only_the_zone_counts(scene: Uint8Array, astronaut: Uint8Array) -> None:
    visited = with_face(scene, astronaut, 40)  # at the left edge
    left = np.zeros(GATE_SIZE[::-1], bool)
    left[:, : GATE_SIZE[0] // 2] = True
    assert told([scene, visited], gate=MotionGate(left)) == [True, True]
    assert told([scene, visited], gate=MotionGate(~left)) == [True, False]


def test_a_zone_of_another_size_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="90, 160"):
        MotionGate(np.ones((160, 90), bool))


def test_a_slow_approach_is_noticed_again_and_again(scene: Uint8Array, astronaut: Uint8Array) -> None:
    """A face without a body, from 30 to 120 of 1280 pixels in 20 s, stands in for the worst visitor."""
    coming = [with_face(scene, astronaut, 8 + 22 * number // 200) for number in range(200)]
    said = told([*[scene] * 30, *coming])
    seen = [number for number, moved in enumerate(said) if moved and number >= 30]
    assert seen[0] == 30
    assert max(later - earlier for earlier, later in pairwise([*seen, 230])) <= 2 * FPS


@needs_video
def test_an_empty_room_is_still() -> None:
    assert not any(told(islice(frames(EMPTY_AND_BACKS), 55))[1:])


@needs_video
@pytest.mark.parametrize(("path", "fps", "first", "last"), [(VISITORS, 25.0, 0, 105), (EMPTY_AND_BACKS, 10.0, 640, 760)])
def test_no_face_that_can_be_found_is_left_out(reader: FaceReader, path: Path, fps: float, first: int, last: int) -> None:
    gate = MotionGate()
    faces = left_out = 0
    for number, pixels in enumerate(islice(frames(path), last)):
        moved = gate.moved(pixels, number / fps)
        if number >= first and any(min(face.box.width, face.box.height) >= 40 for face in reader.detector.detect(pixels)):
            faces += 1
            left_out += not moved
    assert faces > 0
    assert left_out == 0
