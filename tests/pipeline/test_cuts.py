"""Two people who cross, hide one another and are cut from one place to another: what is told and kept of each shows nobody else.

Faces and networks are real, and so is all between them and the gallery; the pictures are composed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.config import Config
from edged.daemon.opening import open_attributes
from edged.gallery.matcher import Matcher
from edged.gallery.memory import StrangerMemory
from edged.gallery.strangers import Strangers
from edged.pipeline.pipeline import Pipeline
from edged.pipeline.shared_state import SharedState
from edged.storage.database import open_database
from edged.tracking import verdict
from edged.types import AlignedFace, Announcement, Frame
from edged.vision.pictures import read_picture
from tests.door import FPS, NEW_YEAR, RULES
from tests.stage import Actor, Clips, clips_of, remembering

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from edged.types import Event, Float32Array, Uint8Array
    from edged.vision.faces import FaceReader

    Shots = Sequence[tuple[str, int]]

LENGTH = 30
"""Frames of each clip."""
SURE = 0.4
"""Similarity from which a picture shows somebody: these people have at most 0.25 to one another."""
CUTS, FRAMES = 500, 55
PAIRS = (("obama", "biden"), ("biden", "astronaut"), ("astronaut", "obama"))
DIM = 0.6
"""Light on the first of each pair, who is seen less well than the second."""
KNOWN: tuple[tuple[str, ...], ...] = ((), ("one",), ("other",), ("one", "other"))
NETWORKS = open_attributes(Config())


class Theatre:
    """A pair of people before a camera, and who is shown by what comes of it."""

    def __init__(self, reader: FaceReader, one: Actor, other: Actor) -> None:
        """Nobody is shown yet."""
        self.reader, self._plain = remembering(reader), reader
        self.pair = {"one": one, "other": other}
        self.clips: Clips = clips_of(one, other, LENGTH)
        self._shown: dict[bytes, str | None] = {}

    def wrong(self, shots: Shots, *enrolled: str) -> list[str]:
        """Show these frames; what was told or kept of somebody and shows another, or nobody."""
        with open_database(None) as database:
            store = Strangers(database)
            pipeline = Pipeline("front", self.reader, self._known(store, enrolled), networks=NETWORKS, max_fps=30.0)
            events: list[Event] = []
            for number, shot in enumerate(shots):
                at = number / FPS
                frame = Frame("front", number, NEW_YEAR + timedelta(seconds=at), at, self.clips.picture(*shot))
                events += pipeline.look(frame)
            return [*self._wrongly_told(events, shots, store), *self._wrongly_kept(store)]

    def _known(self, store: Strangers, enrolled: Sequence[str]) -> SharedState:
        card = self.reader.embedding_card
        templates = np.array([self.pair[name].vector for name in enrolled], np.float32).reshape(-1, 128)
        return SharedState(
            matcher=Matcher(list(enrolled), templates, card.id),
            strangers=StrangerMemory(store, card.id, days=30),
            display_names={name: name for name in enrolled},
            rules=RULES,
            impostors=card.impostor_tail,
            keep_pictures=True,
            decisive_lead=card.matching.decisive_lead,
        )

    def _wrongly_told(self, events: Sequence[Event], shots: Shots, store: Strangers) -> Iterator[str]:
        for event in events:
            if not isinstance(event.fact, Announcement) or event.identity is None or event.fact.crop is None:
                continue
            shown = self._in_crop(event.fact.crop.pixels)
            if event.identity.person and shown != event.identity.person:
                yield f"the picture of {event.identity.person} shows {shown}"
            place = self._at(event, shots)
            if shown != place:
                yield f"the event says where {place} is, and shows {shown}"
            if event.identity.stranger and event.identity.key in {one.id for one in store.strangers()}:
                kept = self._kept(store, event.identity.key)
                if kept != {shown}:
                    yield f"the picture of {event.identity.key} shows {shown}, and is kept as {kept}"

    def _wrongly_kept(self, store: Strangers) -> Iterator[str]:
        for stranger in store.strangers():
            if len(kept := self._kept(store, stranger.id)) > 1:
                yield f"{stranger.id} is kept as {kept}"

    def _at(self, event: Event, shots: Shots) -> str | None:
        """Who is where the event's box is in the frame that it names: the nearest, or who hides them where both are about there."""
        assert isinstance(event.fact, Announcement)
        number = round((event.frame_at - NEW_YEAR).total_seconds() * FPS)
        (x, y), (width, height) = event.fact.box.centre, event.fact.frame_size
        about = event.fact.box.width / 4
        scene = enumerate(self.clips.scene(*shots[number]))
        far = [(np.hypot(x - stand.x * width, y - stand.y * height) - order * about, stand.actor.name) for order, stand in scene]
        return min(far)[1] if far else None

    def _in_crop(self, pixels: Uint8Array) -> str | None:
        """Who is in the middle of a picture."""
        key = pixels.tobytes()
        if key not in self._shown:
            face = self._plain.central(pixels)
            self._shown[key] = self._who(face.embedding.vector) if face else None
        return self._shown[key]

    def _kept(self, store: Strangers, stranger: str) -> set[str | None]:
        rows = store.looks(self.reader.embedding_card.id)
        looks = {self._who(vector) for person, vector in zip(rows.persons, rows.embeddings, strict=True) if person == stranger}
        png = store.picture(stranger)
        assert png
        pixels = np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR), np.uint8)
        return looks | {self._who(self.reader.embedder.embed(AlignedFace(pixels)).vector)}

    def _who(self, vector: Float32Array) -> str | None:
        similarity, name = max((float(vector @ actor.vector), name) for name, actor in self.pair.items())
        return name if similarity >= SURE else None


