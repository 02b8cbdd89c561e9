"""Attributes of a camera's faces: read as often as they are due, told when somebody may be told, and free when switched off."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.config import Config
from edged.daemon.opening import open_attributes
from edged.pipeline.attributes import ENOUGH_LOOKS, AttributeNetworks, Attributes
from edged.types import AgeGenderAnswer, Detection, EmotionAnswer, Frame

if TYPE_CHECKING:
    from edged.types import Uint8Array
    from edged.vision.faces import FaceReader

TRACK = 1
NOW = 100.0


@pytest.fixture
def networks() -> AttributeNetworks:
    """Both, switched on."""
    networks = open_attributes(Config())
    networks.switch(networks.load(emotion=True, age_gender=True))
    return networks


@pytest.fixture
def face(reader: FaceReader, astronaut: Uint8Array) -> Detection:
    return reader.detector.detect(astronaut)[0]


def frame_at(seconds: float, pixels: Uint8Array) -> Frame:
    return Frame("front", 0, datetime(2026, 1, 1, tzinfo=UTC), seconds, pixels)


def looks_of_answer(networks: AttributeNetworks, face: Detection, picture: Uint8Array, times: list[float]) -> int:
    """The looks that the one answer rests on, after frames at these times."""
    attributes = Attributes(networks)
    for at in times:
        attributes.look(frame_at(at, picture), TRACK, face, 0.9)
    [answer] = attributes.new_answers(TRACK, NOW)
    return answer.looks


def test_a_smiling_woman_is_told_as_one(networks: AttributeNetworks, face: Detection, astronaut: Uint8Array) -> None:
    attributes = Attributes(networks)
    attributes.look(frame_at(0.0, astronaut), TRACK, face, 0.9)
    emotion, age_gender = attributes.new_answers(TRACK, NOW)
    assert isinstance(emotion, EmotionAnswer)
    assert emotion.emotion == "happy"
    assert isinstance(age_gender, AgeGenderAnswer)
    assert age_gender.gender == "female"
    assert age_gender.age_range
    assert age_gender.age_range[0] <= 42 <= age_gender.age_range[1]
    assert attributes.new_answers(TRACK, NOW) == []


def test_what_may_not_be_told_yet_waits_and_rests_on_all_looks(networks: AttributeNetworks, face: Detection, astronaut: Uint8Array) -> None:
    networks.switch(networks.load(emotion=True, age_gender=False))
    times = [number / 2 for number in range(4)]
    assert looks_of_answer(networks, face, astronaut, times) == 4


def test_what_waited_is_told_once_and_what_follows_a_second_later(
    networks: AttributeNetworks, face: Detection, astronaut: Uint8Array
) -> None:
    networks.switch(networks.load(emotion=True, age_gender=False))
    blank = np.full_like(astronaut, 127)
    attributes = Attributes(networks)
    attributes.look(frame_at(0.0, astronaut), TRACK, face, 0.01)
    attributes.look(frame_at(0.5, blank), TRACK, face, 1.0)
    [answer] = attributes.new_answers(TRACK, 0.7)
    assert isinstance(answer, EmotionAnswer)
    assert answer.emotion != "happy"
    told_at = []
    for now in (1.0, 1.5, 2.0, 2.5, 3.0):
        attributes.look(frame_at(now, blank if now == 1.0 else astronaut), TRACK, face, 1.0)
        told_at += [now for _ in attributes.new_answers(TRACK, now)]
    assert told_at
    assert told_at[0] >= 1.7


def test_frames_in_between_are_not_read(networks: AttributeNetworks, face: Detection, astronaut: Uint8Array) -> None:
    networks.switch(networks.load(emotion=True, age_gender=False))
    times = [number / 10 for number in range(11)]
    assert looks_of_answer(networks, face, astronaut, times) == 3


def test_age_and_gender_are_read_no_oftener_than_needed(networks: AttributeNetworks, face: Detection, astronaut: Uint8Array) -> None:
    networks.switch(networks.load(emotion=False, age_gender=True))
    times = [float(number) for number in range(ENOUGH_LOOKS + 5)]
    assert looks_of_answer(networks, face, astronaut, times) == ENOUGH_LOOKS


def test_a_track_that_ended_is_forgotten(networks: AttributeNetworks, face: Detection, astronaut: Uint8Array) -> None:
    attributes = Attributes(networks)
    attributes.look(frame_at(0.0, astronaut), TRACK, face, 0.9)
    attributes.end(TRACK)
    assert attributes.new_answers(TRACK, NOW) == []


def test_what_is_switched_off_is_freed_and_not_read(networks: AttributeNetworks, face: Detection, astronaut: Uint8Array) -> None:
    attributes = Attributes(networks)
    networks.switch(networks.load(emotion=False, age_gender=False))
    assert (networks.in_use.emotion, networks.in_use.age_gender) == (None, None)
    attributes.look(frame_at(0.0, astronaut), TRACK, face, 0.9)
    assert attributes.new_answers(TRACK, NOW) == []


def test_what_stays_on_is_not_loaded_anew(networks: AttributeNetworks) -> None:
    before = networks.in_use.emotion
    networks.switch(networks.load(emotion=True, age_gender=False))
    assert networks.in_use.emotion is before
