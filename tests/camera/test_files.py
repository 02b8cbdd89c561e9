"""Recorded sources: every frame, in order, with the times of the clip, at any speed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from edged.camera.opening import open_source
from edged.camera.source import SourceOptions
from edged.errors import CameraEnded, CameraError

from .conftest import level

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from edged.camera.source import Source
    from edged.types import Frame

ONCE = SourceOptions(64, 48, 10.0, loop=False, pace="fast")
LOOPED = SourceOptions(64, 48, 10.0, loop=True, pace="fast")


def all_frames(source: Source) -> list[Frame]:
    frames = []
    try:
        while True:
            frames.append(source.read())
    except CameraEnded:
        return frames
    finally:
        source.close()


def times(frames: list[Frame]) -> list[float]:
    return [round(frame.monotonic_seconds - frames[0].monotonic_seconds, 6) for frame in frames]


def wall_times(frames: list[Frame]) -> list[float]:
    return [round((frame.captured_at - frames[0].captured_at).total_seconds(), 6) for frame in frames]


def test_a_video_played_once_gives_every_frame_with_its_time(make_clip: Callable[..., Path]) -> None:
    frames = all_frames(open_source("door", str(make_clip(frames=6, rate=10)), ONCE))
    assert [level(frame) for frame in frames] == [0, 1, 2, 3, 4, 5]
    assert [frame.number for frame in frames] == [0, 1, 2, 3, 4, 5]
    assert times(frames) == wall_times(frames) == [0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert {frame.camera for frame in frames} == {"door"}
    assert {frame.pixels.shape for frame in frames} == {(48, 64, 3)}


def test_a_looped_video_goes_on_in_time_and_number(make_clip: Callable[..., Path]) -> None:
    source = open_source("door", str(make_clip(frames=3, rate=10)), LOOPED)
    frames = [source.read() for _ in range(8)]
    source.close()
    assert [level(frame) for frame in frames] == [0, 1, 2, 0, 1, 2, 0, 1]
    assert [frame.number for frame in frames] == list(range(8))
    assert times(frames) == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]


def test_frames_carry_wall_time_of_now_and_own_their_pixels(make_clip: Callable[..., Path]) -> None:
    before = time.time(), time.monotonic()
    frames = all_frames(open_source("door", str(make_clip(frames=2)), ONCE))
    assert before[0] <= frames[0].captured_at.timestamp() <= time.time()
    assert before[1] <= frames[0].monotonic_seconds <= time.monotonic()
    assert frames[0].captured_at.utcoffset() is not None
    frames[0].pixels[:] = 255
    assert level(frames[1]) == 1


def test_in_real_time_a_frame_has_the_same_time_as_played_fast(make_clip: Callable[..., Path]) -> None:
    source = open_source("door", str(make_clip(frames=6, rate=25)), SourceOptions(loop=False, pace="realtime"))
    assert source.live
    frames = all_frames(source)
    assert frames
    for frame in frames:  # on a laden machine, late ones may have been passed over
        assert level(frame) == frame.number
        assert frame.monotonic_seconds - frames[0].monotonic_seconds == pytest.approx((frame.number - frames[0].number) / 25)


def test_in_real_time_late_frames_are_passed_over_but_not_for_ever(make_clip: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    source = open_source("door", str(make_clip(frames=12, rate=10)), SourceOptions(loop=True, pace="realtime"))
    assert source.read().number == 0
    late = time.monotonic() + 3600
    monkeypatch.setattr(time, "monotonic", lambda: late)
    assert [source.read().number, source.read().number] == [11, 22]
    source.close()


@pytest.fixture
def recorded_gif() -> Path:
    path = Path(__file__).resolve().parents[3] / "shared/data/video/head-pose-face-detection-male.gif"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    return path


def test_a_video_without_a_rate_of_its_own_is_played(recorded_gif: Path) -> None:
    frames = all_frames(open_source("door", str(recorded_gif), ONCE))
    steps = np.diff([frame.monotonic_seconds for frame in frames])
    assert len(frames) > 10
    assert steps.min() > 0
    assert steps.max() < 0.2


def test_a_looped_video_that_is_deleted_is_noticed(make_clip: Callable[..., Path]) -> None:
    path = make_clip(frames=2)
    source = open_source("door", str(path), LOOPED)
    source.read()
    path.unlink()
    source.read()
    with pytest.raises(CameraError, match="vanished"):
        source.read()
    source.close()


@pytest.mark.parametrize("content", [b"", b"no video at all\n" * 100])
def test_a_file_that_is_no_video_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(CameraError, match=r"clip\.mp4 is not a video that edged can decode"):
        open_source("door", str(path), ONCE)


@pytest.mark.parametrize("call", ["grab", "retrieve"])
def test_no_error_of_opencv_gets_out(make_clip: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    real = cv2.VideoCapture

    class Failing:
        """A capture that fails at one call."""

        def __init__(self, *arguments: Any) -> None:  # noqa: ANN401 - OpenCV's own
            """Open it for real."""
            self.capture = real(*arguments)

        def __getattr__(self, name: str) -> object:
            return failing if name == call else getattr(self.capture, name)

    def failing(*_: object) -> None:
        raise cv2.error("out of memory")

    monkeypatch.setattr(cv2, "VideoCapture", Failing)
    source = open_source("door", str(make_clip()), ONCE)
    with pytest.raises(CameraError, match=r"clip\.avi cannot be decoded"):
        source.read()
    source.close()


def test_a_video_that_opencv_does_not_open_is_told(make_clip: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise cv2.error("no backend")

    clip = str(make_clip())
    monkeypatch.setattr(cv2, "VideoCapture", failing)
    with pytest.raises(CameraError, match="cannot be opened as a video"):
        open_source("door", clip, ONCE)


def write_picture(path: Path, pixels: npt.NDArray[Any]) -> None:
    assert cv2.imwrite(str(path), pixels)


def test_a_folder_is_played_by_name_at_its_rate(tmp_path: Path) -> None:
    for name, shade in (("b.png", 40), ("c.JPG", 60), ("a.bmp", 20)):
        write_picture(tmp_path / name, np.full((5, 7, 3), shade, np.uint8))
    (tmp_path / "notes.txt").write_text("not a picture")
    frames = all_frames(open_source("door", str(tmp_path), ONCE))
    assert [level(frame) for frame in frames] == [1, 2, 3]
    assert times(frames) == [0, 0.1, 0.2]
    assert frames[0].pixels.shape == (5, 7, 3)


def test_a_looped_folder_sees_pictures_put_there_later(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", np.full((4, 4, 3), 20, np.uint8))
    source = open_source("door", str(tmp_path), LOOPED)
    source.read()
    write_picture(tmp_path / "b.png", np.full((4, 4, 3), 40, np.uint8))
    frames = [source.read() for _ in range(3)]
    assert [level(frame) for frame in frames] == [1, 2, 1]
    assert times(frames) == [0, 0.1, 0.2]


def test_in_real_time_late_pictures_are_passed_over_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for shade in range(4):
        write_picture(tmp_path / f"{shade}.png", np.full((4, 4, 3), shade * 20, np.uint8))
    source = open_source("door", str(tmp_path), SourceOptions(frames_per_second=10, loop=True, pace="realtime"))
    first = source.read()
    late = first.monotonic_seconds + 0.62
    monkeypatch.setattr(time, "monotonic", lambda: late)
    second = source.read()
    assert (level(first), second.number, level(second)) == (0, 6, 2)
    assert times([first, second]) == [0, 0.6]


def test_grey_and_transparent_pictures_become_bgr(tmp_path: Path) -> None:
    write_picture(tmp_path / "grey.png", np.full((4, 6), 100, np.uint8))
    write_picture(tmp_path / "see_through.png", np.full((4, 6, 4), (10, 20, 30, 128), np.uint8))
    write_picture(tmp_path / "deep.png", np.full((4, 6), 100 * 256, np.uint16))
    deep, grey, see_through = (frame.pixels for frame in all_frames(open_source("door", str(tmp_path), ONCE)))
    for pixels in (deep, grey, see_through):
        assert pixels.shape == (4, 6, 3)
        assert pixels.dtype == np.uint8
        assert pixels.flags.c_contiguous
    assert grey[0, 0].tolist() == deep[0, 0].tolist() == [100, 100, 100]
    assert see_through[0, 0].tolist() == [10, 20, 30]


def test_a_single_picture_is_a_source(tmp_path: Path) -> None:
    write_picture(tmp_path / "one.png", np.full((4, 4, 3), 20, np.uint8))
    assert [level(frame) for frame in all_frames(open_source("door", str(tmp_path / "one.png"), ONCE))] == [1]


def test_an_unreadable_picture_is_left_out_with_one_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a.jpg").write_bytes(b"broken")
    write_picture(tmp_path / "b.png", np.full((4, 4, 3), 40, np.uint8))
    source = open_source("door", str(tmp_path), LOOPED)
    frames = [source.read() for _ in range(3)]
    assert [level(frame) for frame in frames] == [2, 2, 2]
    assert [frame.number for frame in frames] == [1, 3, 5]  # it keeps its place
    assert [record.getMessage() for record in caplog.records] == ["camera door: a file cannot be read as a picture and is left out"]


@pytest.mark.parametrize("options", [ONCE, LOOPED])
def test_a_folder_of_nothing_readable_is_an_error(tmp_path: Path, options: SourceOptions) -> None:
    (tmp_path / "a.jpg").write_bytes(b"broken")
    with pytest.raises(CameraError, match=r"Nothing in .* can be read as a picture"):
        open_source("door", str(tmp_path), options).read()


def test_a_folder_without_pictures_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="holds no picture"):
        open_source("door", str(tmp_path), ONCE)
