"""A picture on a wall is told as still after two minutes, in noise and changing light; a person who sits, turns or is passed by is not."""

from __future__ import annotations

from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.config import Config
from edged.daemon.opening import open_attributes
from edged.interface.events import event_fields
from edged.pipeline.pipeline import Pipeline
from edged.pipeline.stillness import FORMER_SECONDS, PASSING_SECONDS, STILL_SECONDS, Stillness
from edged.types import Frame, Presence
from tests.door import NEW_YEAR, RULES, film, shared_state, stands, summaries

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from edged.types import Box, Event, Uint8Array
    from edged.vision.faces import FaceReader

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
STEP = 0.5
"""Seconds between two frames."""
LOOKS = round(2.5 * STILL_SECONDS / STEP)


def at(number: int, pixels: Uint8Array) -> Frame:
    return Frame("front", number, NEW_YEAR, number * STEP, pixels)


def boxed(reader: FaceReader, pictures: Iterable[Uint8Array]) -> list[tuple[Uint8Array, Box]]:
    """Pictures with the box of their largest face, without those that show none."""
    return [(pixels, found[0].box) for pixels in pictures if (found := reader.detect(pixels))]


def still(stillness: Stillness, views: Iterable[tuple[Uint8Array, Box]], begin: int = 0) -> list[bool]:
    """After each of these views of track 1 whether it is still."""
    told = []
    for number, (pixels, box) in enumerate(views, start=begin):
        stillness.look(at(number, pixels), 1, box)
        told.append(stillness.is_still(1))
    return told


def forth_and_back(views: Sequence[tuple[Uint8Array, Box]], looks: int = LOOKS) -> list[tuple[Uint8Array, Box]]:
    """So many views, over and over without a cut."""
    return list(islice(cycle([*views, *reversed(views[1:-1])]), looks))


def noisy(pixels: Uint8Array, sigma: float, quality: int, flicker: float, count: int = 60) -> list[Uint8Array]:
    """A picture as a camera sees it again and again."""
    random, seen = np.random.default_rng(1), []
    for number in range(count):
        light = 1 + flicker * np.sin(number / 9)
        changed = np.clip(pixels * light + random.normal(0, sigma, pixels.shape), 0, 255).astype(np.uint8)
        jpeg = cv2.imencode(".jpg", changed, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        seen.append(np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8))
    return seen


@pytest.fixture(scope="module")
def hung() -> Uint8Array:
    """A portrait on a wall, its face 50 px wide."""
    return film(stands("astronaut", 0.1, x=0.6, face_px=100.0))[0].pixels


@pytest.mark.parametrize(("sigma", "quality", "flicker"), [(0, 95, 0.0), (3, 90, 0.0), (8, 80, 0.0), (15, 60, 0.0), (8, 80, 0.3)])
def test_a_picture_is_still_after_two_minutes(reader: FaceReader, hung: Uint8Array, sigma: float, quality: int, flicker: float) -> None:
    told = still(Stillness(), forth_and_back(boxed(reader, noisy(hung, sigma, quality, flicker))))
    first = told.index(True)
    assert first * STEP == pytest.approx(STILL_SECONDS, abs=1.0)
    assert all(told[first:])


def sequences() -> list[Path]:
    return sorted((DATA / "nuaa_dev" / "live").glob("*"))


@pytest.mark.skipif(not sequences(), reason="the development data is not there")
def test_nobody_who_sits_before_a_camera_is_still(reader: FaceReader) -> None:
    for folder in sequences():
        files = sorted(folder.iterdir(), key=lambda file: int(file.stem.rpartition("_")[2]))
        views = boxed(reader, (np.asarray(cv2.imread(str(file)), np.uint8) for file in files))
        assert len(views) > 20
        assert not any(still(Stillness(), forth_and_back(views))), folder.name


@pytest.mark.skipif(not (DATA / "video" / "turning").is_dir(), reason="the development data is not there")
@pytest.mark.parametrize("name", ["live_1.mov", "live_2.mov", "live_3.mp4"])
def test_nobody_who_turns_the_head_is_still(reader: FaceReader, name: str) -> None:
    capture, pictures = cv2.VideoCapture(str(DATA / "video" / "turning" / name)), []
    while (read := capture.read())[0]:
        pictures.append(np.asarray(cv2.resize(read[1], None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA), np.uint8))
    assert not any(still(Stillness(), forth_and_back(boxed(reader, pictures[::10]))))


def test_who_passes_before_a_picture_does_not_wake_it_and_another_picture_does(reader: FaceReader, hung: Uint8Array) -> None:
    [(_, box)] = boxed(reader, [hung])
    stillness, hidden = Stillness(), hung.copy()
    hidden[:, : hung.shape[1] // 2 + 60] = 30
    assert still(stillness, [(hung, box)] * LOOKS)[-1]
    passing = round(PASSING_SECONDS / STEP) - 1
    assert all(still(stillness, [(hidden, box)] * passing + [(hung, box)] * 10, begin=LOOKS))
    assert not still(stillness, [(hidden, box)] * (2 * passing + 4), begin=LOOKS + passing + 10)[-1]


def test_a_face_that_moves_off_is_not_still(reader: FaceReader, hung: Uint8Array) -> None:
    [(_, box)] = boxed(reader, [hung])
    stillness = Stillness()
    assert still(stillness, [(hung, box)] * LOOKS)[-1]
    moved = np.roll(hung, -120, axis=1)
    aside = type(box)(box.x1 - 120, box.y1, box.x2 - 120, box.y2)
    assert not still(stillness, [(moved, aside)] * 20, begin=LOOKS)[-1]
    stillness.end(1)
    assert not stillness.is_still(1)


def test_a_picture_that_was_hidden_for_longer_is_known_again_and_whoever_sits_there_is_not(reader: FaceReader, hung: Uint8Array) -> None:
    views = boxed(reader, [hung, film(stands("obama", 0.1, x=0.6, face_px=100.0))[0].pixels])
    stillness = Stillness()
    assert still(stillness, [views[0]] * LOOKS)[-1]
    stillness.end(1)
    assert not still(stillness, [views[1]] * 10, begin=LOOKS + 20)[-1]
    stillness.end(1)
    assert all(still(stillness, [views[0]] * 10, begin=LOOKS + 40))
    stillness.end(1)
    assert not still(stillness, [views[0]] * 10, begin=LOOKS + 60 + round(FORMER_SECONDS / STEP))[-1]


def test_events_and_presence_say_who_is_still(reader: FaceReader, hung: Uint8Array) -> None:
    """A portrait that is taken down after three minutes."""
    known = shared_state(reader, "astronaut", rules=RULES.model_copy(update={"refractory_seconds": 3.0}))
    pipeline = Pipeline("front", reader, known, networks=open_attributes(Config()), max_fps=15.0)
    seen, wall = noisy(hung, 2, 90, 0.0, count=20), film(stands("astronaut", 0.1, x=3.0))[0].pixels
    told: list[Event] = []
    presence = []
    for number in range(round(1.2 * STILL_SECONDS / STEP)):
        told += pipeline.step(at(number, seen[number % len(seen)]))
        presence.append(pipeline.presence)
    assert presence[-1] == Presence(("astronaut",), 0, still=("astronaut",))
    assert presence[20] == Presence(("astronaut",), 0)
    told += [event for more in range(12) for event in pipeline.step(at(number + 1 + more, wall))]
    assert summaries(told) == [("recognised", "astronaut"), ("departed", "astronaut")]
    assert [event_fields(event).fields["still"] for event in told] == [False, True]
