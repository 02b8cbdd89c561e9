"""Pictures brought into shape: square, turned and mirrored, from every kind of source, and in memory that is used again."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Literal, cast

import cv2
import numpy as np
import pytest

from edged.camera.buffers import MOST_BUFFERS
from edged.camera.opening import open_source
from edged.camera.shaping import ShapedSource, geometry_of, square_size
from edged.camera.source import AS_IT_SHALL_BE, Geometry, SourceOptions
from edged.errors import CameraError
from edged.types import Frame

from .conftest import frame

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edged.types import Uint8Array

Rotation = Literal[0, 90, 180, 270]

WIDTH, HEIGHT = 128, 96
ONCE = SourceOptions(frames_per_second=1e6, pace="fast")  # frames of a served file come in bursts, and none is to be thinned out
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


def marked(width: int = WIDTH, height: int = HEIGHT) -> Uint8Array:
    """A picture whose quarters have brightnesses of their own, so that every turn and mirror of it is another."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = 240
    pixels[: height // 2, width // 2 :] = 160
    pixels[height // 2 :, : width // 2] = 80
    return pixels


def quarters(pixels: Uint8Array) -> list[int]:
    """The brightness of each quarter, row by row, to the step."""
    half = pixels.shape[0] // 2, pixels.shape[1] // 2
    rows = slice(0, half[0]), slice(half[0], None)
    columns = slice(0, half[1]), slice(half[1], None)
    return [round(float(np.median(pixels[row, column])) / 80) for row in rows for column in columns]


class Given:
    """A source that gives the same picture for ever, lying as it is said to."""

    live = True
    frozen_after_seconds = None
    decoder = None

    def __init__(self, pixels: Uint8Array, geometry: Geometry = AS_IT_SHALL_BE) -> None:
        """Take the picture."""
        self.pixels, self.geometry = pixels, geometry

    def read(self) -> Frame:
        shown = frame()
        return Frame(shown.camera, shown.number, shown.captured_at, shown.monotonic_seconds, self.pixels)

    def close(self) -> None:
        """Do nothing."""


def shaped(pixels: Uint8Array, geometry: Geometry = AS_IT_SHALL_BE, options: SourceOptions | None = None) -> Uint8Array:
    return ShapedSource(Given(pixels, geometry), options or SourceOptions()).read().pixels


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_a_picture_is_rotated_clockwise_and_then_mirrored(rotate: Rotation, flip: bool) -> None:  # noqa: FBT001
    noise = np.random.default_rng(7).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
    turned = np.rot90(noise, -rotate // 90)
    expected = turned[:, ::-1] if flip else turned
    pixels = shaped(noise, options=SourceOptions(rotate=rotate, flip=flip))
    assert np.array_equal(pixels, expected)
    assert pixels.flags.c_contiguous


@pytest.mark.parametrize("told", [90, 180, 270])
@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_what_the_source_says_of_its_turn_is_added(told: int, rotate: Rotation) -> None:
    pixels = shaped(marked(), Geometry(rotation=told), SourceOptions(rotate=rotate))
    assert np.array_equal(pixels, np.rot90(marked(), -(told + rotate) // 90))


def test_what_needs_nothing_is_given_as_it_is() -> None:
    source = Given(marked())
    assert ShapedSource(source, SourceOptions()).read().pixels is source.pixels


@pytest.mark.parametrize(
    ("size", "ratio", "square"),
    [
        ((960, 576), 1.0, (960, 576)),
        ((1440, 1080), 1.01, (1440, 1080)),
        ((960, 1080), 2.0, (1920, 1080)),  # 1080N
        ((960, 576), 0.8, (960, 720)),  # 960H, PAL, of 4:3
        ((720, 576), 64 / 45, (1024, 576)),
        ((720, 480), 8 / 9, (720, 540)),
        ((1920, 2160), 2.0, (1920, 1080)),  # too large to be enlarged
        ((3840, 1080), 0.5, (1920, 1080)),
        ((2, 2), 0.25, (2, 8)),
    ],
)
def test_square_pixels_lose_nothing_unless_the_picture_is_large(size: tuple[int, int], ratio: float, square: tuple[int, int]) -> None:
    assert square_size(*size, ratio) == square


@pytest.mark.parametrize(
    ("size", "options", "geometry", "shape"),
    [
        ((960, 1080), SourceOptions(aspect=16 / 9), AS_IT_SHALL_BE, (1080, 1920, 3)),
        ((960, 480), SourceOptions(aspect=4 / 3), AS_IT_SHALL_BE, (720, 960, 3)),
        ((960, 1080), SourceOptions(aspect=16 / 9, rotate=90), AS_IT_SHALL_BE, (1920, 1080, 3)),
        ((320, 240), SourceOptions(aspect=4 / 3), Geometry(2.0), (240, 320, 3)),  # the owner knows better than the stream
        ((320, 240), SourceOptions(), Geometry(2.0, 90), (640, 240, 3)),
        ((320, 240), SourceOptions(aspect=9 / 16), Geometry(1.0, 90), (427, 240, 3)),  # of the picture as a player turns it
        ((320, 240), SourceOptions(rotate=90), Geometry(is_turned=True), (240, 320, 3)),
    ],
)
def test_the_aspect_is_of_the_picture_before_it_is_rotated(
    size: tuple[int, int], options: SourceOptions, geometry: Geometry, shape: tuple[int, int, int]
) -> None:
    assert shaped(np.zeros((size[1], size[0], 3), np.uint8), geometry, options).shape == shape


@pytest.mark.parametrize(
    "options", [SourceOptions(rotate=90), SourceOptions(rotate=270, flip=True, aspect=16 / 9), SourceOptions(flip=True)]
)
def test_no_frame_needs_memory_of_its_own(options: SourceOptions) -> None:
    source = ShapedSource(Given(marked()), options)
    places = set()
    others = []
    for _ in range(12):
        pixels = source.read().pixels
        places.add(int(pixels.__array_interface__["data"][0]))
        others.append(np.empty(pixels.nbytes, np.uint8))
        del pixels
        others.append(np.empty_like(others[-1]))  # takes the place of the frame, had that been freed
    assert len(places) <= MOST_BUFFERS


def test_a_frame_that_is_kept_stays_as_it_is() -> None:
    given = Given(marked())
    source = ShapedSource(given, SourceOptions(rotate=180, aspect=2.0))
    kept = source.read().pixels
    before = kept.copy()
    given.pixels = np.zeros_like(given.pixels)
    for _ in range(2 * MOST_BUFFERS):
        source.read()
    assert np.array_equal(kept, before)


@pytest.mark.parametrize(
    ("said", "geometry"),
    [
        ((0, 1, 1), AS_IT_SHALL_BE),
        ((0, 0, 1), AS_IT_SHALL_BE),
        ((0, 0, 0), AS_IT_SHALL_BE),
        ((0, 2, 1), Geometry(2.0)),
        ((270, 1, 1), Geometry(1.0, 270)),
        ((45, 1, 1), AS_IT_SHALL_BE),
        ((90, 1000, 1), Geometry(1.0, 90)),  # no pixel is a thousand times as wide as high
        ((0, 1, 1000), AS_IT_SHALL_BE),
        ((0, -2, 1), AS_IT_SHALL_BE),
    ],
)
def test_what_a_container_says_beyond_reason_is_passed_over(said: tuple[float, float, float], geometry: Geometry) -> None:
    answers = dict(zip((cv2.CAP_PROP_ORIENTATION_META, cv2.CAP_PROP_SAR_NUM, cv2.CAP_PROP_SAR_DEN), said, strict=True))
    assert geometry_of(cast("cv2.VideoCapture", SimpleNamespace(get=answers.__getitem__))) == geometry


# Real files and streams.


def clip(path: Path, *filters: str, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Path:
    """Make a clip of the marked picture as H.264, or what the name's ending says, through these filters."""
    picture = path.with_suffix(".png")
    assert cv2.imwrite(str(picture), marked(*size))
    ffmpeg = ("ffmpeg", "-loglevel", "error", "-y", "-loop", "1", "-i", str(picture), "-frames:v", "20", "-r", "10")
    subprocess.run([*ffmpeg, "-vf", ",".join((*filters, "format=yuv420p")), "-c:v", "libx264", "-g", "5", str(path)], check=True)
    return path


def with_turn(path: Path, degrees: int) -> Path:
    """Write into an MP4 that a player has to turn its picture by so many degrees clockwise, as telephones do: the matrix of its track.

    ISO/IEC 14496-12, 8.3.2: the matrix begins 40 bytes into the content of a tkhd box of version 0; 16.16 and 2.30 fixed point.
    """
    content = bytearray(path.read_bytes())
    one = 1 << 16
    a, b = {90: (0, one), 180: (-one, 0), 270: (0, -one)}[degrees]
    place = content.index(b"tkhd") + 4 + 40
    content[place : place + 36] = struct.pack(">9i", a, b, 0, -b, a, 0, 0, 0, 1 << 30)
    turned = path.with_name(f"turned_{degrees}.mp4")
    turned.write_bytes(content)
    return turned


def first_of(source: str, options: SourceOptions | None = None) -> Uint8Array:
    """The first frame, and that the others have its shape."""
    opened = open_source("door", source, options or ONCE)
    pixels = opened.read().pixels
    try:
        for _ in range(5):
            assert opened.read().pixels.shape == pixels.shape
    except CameraError:  # it has ended
        pass
    finally:
        opened.close()
    return pixels


@needs_ffmpeg
@pytest.mark.parametrize("is_streamed", [False, True])
@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turn_in_the_metadata_is_honoured(
    tmp_path: Path,
    serve: Callable[[Path], str],
    degrees: int,
    is_streamed: bool,  # noqa: FBT001
) -> None:
    path = with_turn(clip(tmp_path / "clip.mp4"), degrees)
    pixels = first_of(serve(path) if is_streamed else str(path))
    expected = np.rot90(marked(), -degrees // 90)
    assert pixels.shape == expected.shape
    assert quarters(pixels) == quarters(expected)
    again = first_of(serve(path) if is_streamed else str(path), replace(ONCE, rotate=90))
    assert quarters(again) == quarters(np.rot90(expected, -1))


@needs_ffmpeg
@pytest.mark.parametrize("is_streamed", [False, True])
@pytest.mark.parametrize("name", ["clip.mp4", "clip.ts", "clip.mkv"])
def test_pixels_that_are_not_square_are_made_so(
    tmp_path: Path,
    serve: Callable[[Path], str],
    name: str,
    is_streamed: bool,  # noqa: FBT001
) -> None:
    wide = clip(tmp_path / name, "setsar=2/1")
    pixels = first_of(serve(wide) if is_streamed else str(wide))
    assert pixels.shape == (HEIGHT, 2 * WIDTH, 3)
    assert quarters(pixels) == quarters(marked())
    high = clip(tmp_path / f"high_{name}", "setsar=3/4")
    assert first_of(serve(high) if is_streamed else str(high)).shape == (HEIGHT * 4 // 3, WIDTH, 3)


@needs_ffmpeg
def test_a_turn_and_pixels_that_are_not_square_come_together(tmp_path: Path) -> None:
    pixels = first_of(str(with_turn(clip(tmp_path / "clip.mp4", "setsar=2/1"), 90)))
    assert pixels.shape == (2 * WIDTH, HEIGHT, 3)
    assert quarters(pixels) == quarters(np.rot90(marked(), -1))


@needs_ffmpeg
def test_a_clip_that_is_looped_stays_in_shape(tmp_path: Path) -> None:
    source = open_source("door", str(with_turn(clip(tmp_path / "clip.mp4", "setsar=2/1"), 270)), SourceOptions(pace="fast", loop=True))
    assert {source.read().pixels.shape for _ in range(45)} == {(2 * WIDTH, HEIGHT, 3)}
    source.close()


def test_a_folder_of_pictures_is_turned_too(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), marked())
    pixels = first_of(str(tmp_path), SourceOptions(pace="fast", rotate=270, flip=True))
    assert np.array_equal(pixels, np.rot90(marked())[:, ::-1])


def test_a_pipeline_is_turned_too_and_its_size_is_of_before() -> None:
    program = f'{sys.executable} -c "import sys; [sys.stdout.buffer.write(bytes(range(8 * 6 * 3))) for _ in range(6)]"'
    pixels = first_of("camera", SourceOptions(8, 6, pipeline=program, rotate=180))
    given = np.arange(8 * 6 * 3, dtype=np.uint8).reshape(6, 8, 3)
    assert np.array_equal(pixels, given[::-1, ::-1])
