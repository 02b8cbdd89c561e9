"""Learning from visits with real faces, a real pipeline and a real gallery: what is learned, asked for, refused, and never learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.config import Config
from edged.daemon.opening import open_attributes
from edged.enrollment.learning import REST_SECONDS, Learner
from edged.gallery.lessons import Lessons
from edged.interface.learning import Learn, ListSuggestions, Unlearn
from edged.interface.people import ListPeople, ShowPerson
from edged.pipeline.pipeline import Pipeline
from edged.storage.database import open_database
from edged.types import Lesson
from edged.vision.pictures import encode_png, read_picture
from tests import forms
from tests.door import clip
from tests.enrollment.test_live import near
from tests.household import Household, asked, household_of, refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edged.errors import GalleryError
    from edged.system.beside import Turns
    from edged.types import Embedding, Event, Uint8Array
    from edged.vision.faces import FaceReader

FRAMES = 25
NOBODY = np.full((480, 640, 3), 127, np.uint8)


@pytest.fixture
def home(reader: FaceReader, tmp_path: Path, portraits: dict[str, Path]) -> Iterator[Household]:
    """A household in which Barack is enrolled with one picture."""
    with open_database(tmp_path / "gallery.db") as database:
        household = household_of(reader, database)
        asked(household, forms.enroll("barack", "Barack", (portraits["obama"].read_bytes(),)))
        yield household


class Door:
    """A camera whose visits teach."""

    def __init__(self, home: Household, *, asks: bool = False) -> None:
        """Nobody has come yet."""
        self.home, parts, self.now = home, home.parts, 0.0
        self.told: list[Event] = []
        self.failures: list[GalleryError] = []
        self.learner = Learner(
            parts.reader,
            parts.gallery.lessons,
            home.shared,
            asks=asks,
            on_lesson=self.tell,
            on_failure=self.failures.append,
        )
        self.pipeline = Pipeline("front", parts.reader, home.shared, networks=open_attributes(Config()), max_fps=15.0)
        self.pipeline.on_known = self.learner.see

    def tell(self, event: Event) -> Turns[None]:
        yield from self.home.parts.gallery.reader.after_change()
        self.told.append(event)

    def visit(self, pixels: Uint8Array, frames: int = FRAMES) -> None:
        """Somebody stands there, goes, and what was seen of them is judged."""
        for frame in clip([pixels] * frames + [NOBODY] * 2 * FRAMES):
            self.pipeline.look(frame)
        self.now += REST_SECONDS
        self.learner.run(self.now)

    @property
    def lessons(self) -> list[Lesson]:
        return [event.fact for event in self.told if isinstance(event.fact, Lesson)]


@pytest.fixture(scope="module")
def again(reader: FaceReader, portraits: dict[str, Path]) -> Uint8Array:
    """Barack on another day, near the camera."""
    return near(reader, portraits["obama_again"])


def listed(home: Household) -> tuple[int, int]:
    [row] = asked(home, ListPeople())["people"]
    return row["templates"], row["learned"]


def test_a_clear_visit_gives_a_template_that_is_kept_apart_and_taken_back(home: Household, again: Uint8Array) -> None:
    assert "one template only" in asked(home, ListPeople())["people"][0]["hint"]
    door = Door(home)
    door.visit(again)
    [lesson] = door.lessons
    assert (lesson.suggestion, door.told[0].identity and door.told[0].identity.person) == (None, "barack")
    assert listed(home) == (2, 1)
    shown = asked(home, ShowPerson.of(person="Barack"))
    assert [(row["source"], row["learned"], row["has_picture"]) for row in shown["template_list"]] == [
        ("mqtt", False, True),
        ("visit", True, True),
    ]
    assert (shown["hint"], len(home.shared.matcher)) == (None, 2)
    assert asked(home, forms.export(None, pictures=False))["templates"] == 1
    assert asked(home, Unlearn.of(person="barack"))["templates"] == 1
    assert (listed(home), len(home.shared.matcher)) == ((1, 0), 1)


def test_the_same_view_is_not_learned_twice(home: Household, again: Uint8Array) -> None:
    door = Door(home)
    door.visit(again)
    door.visit(again)
    assert listed(home) == (2, 1)


def test_nobody_learns_twice_in_a_day(home: Household, again: Uint8Array) -> None:
    door = Door(home)
    door.visit(again)
    asked(home, Unlearn.of(person=None))
    door.now -= REST_SECONDS - 1
    door.visit(again)
    assert len(door.lessons) == 1
    door.visit(again)
    assert len(door.lessons) == 2


def test_who_asks_is_asked_and_accepts_or_refuses_in_one_step(home: Household, again: Uint8Array) -> None:
    door = Door(home, asks=True)
    door.visit(again)
    [waiting] = asked(home, ListSuggestions.of(pictures=True))["suggestions"]
    assert waiting["suggestion"] == door.lessons[0].suggestion
    assert waiting["picture"]
    assert (listed(home), len(home.shared.matcher)) == ((1, 0), 1)
    door.visit(again)
    assert len(asked(home, ListSuggestions())["suggestions"]) == 1
    assert asked(home, Learn.of(suggestion=waiting["suggestion"], accept=False))["templates"] == 1
    door.visit(again)
    [waiting] = asked(home, ListSuggestions())["suggestions"]
    assert asked(home, Learn.of(suggestion=waiting["suggestion"]))["templates"] == 2
    assert len(home.shared.matcher) == 2
    assert refused(home, Learn.of(suggestion=waiting["suggestion"])).code == "suggestion_not_found"


def test_who_is_forgotten_while_a_visit_is_judged_gains_nothing_and_the_disk_is_not_blamed(
    home: Household, again: Uint8Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    door, held = Door(home), Lessons.held

    def held_before(lessons: Lessons, person: str, model_id: str) -> list[Embedding]:
        found = held(lessons, person, model_id)
        home.parts.gallery.gallery.forget(person)
        return found

    monkeypatch.setattr(Lessons, "held", held_before)
    door.visit(again)
    assert (door.failures, door.lessons, home.parts.gallery.gallery.people()) == ([], [], [])


def test_without_pictures_none_is_kept(home: Household, again: Uint8Array) -> None:
    asked(home, forms.settings({"pictures": False}))
    door = Door(home, asks=True)
    door.visit(again)
    [waiting] = asked(home, ListSuggestions())["suggestions"]
    assert not waiting["has_picture"]
    assert refused(home, ListSuggestions.of(pictures=True)).code == "pictures_off"


@pytest.mark.parametrize("frames", [1, 2])
def test_a_short_visit_teaches_nothing(home: Household, again: Uint8Array, frames: int) -> None:
    door = Door(home)
    door.visit(again, frames)
    assert listed(home) == (1, 0)


def test_a_stranger_and_a_poor_view_teach_nothing(
    home: Household, reader: FaceReader, again: Uint8Array, portraits: dict[str, Path]
) -> None:
    door = Door(home)
    door.visit(near(reader, portraits["biden"]))
    door.visit(np.asarray(again * 0.15, np.uint8))
    assert (door.told, listed(home)) == ([], (1, 0))


def test_nobody_who_is_like_another_person_learns(home: Household, again: Uint8Array, portraits: dict[str, Path]) -> None:
    """The same man under two names, one in other pictures: the nearest look-alikes there are."""
    twin = read_picture(portraits["obama_again"])[:, ::-1]
    asked(home, forms.enroll("twin", "Twin", (encode_png(np.ascontiguousarray(twin)),), allow_alike=True))
    door = Door(home)
    door.visit(again)
    assert door.told == []
