"""The Pi's own camera through a stand-in for picamera2 that has its interface, and the sentence where it is not installed."""

from __future__ import annotations

import sys
import threading
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import pytest

from edged.camera.opening import open_source
from edged.camera.source import SourceOptions
from edged.errors import CameraError

if TYPE_CHECKING:
    from edged.types import Uint8Array

OPTIONS = SourceOptions(641, 480, 15.0)


class FakePicamera2:
    """picamera2.Picamera2 0.3.30 as far as it is used; blue 10, green 20, red 30."""

    cameras: ClassVar[list[dict[str, object]]] = [{"Model": "imx708", "Num": 0}]
    last: ClassVar[FakePicamera2]
    stalls: ClassVar[bool] = False
    mirrors: ClassVar[bool] = True
    refuses: ClassVar[bool] = False

    def __init__(self, camera_num: int = 0) -> None:
        """Open the camera of this number."""
        self.camera_num = camera_num
        self.configuration: dict[str, object] = {}
        self.started = False
        self.closed = False
        FakePicamera2.last = self

    @staticmethod
    def global_camera_info() -> list[dict[str, object]]:
        return FakePicamera2.cameras

    def create_video_configuration(self, main: dict[str, object], **others: object) -> dict[str, object]:
        return {"main": main, "transform": SimpleNamespace(hflip=False, vflip=False), **others}

    def configure(self, camera_config: dict[str, object]) -> None:
        self.configuration = camera_config
        if not self.mirrors:
            self.configuration["transform"] = SimpleNamespace(hflip=False, vflip=False)

    def camera_configuration(self) -> dict[str, object]:
        return self.configuration

    def start(self) -> None:
        if self.refuses:
            raise RuntimeError("Camera in Running state trying acquire() requiring state Available")
        self.started = True

    def capture_array(self, name: str = "main", wait: bool | None = None) -> object:  # noqa: FBT001 - picamera2's own interface
        assert (name, wait, self.started) == ("main", False, True)
        return threading.Event()

    def wait(self, job: threading.Event, timeout: float | None = None) -> Uint8Array:
        if self.stalls and not job.wait(timeout):
            raise TimeoutError
        main = self.configuration["main"]
        assert isinstance(main, dict)
        assert main["format"] == "RGB888"  # which is BGR in memory
        width, height = main["size"]
        pixels = np.full((height, width, 3), (10, 20, 30), np.uint8)
        pixels[0, 0] = 255
        transform = self.configuration["transform"]
        assert isinstance(transform, SimpleNamespace)
        return pixels[:: -1 if transform.vflip else 1, :: -1 if transform.hflip else 1]

    def stop(self) -> None:
        raise AssertionError("stop() waits for ever behind a capture that never came")

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("picamera2")
    module.Picamera2 = FakePicamera2  # type: ignore[attr-defined] # that is how the real module is made too
    monkeypatch.setitem(sys.modules, "picamera2", module)


def test_it_is_said_how_to_install_picamera2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(CameraError, match=r"sudo apt install python3-picamera2.*--system-site-packages"):
        open_source("door", "picamera", OPTIONS)


@pytest.mark.usefixtures("installed")
def test_it_gives_bgr_frames_of_an_even_size_and_the_wished_rate() -> None:
    source = open_source("door", "picamera", OPTIONS)
    frames = [source.read(), source.read()]
    assert frames[0].pixels.shape == (480, 640, 3)
    assert frames[0].pixels[1, 1].tolist() == [10, 20, 30]
    assert [frame.number for frame in frames] == [0, 1]
    assert FakePicamera2.last.configuration["controls"] == {"FrameRate": 15.0}
    source.close()
    assert FakePicamera2.last.closed


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("mirrors", [True, False])
@pytest.mark.parametrize(
    ("rotate", "flip", "by_the_sensor", "corner"),
    [
        (0, False, (False, False), (0, 0)),
        (0, True, (True, False), (0, -1)),
        (180, False, (True, True), (-1, -1)),
        (180, True, (False, True), (-1, 0)),
        (90, False, (False, False), (0, -1)),
        (270, True, (False, False), (-1, -1)),
    ],
)
def test_the_sensor_mirrors_where_it_can(
    monkeypatch: pytest.MonkeyPatch,
    mirrors: bool,  # noqa: FBT001
    rotate: Literal[0, 90, 180, 270],
    flip: bool,  # noqa: FBT001
    by_the_sensor: tuple[bool, bool],
    corner: tuple[int, int],
) -> None:
    monkeypatch.setattr(FakePicamera2, "mirrors", mirrors)
    source = open_source("door", "picamera", SourceOptions(64, 48, 15.0, rotate=rotate, flip=flip))
    transform = FakePicamera2.last.configuration["transform"]
    assert isinstance(transform, SimpleNamespace)
    if mirrors:
        assert (transform.hflip, transform.vflip) == by_the_sensor
    pixels = source.read().pixels
    assert pixels.shape == ((64, 48, 3) if rotate in {90, 270} else (48, 64, 3))
    assert pixels[corner].tolist() == [255, 255, 255]
    assert int((pixels == 255).sum()) == 3


@pytest.mark.usefixtures("installed")
def test_the_second_camera_is_opened_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakePicamera2, "cameras", [{"Model": "imx708"}, {"Model": "imx219"}])
    open_source("door", "picamera:1", OPTIONS)
    assert FakePicamera2.last.camera_num == 1


@pytest.mark.usefixtures("installed")
def test_a_camera_that_is_not_there_is_named() -> None:
    with pytest.raises(CameraError, match=r"There is no Pi camera 1; libcamera sees 1: imx708\..*ribbon cable"):
        open_source("door", "picamera:1", OPTIONS)


@pytest.mark.usefixtures("installed")
def test_a_camera_in_use_is_closed_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakePicamera2, "refuses", True)
    with pytest.raises(CameraError, match="another program may be using it"):
        open_source("door", "picamera", OPTIONS)
    assert FakePicamera2.last.closed


@pytest.mark.usefixtures("installed")
def test_a_capture_that_never_comes_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakePicamera2, "stalls", True)
    source = open_source("door", "picamera", SourceOptions(frame_timeout_seconds=0.01))
    with pytest.raises(CameraError, match="The Pi camera 0 gave no picture for"):
        source.read()
    source.close()
    assert FakePicamera2.last.closed


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("error", [RuntimeError, IndexError, KeyError, OSError, ValueError, TypeError, TimeoutError])
@pytest.mark.parametrize(
    "call", ["global_camera_info", "__init__", "create_video_configuration", "configure", "start", "capture_array", "wait"]
)
def test_no_error_of_picamera2_gets_out(monkeypatch: pytest.MonkeyPatch, call: str, error: type[Exception]) -> None:
    def failing(*_: object, **__: object) -> None:
        raise error("libcamera is out of order")

    monkeypatch.setattr(FakePicamera2, call, staticmethod(failing) if call == "global_camera_info" else failing)
    with pytest.raises(CameraError, match="The Pi camera 0"):
        open_source("door", "picamera", OPTIONS).read()
