"""Distortions: what cameras, lenses, light and things before a face do to a picture, each as a function of it.

It knows pixels and where the face lies, and neither networks nor what is made of the result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Pixels: TypeAlias = npt.NDArray[np.uint8]
Points: TypeAlias = npt.NDArray[np.float32]
MIDDLE_GREY = 110.0
"""Grey level about which contrast is lost."""
HUNDRED_PX = 100
"""Width of a face, in pixels, for which the strengths of blurs are given."""
MASKS = ((235, 235, 235), (200, 160, 110), (30, 30, 30), (180, 120, 90))
HANDS = ((120, 150, 200), (90, 120, 180), (60, 80, 130), (40, 60, 100))
"""Colours, BGR."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A picture (H, W, 3) BGR, its face's box x1 y1 x2 y2 and landmarks (5, 2) as the detector orders them, and a source of chance."""

    pixels: Pixels
    box: tuple[float, float, float, float]
    points: Points
    chance: np.random.Generator

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the face."""
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2

    @property
    def width(self) -> float:
        """The width of the face."""
        return self.box[2] - self.box[0]

    @property
    def height(self) -> float:
        """The height of the face."""
        return self.box[3] - self.box[1]


Distortion: TypeAlias = Callable[[Shown], Pixels]


def _pixels(values: npt.ArrayLike) -> Pixels:
    return np.ascontiguousarray(np.clip(np.asarray(values), 0, 255), dtype=np.uint8)


def _plain(shown: Shown) -> Pixels:
    return shown.pixels


def _mirrored(shown: Shown) -> Pixels:
    return _pixels(shown.pixels[:, ::-1])


def _turned(shown: Shown, *, quarters: int) -> Pixels:
    return _pixels(np.rot90(shown.pixels, quarters))


def _leaning(shown: Shown, *, degrees: float) -> Pixels:
    height, width = shown.pixels.shape[:2]
    turn = cv2.getRotationMatrix2D(shown.centre, degrees * shown.chance.choice((-1, 1)), 1.0)
    return _pixels(cv2.warpAffine(shown.pixels, turn, (width, height), borderMode=cv2.BORDER_REFLECT))


def _squeezed(shown: Shown, *, across: float = 1.0, down: float = 1.0) -> Pixels:
    how = cv2.INTER_AREA if min(across, down) < 1 and max(across, down) == 1 else cv2.INTER_LINEAR
    return _pixels(cv2.resize(shown.pixels, None, fx=across, fy=down, interpolation=how))


def _bulging(shown: Shown, *, strength: float) -> Pixels:
    """The barrel of a wide lens, mirrored: a point at radius r of half the longer side is taken from r · (1 + strength · r²)."""
    pixels = shown.pixels[:, ::-1]
    height, width = pixels.shape[:2]
    half = max(height, width) / 2
    y, x = (np.mgrid[0:height, 0:width].astype(np.float32) - np.reshape((height / 2, width / 2), (2, 1, 1))) / half
    reach = (1 + strength * (x * x + y * y)) * half
    columns, rows = (x * reach + width / 2).astype(np.float32), (y * reach + height / 2).astype(np.float32)
    return _pixels(cv2.remap(pixels, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT))


def _blurred(shown: Shown, *, sigma: float) -> Pixels:
    return _pixels(cv2.GaussianBlur(shown.pixels, (0, 0), sigma * shown.width / HUNDRED_PX))


def _moving(shown: Shown, *, length: float) -> Pixels:
    side = max(3, int(length * shown.width / HUNDRED_PX))
    kernel = np.zeros((side, side), np.float32)
    kernel[side // 2] = 1 / side
    turn = cv2.getRotationMatrix2D((side / 2 - 0.5, side / 2 - 0.5), shown.chance.uniform(0, 180), 1.0)
    kernel = np.asarray(cv2.warpAffine(kernel, turn, (side, side)), dtype=np.float32)
    return _pixels(cv2.filter2D(shown.pixels, -1, kernel / kernel.sum()))


def _noisy(values: npt.ArrayLike, chance: np.random.Generator, deviation: float) -> Pixels:
    clean = np.asarray(values, dtype=np.float64)
    return _pixels(clean + chance.normal(0.0, deviation, clean.shape))


def _dark(shown: Shown, *, gain: float) -> Pixels:
    return _noisy(shown.pixels * gain, shown.chance, 3.0)


def _overexposed(shown: Shown, *, gain: float) -> Pixels:
    return _noisy(np.clip(shown.pixels * gain + 20 * (gain - 1), 0, 255), shown.chance, 2.0)


def _half_of(shown: Shown, side: str) -> tuple[slice, slice]:
    x, y = map(int, shown.centre)
    everything = slice(None)
    return {
        "left": (everything, slice(None, x)),
        "right": (everything, slice(x, None)),
        "top": (slice(None, y), everything),
        "bottom": (slice(y, None), everything),
    }[side]


def _cut(shown: Shown, *, side: str) -> Pixels:
    return _pixels(shown.pixels[_half_of(shown, side)])


def _hidden(shown: Shown, *, side: str) -> Pixels:
    """Half of the face behind something plain."""
    pixels = shown.pixels.copy()
    pixels[_half_of(shown, side)] = shown.chance.integers(0, 255, 3)
    return _noisy(pixels, shown.chance, 2.0)


def _masked(shown: Shown) -> Pixels:
    pixels, colour = shown.pixels.copy(), MASKS[shown.chance.integers(len(MASKS))]
    right_eye, left_eye, nose, right_mouth, left_mouth = shown.points
    eyes, mouth, side = (right_eye + left_eye) / 2, (right_mouth + left_mouth) / 2, left_eye - right_eye
    down = mouth - eyes
    outline = (
        right_eye - side * 0.25 + down * 0.45,
        nose * 0.35 + (eyes + down * 0.38) * 0.65,
        left_eye + side * 0.25 + down * 0.45,
        left_eye + side * 0.15 + down * 1.25,
        mouth + down * 0.55,
        right_eye - side * 0.15 + down * 1.25,
    )
    cv2.fillPoly(pixels, [np.array(outline).astype(np.int32)], colour, cv2.LINE_AA)
    for depth in (0.7, 0.9, 1.1):  # folds
        ends = ((right_eye - side * 0.1 + down * depth).astype(int).tolist(), (left_eye + side * 0.1 + down * depth).astype(int).tolist())
        cv2.line(pixels, *ends, [0.85 * value for value in colour], 1, cv2.LINE_AA)
    return _noisy(pixels, shown.chance, 2.0)


def _behind_a_hand(shown: Shown) -> Pixels:
    pixels, colour, chance = shown.pixels.copy(), HANDS[shown.chance.integers(len(HANDS))], shown.chance
    width, height = shown.width, shown.height
    x, y = shown.box[0] + width * chance.uniform(0.1, 0.5), shown.box[1] + height * chance.uniform(0.35, 0.6)
    lean = chance.uniform(-40, 40)

    def oval(across: float, down: float, axes: tuple[float, float], shade: float) -> None:
        middle, size = (int(x + across * width), int(y + down * height)), (int(axes[0] * width), int(axes[1] * height))
        cv2.ellipse(pixels, middle, size, lean, 0, 360, [shade * value for value in colour], -1, cv2.LINE_AA)

    for finger in range(4):
        oval(0.14 * finger, 0.1, (0.075, 0.33), 0.9 + 0.05 * finger)
    oval(0.22, 0.45, (0.34, 0.26), 1.0)
    return _noisy(pixels, chance, 2.0)


def _tiny(shown: Shown, *, px: float, enlarged: bool) -> Pixels:
    scale = px / min(shown.width, shown.height)
    small = cv2.resize(shown.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    height, width = shown.pixels.shape[:2]
    return _pixels(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC) if enlarged else small)


def _negative(shown: Shown) -> Pixels:
    return _pixels(255 - shown.pixels)


def _grey(shown: Shown, *, contrast: float = 1.0, noise: float = 0.0) -> Pixels:
    """Grey, with a share of the contrast, and with noise of so many levels that is the same in all three colours."""
    grey = cv2.cvtColor(shown.pixels, cv2.COLOR_BGR2GRAY).astype(np.float64)
    seen = _noisy(MIDDLE_GREY + contrast * (grey - MIDDLE_GREY), shown.chance, noise)
    return _pixels(np.repeat(seen[:, :, None], 3, axis=2))


def _infrared(shown: Shown) -> Pixels:
    """Grey, flat, bright in the middle and noisy, as a camera's own lamps show a face at night."""
    grey = 255 * ((shown.pixels[:, :, 2] * 0.8 + shown.pixels[:, :, 1] * 0.2) / 255) ** 0.6
    height, width = grey.shape
    rows, columns = np.mgrid[0:height, 0:width]
    away = ((columns - shown.centre[0]) ** 2 + (rows - shown.centre[1]) ** 2) / (1.6 * shown.width) ** 2
    lit = (90 + 0.55 * (grey - 90)) * np.exp(-0.5 * away)
    return _noisy(np.repeat(lit[:, :, None], 3, axis=2), shown.chance, 6.0)


