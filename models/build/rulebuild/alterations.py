"""Alterations of an aligned face that enrollment could make further templates of, as textbooks on augmentation list them.

It knows the pixels of one aligned face, and not what is made of the result.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Pixels: TypeAlias = npt.NDArray[np.uint8]
Alteration: TypeAlias = Callable[[Pixels, np.random.Generator], Pixels]

TURN_DEGREES = 10.0
NOISE = 12.0
"""Deviation of the noise, in grey levels."""
BRIGHTER, DARKER = 45.0, -45.0
"""Grey levels."""
MORE_CONTRAST, LESS_CONTRAST = 1.35, 0.65
"""By how much grey levels lie further apart, around the middle."""
PEPPERED = 0.03
"""Share of pixels that become black or white."""
MIDDLE = 127.5


def _turned(pixels: Pixels, _chance: np.random.Generator, *, degrees: float) -> Pixels:
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return np.asarray(cv2.warpAffine(pixels, turn, (width, height), borderMode=cv2.BORDER_REFLECT), dtype=np.uint8)


def _noisy(pixels: Pixels, chance: np.random.Generator) -> Pixels:
    return _levels(pixels + chance.normal(0.0, NOISE, pixels.shape))


def _lit(pixels: Pixels, _chance: np.random.Generator, *, by: float) -> Pixels:
    return _levels(pixels + by)


def _contrasted(pixels: Pixels, _chance: np.random.Generator, *, by: float) -> Pixels:
    return _levels((pixels - MIDDLE) * by + MIDDLE)


def _peppered(pixels: Pixels, chance: np.random.Generator) -> Pixels:
    drawn = chance.random(pixels.shape[:2])
    altered = pixels.copy()
    altered[drawn < PEPPERED / 2], altered[drawn > 1 - PEPPERED / 2] = 0, 255
    return altered


def _levels(values: npt.ArrayLike) -> Pixels:
    return np.asarray(np.clip(np.asarray(values), 0, 255), dtype=np.uint8)


ALTERATIONS: dict[str, tuple[Alteration, ...]] = {
    "turned": (partial(_turned, degrees=TURN_DEGREES), partial(_turned, degrees=-TURN_DEGREES)),
    "noise": (_noisy,),
    "brightness": (partial(_lit, by=BRIGHTER), partial(_lit, by=DARKER)),
    "contrast": (partial(_contrasted, by=MORE_CONTRAST), partial(_contrasted, by=LESS_CONTRAST)),
    "salt and pepper": (_peppered,),
}
"""What each alteration makes of a face, one picture or two; the mirror image is in every template anyway."""
