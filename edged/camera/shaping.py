"""Brings the pictures of any camera into shape: square pixels, upright, and mirrored where the owner wishes it.

It knows neither cameras nor what the pictures are for.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2

from edged.camera.buffers import FrameBuffers
from edged.camera.source import AS_IT_SHALL_BE, Geometry

if TYPE_CHECKING:
    from edged.camera.source import RawSource, SourceOptions
    from edged.types import Frame, Uint8Array

MOST_STRETCHED = 4.0
"""Most that a pixel may be said to be wider than high, or higher than wide; recorders store at most 2: more is a defect of the stream."""
SQUARE_ENOUGH = 0.02
"""Share by which pixels may be off square without being resized: faces squeezed to 0.8 lose 0.04 of 0.70 similarity (100 pairs of LFW
View 1), so that a fiftieth is lost in the noise."""
MOST_ENLARGED_PIXELS = 1920 * 1080
"""Pixels of the largest picture that is made square by enlarging, in which no detail is lost: of 100 pairs with small faces (LFW View 1 at
90×90) squeezed to half width, 96 % match again, and 85 % where the height is halved instead. To enlarge to 1920×1080 takes 2 ms on one
desktop core; above, that would cost more, and faces have pixels enough."""
SIDEWAYS = frozenset({90, 270})
_ROTATIONS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_LEFT_TO_RIGHT, _UPSIDE_DOWN = 1, 0  # cv2.flip's words for the two mirrors


class ShapedSource:
    """A source whose frames are as they shall be looked at: first square, then rotated, then mirrored.

    Each step writes into memory that is used again, and what a picture does not need costs nothing. A turn by 90° or 270° takes 0.1 ms
    of 640×480 and 0.25 ms of 1280×720 pixels on one desktop core, one by 180° or a mirror a quarter of that.
    """

    def __init__(self, source: RawSource, options: SourceOptions) -> None:
        """Take an open source, and how its pictures are to be shown."""
        self.live, self.frozen_after_seconds, self.decoder = source.live, source.frozen_after_seconds, source.decoder
        self._source, self._large, self._small = source, _Shaper(options), _Shaper(options)

    def read(self) -> Frame:
        """Wait for the next frame and bring it into shape; fails as Source.read()."""
        frame, geometry = self._source.read(), self._source.geometry
        pixels = self._large.shaped(frame.pixels, geometry)
        small = None if frame.small is None else self._small.shaped(frame.small, geometry)
        return frame if pixels is frame.pixels and small is frame.small else replace(frame, pixels=pixels, small=small)

    def close(self) -> None:
        """Close the source."""
        self._source.close()


class _Shaper:
    """Brings pictures of one size into shape, each step in memory of its own."""

    def __init__(self, options: SourceOptions) -> None:
        self._options = options
        self._squared, self._turned = FrameBuffers(), FrameBuffers()

    def shaped(self, pixels: Uint8Array, geometry: Geometry) -> Uint8Array:
        """Give a picture as it shall be looked at."""
        options = self._options
        if options.aspect is None and geometry is AS_IT_SHALL_BE and not (options.rotate or options.flip):
            return pixels
        height, width = pixels.shape[:2]
        size = square_size(width, height, _pixel_ratio(width, height, geometry, options.aspect))
        if size != (width, height):
            pixels = self._resized(pixels, size)
        own = (0, False) if geometry.is_turned else (options.rotate, options.flip)
        return self._rotated(pixels, (geometry.rotation + own[0]) % 360, mirrored=own[1])

    def _resized(self, pixels: Uint8Array, size: tuple[int, int]) -> Uint8Array:
        squared = self._squared.spare((size[1], size[0], 3))
        cv2.resize(pixels, size, squared, interpolation=cv2.INTER_LINEAR)
        return squared

    def _rotated(self, pixels: Uint8Array, degrees: int, *, mirrored: bool) -> Uint8Array:
        """Rotate clockwise, and then mirror left to right, in one pass where there is one for both."""
        if not (degrees or mirrored):
            return pixels
        height, width = pixels.shape[:2]
        turned = self._turned.spare((width, height, 3) if degrees in SIDEWAYS else (height, width, 3))
        match degrees, mirrored:
            case 0, True:
                cv2.flip(pixels, _LEFT_TO_RIGHT, turned)
            case 90, True:
                cv2.transpose(pixels, turned)
            case 180, True:
                cv2.flip(pixels, _UPSIDE_DOWN, turned)
            case 270, True:
                cv2.rotate(pixels, _ROTATIONS[degrees], turned)
                cv2.flip(turned, _LEFT_TO_RIGHT, turned)
            case _:
                cv2.rotate(pixels, _ROTATIONS[degrees], turned)
        return turned


def square_size(width: int, height: int, pixel_ratio: float) -> tuple[int, int]:
    """Give the size, width and height, in which a picture has square pixels; pixel_ratio is the width of one over its height.

    The shorter side of its pixels is enlarged, so that nothing is lost; the longer one is reduced where that would make the picture very
    large. The size itself where the pixels are square already, or nearly.
    """
    if abs(pixel_ratio - 1.0) <= SQUARE_ENOUGH:
        return width, height
    stretch = max(pixel_ratio, 1.0 / pixel_ratio)
    enlarges = width * height * stretch <= MOST_ENLARGED_PIXELS
    if enlarges == (pixel_ratio > 1.0):
        return max(1, round(width * pixel_ratio)), height
    return width, max(1, round(height / pixel_ratio))


def geometry_of(capture: cv2.VideoCapture) -> Geometry:
    """Read what a file or stream that FFmpeg has opened says of its pictures; what it says beyond reason is passed over.

    Its pixels may have been called by another name than its container's, so that both are asked anew for each frame.
    """
    rotation = round(capture.get(cv2.CAP_PROP_ORIENTATION_META)) % 360
    numerator, denominator = capture.get(cv2.CAP_PROP_SAR_NUM), capture.get(cv2.CAP_PROP_SAR_DEN)
    ratio = numerator / denominator if numerator > 0 and denominator > 0 else 1.0
    if not 1.0 / MOST_STRETCHED <= ratio <= MOST_STRETCHED:
        ratio = 1.0
    if math.isclose(ratio, 1.0) and rotation not in _ROTATIONS:
        return AS_IT_SHALL_BE
    return Geometry(ratio, rotation if rotation in _ROTATIONS else 0)


def _pixel_ratio(width: int, height: int, geometry: Geometry, aspect: float | None) -> float:
    """Give the width of a pixel over its height; the aspect that the owner names is that of the picture as a player would turn it."""
    if aspect is None:
        return geometry.pixel_ratio
    return (1.0 / aspect if geometry.rotation in SIDEWAYS else aspect) * height / width