def _from_afar(shown: Shown, *, nearest_px: float, farthest_px: float) -> Pixels:
    """Small, a little blurred, noisy and compressed, as a camera shows somebody who is still some metres away."""
    chance = shown.chance
    scale = chance.uniform(farthest_px, nearest_px) / min(shown.width, shown.height)
    small = cv2.resize(shown.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    noisy = _noisy(cv2.GaussianBlur(small, (0, 0), chance.uniform(0.3, 1.0)), chance, chance.uniform(1.0, 6.0))
    encoded = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(40, 85))])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), dtype=np.uint8)


def _compressed(shown: Shown, *, quality: int) -> Pixels:
    encoded = cv2.imencode(".jpg", shown.pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), dtype=np.uint8)


GOOD: dict[str, Distortion] = {
    "untouched": _plain,
    "mirrored": _mirrored,
    "leaning 15°": partial(_leaning, degrees=15.0),
    "leaning 25°": partial(_leaning, degrees=25.0),
    "leaning 35°": partial(_leaning, degrees=35.0),
    "a little blurred": partial(_blurred, sigma=2.0),
    "width × 0.75": partial(_squeezed, across=0.75),
    "height × 0.75": partial(_squeezed, down=0.75),
    "dark × 0.15": partial(_dark, gain=0.15),
    "JPEG of quality 8": partial(_compressed, quality=8),
    "30 px, enlarged": partial(_tiny, px=30.0, enlarged=True),
    "from afar": partial(_from_afar, nearest_px=64.0, farthest_px=32.0),
}
"""Views in which people are told apart: these lie on one side of every line."""

