"""Whether pictures show anything: covered lenses, broken decoders and frozen cameras are noticed, nights, fog and stills are not."""

from __future__ import annotations

import itertools
import random
import shutil
import subprocess
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.camera.sight import Sight
from edged.types import Frame, Problem
from tests.gallery.conftest import NOON
from tests.walking import CLIP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from edged.types import Uint8Array

ALIVE = 30.0
"""Seconds after which a living camera whose pictures stay the same is frozen."""
SIZE = (640, 360)
VIDEO = CLIP.parent
SEQUENCES = VIDEO.parent / "nuaa_dev"
SCENE = np.asarray(
    cv2.resize(np.random.default_rng(3).integers(0, 220, (9, 16, 3), np.uint8), SIZE, interpolation=cv2.INTER_CUBIC), np.uint8
)

needs_video = pytest.mark.skipif(not CLIP.exists(), reason="the development data is not here")
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


def flat(*colour: int) -> Uint8Array:
    return np.full((SIZE[1], SIZE[0], 3), colour, np.uint8)


def noisy(pixels: Uint8Array, deviation: float, frames: int = 50) -> Iterator[Uint8Array]:
    """The same picture, each time with other noise of so many grey levels."""
    rng = np.random.default_rng(4)
    grain = rng.standard_normal((2 * pixels.shape[0], *pixels.shape[1:]), np.float32) * deviation
    for _ in range(frames):
        top = int(rng.integers(pixels.shape[0]))
        yield np.clip(pixels + np.roll(grain[top : top + pixels.shape[0]], int(rng.integers(99)), 1).round(), 0, 255).astype(np.uint8)


def dimmed(pictures: Iterable[Uint8Array], share: float, light: float) -> Iterator[Uint8Array]:
    for pixels in pictures:
        yield from noisy(np.clip(pixels * share + light, 0, 255).astype(np.uint8), 2, 1)


def played(path: Path, every: int = 1) -> Iterator[Uint8Array]:
    capture = cv2.VideoCapture(str(path))
    for number in itertools.count():
        found, pixels = capture.read()
        if not found:
            return
        if number % every == 0:
            yield np.asarray(cv2.resize(pixels, SIZE, interpolation=cv2.INTER_NEAREST), np.uint8)


class Seen:
    """What came of looking at pictures: the problem after each, and whether it was to be looked at."""

    def __init__(self, pictures: Iterable[Uint8Array], *, rate: float = 10.0, frozen_after: float | None = ALIVE) -> None:
        """Look at the pictures at this rate."""
        self.sight, self.number, self.rate, self.frozen_after = Sight(), 0, rate, frozen_after
        self.problems: list[Problem | None] = []
        self.looks: list[bool] = []
        self.begin = 5000.0
        self.show(pictures)

    def show(self, pictures: Iterable[Uint8Array], *, after: float = 0.0) -> None:
        """Look at pictures so many seconds later than they would be."""
        self.begin += after
        for pixels in pictures:
            frame = Frame("door", self.number, NOON, self.begin + self.number / self.rate, pixels)
            self.looks.append(self.sight.look(frame, self.frozen_after))
            self.problems.append(self.sight.problem)
            self.number += 1

    @property
    def changes(self) -> list[Problem | None]:
        """The problems, each once while it lasts."""
        return [problem for problem, _ in itertools.groupby(self.problems)]


@pytest.mark.parametrize(
    ("pictures", "words"),
    [
        pytest.param(lambda: noisy(flat(0, 0, 0), 0), "are black and show nothing", id="black"),
        pytest.param(lambda: noisy(flat(0, 135, 0), 0), "are green and show nothing", id="green"),
        pytest.param(lambda: noisy(flat(180, 180, 180), 1), "are of one colour and show nothing", id="against a wall"),
        pytest.param(lambda: noisy(flat(3, 3, 3), 4), "are black and show nothing", id="lens cap with noise"),
        pytest.param(lambda: noisy(flat(6, 6, 6), 10), "are black and show nothing", id="lens cap with much noise"),
    ],
)
def test_a_picture_of_one_colour_is_none(pictures: Callable[[], Iterator[Uint8Array]], words: str) -> None:
    seen = Seen(pictures())
    assert seen.changes == [None, Problem.NO_PICTURE]
    assert 29 <= seen.problems.count(None) <= 31, "that is 3 s"
    assert words in str(seen.sight.reason)
    assert not seen.looks[-1]


