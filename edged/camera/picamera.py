"""A camera on the Raspberry Pi's own connector, through picamera2, which is imported here and nowhere else.

A capture is waited for with a limit; what is done when it is passed is not decided here.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Protocol, cast

from edged.camera.clock import Moment
from edged.camera.pixels import as_bgr
from edged.camera.source import FROZEN_AFTER_SECONDS, Geometry
from edged.errors import CameraError
from edged.types import Frame

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from edged.camera.source import SourceOptions

BUFFER_COUNT = 3
"""Frames that libcamera has memory for: one filled, one waiting, one being copied; each is contiguous memory, of which a Pi has little."""

HALF_TURN = 180
"""Degrees of the only rotation that mirrors make."""


class _Transform(Protocol):
    """What is used of libcamera.Transform: which mirrors the sensor applies."""

    hflip: bool
    vflip: bool


class _Picamera2(Protocol):
    """What is used of picamera2.Picamera2, as of its version 0.3.30."""

    def create_video_configuration(
        self, main: dict[str, object], *, controls: dict[str, object], buffer_count: int
    ) -> dict[str, object]: ...
    def configure(self, camera_config: dict[str, object]) -> None: ...
    def camera_configuration(self) -> dict[str, object]: ...
    def start(self) -> None: ...
    def capture_array(self, name: str, *, wait: bool) -> object: ...
    def wait(self, job: object, *, timeout: float) -> npt.NDArray[np.generic]: ...
    def close(self) -> None: ...


class PiCamera:
    """A running Pi camera; its sensor mirrors both ways, and so turns by 180°, at no cost."""

    live = True
    frozen_after_seconds = FROZEN_AFTER_SECONDS

    def __init__(self, camera: str, number: int, options: SourceOptions) -> None:
        """Start the camera of this number, the first being 0, in the size and rate that are asked for.

        Raises:
            CameraError: picamera2 is not installed, or there is no such camera, or it is in use.
        """
        self._camera, self._name, self._number = camera, f"The Pi camera {number}", 0
        self._timeout = options.patience_seconds(options.frame_timeout_seconds)
        self._device = _opened(number)
        try:
            self.geometry = _start(self._device, options)
        except Exception as error:
            with contextlib.suppress(Exception):  # the first error is the one to report
                self.close()
            raise CameraError(f"{self._name} cannot be started ({error}); another program may be using it.") from error

    def read(self) -> Frame:
        """Wait for the next frame; fails as Source.read()."""
        try:
            pixels = self._device.wait(self._device.capture_array("main", wait=False), timeout=self._timeout)
        except TimeoutError as error:
            raise CameraError(f"{self._name} gave no picture for {self._timeout:g} s; look at its ribbon cable.") from error
        except Exception as error:
            raise CameraError(f"{self._name} failed: {error}") from error
        frame = Frame(self._camera, self._number, *Moment.now(), as_bgr(pixels))
        self._number += 1
        return frame

    def close(self) -> None:
        """Stop and release the camera."""
        # Not stop() first: while its event loop runs, stop() queues behind the capture that never came, and waits for ever.
        self._device.close()


def _opened(number: int) -> _Picamera2:
    try:
        from picamera2 import Picamera2  # noqa: PLC0415 - it exists on a Raspberry Pi only
    except (ImportError, ValueError) as error:  # ValueError: compiled for another numpy than the environment's
        raise CameraError(
            f"picamera2 cannot be imported ({error}). Install it with `sudo apt install python3-picamera2`, and make edged's"
            " environment with `python3 -m venv --system-site-packages`, so that it can see it."
        ) from error
    try:
        present = [str(info.get("Model", "?")) for info in Picamera2.global_camera_info()]
        if number < len(present):
            return cast("_Picamera2", Picamera2(number))
    except Exception as error:
        raise CameraError(f"The Pi camera {number} cannot be opened ({error}); another program may be using it.") from error
    raise CameraError(
        f"There is no Pi camera {number}; libcamera sees {len(present)}: {', '.join(present) or 'none'}."
        " Look at the ribbon cable and at `rpicam-hello --list-cameras`."
    )


def _start(device: _Picamera2, options: SourceOptions) -> Geometry:
    """Start the camera, and say whether the sensor mirrors and turns as the options say."""
    # libcamera takes even sizes only. Its "RGB888" is a little-endian word, so in memory, and in the array, blue comes first.
    size = (options.width // 2 * 2, options.height // 2 * 2)
    configuration = device.create_video_configuration(
        {"size": size, "format": "RGB888"}, controls={"FrameRate": options.frames_per_second}, buffer_count=BUFFER_COUNT
    )
    upside_down = options.rotate == HALF_TURN
    wanted = (options.flip is not upside_down, upside_down)
    can_turn = any(wanted) and options.rotate in {0, HALF_TURN}
    if can_turn:
        transform = cast("_Transform", configuration["transform"])
        transform.hflip, transform.vflip = wanted
    device.configure(configuration)
    applied = cast("_Transform", device.camera_configuration()["transform"]) if can_turn else None
    device.start()
    # A sensor that cannot mirror is configured all the same, without.
    return Geometry(is_turned=applied is not None and (applied.hflip, applied.vflip) == wanted)
