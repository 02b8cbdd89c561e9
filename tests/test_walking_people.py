"""Real people who walk towards a real camera: everybody is told of once, by the right name, at any frame rate.

The clip is in the development data. Seven people come as close as 60 px; three of them are enrolled here by one frame each.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.app import open_attributes
from edged.config import Config
from edged.gallery.database import open_database
from edged.gallery.matcher import Matcher
from edged.gallery.memory import StrangerMemory
from edged.gallery.strangers import Strangers
from edged.pipeline import Pipeline
from edged.types import Announcement, Event, Frame
from tests.door import NEW_YEAR, RULES, knowledge, watched

if TYPE_CHECKING:
    from edged.types import Float32Array, Uint8Array
    from edged.vision.faces import FaceReader

CLIP = Path(__file__).resolve().parents[2] / "shared" / "data" / "video" / "people_walking_to_camera_1080p.mp4"
FPS = 25.0
ENROLLED = {"boy_in_blue": (38, (1040, 770)), "man_with_red_hair": (38, (661, 681)), "woman_with_white_hair": (40, (268, 713))}
"""Who is enrolled: the frame, and the middle of the face in it."""
OTHERS = 4
"""Seen well and not enrolled: the woman in the scarf, the man with glasses, the woman behind him, the older man."""

pytestmark = pytest.mark.skipif(not CLIP.exists(), reason="the development data is not here")


@pytest.fixture(scope="module")
def pictures() -> list[Uint8Array]:
    capture, found = cv2.VideoCapture(str(CLIP)), []
    while (read := capture.read())[0]:
        found.append(np.asarray(read[1], dtype=np.uint8))
    return found


def template(reader: FaceReader, pixels: Uint8Array, middle: tuple[float, float]) -> Float32Array:
    """The embedding of the face there."""
    face = min(reader.detector.detect(pixels), key=lambda found: np.hypot(*np.subtract(found.box.centre, middle)))
    return reader.read(pixels, face, RULES.quality).embedding.vector


def walk(pictures: list[Uint8Array], every: int) -> list[Frame]:
    """One frame of so many, each at its time."""
    return [Frame("street", number, NEW_YEAR, number / FPS, pictures[number]) for number in range(0, len(pictures), every)]


@pytest.mark.parametrize("every", [1, 2, 3])
def test_everybody_is_announced_once_and_nobody_by_the_name_of_another(reader: FaceReader, pictures: list[Uint8Array], every: int) -> None:
    templates = [template(reader, pictures[number], middle) for number, middle in ENROLLED.values()]
    model = reader.embedding_card.id
    with open_database(None) as database:
        known = knowledge(reader, strangers=StrangerMemory(Strangers(database), model, days=30))
        known.matcher = Matcher(list(ENROLLED), np.array(templates), model)
        pipeline = Pipeline("street", reader, known, networks=open_attributes(Config()), max_fps=30.0)
        events = watched(pipeline, walk(pictures, every))
    told = [key(event) for event in events if isinstance(event.fact, Announcement)]
    assert not any(event.fact.is_correction for event in events if isinstance(event.fact, Announcement))
    assert sorted(name for name in told if not name.startswith("stranger")) == sorted(ENROLLED)
    assert len(told) == len(set(told)) == len(ENROLLED) + OTHERS


def key(event: Event) -> str:
    return event.identity.key if event.identity else ""
