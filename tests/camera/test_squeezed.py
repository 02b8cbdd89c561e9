"""Real people squeezed, on their side and upside down, through the real reading: they are recognised as if they were not.

The pictures are of LFW View 1; knows no tracker and no gallery.
"""

from __future__ import annotations

import statistics
import subprocess
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.camera.opening import open_source
from edged.errors import CameraError
from edged.vision.pictures import read_picture

from .test_shaping import ONCE, needs_ffmpeg

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.camera.source import SourceOptions
    from edged.types import Float32Array, Uint8Array
    from edged.vision.faces import FaceReader

LFW = Path(__file__).resolve().parents[3] / "shared" / "data" / "lfw_view1" / "images"
PEOPLE = 20
WIDTH, HEIGHT = 640, 480
EACH = 3
"""Frames that show one person: the first after a cut is the worst that a codec makes."""
LOST = 0.02
"""Most of the mean similarity that squeezing, coding and making square again may cost."""

pytestmark = [needs_ffmpeg, pytest.mark.skipif(not LFW.exists(), reason="the development data is not here")]


@pytest.fixture(scope="module")
def pairs() -> list[tuple[Uint8Array, Uint8Array]]:
    """Two pictures of each of so many people."""
    by_person = defaultdict(list)
    for path in sorted(LFW.rglob("*.jpg")):
        by_person[path.stem.rsplit("_", 1)[0]].append(path)
    several = [paths for paths in by_person.values() if len(paths) > 1]
    return [(read_picture(paths[0]), read_picture(paths[1])) for paths in several[:: len(several) // PEOPLE][:PEOPLE]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[Uint8Array, Uint8Array]]) -> Path:
    """The second picture of each as a frame of a camera, so many times, numbered."""
    made = tmp_path_factory.mktemp("frames")
    for number, (_, second) in enumerate(pairs):
        frame = cv2.copyMakeBorder(second, 115, 115, 195, 195, cv2.BORDER_REPLICATE)
        for repeat in range(EACH):
            cv2.imwrite(str(made / f"{number * EACH + repeat:04}.png"), frame)
    return made


def clip(folder: Path, name: str, filters: str) -> Path:
    """Make a clip of the frames, through these filters."""
    path = folder / name
    ffmpeg = ("ffmpeg", "-loglevel", "error", "-y", "-framerate", "10", "-i", str(folder / "%04d.png"), "-vf", f"{filters},format=yuv420p")
    subprocess.run([*ffmpeg, "-c:v", "libx264", "-crf", "18", "-movflags", "+faststart", str(path)], check=True)
    return path


def seen(reader: FaceReader, source: str, options: SourceOptions = ONCE) -> list[Float32Array | None]:
    """The embedding of the middle face in the last frame of each person; None where none is found."""
    opened, found = open_source("door", source, options), []
    try:
        while True:
            frame = opened.read()
            if frame.number % EACH == EACH - 1:
                face = reader.central(frame.pixels)
                found.append(face.embedding.vector if face else None)
    except CameraError:  # it has ended
        opened.close()
        return found


@pytest.fixture(scope="module")
def enrolled(reader: FaceReader, pairs: list[tuple[Uint8Array, Uint8Array]]) -> list[Float32Array]:
    faces = [reader.central(first) for first, _ in pairs]
    return [face.embedding.vector for face in faces if face]


def similarities(enrolled: list[Float32Array], probes: list[Float32Array | None]) -> list[float]:
    assert len(enrolled) == len(probes) == PEOPLE
    return [float(np.dot(template, probe)) if probe is not None else 0.0 for template, probe in zip(enrolled, probes, strict=True)]


@pytest.fixture(scope="module")
def as_they_are(reader: FaceReader, folder: Path, enrolled: list[Float32Array]) -> list[float]:
    return similarities(enrolled, seen(reader, str(clip(folder, "whole.mp4", "null"))))


def matches(reader: FaceReader, found: list[float]) -> int:
    return sum(similarity >= reader.embedding_card.matching.match_threshold for similarity in found)


@pytest.fixture(params=["file", "stream"])
def place(request: pytest.FixtureRequest, serve: Callable[[Path], str]) -> Callable[[Path], str]:
    """How a clip is named that is read from its file, or served."""
    return str if request.param == "file" else serve


@pytest.mark.parametrize("squeezed", ["scale=320:480,setsar=2/1", "scale=640:240,setsar=1/2", "scale=480:480,setsar=4/3"])
def test_who_is_squeezed_is_recognised_as_if_not(
    reader: FaceReader,
    folder: Path,
    enrolled: list[Float32Array],
    as_they_are: list[float],
    place: Callable[[Path], str],
    squeezed: str,
) -> None:
    found = similarities(enrolled, seen(reader, place(clip(folder, "squeezed.mp4", squeezed))))
    assert statistics.mean(found) > statistics.mean(as_they_are) - LOST
    assert matches(reader, found) >= matches(reader, as_they_are)


def test_who_is_squeezed_and_nobody_says_so_is_recognised_with_the_aspect(
    reader: FaceReader, folder: Path, enrolled: list[Float32Array], as_they_are: list[float]
) -> None:
    path = str(clip(folder, "untold.mp4", "scale=320:480,setsar=1/1"))
    untold = similarities(enrolled, seen(reader, path))
    assert statistics.mean(untold) < statistics.mean(as_they_are) - 10 * LOST
    told = similarities(enrolled, seen(reader, path, replace(ONCE, aspect=4 / 3)))
    assert statistics.mean(told) > statistics.mean(as_they_are) - LOST
    assert matches(reader, told) >= matches(reader, as_they_are)


@pytest.mark.parametrize(
    ("turned", "options"),
    [
        ("hflip,vflip", replace(ONCE, rotate=180)),
        ("transpose=cclock", replace(ONCE, rotate=90)),
        ("transpose=clock", replace(ONCE, rotate=270)),
        ("hflip", replace(ONCE, flip=True)),
        ("transpose=cclock,scale=iw/2:ih,setsar=1/1", replace(ONCE, aspect=3 / 4, rotate=90)),
    ],
)
def test_who_hangs_upside_down_is_recognised_once_the_picture_is_turned(
    reader: FaceReader, folder: Path, enrolled: list[Float32Array], as_they_are: list[float], turned: str, options: SourceOptions
) -> None:
    found = similarities(enrolled, seen(reader, str(clip(folder, "turned.mp4", turned)), options))
    assert statistics.mean(found) > statistics.mean(as_they_are) - LOST
    assert matches(reader, found) >= matches(reader, as_they_are)
