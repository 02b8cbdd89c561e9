"""The Pi's own camera through the real picamera2 over a made-up camera, and the sentence where it is not installed."""

from __future__ import annotations

import importlib
import inspect
import sys
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pytest

from edged.camera.opening import open_source
from edged.camera.picamera import _Picamera2
from edged.camera.source import SourceOptions
from edged.config import PicameraConfig
from edged.errors import CameraError

from .real_picamera2 import BLUE, FIXED_FOCUS, GREEN, RED, staged

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.config import Turn

OPTIONS = SourceOptions(641, 480, 15.0)
Device: TypeAlias = Any
"""A class that is made of the real Picamera2 when a test runs."""


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Device:
    """The class that is used; its attribute last is the camera opened last."""
    return staged(monkeypatch)


def test_it_is_said_how_to_install_picamera2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(CameraError, match=r"sudo apt install python3-picamera2.*--system-site-packages"):
        open_source("door", "picamera", OPTIONS)


def test_it_gives_bgr_frames_of_an_even_size_and_the_wished_rate(device: Device) -> None:
    source = open_source("door", "picamera", OPTIONS)
    frames = [source.read(), source.read()]
    assert frames[0].pixels.shape == (480, 640, 3)
    assert frames[0].pixels[1, 1].tolist() == [BLUE, GREEN, RED]
    assert [frame.number for frame in frames] == [0, 1]
    assert device.last.controls.FrameRate == pytest.approx(15.0, abs=0.001)
    source.close()
    assert device.last.is_closed


def test_beside_each_large_picture_comes_a_small_one_of_the_same_scene(device: Device) -> None:
    small = open_source("door", "picamera", SourceOptions(1920, 1080, 15.0)).read().small
    assert small is not None
    assert small.shape == (360, 640, 3)
    assert device.last.camera_config["lores"] == {"format": "YUV420", "size": (640, 360), "preserve_ar": False}
    assert [int(small[row].mean()) for row in (0, -1)] == [0, 255]  # black above and white below, to the very end of each row
    assert np.ptp(small[0]) == np.ptp(small[-1]) == 0


@pytest.mark.parametrize(("width", "small_width"), [(1280, 0), (640, 640), (320, 640)])
def test_there_is_no_small_picture_where_none_is_wanted_or_it_were_no_smaller(device: Device, width: int, small_width: int) -> None:
    options = SourceOptions(width, 240, 15.0, picamera=PicameraConfig(small_width=small_width))
    assert open_source("door", "picamera", options).read().small is None
    assert device.last.camera_config["lores"] is None


@pytest.mark.usefixtures("device")
def test_the_small_picture_is_turned_with_the_large_one() -> None:
    frame = open_source("door", "picamera", SourceOptions(1280, 720, 15.0, rotate=90)).read()
    assert frame.small is not None
    assert (frame.pixels.shape, frame.small.shape) == ((1280, 720, 3), (640, 360, 3))
    assert [int(frame.small[:, column].mean()) for column in (0, -1)] == [255, 0]  # what was below lies on the left


@pytest.mark.parametrize(
    ("options", "controls"),
    [
        (PicameraConfig(), {"AfMode": 2}),
        (PicameraConfig(focus_metres=2.0), {"AfMode": 0, "LensPosition": 0.5}),
        (PicameraConfig(exposure="short", exposure_stops=-0.5), {"AfMode": 2, "AeExposureMode": 1, "ExposureValue": -0.5}),
        (PicameraConfig(metering="spot", hdr="processor"), {"AfMode": 2, "AeMeteringMode": 1, "HdrMode": 3}),
    ],
)
def test_focus_exposure_and_hdr_are_asked_for(device: Device, options: PicameraConfig, controls: dict[str, object]) -> None:
    open_source("door", "picamera", SourceOptions(picamera=options))
    given = device.last.controls.make_dict()
    assert {name: value for name, value in given.items() if name not in {"FrameDurationLimits", "NoiseReductionMode"}} == controls


