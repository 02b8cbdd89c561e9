"""Who walks where in people_walking_to_camera_1080p: the paths of eight faces, followed and checked by eye.

Shared by the tests that show this clip; knows no detector and no tracker.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from edged.types import Box, Uint8Array

CLIP = Path(__file__).resolve().parents[2] / "shared" / "data" / "video" / "people_walking_to_camera_1080p.mp4"
FPS = 25.0
NEAR = 0.5
"""A detection shows a face whose middle is nearer to its own than this, in shorter sides of its box."""

# fmt: off
PATHS: dict[str, tuple[tuple[int, int, int], ...]] = {
    "woman_in_scarf": ((0, 335, 777), (4, 471, 779), (8, 618, 818), (17, 948, 810), (22, 1144, 854), (28, 1382, 827), (35, 1667, 863)),
    "boy_in_blue": (
        (0, 947, 676), (6, 940, 671), (13, 986, 708), (20, 1024, 700), (25, 1017, 740), (32, 1019, 729), (38, 1039, 770), (41, 1044, 758),
        (44, 1030, 741), (50, 986, 766), (55, 958, 725), (61, 955, 746), (66, 947, 716), (74, 893, 733), (81, 845, 711), (85, 839, 753),
        (92, 824, 704), (98, 790, 744), (104, 801, 700),
    ),
    "man_at_the_edge": ((0, 1494, 563), (4, 1632, 587)),
    "man_with_red_hair": (
        (0, 706, 596), (8, 755, 613), (16, 754, 634), (27, 676, 617), (36, 660, 684), (45, 638, 655), (50, 606, 685), (56, 570, 657),
        (64, 563, 685), (70, 561, 655), (75, 546, 675), (82, 480, 664), (87, 484, 621), (92, 478, 665), (95, 477, 651), (100, 432, 616),
        (104, 394, 642),
    ),
    "woman_with_white_hair": (
        (2, 317, 656), (10, 320, 701), (22, 311, 724), (28, 298, 704), (34, 279, 732), (41, 265, 711), (46, 256, 734), (53, 237, 704),
        (75, 221, 712), (78, 225, 693), (85, 240, 727), (94, 258, 710),
    ),
    "woman_in_red": ((0, 889, 646), (10, 935, 681), (46, 939, 733), (70, 836, 730), (104, 948, 702)),
    "older_man": ((0, 1104, 638), (16, 1127, 661), (27, 1099, 694), (67, 1091, 692), (84, 1144, 684), (104, 1142, 693)),
    "man_with_glasses": (
        (26, 1080, 712), (37, 1095, 718), (46, 1156, 734), (64, 1158, 720), (75, 1201, 717), (90, 1183, 711), (104, 1208, 714),
    ),
}
# fmt: on
"""Frame, and x and y of the middle of the face in pixels; between them it moves straight, before and after it is not there.

The man at the edge is seen in profile, for five frames. The woman in red turns away at frame 32, is hidden from 71 to 93, and looks back;
the man with glasses comes out behind the boy at 26 and hides the older man until 50.
"""


def pictures() -> list[Uint8Array]:
    """The frames of the clip, 1080×1920 BGR."""
    capture, found = cv2.VideoCapture(str(CLIP)), []
    while (read := capture.read())[0]:
        found.append(np.asarray(read[1], dtype=np.uint8))
    return found


def person_at(frame: int, box: Box) -> str | None:
    """Whose face a detection shows; None where it is nobody's, or could be either of two people's: a box over two heads."""
    there = [person for person, path in PATHS.items() if path[0][0] <= frame <= path[-1][0] and _is_near(frame, box, path)]
    return there[0] if len(there) == 1 else None


def _is_near(frame: int, box: Box, path: tuple[tuple[int, int, int], ...]) -> bool:
    frames, columns, rows = zip(*path, strict=True)
    x, y = box.centre
    return math.hypot(x - np.interp(frame, frames, columns), y - np.interp(frame, frames, rows)) < NEAR * min(box.width, box.height)
