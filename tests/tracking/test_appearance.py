"""What similarities say of whether a look and a track are of one face."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from edged.tracking.appearance import Appearance, AppearanceModel

MODEL = AppearanceModel()


@pytest.mark.parametrize(("quality", "is_clear"), [(0.0, False), (0.19, False), (0.2, True), (1.0, True)])
def test_a_face_is_known_by_a_clear_look_only(quality: float, *, is_clear: bool) -> None:
    assert Appearance(np.array([1.0, 0.0], np.float32), quality).is_clear is is_clear


@pytest.mark.parametrize("is_clear", [True, False])
def test_the_more_alike_the_likelier_one_face_and_never_certain(*, is_clear: bool) -> None:
    nats = [MODEL.evidence(similarity / 20, is_clear=is_clear) for similarity in range(-20, 21)]
    assert all(before <= after for before, after in itertools.pairwise(nats))
    assert (min(nats), max(nats)) == (-MODEL.most, MODEL.most)


def test_a_poor_look_that_differs_speaks_less_against_one_face() -> None:
    assert MODEL.evidence(0.1, is_clear=False) > MODEL.evidence(0.1, is_clear=True)
    assert MODEL.evidence(0.3, is_clear=False) > 0 > MODEL.evidence(0.3, is_clear=True)