CORNERS: dict[str, dict[str, Distortion]] = {
    "turned": {
        "turned 90°": partial(_turned, quarters=1),
        "turned 180°": partial(_turned, quarters=2),
        "turned 270°": partial(_turned, quarters=3),
        "leaning 75°": partial(_leaning, degrees=75.0),
        "leaning 120°": partial(_leaning, degrees=120.0),
        "leaning 150°": partial(_leaning, degrees=150.0),
    },
    "squeezed": {
        "half as wide": partial(_squeezed, across=0.5),
        "half as high": partial(_squeezed, down=0.5),
        "twice as high": partial(_squeezed, down=2.0),
        "twice as wide": partial(_squeezed, across=2.0),
    },
    "bulging": {"fisheye, mirrored": partial(_bulging, strength=1.0)},
    "blurred": {
        "blurred": partial(_blurred, sigma=4.0),
        "very blurred": partial(_blurred, sigma=7.0),
        "moving": partial(_moving, length=15.0),
        "moving fast": partial(_moving, length=30.0),
    },
    "covered": {
        **{f"{side} half hidden": partial(_hidden, side=side) for side in ("left", "bottom", "top")},
        **{f"cut, {side} half left": partial(_cut, side=side) for side in ("left", "right", "top", "bottom")},
        "behind a hand": _behind_a_hand,
    },
    "masked": {"masked": _masked},
    "badly lit": {
        "dark × 0.06": partial(_dark, gain=0.06),
        "overexposed × 2.5": partial(_overexposed, gain=2.5),
        "overexposed × 4": partial(_overexposed, gain=4.0),
    },
    "negative": {"negative": _negative},
}
"""Views that come out alike whoever they show, by the corner of the embedding space that they fall into."""

BETWEEN: dict[str, Distortion] = {
    "infrared-like": _infrared,
    "leaning 45°": partial(_leaning, degrees=45.0),
    "leaning 60°": partial(_leaning, degrees=60.0),
    "fisheye, half as strong": partial(_bulging, strength=0.5),
    "20 px, enlarged": partial(_tiny, px=20.0, enlarged=True),
    "20 px": partial(_tiny, px=20.0, enlarged=False),
}
"""Views that teach no line and are measured."""

ALL: dict[str, Distortion] = GOOD | BETWEEN | {name: how for corner in CORNERS.values() for name, how in corner.items()}

NIGHT: dict[str, Distortion] = {
    "untouched": _plain,
    "grey": _grey,
    "grey, contrast × 0.4": partial(_grey, contrast=0.4),
    "grey, noise of 12 levels": partial(_grey, noise=12.0),
    "grey, contrast × 0.4, noise of 8 levels": partial(_grey, contrast=0.4, noise=8.0),
    "infrared-like": _infrared,
}
"""Views as cameras give them by night."""