def test_a_moment_of_black_is_nothing_and_one_picture_ends_it() -> None:
    dark, light = list(noisy(flat(0, 0, 0), 1, 60)), list(noisy(SCENE, 2, 10))
    assert Seen([*light, *dark[:20], *light]).changes == [None]
    seen = Seen([*light, *dark, light[0]])
    assert seen.changes == [None, Problem.NO_PICTURE, None]
    assert seen.looks[-1], "whoever switches the light on is to be seen"


@pytest.mark.parametrize(
    "pictures",
    [
        pytest.param(lambda: noisy(SCENE, 2, 400), id="day"),
        pytest.param(lambda: noisy(SCENE, 0.4, 400), id="with hardly any noise"),
        pytest.param(lambda: noisy((SCENE * 0.05).astype(np.uint8), 4, 400), id="night with noise"),
        pytest.param(lambda: noisy((190 + SCENE * 0.05).astype(np.uint8), 1, 400), id="fog"),
    ],
)
def test_a_scene_in_which_nothing_happens_is_seen(pictures: Callable[[], Iterator[Uint8Array]]) -> None:
    assert Seen(pictures()).changes == [None]


def test_a_white_corridor_is_seen_by_its_light() -> None:
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    wall = (210 + 8 * np.cos((x - 320) / 320) * np.cos((y - 180) / 250)).astype(np.uint8)
    assert Seen(noisy(np.dstack([wall] * 3), 1, 400)).changes == [None]


@needs_video
@pytest.mark.parametrize("night", [False, True], ids=["as it is", "at night"])
@pytest.mark.parametrize(
    "name", ["people_walking_to_camera_1080p.mp4", "backs_and_empty_scene.mp4", "turning/live_1.mov", "turning/replay_1.mp4"]
)
def test_clips_of_people_and_empty_scenes_are_seen(name: str, night: bool) -> None:  # noqa: FBT001 - a parameter of the test
    pictures = played(VIDEO / name, 5 if night else 2)
    assert Seen(dimmed(pictures, 0.05, 2) if night else pictures).changes == [None]


@pytest.mark.skipif(not SEQUENCES.exists(), reason="the development data is not here")
def test_sequences_of_faces_and_prints_are_seen() -> None:
    for folder in sorted(SEQUENCES.glob("*/*")):
        pictures = (np.asarray(cv2.imread(str(path)), np.uint8) for path in sorted(folder.iterdir())[::9])
        assert Seen(dimmed(pictures, 0.05, 2)).changes in ([None], []), folder.name


def test_a_frozen_picture_is_noticed_by_its_lack_of_noise_and_another_ends_it() -> None:
    living, frozen = list(noisy(SCENE, 2, 20)), [SCENE] * 320
    seen = Seen([*living[:-1], *frozen, living[-1]])
    assert seen.changes == [None, Problem.FROZEN, None]
    assert seen.problems.index(Problem.FROZEN) == 19 + 300
    assert seen.looks[19]
    assert seen.looks[-1]
    assert not any(seen.looks[20:-1]), "a copy of the last picture tells nothing new"
    assert Seen([SCENE] * 320).sight.reason == (
        "Its pictures have been the same for 30 s, down to their noise: it has frozen. Restart the camera."
    )


def test_a_clock_that_runs_in_a_frozen_picture_does_not_hide_it() -> None:
    def shown() -> Iterator[Uint8Array]:
        for number in range(400):
            pixels = SCENE.copy()
            cv2.putText(pixels, f"12:00:{number // 10:02}", (10, 30), cv2.FONT_HERSHEY_PLAIN, 1.2, (255, 255, 255), 2)
            yield pixels

    assert Seen(shown()).changes == [None, Problem.FROZEN]


def test_a_frozen_picture_that_is_encoded_anew_is_frozen_all_the_same() -> None:
    """From key frame to key frame a still gets better, and begins again: the same pictures come again and again."""
    group = list(noisy(SCENE, 1, 12))
    assert Seen(itertools.islice(itertools.cycle(group), 400)).changes == [None, Problem.FROZEN]


