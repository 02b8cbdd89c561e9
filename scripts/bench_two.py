"""Times the worker's frames while two people stand at the door: ten looks at each, what they are held to be, and their attributes.

It knows the product's pipeline with a gallery file and no broker; the frames are composed, so that every run sees the same pixels.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from bench_machine import BenchError
from bench_pipeline import compose_frames, shared
from door_acts import Act, Pose, Role
from door_frames import frames

from edged.gallery.memory import StrangerMemory
from edged.gallery.strangers import Strangers
from edged.pipeline.pipeline import Pipeline
from edged.storage.database import open_database
from edged.types import Announcement, Frame

if TYPE_CHECKING:
    from pathlib import Path

    from portraits import Portraits

    from edged.pipeline.attributes import AttributeNetworks
    from edged.types import Event, Uint8Array
    from edged.vision.faces import FaceReader

SIZE = (1280, 720)
FRAMES_PER_SECOND = 15.0
LOOKS = 10
VISIT_FRAMES = 30
"""Ten looks, and what follows them."""
FACE_PX = (150.0, 190.0)
REMEMBER_DAYS = 30


@dataclass(frozen=True, slots=True)
class TwoPeople:
    """Seconds that each frame took, and how many were announced."""

    steps: list[float]
    announced: int


def compose_visit(portraits: Portraits) -> list[Uint8Array]:
    """The frames of one visit, (720, 1280, 3) uint8 BGR: somebody enrolled and a stranger side by side, coming closer."""
    seconds = VISIT_FRAMES / FRAMES_PER_SECOND
    roles = [
        Role(person, (Pose(0.0, x, FACE_PX[0]), Pose(seconds, x + 0.03, FACE_PX[1]))) for person, x in (("obama", 0.3), ("astronaut", 0.65))
    ]
    return list(frames([Act(seconds, "two people", tuple(roles))], portraits, SIZE, FRAMES_PER_SECOND))


def run_two(portraits: Portraits, reader: FaceReader, networks: AttributeNetworks, folder: Path, visits: int) -> TwoPeople:
    """Play so many visits in real time, each to a camera that has seen nobody before.

    Raises:
        BenchError: a visit did not end with one person recognised and one stranger.
    """
    pictures = compose_visit(portraits)
    steps: list[float] = []
    announced = 0
    with open_database(folder / "gallery.db") as database:
        memory = StrangerMemory(Strangers(database), reader.embedder.model_id, days=REMEMBER_DAYS)
        known = shared(reader, compose_frames(portraits))
        known.strangers = memory
        known.rules = known.rules.model_copy(
            update={"trigger_level": LOOKS, "stranger_after_seconds": 0.0, "emotion": True, "age_gender": True}
        )
        networks.switch(networks.load(emotion=True, age_gender=True))
        for number in range(visits + 1):
            taken, told = _visit(Pipeline("bench", reader, known, networks=networks, max_fps=2 * FRAMES_PER_SECOND), pictures)
            people = sorted(event.identity.person or "" for event in told if event.identity and isinstance(event.fact, Announcement))
            if people != ["", "obama"]:
                raise BenchError(f"A visit should announce one person and one stranger, but announced {people}; run 'edged check'.")
            if number:  # the first one warms up
                steps += taken
                announced += len(people)
    return TwoPeople(steps, announced)


def _visit(pipeline: Pipeline, pictures: list[Uint8Array]) -> tuple[list[float], list[Event]]:
    taken, told = [], []
    began, clock = datetime.now(UTC), time.monotonic()
    for number, pixels in enumerate(pictures):
        at = number / FRAMES_PER_SECOND
        time.sleep(max(0.0, clock + at - time.monotonic()))
        frame = Frame("bench", number, began + timedelta(seconds=at), at, np.asarray(pixels))
        started = time.perf_counter()
        told += pipeline.step(frame)
        taken.append(time.perf_counter() - started)
    return taken, told