def actor(reader: FaceReader, name: str, path: Path, light: float = 1.0) -> Actor:
    pixels = read_picture(path)
    face = reader.largest(pixels)
    assert face
    return Actor(name, pixels, face.detection.box, face.embedding.vector, light)


def cut(random: np.random.Generator, clips: Clips, frames: int) -> list[tuple[str, int]]:
    """Pieces of the clips from anywhere to anywhere, one after the other."""
    shots: list[tuple[str, int]] = []
    names = sorted(clips.scenes)
    while len(shots) < frames:
        name, begin, count = names[random.integers(len(names))], int(random.integers(LENGTH)), int(random.integers(1, 20))
        shots += [(name, number) for number in range(begin, min(LENGTH, begin + count))]
    return shots[:frames]


@pytest.fixture(scope="module", params=PAIRS, ids=" and ".join)
def theatre(request: pytest.FixtureRequest, reader: FaceReader, portraits: dict[str, Path]) -> Theatre:
    one, other = request.param
    return Theatre(reader, actor(reader, "one", portraits[one], DIM), actor(reader, "other", portraits[other]))


def test_whatever_is_cut_to_whatever_nobody_is_shown_as_another(theatre: Theatre) -> None:
    """A third of the cuts for each pair."""
    for seed in range(0, CUTS, len(PAIRS)):
        shots = cut(np.random.default_rng(seed), theatre.clips, FRAMES)
        assert theatre.wrong(shots, *KNOWN[seed // len(PAIRS) % len(KNOWN)]) == [], seed


@pytest.mark.parametrize("enrolled", KNOWN, ids=" and ".join)
@pytest.mark.parametrize(
    ("before", "after"), [("one", "other"), ("cross", "cross back"), ("pass before one", "other"), ("side by side", "places changed")]
)
def test_a_cut_at_every_frame_shows_nobody_as_another(theatre: Theatre, before: str, after: str, enrolled: tuple[str, ...]) -> None:
    for offset in range(LENGTH):
        shots = [*((before, number) for number in range(offset)), *((after, number) for number in range(offset, LENGTH))]
        assert theatre.wrong(shots + [(after, LENGTH - 1)] * 15, *enrolled) == [], offset


def test_a_track_that_takes_every_look_would_be_noticed(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict, "UNLIKE", -1.0)
    monkeypatch.setattr(verdict, "POOR_UNLIKE", -1.0)
    assert any(theatre.wrong(cut(np.random.default_rng(seed), theatre.clips, FRAMES)) for seed in range(20))
