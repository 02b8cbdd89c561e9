"""What the tests of a running edged share: the door it looks at.

Knows nothing of what is published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.vision.pictures import read_picture
from tests.docs.doorway import Door

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def door(tmp_path: Path, portraits: dict[str, Path]) -> Door:
    """A door before which somebody stands who does not leave."""
    portrait = cv2.resize(read_picture(portraits["obama"]), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return Door(tmp_path / "door", np.asarray(portrait, np.uint8))
