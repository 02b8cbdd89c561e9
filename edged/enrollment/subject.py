"""Subject: which face is meant where several are seen, and which of the others are in the way.

Knows detections and how good their views are; what is made of the face is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edged.types import Reason
from edged.vision.quality import LOW_DETECTION

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edged.types import Box, Detection, Quality

BACKGROUND_SIDE = 0.5
"""Width, in that of the face that is meant, up to which another face is background, and not in the way."""
WORTH_QUALITY = 0.4
"""Quality, 0…1, of a usable view from which a second face may be meant too: of poorer ones more than half do not match their own person
(pairsDevTest, 1,878 looks made worse). What the detector finds in patterns has a score below 0.8 and a quality below 0.4 by that
alone. Of 186 second faces in 1,500 pictures of LFW View 1, nearly all of them people, many cut off or
blurred, 91 are worth it, in 85 of 162 pictures."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The rows of the face that is meant, of those that may be meant as well, and of those that are near and may not."""

    row: int
    rivals: tuple[int, ...]
    passed_over: tuple[int, ...]


def find_subject(faces: Sequence[Detection], geometry: Callable[[int], Quality], view: Callable[[int], Quality]) -> Subject | None:
    """Find who is meant: the largest face, but for what is hardly a face, and for what is cut off beside a whole one.

    Args:
        faces: What is seen, in any order.
        geometry: The quality of a row as far as it is known without pixels.
        view: The whole quality of a row; asked only of faces that may be in the way.

    Returns:
        The subject; None where there is no face.
    """
    rows = sorted(range(len(faces)), key=lambda row: (-faces[row].box.area, row))
    if not rows:
        return None
    likely = [row for row in rows if faces[row].score >= LOW_DETECTION] or rows
    whole = [row for row in likely if is_near(faces[row].box, faces[likely[0]].box) and geometry(row).reason is not Reason.CUT_OFF]
    subject = (whole or likely)[0]
    near = [row for row in rows if row != subject and is_near(faces[row].box, faces[subject].box)]
    rivals = tuple(row for row in near if _is_worth_judging(view(row)))
    return Subject(subject, rivals, tuple(row for row in near if row not in rivals))


def is_near(box: Box, other: Box) -> bool:
    """Whether a face is too large, beside the other, to be in the background."""
    return box.width > BACKGROUND_SIDE * other.width


def _is_worth_judging(quality: Quality) -> bool:
    return quality.reason is None and quality.score >= WORTH_QUALITY