def test_a_clip_that_is_played_over_and_over_moves_and_is_not_frozen() -> None:
    group = [np.roll(SCENE, 6 * number, 1) for number in range(12)]
    assert Seen(itertools.islice(itertools.cycle(group), 400)).changes == [None]


def test_a_recording_may_stand_still_and_each_of_its_frames_is_looked_at() -> None:
    seen = Seen([SCENE] * 400, frozen_after=None)
    assert seen.changes == [None]
    assert all(seen.looks)


def test_a_slow_camera_has_as_long_as_its_own_pace_needs() -> None:
    assert Seen([*noisy(SCENE, 2, 5), *[SCENE] * 12], rate=0.2).changes == [None]
    assert Seen([*noisy(SCENE, 2, 5), *[SCENE] * 20], rate=0.2).changes == [None, Problem.FROZEN]
    asked_often = [pixels for pixels in noisy(SCENE, 2, 6) for _ in range(20)]  # one a second, a new picture every 20 s
    seen = Seen([*asked_often, *[SCENE] * 55], rate=1.0)
    assert seen.changes == [None]
    assert sum(seen.looks) == 7, "no copy of a picture counts as another look"
    assert Seen([*asked_often, *[SCENE] * 70], rate=1.0).changes == [None, Problem.FROZEN]


def test_a_clock_that_goes_back_or_another_size_begins_anew() -> None:
    smaller = np.ascontiguousarray(SCENE[:180, :320])
    assert Seen([SCENE] * 200 + [smaller] * 200).changes == [None]


def test_while_a_camera_is_away_it_shows_nothing_faulty_and_nothing_sound() -> None:
    black, sound = list(noisy(flat(0, 0, 0), 1, 60)), list(noisy(SCENE, 2, 40))
    seen = Seen([*sound, *black[:5]])
    seen.show(black[5:15], after=3600)
    seen.show(sound)
    assert seen.changes == [None], "a moment of black when it goes, and another when it comes"
    half = [pixels.copy() for pixels in sound]
    for pixels in half:
        pixels[180:] = 130
    seen = Seen([*sound, *half])
    seen.show(sound[:20], after=3600)
    assert seen.changes == [None, Problem.CORRUPTED]


@needs_video
@needs_ffmpeg
def test_a_stream_that_loses_packets_is_corrupted_and_none_of_its_grey_pictures_is_looked_at(tmp_path: Path) -> None:
    clip, damaged = tmp_path / "clip.ts", tmp_path / "damaged.ts"
    scaled = ["-i", str(CLIP), "-t", "4", "-vf", "scale=1280:720", "-an", "-c:v", "libx264", "-preset", "veryfast"]
    subprocess.run(["ffmpeg", "-v", "error", *scaled, str(clip)], check=True)
    packets, rng = clip.read_bytes(), random.Random(1)  # noqa: S311 - no secret
    kept = (packets[at : at + 188] for at in range(0, len(packets), 188) if at < 3 * 188 or rng.random() > 0.05)
    damaged.write_bytes(b"".join(kept))
    assert Seen([*played(clip)] * 2, rate=25).changes == [None]
    seen = Seen([*played(damaged)] * 2, rate=25)
    assert Problem.CORRUPTED in seen.changes
    assert "missing or smeared" in str(seen.sight.reason)
    assert sum(seen.looks) < 0.2 * len(seen.looks)


def test_half_a_picture_of_a_broken_decoder_is_corrupted_and_mends_slowly() -> None:
    whole = list(noisy(SCENE, 2, 60))
    for filling in (130, 130, 130), (0, 135, 0):
        half = [pixels.copy() for pixels in whole]
        for pixels in half:
            pixels[180:] = filling
        seen = Seen([*whole[:5], *half, *whole])
        assert seen.changes == [None, Problem.CORRUPTED, None]
        assert not any(seen.looks[5:65])
        assert 29 <= seen.problems[65:].count(Problem.CORRUPTED) <= 31
        assert Seen([*whole[:5], *half[:10], *whole]).changes == [None]
