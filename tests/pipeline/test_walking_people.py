"""Real people who walk towards a real camera: everybody has one track and is announced once, by the right name, at any frame rate.

The clip is in the development data. Eight people come as close as 60 px; three of them are enrolled here by one frame each.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.config import Config
from edged.daemon.opening import open_attributes
from edged.gallery.matcher import Matcher
from edged.gallery.memory import StrangerMemory
from edged.gallery.strangers import Strangers
from edged.pipeline.pipeline import Pipeline
from edged.storage.database import open_database
from edged.tracking.tracker import Tracker
from edged.types import Announcement, Departure, Frame
from tests.door import NEW_YEAR, RULES, events_of, shared_state
from tests.walking import CLIP, FPS, PATHS, person_at, pictures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edged.tracking.tracker import Reading, Tracked
    from edged.types import Detection, Event, Float32Array, Uint8Array
    from edged.vision.faces import FaceReader

ENROLLED = {"boy_in_blue": (38, (1040, 770)), "man_with_red_hair": (38, (661, 681)), "woman_with_white_hair": (40, (268, 713))}
"""Who is enrolled: the frame, and the middle of the face in it."""
CLEARLY_SEEN = PATHS.keys() - {"man_at_the_edge"}
"""Who is seen well enough for a name or a stranger's id."""
LEAST_PX = 60.0
"""Square root of the box's area: faces are taller than wide, so everybody whose shorter side is as long is among them."""
EVERY = [(1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2)]
"""One frame of so many, and the first."""

pytestmark = pytest.mark.skipif(not CLIP.exists(), reason="the development data is not here")


class RunningCamera(Tracker):
    """The pipeline's tracker, and whose tracks it made: of each person's face that is large enough, and of all that were followed."""

    def __init__(self) -> None:
        """Nobody there."""
        super().__init__()
        self.large: dict[str, set[int]] = defaultdict(set)
        self.followed: dict[int, Counter[str]] = defaultdict(Counter)

    def update(
        self, detections: Sequence[Detection], now: float, lost_after_seconds: float, reading: Reading = lambda _row: None
    ) -> Tracked:
        """The same, and note it."""
        done = super().update(detections, now, lost_after_seconds, reading)
        for face, track in zip(detections, done.tracks, strict=True):
            person = person_at(round(now * FPS), face.box)
            if person and track:
                self.followed[track][person] += 1
                if math.sqrt(face.box.area) >= LEAST_PX:
                    self.large[person].add(track)
        return done


class Walk:
    """The clip at one rate: what was announced, and who was followed."""

    def __init__(self, reader: FaceReader, shown: list[Uint8Array], every: int, first: int) -> None:
        """Watch it."""
        templates = [template(reader, shown[number], middle) for number, middle in ENROLLED.values()]
        model = reader.embedding_card.id
        self.tracker = RunningCamera()
        frames = [Frame("street", number, NEW_YEAR, number / FPS, shown[number]) for number in range(first, len(shown), every)]
        with open_database(None) as database:
            known = shared_state(reader, strangers=StrangerMemory(Strangers(database), model, days=30))
            known.matcher = Matcher(list(ENROLLED), np.array(templates), model)
            pipeline = Pipeline("street", reader, known, networks=open_attributes(Config()), max_fps=30.0, tracker=self.tracker)
            events = events_of(pipeline, frames)
        self.announced = [event for event in events if isinstance(event.fact, Announcement)]
        self.unnamed = [event for event in events if isinstance(event.fact, Departure) and event.fact.reason]

    def person(self, event: Event) -> str | None:
        """Whom the event's track followed."""
        return next((person for person, _ in self.tracker.followed[event.track].most_common(1)), None)


def template(reader: FaceReader, pixels: Uint8Array, middle: tuple[float, float]) -> Float32Array:
    """The embedding of the face there."""
    face = min(reader.detector.detect(pixels), key=lambda found: np.hypot(*np.subtract(found.box.centre, middle)))
    return reader.read(pixels, face, RULES.quality).embedding.vector


@pytest.fixture(scope="module")
def shown() -> list[Uint8Array]:
    return pictures()


@pytest.fixture(scope="module", params=EVERY, ids=[f"every {every} from {first}" for every, first in EVERY])
def walk(request: pytest.FixtureRequest, reader: FaceReader, shown: list[Uint8Array]) -> Walk:
    return Walk(reader, shown, *request.param)


def test_everybody_has_exactly_one_track_and_shares_it_with_nobody(walk: Walk) -> None:
    tracks = walk.tracker.large
    assert tracks.keys() >= CLEARLY_SEEN - {"woman_in_red"}
    assert {person: len(own) for person, own in tracks.items()} == dict.fromkeys(tracks, 1)
    assert len(set.union(*tracks.values())) == len(tracks)


def test_everybody_is_announced_once_and_nobody_by_the_name_of_another(walk: Walk) -> None:
    names = [key(event) for event in walk.announced]
    assert not any(event.fact.is_correction for event in walk.announced if isinstance(event.fact, Announcement))
    people = {walk.person(event): name for event, name in zip(walk.announced, names, strict=True)}
    assert people.keys() == CLEARLY_SEEN
    assert len(walk.announced) == len(set(names)) == len(CLEARLY_SEEN)
    assert {person for person, name in people.items() if not name.startswith("stranger")} == ENROLLED.keys()
    assert all(people[person] == person for person in ENROLLED)


@pytest.mark.parametrize("walk", EVERY[:1], ids=["every frame"], indirect=True)
def test_who_is_seen_in_every_frame_and_too_badly_for_a_name_is_told_of_once_with_the_reason(walk: Walk) -> None:
    events = Counter(walk.person(event) for event in [*walk.announced, *walk.unnamed])
    assert {person: events[person] for person in PATHS} == dict.fromkeys(PATHS, 1)
    assert {walk.person(event) for event in walk.unnamed} & PATHS.keys() == {"man_at_the_edge"}


def key(event: Event) -> str:
    return event.identity.key if event.identity else ""
