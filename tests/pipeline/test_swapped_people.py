"""Two people who are swapped within one track: event, picture and what is stored are of one of them, never of both.

Faces and networks are real; a frame shows one person or the other in the same place, so that the tracker is deceived.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np
import pytest

from edged.config import Config
from edged.daemon.opening import open_attributes
from edged.gallery.memory import StrangerMemory
from edged.gallery.strangers import Strangers
from edged.pipeline.pipeline import Pipeline
from edged.storage.database import open_database
from edged.types import AgeGenderAnswer, AlignedFace, Announcement, EmotionAnswer
from tests.door import RULES, film, shared_state, stands, template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from door_acts import Act

    from edged.types import Event, Float32Array, Frame, Uint8Array
    from edged.vision.faces import FaceReader

    Takes: TypeAlias = dict[str, list[Frame]]

DIM, BRIGHT = "biden", "astronaut"
"""Who stands in a poor light and is seen less well, and who is seen better."""
LIGHT, HEIGHT_PX = {DIM: 0.4, BRIGHT: 1.0}, {DIM: 95.0, BRIGHT: 110.0}
BRIGHT_QUALITY = 0.9
"""Quality that every look at the one has and none at the other."""
FRAMES = 55
SURE = 0.4
"""Similarity from which a picture shows somebody: these people have at most 0.25 to one another."""
OFFSETS = (1, 2, 3, 5, 8, 11, 13, 14, 20)
"""Frames before the swap: a person is named after three, and a stranger called one after a second, which is ten."""


@pytest.fixture(scope="module")
def takes() -> Takes:
    """Each person in the same place, in frames of the same times."""
    return {person: film(in_light(stands(person, FRAMES / 10, face_px=HEIGHT_PX[person]), light)) for person, light in LIGHT.items()}


def in_light(act: Act, light: float) -> Act:
    return replace(act, light=(light, light))


@pytest.fixture(scope="module")
def people(reader: FaceReader) -> dict[str, Float32Array]:
    return {person: template(reader, person).vector for person in ("obama", DIM, BRIGHT)}


@dataclass
class Door:
    """A camera where these people are swapped, and everybody who is shown by what it gives."""

    reader: FaceReader
    people: dict[str, Float32Array]
    takes: Takes
    announced: list[Event] = field(default_factory=list)
    attributes: list[Event] = field(default_factory=list)
    stored: list[dict[str, set[str | None]]] = field(default_factory=list)
    """After each frame, of each stranger: who is seen on the picture and in the looks."""

    def show(self, order: Sequence[str], *enrolled: str, reads_attributes: bool = False) -> None:
        """Show these people, one in each frame; pictures of strangers are kept."""
        with open_database(None) as database:
            store = Strangers(database)
            known = shared_state(self.reader, *enrolled, strangers=StrangerMemory(store, self.reader.embedding_card.id, days=30))
            known.keep_pictures = True
            known.rules = RULES.model_copy(update={"emotion": reads_attributes, "age_gender": reads_attributes})
            networks = open_attributes(Config())
            networks.switch(networks.load(emotion=reads_attributes, age_gender=reads_attributes))
            pipeline = Pipeline("front", self.reader, known, networks=networks, max_fps=30.0)
            for number, person in enumerate(order):
                events = pipeline.step(self.takes[person][number])
                self.announced += [event for event in events if isinstance(event.fact, Announcement)]
                self.attributes += [event for event in events if isinstance(event.fact, EmotionAnswer | AgeGenderAnswer)]
                self.stored.append({stranger.id: self._remembered(store, stranger.id) for stranger in store.strangers()})

    def who(self, vector: Float32Array) -> str | None:
        """Whose embedding it is."""
        similarity, person = max((float(vector @ template), person) for person, template in self.people.items())
        return person if similarity >= SURE else None

    def shown(self, event: Event) -> str | None:
        """Who is on the picture of an event."""
        assert isinstance(event.fact, Announcement)
        assert event.fact.crop
        return self._person_in(event.fact.crop.pixels)

    def before_the_camera(self, event: Event, order: Sequence[str]) -> str:
        """Who was seen where and when the event says."""
        [number] = [number for number, frame in enumerate(self.takes[DIM]) if frame.captured_at == event.frame_at]
        return order[number]

    def _person_in(self, pixels: Uint8Array) -> str | None:
        [face] = self.reader.detector.detect(pixels)
        return self.who(self.reader.read(pixels, face, RULES.quality).embedding.vector)

    def _remembered(self, store: Strangers, stranger: str) -> set[str | None]:
        rows = store.looks(self.reader.embedding_card.id)
        looks = {self.who(vector) for person, vector in zip(rows.persons, rows.embeddings, strict=True) if person == stranger}
        png = store.picture(stranger)
        assert png
        pixels = np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR), np.uint8)
        return looks | {self.who(self.reader.embedder.embed(AlignedFace(pixels)).vector)}


@pytest.fixture
def door(reader: FaceReader, people: dict[str, Float32Array], takes: Takes) -> Door:
    return Door(reader, people, takes)


def assert_nothing_is_of_two(door: Door, order: Sequence[str]) -> None:
    """Each event has the picture and quality of whom it names, and is of when they were there; so has each stranger who is stored."""
    for stored in door.stored:
        assert all(len(people) == 1 for people in stored.values())
    for event in door.announced:
        assert event.identity
        assert isinstance(event.fact, Announcement)
        person = door.shown(event)
        assert person == door.before_the_camera(event, order)
        assert (event.fact.verdict.quality > BRIGHT_QUALITY) == (person == BRIGHT)
        assert person == event.identity.person or {person} == door.stored[-1][event.identity.key]


first = pytest.mark.parametrize("first", [DIM, BRIGHT])
enrolled = pytest.mark.parametrize("enrolled", [(), (DIM,), (BRIGHT,)], ids=["strangers", "the dim one known", "the bright one known"])


@pytest.mark.parametrize("offset", OFFSETS)
@first
def test_a_stranger_in_the_place_of_another_has_an_event_of_their_own(door: Door, first: str, offset: int) -> None:
    second = BRIGHT if first == DIM else DIM
    order = [first] * offset + [second] * (FRAMES - offset)
    door.show(order)
    assert_nothing_is_of_two(door, order)
    assert door.shown(door.announced[-1]) == second


@pytest.mark.parametrize("offset", OFFSETS)
def test_one_better_look_at_another_is_no_picture_of_a_stranger(door: Door, offset: int) -> None:
    order = [DIM] * offset + [BRIGHT] + [DIM] * (FRAMES - offset - 1)
    door.show(order)
    assert_nothing_is_of_two(door, order)
    assert [door.shown(event) for event in door.announced] == [DIM]


@enrolled
@pytest.mark.parametrize("seed", range(6))
def test_whoever_is_swapped_whenever_nothing_is_of_two(door: Door, enrolled: tuple[str, ...], seed: int) -> None:
    random, order = np.random.default_rng(seed), list[str]()
    while len(order) < FRAMES:
        order += [(DIM, BRIGHT)[random.integers(2)]] * random.integers(1, 15)
    door.show(order[:FRAMES], *enrolled)
    assert_nothing_is_of_two(door, order)
    assert door.announced


@pytest.mark.parametrize("offset", [9, 20, 23])
@first
def test_age_and_expression_are_of_whom_the_event_names(door: Door, first: str, offset: int) -> None:
    second = BRIGHT if first == DIM else DIM
    order = [first] * offset + [second] * (FRAMES - offset)
    door.show(order, first, second, reads_attributes=True)
    named = [(event.identity.key, door.before_the_camera(event, order)) for event in door.attributes if event.identity]
    assert set(named) == {(first, first), (second, second)}