def test_what_a_camera_cannot_do_is_told_once_and_it_runs_without(
    device: Device, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(device, "controls_known", FIXED_FOCUS)
    open_source("door", "picamera", SourceOptions(picamera=PicameraConfig(focus_metres=1.0, hdr="processor", exposure="long"))).read()
    assert caplog.messages == ["Camera door cannot do what these keys of [camera.picamera] ask for: focus_metres, hdr."]
    assert device.last.controls.make_dict()["AeExposureMode"] == 2
    caplog.clear()
    open_source("door", "picamera", OPTIONS).read()
    assert caplog.messages == []  # that a lens does not move is no fault


def test_the_sensor_s_own_hdr_is_switched_on_before_the_camera_is_opened(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the number that libcamera has for it, which is another than its place in the list; the real module makes the request."""
    imx708 = importlib.import_module("picamera2.devices.imx708.imx708")
    asked: list[tuple[int, bool]] = []

    class Sensor(imx708.IMX708):  # type: ignore[name-defined, misc] # a class that is known when the test runs
        def __init__(self, camera_num: int) -> None:
            self.device_fd, self.number = None, camera_num

        def set_sensor_hdr_mode(self, enable: bool) -> None:  # noqa: FBT001 - the real one's
            asked.append((self.number, enable))

    monkeypatch.setattr(importlib.import_module("picamera2.devices.imx708"), "IMX708", Sensor)
    monkeypatch.setattr(device, "cameras", [{"Model": "imx219", "Num": 1}, {"Model": "imx708", "Num": 0}])
    open_source("door", "picamera:1", SourceOptions(picamera=PicameraConfig(hdr="sensor")))
    assert asked == [(0, True)]
    assert parameters(imx708.IMX708.set_sensor_hdr_mode) == ["self", "enable"]


def test_a_sensor_without_hdr_of_its_own_is_named_in_the_log_and_runs(
    device: Device, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The real module refuses every sensor but one, and such a camera would never open."""
    monkeypatch.setattr(device, "cameras", [{"Model": "imx219", "Num": 0}])
    open_source("door", "picamera", SourceOptions(picamera=PicameraConfig(hdr="sensor"))).read()
    assert caplog.messages == ["Camera door cannot do what these keys of [camera.picamera] ask for: hdr."]


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
    device: Device,
    monkeypatch: pytest.MonkeyPatch,
    mirrors: bool,  # noqa: FBT001
    rotate: Turn,
    flip: bool,  # noqa: FBT001
    by_the_sensor: tuple[bool, bool],
    corner: tuple[int, int],
) -> None:
    monkeypatch.setattr(device, "mirrors", mirrors)
    source = open_source("door", "picamera", SourceOptions(64, 48, 15.0, rotate=rotate, flip=flip))
    transform = device.last.camera_config["transform"]
    if mirrors:
        assert (transform.hflip, transform.vflip) == by_the_sensor
    pixels = source.read().pixels
    assert pixels.shape == ((64, 48, 3) if rotate in {90, 270} else (48, 64, 3))
    assert pixels[corner].tolist() == [255, 255, 255]
    assert int((pixels == 255).sum()) == 3


def test_how_one_camera_hangs_is_nothing_to_the_next(device: Device) -> None:
    """picamera2 gives all configurations the same transform unless each has its own."""
    open_source("door", "picamera", SourceOptions(64, 48, 15.0, rotate=180))
    open_source("yard", "picamera", SourceOptions(64, 48, 15.0))
    transform = device.last.camera_config["transform"]
    assert (transform.hflip, transform.vflip) == (False, False)


def test_the_second_camera_is_opened_by_its_number(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "cameras", [{"Model": "imx708"}, {"Model": "imx219"}])
    open_source("door", "picamera:1", OPTIONS)
    assert device.last.camera_num == 1


@pytest.mark.usefixtures("device")
def test_a_camera_that_is_not_there_is_named() -> None:
    with pytest.raises(CameraError, match=r"There is no Pi camera 1; libcamera sees 1: imx708\..*ribbon cable"):
        open_source("door", "picamera:1", OPTIONS)


def test_a_camera_in_use_is_closed_and_told(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "refuses", True)
    with pytest.raises(CameraError, match="another program may be using it"):
        open_source("door", "picamera", OPTIONS)
    assert device.last.is_closed


def test_a_capture_that_never_comes_is_an_error(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "stalls", True)
    source = open_source("door", "picamera", SourceOptions(frame_timeout_seconds=0.01))
    with pytest.raises(CameraError, match="The Pi camera 0 gave no picture for"):
        source.read()
    source.close()
    assert device.last.is_closed


@pytest.mark.parametrize("error", [RuntimeError, IndexError, KeyError, OSError, ValueError, TypeError, TimeoutError])
@pytest.mark.parametrize(
    "call", ["global_camera_info", "__init__", "create_video_configuration", "configure", "start", "capture_arrays", "wait"]
)
def test_no_error_of_picamera2_gets_out(device: Device, monkeypatch: pytest.MonkeyPatch, call: str, error: type[Exception]) -> None:
    def failing(*_: object, **__: object) -> None:
        raise error("libcamera is out of order")

    monkeypatch.setattr(device, call, staticmethod(failing) if call == "global_camera_info" else failing)
    with pytest.raises(CameraError, match="The Pi camera 0"):
        open_source("door", "picamera", OPTIONS).read()


@pytest.mark.parametrize("name", [name for name, member in vars(_Picamera2).items() if inspect.isfunction(member) and name[0] != "_"])
def test_the_real_package_takes_what_it_is_given(device: Device, name: str) -> None:
    """Each method that is used, by the names and the places of its parameters."""
    real = parameters(getattr(device.__mro__[1], name))
    used = [parameter for parameter in inspect.signature(getattr(_Picamera2, name)).parameters.values() if parameter.name != "self"]
    in_place = [parameter.name for parameter in used if parameter.kind is not inspect.Parameter.KEYWORD_ONLY]
    assert real[1 : len(in_place) + 1] == in_place
    assert {parameter.name for parameter in used} <= set(real)


def parameters(method: Callable[..., object]) -> list[str]:
    """Their names, in order."""
    return list(inspect.signature(method).parameters)
