"""The controls of libcamera that a camera on the Pi's own connector is given: focus, exposure, and who brings light and dark together.

It knows their names and numbers, and imports nothing of libcamera: https://libcamera.org/api-html/namespacelibcamera_1_1controls.html.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edged.config import PicameraConfig

log = logging.getLogger(__name__)

SENSOR, PROCESSOR = "sensor", "processor"
"""Who brings light and dark together."""
HDR_SENSOR = "imx708"
"""What begins the model of the one sensor that does so itself, that of the Camera Module 3: others refuse to be asked."""
AF_MODE, AF_FIXED, AF_CONTINUOUS = "AfMode", 0, 2
"""Control of what moves the lens, AfModeManual and AfModeContinuous."""
EXPOSURES = {"normal": 0, "short": 1, "long": 2}
"""AeExposureModeEnum."""
METERINGS = {"centre": 0, "spot": 1, "matrix": 2}
"""AeMeteringModeEnum."""
HDR_SINGLE_EXPOSURE = 3
"""HdrModeEnum: pictures of one exposure each, put together by the processor of a Pi 5."""
KEYS = {
    AF_MODE: "focus_metres",
    "LensPosition": "focus_metres",
    "AeExposureMode": "exposure",
    "ExposureValue": "exposure_stops",
    "AeMeteringMode": "metering",
    "HdrMode": "hdr",
}
"""The key of `[camera.picamera]` that each control is asked for by."""


def controls_of(camera: str, options: PicameraConfig, known: Mapping[str, object]) -> dict[str, object]:
    """Give the controls by their names; known are those that the camera has. What it lacks is left out, and the log names the key.

    A camera whose lens does not move has no AfMode, and nobody who left the key out is told so.
    """
    asked = _asked(options)
    lacks = sorted({KEYS[name] for name in asked.keys() - known.keys()})
    if lacks:
        tell_lacks(camera, lacks)
    continuous = {AF_MODE: AF_CONTINUOUS} if options.focus_metres is None and AF_MODE in known else {}
    return continuous | {name: value for name, value in asked.items() if name in known}


def tell_lacks(camera: str, keys: Sequence[str]) -> None:
    """Say in the log which keys a camera cannot follow; it runs without."""
    log.warning("Camera %s cannot do what these keys of [camera.picamera] ask for: %s.", camera, ", ".join(keys))


def _asked(options: PicameraConfig) -> dict[str, object]:
    """The controls whose key is not as it is by default."""
    asked: dict[str, object] = {}
    if options.focus_metres is not None:
        asked |= {AF_MODE: AF_FIXED, "LensPosition": 1.0 / options.focus_metres}  # in dioptres
    if options.exposure != "normal":
        asked["AeExposureMode"] = EXPOSURES[options.exposure]
    if options.exposure_stops:
        asked["ExposureValue"] = options.exposure_stops
    if options.metering != "centre":
        asked["AeMeteringMode"] = METERINGS[options.metering]
    if options.hdr == PROCESSOR:
        asked["HdrMode"] = HDR_SINGLE_EXPOSURE
    return asked
