"""Enrollment before a camera with real faces and a real gallery: who is enrolled, what is said meanwhile, and how it may end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from edged.enrollment.live import LiveEnrollment
from edged.enrollment.selection import FEWEST, GOOD, MOST
from edged.errors import CommandError, EdgedError
from edged.gallery.diversity import ALIKE
from edged.interface.enrollment import CancelledAnswer, Enroll, HintAnswer
from edged.interface.form import Answer, plain
from edged.interface.messages import Reply, ReplyAddress, Request
from edged.pipeline.frame_faces import FrameFaces
from edged.pipeline.stage_times import StageTimes
from edged.storage.database import open_database
from edged.vision.pictures import read_picture
from tests import forms
from tests.door import RULES, clip
from tests.household import Household, asked, household_of
from tests.painted import LARGE, beside, painted
from tests.turning import turned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from edged.types import Frame, Uint8Array
    from edged.vision.faces import FaceReader

LFW = Path(__file__).resolve().parents[3] / "shared" / "data" / "lfw_view1" / "images"
SIZE = (640, 480)
FACE_PX = 200.0
POSES = ((0, 0), (40, 0), (-40, 0), (0, 28), (0, -40))
"""Straight, to the own left and right, up and down, in degrees."""
FRAMES = 12
"""How many frames each pose is held, at 10 frames per second."""


@pytest.fixture
def control(reader: FaceReader, tmp_path: Path) -> Iterator[Household]:
    with open_database(tmp_path / "gallery.db") as database:
        yield household_of(reader, database)


class Door:
    """A camera before which people are enrolled, and what is answered."""

    def __init__(self, control: Household, reader: FaceReader) -> None:
        """Nobody is being enrolled yet."""
        self.replies: list[Reply] = []
        self.now = 0.0
        self.live = LiveEnrollment(
            control.parts.enroller,
            control.shared,
            ["front"],
            answer=self.replies.append,
            after_change=control.parts.gallery.reader.after_change,
            monotonic=lambda: self.now,
        )
        self._reader = reader

    def ask(self, form: Enroll, id_: str = "1") -> None:
        assert self.live.take(Request(ReplyAddress("enroll", id_), form))

    def show(self, frames: Iterable[Frame]) -> None:
        times = StageTimes()
        times.begin()
        for frame in frames:
            views = FrameFaces(frame, self._reader.detector.detect(frame.pixels), self._reader, RULES.quality, times)
            self.live.see("front", frame.monotonic_seconds, views)

    @property
    def hints(self) -> list[Any]:
        return [reply.outcome.hint for reply in self.replies if isinstance(reply.outcome, HintAnswer) and not reply.is_final]

    @property
    def last(self) -> Any:  # noqa: ANN401 - JSON
        [final] = [reply for reply in self.replies if reply.is_final]
        assert isinstance(final.outcome, Answer), final.outcome
        return plain(final.outcome)

    @property
    def error(self) -> EdgedError:
        [final] = [reply for reply in self.replies if reply.is_final]
        assert isinstance(final.outcome, EdgedError), final.outcome
        return final.outcome


@pytest.fixture
def door(control: Household, reader: FaceReader) -> Door:
    return Door(control, reader)


def enroll(person: str = "Alice", looks: int = 5, timeout_seconds: float = 60.0) -> Enroll:
    return forms.capture(person, None, "front", looks, timeout_seconds)


def near(reader: FaceReader, path: Path, face_px: float = FACE_PX) -> Uint8Array:
    """A portrait as a camera shows it to whom it looks at from near, 640×480."""
    pixels = read_picture(path)
    box = max(reader.detector.detect(pixels), key=lambda face: face.box.area).box
    scale = face_px / box.width
    x, y = (scale * place for place in box.centre)
    shift = np.array([[scale, 0, 320 - x], [0, scale, 240 - y]])
    return np.asarray(cv2.warpAffine(pixels, shift, SIZE, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def turns(reader: FaceReader, pixels: Uint8Array, poses: Sequence[tuple[float, float]] = POSES, frames: int = FRAMES) -> list[Uint8Array]:
    """Somebody who takes these poses, one after another."""
    landmarks = max(reader.detector.detect(pixels), key=lambda face: face.box.area).landmarks
    return [picture for pose in poses for picture in [turned(pixels, landmarks, *pose)] * frames]


def film(*pieces: list[Uint8Array]) -> list[Frame]:
    return clip([pixels for piece in pieces for pixels in piece])


@pytest.fixture(scope="module")
def eileen(reader: FaceReader, portraits: dict[str, Path]) -> list[Uint8Array]:
    """The astronaut, who takes all poses."""
    return turns(reader, near(reader, portraits["astronaut"]))


@pytest.fixture(scope="module")
def barack(reader: FaceReader, portraits: dict[str, Path]) -> list[Uint8Array]:
    """Somebody else, who looks straight and to both sides."""
    return turns(reader, near(reader, portraits["obama"]), POSES[:3])


def test_somebody_who_turns_and_nods_is_enrolled_by_different_looks(door: Door, control: Household, eileen: list[Uint8Array]) -> None:
    door.ask(enroll())
    door.show(film(eileen))
    assert [look["direction"] for look in door.last["looks"]] == ["front", "left", "right", "up", "down"]
    assert all(look["accepted"] and look["quality"] >= GOOD for look in door.last["looks"])
    assert (door.last["person"], door.last["templates"], door.last["added"], door.last["notes"]) == ("alice", 5, 5, [])
    asked_for = [hint for hint in door.hints if hint and hint.startswith(("turn", "look"))]
    assert asked_for == ["turn_left", "turn_right", "look_up", "look_down"]
    assert control.parts.enroller.is_enrolled("alice")
    assert not door.live.is_running("front")


def test_who_was_enrolled_so_is_recognised_in_another_picture(
    door: Door, control: Household, reader: FaceReader, barack: list[Uint8Array], portraits: dict[str, Path]
) -> None:
    door.ask(enroll("Barack", looks=3))
    door.show(film(barack))
    assert door.last["added"] == 3
    face = reader.largest(read_picture(portraits["obama_again"]))
    assert face
    match = control.shared.matcher.match(face.embedding, threshold=RULES.match_threshold, margin=RULES.margin)
    assert match.person == "barack"


def test_three_of_five_looks_will_do_when_the_time_is_up(door: Door, control: Household, eileen: list[Uint8Array]) -> None:
    door.ask(enroll(timeout_seconds=6.0))
    door.show(film(eileen[: 3 * FRAMES], eileen[:FRAMES] * 4))
    assert [look["direction"] for look in door.last["looks"]] == ["front", "left", "right"]
    assert asked(control, forms.ListPeople())["people"][0]["templates"] == 3


def test_one_look_is_too_few_and_what_was_missing_is_said(door: Door, control: Household, eileen: list[Uint8Array]) -> None:
    door.ask(enroll(timeout_seconds=3.0))
    door.show(film(eileen[:FRAMES] * 4))
    assert door.error.code == "too_few_looks"
    assert "1 of 5 looks" in str(door.error)
    assert "right" in str(door.error)
    assert asked(control, forms.ListPeople())["people"] == []


def test_two_different_looks_will_do_when_the_time_is_up(door: Door, control: Household, eileen: list[Uint8Array]) -> None:
    door.ask(enroll(timeout_seconds=3.0))
    door.show(film(eileen[: 2 * FRAMES], eileen[:FRAMES] * 4))
    assert [look["direction"] for look in door.last["looks"]] == ["front", "left"]
    assert asked(control, forms.ListPeople())["people"][0]["templates"] == 2


def test_who_does_not_turn_gets_templates_of_what_else_was_seen(
    door: Door, control: Household, reader: FaceReader, portraits: dict[str, Path], eileen: list[Uint8Array]
) -> None:
    slightly = turns(reader, near(reader, portraits["astronaut"]), ((0, 0), (12, 0), (0, -14)))
    door.ask(enroll(timeout_seconds=5.0))
    door.show(film(slightly, eileen[:FRAMES] * 4))
    vectors = control.parts.gallery.gallery.templates(reader.embedder.model_id).embeddings
    similarities = (vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]
    assert {look["direction"] for look in door.last["looks"]} == {"front"}
    assert FEWEST <= len(vectors) <= MOST
    assert similarities.max() < ALIKE


def test_a_poor_view_is_told_how_to_become_better(
    door: Door, reader: FaceReader, portraits: dict[str, Path], eileen: list[Uint8Array]
) -> None:
    straight = eileen[0]
    far = near(reader, portraits["astronaut"], 36.0)
    aside = np.roll(straight, -290, axis=1)
    aside[:, -290:] = 127
    two = np.hstack([np.asarray(cv2.resize(half, (320, 480)), np.uint8) for half in (straight, straight)])
    wall = np.full_like(straight, 127)
    dark, blurred = np.asarray(straight * 0.08, np.uint8), np.asarray(cv2.blur(straight, (25, 25)), np.uint8)
    scenes = {"nobody": wall, "closer": far, "not_in_the_middle": aside, "too_dark": dark, "hold_still": blurred}
    door.ask(enroll())
    door.show(film(*([np.asarray(pixels, np.uint8)] * 8 for pixels in scenes.values()), [two] * 8))
    assert [hint for hint in door.hints if hint] == [*scenes, "one_at_a_time"]


def test_what_is_hardly_a_face_is_in_nobodys_way_before_a_camera(door: Door, control: Household, eileen: list[Uint8Array]) -> None:
    door.ask(enroll())
    door.show(film([beside(pixels, painted(LARGE)) for pixels in eileen]))
    assert "one_at_a_time" not in door.hints
    note = next(note for note in door.last["notes"] if note["code"] == "other_face")
    assert note["message"].endswith("there seemed to be another face, too poor to be meant; it was left out.")
    assert asked(control, forms.ListPeople())["people"]


def test_somebody_who_steps_in_is_left_out_and_it_is_said(
    door: Door, control: Household, reader: FaceReader, eileen: list[Uint8Array], barack: list[Uint8Array], portraits: dict[str, Path]
) -> None:
    door.ask(enroll(looks=3))
    door.show(film(eileen[:FRAMES], barack, eileen[FRAMES : 3 * FRAMES]))
    assert "somebody_else" in door.hints
    assert [note["code"] for note in door.last["notes"]] == ["somebody_else"]
    assert door.last["added"] == 3
    face = reader.largest(read_picture(portraits["obama"]))
    assert face
    assert (control.shared.matcher.standing(face.embedding, "alice").similarity or 0.0) < RULES.match_threshold


def test_who_looks_like_somebody_else_is_refused_at_once(door: Door, control: Household, barack: list[Uint8Array]) -> None:
    door.ask(enroll("Barack", looks=1))
    door.show(film(barack[:FRAMES]))
    door.replies.clear()
    door.ask(enroll("Bob"))
    door.show(film(barack[:FRAMES]))
    assert door.error.code == "looks_like_other"
    assert [person["person"] for person in asked(control, forms.ListPeople())["people"]] == ["barack"]


def test_a_look_that_is_there_already_is_no_second_one(door: Door, eileen: list[Uint8Array]) -> None:
    door.ask(enroll(looks=1))
    door.show(film(eileen[:FRAMES]))
    door.replies.clear()
    door.ask(enroll(looks=4))
    door.show(film(eileen))
    assert [(look["accepted"], look["reason"]) for look in door.last["looks"]] == [(False, "duplicate")] + [(True, None)] * 3
    assert (door.last["added"], door.last["templates"]) == (3, 4)


def test_no_picture_is_kept_of_looks_taken_before_pictures_were_switched_off(
    door: Door, control: Household, barack: list[Uint8Array]
) -> None:
    door.ask(enroll("Barack", looks=3))
    door.show(film(barack[:FRAMES]))
    asked(control, forms.settings({"pictures": False}))
    door.show(film(barack)[FRAMES:])
    assert door.last["added"] == 3
    assert control.parts.gallery.gallery.pictures() == 0


def test_a_person_who_is_forgotten_meanwhile_does_not_come_back(door: Door, control: Household, barack: list[Uint8Array]) -> None:
    door.ask(enroll("Barack", looks=1))
    door.show(film(barack[:FRAMES]))
    door.replies.clear()
    door.ask(enroll("Barack", looks=3))
    door.show(film(barack[:FRAMES]))
    asked(control, forms.forget("Barack"))
    door.show(film(barack)[FRAMES:])
    assert door.error.code == "person_not_found"
    assert asked(control, forms.ListPeople())["people"] == []


def test_who_is_renamed_meanwhile_is_the_same_person_and_keeps_the_new_name(
    door: Door, control: Household, barack: list[Uint8Array], portraits: dict[str, Path]
) -> None:
    asked(control, forms.enroll("barack", "Mr. Obama", (portraits["obama_again"].read_bytes(),)))
    door.ask(enroll("MR. OBAMA", looks=3))
    door.show(film(barack[: 2 * FRAMES]))
    asked(control, forms.rename("barack", "Dad"))
    door.show(film(barack)[2 * FRAMES :])
    assert (door.last["person"], door.last["display_name"]) == ("barack", "Dad")
    assert [person["person"] for person in asked(control, forms.ListPeople())["people"]] == ["barack"]


def test_it_is_cancelled_with_an_answer_to_both(door: Door) -> None:
    door.ask(enroll(), "1")
    door.ask(forms.cancel("front"), "2")
    assert [(reply.address.id, reply.is_final) for reply in door.replies] == [("1", False), ("1", True), ("2", True)]
    assert isinstance(door.replies[1].outcome, CommandError)
    assert door.replies[1].outcome.code == "cancelled"
    assert door.replies[2].outcome == CancelledAnswer("alice", "front")
    assert not door.live.is_running("front")


def test_there_may_be_nothing_to_cancel(door: Door) -> None:
    door.ask(forms.cancel("front"))
    assert door.error.code == "no_capture"


def test_another_one_takes_the_place_of_the_first(door: Door) -> None:
    door.ask(enroll("Alice"), "1")
    door.ask(enroll("Bob"), "2")
    assert (door.error.code, next(reply.address.id for reply in door.replies if reply.is_final)) == ("cancelled", "1")
    assert door.live.is_running("front")


def test_a_wrong_request_leaves_the_one_that_is_under_way(door: Door) -> None:
    door.ask(enroll("Alice"), "1")
    for wrong, code in (
        (forms.capture("stranger-1", None, "front", 5, 60.0), "bad_name"),
        (forms.capture("B", None, "x", 5, 60.0), "unknown_camera"),
    ):
        door.replies.clear()
        door.ask(wrong, "2")
        assert door.error.code == code
    assert door.live.is_running("front")


def test_a_camera_that_goes_and_an_edged_that_stops_end_it(door: Door) -> None:
    door.ask(enroll())
    door.live.lose("front", "It is unplugged.")
    assert (door.error.code, str(door.error)) == ("camera_offline", "It is unplugged. Nothing was enrolled.")
    door.replies.clear()
    door.ask(enroll())
    door.live.stop()
    assert door.error.code == "cancelled"


def test_without_a_frame_the_time_is_up_all_the_same(door: Door) -> None:
    door.now = 100.0
    door.ask(enroll(timeout_seconds=5.0))
    door.now = 104.9
    door.live.carry_on()
    assert door.live.is_running("front")
    door.now = 105.0
    door.live.carry_on()
    assert door.error.code == "too_few_looks"


def test_looks_that_were_taken_before_the_camera_fell_silent_count(door: Door, eileen: list[Uint8Array]) -> None:
    door.ask(enroll(timeout_seconds=60.0))
    door.show(film(eileen[: 3 * FRAMES]))
    door.now = 60.0
    door.live.carry_on()
    assert door.last["added"] == 3


def test_a_defect_ends_the_enrollment_and_not_the_camera(door: Door, eileen: list[Uint8Array], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("edged.enrollment.pictures.Enroller.judge_look", fail)
    door.ask(enroll())
    door.show(film(eileen[:FRAMES]))
    assert door.error.code == "internal"
    assert not door.live.is_running("front")


@pytest.mark.skipif(not LFW.exists(), reason="the development data is not here")
@pytest.mark.parametrize("person", ["Jennifer_Lopez", "John_Snow"])
def test_pictures_of_one_person_from_many_days_give_different_looks(door: Door, reader: FaceReader, person: str) -> None:
    """No turning head, but real poses: the person's pictures one after the other, each held for a second, and all once more."""
    door.ask(enroll(timeout_seconds=13.0))
    door.show(film(*([near(reader, path)] * 10 for path in 2 * sorted((LFW / person).glob("*.jpg")))))
    directions = [look["direction"] for look in door.last["looks"]]
    assert directions[0] == "front"
    assert len(set(directions)) >= 3
    assert len(directions) == 5
    assert "somebody_else" not in door.hints
