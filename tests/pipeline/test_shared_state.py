"""The state that all cameras share: what the rules mean for those who judge, and when pictures are stored."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from edged.pipeline.shared_state import Rules
from tests.door import RULES, shared_state

if TYPE_CHECKING:
    from edged.vision.faces import FaceReader


def test_rules_leave_no_threshold_open() -> None:
    with pytest.raises(ValidationError):
        Rules.model_validate({"match_threshold": None, "margin": 0.05})
    with pytest.raises(ValidationError):
        Rules.model_validate({"match_threshold": 0.43})


def test_rules_say_what_it_takes_to_vote_and_to_be_announced() -> None:
    rules = RULES.model_copy(update={"min_face_px": 60.0, "trigger_level": 5, "stranger_after_seconds": 2.0})
    assert rules.quality.min_face_px == 60.0
    assert (rules.verdict.trigger_level, rules.verdict.stranger_after_seconds) == (5, 2.0)


@pytest.mark.parametrize(("keep", "pictures", "stored"), [(True, True, True), (True, False, False), (False, True, False)])
def test_the_switch_of_pictures_holds_over_the_configuration(reader: FaceReader, *, keep: bool, pictures: bool, stored: bool) -> None:
    shared = replace(shared_state(reader, rules=RULES.model_copy(update={"pictures": pictures})), keep_pictures=keep)
    assert shared.stores_pictures is stored


def test_the_rules_of_a_camera_hold_for_the_similarity_that_a_name_takes(reader: FaceReader) -> None:
    shared = shared_state(reader)
    assert shared.threshold(RULES.model_copy(update={"match_threshold": 0.9})) == 0.9
    assert shared.threshold(RULES) == RULES.match_threshold
