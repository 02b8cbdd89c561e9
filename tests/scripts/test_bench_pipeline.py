"""The benchmark's frames are what it says they are, and each has a duration for every part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from bench_machine import BenchError
from bench_pipeline import VARIANTS, Bench, compose_frames, time_matcher

from edged.pipeline.stage_times import STAGES

if TYPE_CHECKING:
    from portraits import Portraits

    from edged.types import Uint8Array


@pytest.fixture(scope="module")
def frames(portraits: Portraits) -> list[Uint8Array]:
    return compose_frames(portraits)


def test_frames_differ_and_are_the_same_in_every_run(frames: list[Uint8Array], portraits: Portraits) -> None:
    assert len(frames) == VARIANTS
    assert {frame.shape for frame in frames} == {(480, 640, 3)}
    assert not np.array_equal(frames[0], frames[1])
    assert np.array_equal(frames, compose_frames(portraits))


def test_every_frame_has_a_duration_for_every_part(frames: list[Uint8Array]) -> None:
    steps = Bench(frames, threads=1).run(3)
    assert set(steps.stages) == set(STAGES)
    assert {len(durations) for durations in (steps.pipeline, steps.invokes, steps.overhead, *steps.stages.values())} == {3}
    assert all(whole > bare_detection > 0 for whole, bare_detection in zip(steps.pipeline, steps.stages["detect"], strict=True))


def test_frames_without_one_face_are_refused(frames: list[Uint8Array]) -> None:
    with pytest.raises(BenchError, match="should show one face each"):
        Bench([np.zeros_like(frames[0])] * VARIANTS, threads=1)


def test_a_gallery_that_memory_does_not_hold_is_left_out() -> None:
    assert time_matcher([10**12]) == {}
