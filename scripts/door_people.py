"""Who walks through the composed porch: the people of the portraits, cut out along outlines that were traced by hand.

It knows nothing of where they stand or what they do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from portraits import Portraits

Picture: TypeAlias = npt.NDArray[np.uint8]

ACTOR_TONE = 0.92
"""Factor on a portrait's light: the people were photographed in brighter rooms than a porch."""
KNEES, LEG_FACES = 0.93, 1.7
"""Down to where of its height a portrait is used, before light shines between the knees, and how much leg then lacks, in face heights."""


class ClipError(Exception):
    """The clip cannot be composed; the message is a sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Cutting:
    """How to cut a person out of their portrait.

    Everything is in a picture scaled to 1000 px height, x right, y down: outline is a polygon, its points as in SVG, traced once with
    GrabCut and corrected by hand, face_xy the centre of the face, face_px its height.
    """

    face_xy: tuple[float, float]
    face_px: float
    outline: str


@dataclass(frozen=True, slots=True, eq=False)
class CutOut:
    """A person without their background, at halving sizes so that a distant one does not glitter.

    levels[i] is (H, W, 4) uint8, BGR and opacity, 1 / 2**i of the first. face_xy and face_px are in pixels of levels[0].
    """

    levels: tuple[Picture, ...]
    face_xy: tuple[float, float]
    face_px: float


TRACED_HEIGHT = 1000
"""Height in pixels of the portraits when they were traced."""
CUTTINGS = {
    "obama": Cutting(
        (336, 187),
        152,
        """
        345,97 324,97 315,100 291,114 281,123 269,140 265,153 263,173 250,186 249,199 253,209 271,227 278,245 279,262 277,273 270,284
        260,295 243,309 217,318 171,326 145,335 136,346 136,364 128,384 121,397 119,436 103,505 104,524 111,543 112,574 120,596 131,602
        158,600 178,606 172,625 165,642 156,662 146,689 145,712 131,762 121,817 113,884 144,894 155,899 155,960 162,999 464,999 470,960
        473,899 499,886 494,850 488,800 483,740 481,700 477,655 471,625 465,593 479,590 492,576 509,547 521,511 514,488 512,472 507,460
        494,400 489,390 491,373 489,345 486,338 477,338 457,329 423,322 400,317 382,310 367,297 362,286 363,262 375,243 380,234 387,229
        394,214 394,196 391,181 392,156 386,136 379,123 362,105
        """,
    ),
    "biden": Cutting(
        (259, 168),
        178,
        """
        299,52 261,45 243,45 227,49 203,63 186,85 177,109 175,175 190,199 189,227 178,246 153,260 132,268 71,277 46,285 27,294 20,308
        20,381 18,461 23,497 33,535 50,582 46,652 33,700 30,735 18,807 13,864 7,890 0,896 0,999 380,999 382,935 400,922 434,912 429,858
        423,805 404,716 409,690 387,657 378,600 382,562 415,555 439,548 439,411 427,401 421,367 408,338 384,324 340,308 300,290 291,272
        292,256 302,236 311,218 319,208 327,176 335,161 342,139 341,109 332,84 313,60
        """,
    ),
    "astronaut": Cutting(
        (436, 234),
        223,
        """
        392,47 310,109 302,128 302,183 313,211 331,228 340,249 355,260 357,268 352,289 299,296 272,311 259,324 229,366 224,377 222,396
        208,414 120,492 88,548 74,600 56,645 52,693 49,724 38,762 38,802 39,856 49,914 74,946 88,999 985,999 986,950 974,923 981,893
        970,884 961,815 942,767 915,731 879,700 853,687 818,675 784,673 748,675 720,688 704,681 703,642 697,604 688,562 677,546 666,516
        651,498 625,476 592,454 585,431 567,401 513,350 501,335 504,302 518,272 542,257 573,219 586,181 586,158 574,106 554,73 538,61
        484,36 461,32 444,32 418,41
        """,
    ),
}


def cut_out(portraits: Portraits, person: str) -> CutOut:
    """Cut the acting portrait of a person out along their outline, with a soft edge.

    Raises:
        ClipError: the picture cannot be read.
        ValueError: nobody is called so.
    """
    path = portraits.of(person).act
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise ClipError(f"{path} is not a readable picture; delete it and run scripts/portraits.py again")
    cutting = CUTTINGS[person]
    scale = picture.shape[0] / TRACED_HEIGHT
    outline = np.array([point.split(",") for point in cutting.outline.split()], dtype=np.float64)
    # Where the person is cut off by the picture's own edge, the edge must stay hard: draw the outline beyond it.
    outline[outline[:, 1] >= TRACED_HEIGHT - 1, 1] += TRACED_HEIGHT / 20
    # The edge is drawn in by its own blur, so that the old background does not shine around the hair.
    soft = max(1.0, 1.6 * scale)
    opacity = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(opacity, [np.rint(outline * scale).astype(np.int32)], 255)
    inset = cv2.erode(opacity, np.ones((3, 3), np.uint8), iterations=math.ceil(soft), borderValue=(255,))
    opacity = cv2.GaussianBlur(inset, (0, 0), soft, borderType=cv2.BORDER_REPLICATE).astype(np.uint8, copy=False)
    tones = np.clip(picture * ACTOR_TONE, 0, 255).astype(np.uint8)
    whole = _with_legs(np.dstack([tones, opacity]), cutting.face_px * scale)
    return CutOut(_halvings(whole), (cutting.face_xy[0] * scale, cutting.face_xy[1] * scale), cutting.face_px * scale)


def _with_legs(picture: Picture, face_px: float) -> Picture:
    """Cut a picture (H, W, 4) off at the knees and lengthen it, for a person so far away that the legs are in view.

    The lowest row goes on downward and narrows; from five metres nobody sees more of a trouser leg.
    """
    person = picture[: round(picture.shape[0] * KNEES)]
    width = person.shape[1]
    columns = np.flatnonzero(person[-1, :, 3])
    centre = float(columns.mean()) if columns.size else width / 2
    taper = 1.0 + 0.3 * np.linspace(0.0, 1.0, round(face_px * LEG_FACES))[:, None]
    source = np.clip((np.arange(width)[None, :] - centre) * taper + centre, 0, width - 1)
    return np.vstack([person, person[-1][np.rint(source).astype(np.intp)]])


def _halvings(picture: Picture) -> tuple[Picture, ...]:
    levels = [picture]
    while min(levels[-1].shape[:2]) > 100:  # noqa: PLR2004 - the most distant face is still drawn from a larger one
        height, width = levels[-1].shape[:2]
        smaller = cv2.resize(levels[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        levels.append(smaller.astype(np.uint8, copy=False))
    return tuple(levels)
