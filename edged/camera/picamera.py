"""A camera on the Raspberry Pi's own connector, through picamera2, which is imported here and nowhere else.

A capture is waited for with a limit; what is done when it is passed is not decided here.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Protocol, cast

import cv2

from edged.camera.clock import Moment
from edged.camera.picamera_controls import HDR_SENSOR, SENSOR, controls_of, tell_lacks
from edged.camera.pixels import as_bgr
from edged.camera.source import FROZEN_AFTER_SECONDS, Geometry
from edged.errors import CameraError
from edged.types import Frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from edged.camera.source import SourceOptions
    from edged.types import Uint8Array

BUFFER_COUNT = 3
"""Frames that libcamera has memory for: one filled, one waiting, one being copied; each is contiguous memory, of which a Pi has little."""

HALF_TURN = 180
"""Degrees of the only rotation that mirrors make."""


class _Transform(Protocol):
    """What is used of libcamera.Transform: which mirrors the sensor applies."""

    hflip: bool
    vflip: bool


class _Picamera2(Protocol):
    """What is used of picamera2.Picamera2, as of its versions from 0.3.30 to 0.3.38."""

    camera_controls: Mapping[str, object]

    def create_video_configuration(
        self,
        main: dict[str, object],
        lores: dict[str, object] | None,
        *,
        transform: _Transform,
        controls: dict[str, object],
        buffer_count: int,
    ) -> dict[str, object]: ...
    def configure(self, camera_config: dict[str, object]) -> None: ...
    def camera_configuration(self) -> dict[str, object]: ...
    def start(self) -> None: ...
    def capture_arrays(self, names: list[str], *, wait: bool) -> object: ...
    def wait(self, job: object, *, timeout: float) -> tuple[list[npt.NDArray[np.generic]], dict[str, object]]: ...
    def close(self) -> None: ...


class PiCamera:
    """A running Pi camera; its sensor mirrors both ways, and so turns by 180°, at no cost."""

    live = True
    frozen_after_seconds = FROZEN_AFTER_SECONDS
    decoder = None

    def __init__(self, camera: str, number: int, options: SourceOptions) -> None:
        """Start the camera of this number, the first being 0, in the size and rate that are asked for.

        Raises:
            CameraError: picamera2 is not installed, or there is no such camera, or it is in use.
        """
        self._camera, self._name, self._number = camera, f"The Pi camera {number}", 0
        self._timeout = options.patience_seconds(options.frame_timeout_seconds)
        self._small_size = _small_size(options)
        self._names = ["main", "lores"] if self._small_size else ["main"]
        self._device = _opened(camera, number, wants_hdr=options.picamera.hdr == SENSOR)
        try:
            self.geometry = _start(camera, self._device, options, self._small_size)
        except Exception as error:
            with contextlib.suppress(Exception):  # the first error is the one to report
                self.close()
            raise CameraError(f"{self._name} cannot be started ({error}); another program may be using it.") from error

    def read(self) -> Frame:
        """Wait for the next frame; fails as Source.read()."""
        try:
            arrays, _ = self._device.wait(self._device.capture_arrays(self._names, wait=False), timeout=self._timeout)
            small = _bgr(arrays[1], self._small_size) if self._small_size else None
        except TimeoutError as error:
            raise CameraError(f"{self._name} gave no picture for {self._timeout:g} s; look at its ribbon cable.") from error
        except Exception as error:
            raise CameraError(f"{self._name} failed: {error}") from error
        frame = Frame(self._camera, self._number, *Moment.now(), as_bgr(arrays[0]), small)
        self._number += 1
        return frame

    def close(self) -> None:
        """Stop and release the camera."""
        # Not stop() first: while its event loop runs, stop() queues behind the capture that never came, and waits for ever.
        self._device.close()


def _opened(camera: str, number: int, *, wants_hdr: bool) -> _Picamera2:
    try:
        from picamera2 import Picamera2  # noqa: PLC0415 - it exists on a Raspberry Pi only
    except (ImportError, ValueError) as error:  # ValueError: compiled for another numpy than the environment's
        raise CameraError(
            f"picamera2 cannot be imported ({error}). Install it with `sudo apt install python3-picamera2`, and make edged's"
            " environment with `python3 -m venv --system-site-packages`, so that it can see it."
        ) from error
    try:
        told = Picamera2.global_camera_info()
        if number < len(told):
            if wants_hdr and str(told[number].get("Model", "")).startswith(HDR_SENSOR):
                _switch_hdr_on(told[number]["Num"])
            elif wants_hdr:
                tell_lacks(camera, ["hdr"])
            return cast("_Picamera2", Picamera2(number))
    except Exception as error:
        raise CameraError(f"The Pi camera {number} cannot be opened ({error}); another program may be using it.") from error
    present = [str(info.get("Model", "?")) for info in told]
    raise CameraError(
        f"There is no Pi camera {number}; libcamera sees {len(present)}: {', '.join(present) or 'none'}."
        " Look at the ribbon cable and at `rpicam-hello --list-cameras`."
    )


def _switch_hdr_on(number: int) -> None:
    """Have the sensor of a Camera Module 3 bring light and dark together, before it is opened: its modes are others then."""
    from picamera2.devices.imx708 import IMX708  # noqa: PLC0415 - as picamera2 itself

    with IMX708(number) as sensor:
        sensor.set_sensor_hdr_mode(enable=True)


def _small_size(options: SourceOptions) -> tuple[int, int] | None:
    """Width and height of the small picture, as oblong as the large one; None where there is none."""
    width = options.picamera.small_width
    if not 0 < width < options.width:
        return None
    return max(2, width // 2 * 2), max(2, round(options.height * width / options.width / 2) * 2)


def _bgr(planes: npt.NDArray[np.generic], size: tuple[int, int]) -> Uint8Array:
    """Convert 4:2:0 planes, whose rows may be longer than the picture, to pixels (h, w, 3)."""
    return as_bgr(cv2.cvtColor(cast("Uint8Array", planes), cv2.COLOR_YUV2BGR_I420)[:, : size[0]])


def _start(camera: str, device: _Picamera2, options: SourceOptions, small_size: tuple[int, int] | None) -> Geometry:
    """Start the camera, and say whether the sensor mirrors and turns as the options say."""
    # libcamera takes even sizes only. Its "RGB888" is a little-endian word, so in memory, and in the array, blue comes first.
    size = (options.width // 2 * 2, options.height // 2 * 2)
    upside_down = options.rotate == HALF_TURN
    wanted = (options.flip is not upside_down, upside_down) if options.rotate in {0, HALF_TURN} else (False, False)
    configuration = device.create_video_configuration(
        {"size": size, "format": "RGB888"},
        {"size": small_size, "format": "YUV420"} if small_size else None,  # all that a Pi before the 5 makes of it
        transform=_transform(*wanted),
        controls={"FrameRate": options.frames_per_second, **controls_of(camera, options.picamera, device.camera_controls)},
        buffer_count=BUFFER_COUNT,
    )
    device.configure(configuration)
    applied = cast("_Transform", device.camera_configuration()["transform"])
    device.start()
    # A sensor that cannot mirror is configured all the same, without.
    return Geometry(is_turned=any(wanted) and (bool(applied.hflip), bool(applied.vflip)) == wanted)


def _transform(hflip: bool, vflip: bool) -> _Transform:  # noqa: FBT001 - libcamera's own names
    """Which mirrors are asked for, in a value of its own: picamera2 gives all configurations the same one by default."""
    from libcamera import Transform  # noqa: PLC0415 - as picamera2 itself

    return cast("_Transform", Transform(hflip=hflip, vflip=vflip))
