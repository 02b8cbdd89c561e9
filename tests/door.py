"""A door as a camera sees it, with real faces, and what edged knows of them; every frame has its time, and nobody waits.

Shared by the tests of the pipeline; knows nothing of brokers, nor of the program around the pipeline.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from door_acts import Act, Pose, Role
from door_clip import compose_scenes
from door_frames import frames
from portraits import fetch

from edged.gallery.matcher import Matcher
from edged.gallery.memory import StrangerMemory
from edged.gallery.strangers import Strangers
from edged.interface.events import event_fields
from edged.pipeline.shared_state import Rules, SharedState
from edged.storage.database import open_database
from edged.types import Frame
from edged.vision.pictures import read_picture

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from edged.pipeline.pipeline import Pipeline
    from edged.types import Embedding, Event, Uint8Array
    from edged.vision.faces import FaceReader

FPS = 10.0
SIZE = (640, 480)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
RULES = Rules(
    match_threshold=0.43,
    margin=0.05,
    min_face_px=40.0,
    trigger_level=3,
    stranger_after_seconds=1.0,
    refractory_seconds=30.0,
    lost_after_seconds=1.5,
    max_false_alarms=0.01,
    emotion=False,
    age_gender=False,
    pictures=True,
)


def shared_state(reader: FaceReader, *enrolled: str, rules: Rules = RULES, strangers: StrangerMemory | None = None) -> SharedState:
    """These people are enrolled, each by one portrait; without a memory strangers are not remembered."""
    card = reader.embedding_card
    if strangers is None:
        with open_database(None) as database:  # what remembers nobody reads it once, and never again
            strangers = StrangerMemory(Strangers(database), card.id, days=0)
    return SharedState(
        matcher=gallery(reader, *enrolled),
        strangers=strangers,
        display_names={person: person.title() for person in enrolled},
        rules=rules,
        impostors=card.impostor_tail,
        keep_pictures=False,
        decisive_lead=card.matching.decisive_lead,
    )


def gallery(reader: FaceReader, *enrolled: str) -> Matcher:
    """One template of each of these people, of a picture that no film shows where there are two."""
    templates = [template(reader, person).vector for person in enrolled]
    return Matcher(list(enrolled), np.array(templates, np.float32).reshape(-1, 128), reader.embedding_card.id)


def template(reader: FaceReader, person: str) -> Embedding:
    """The largest face of a person's portrait for enrollment."""
    pixels = read_picture(fetch().of(person).enroll)
    face = max(reader.detector.detect(pixels), key=lambda found: found.box.area)
    return reader.read(pixels, face, RULES.quality).embedding


def stands(person: str, seconds: float, *, x: float = 0.5, face_px: float = 220.0) -> Act:
    """A person stands before the door; x is a share of the width, face_px the height of the face in a frame 720 pixels high."""
    return Act(seconds, f"{person} stands", (Role(person, (Pose(0.0, x, face_px),)),))


def film(*acts: Act, begins_at: datetime = NEW_YEAR) -> list[Frame]:
    """The frames of these acts."""
    return clip(frames(acts, fetch(), SIZE, FPS), begins_at)


def film_to(path: Path, *acts: Act) -> Path:
    """Write a clip of these acts; gives its path."""
    compose_scenes(acts, fetch(), path, SIZE)
    return path


def clip(pictures: Iterable[Uint8Array], begins_at: datetime = NEW_YEAR) -> list[Frame]:
    """Pictures as frames, one after the other."""
    begins = (begins_at - NEW_YEAR).total_seconds()
    return [
        Frame("front", number, begins_at + timedelta(seconds=number / FPS), begins + number / FPS, pixels)
        for number, pixels in enumerate(pictures)
    ]


def events_of(pipeline: Pipeline, shown: list[Frame]) -> list[Event]:
    """The events of a film."""
    return [event for frame in shown for event in pipeline.step(frame)]


def summaries(events: list[Event]) -> list[tuple[Any, Any]]:
    """What events say in short: the type of each, and of whom it is."""
    fields = [event_fields(event).fields for event in events]
    return [(one["event_type"], one["person"] or one["stranger"]) for one in fields]
