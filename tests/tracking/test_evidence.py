"""Fusing the looks of a track, on embeddings that were made up."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from edged.tracking.evidence import BestView, Evidence
from edged.types import AlignedFace, Box, Embedding

MODEL = "made-up"


def unit(*values: float, model: str = MODEL) -> Embedding:
    vector = np.array(values, dtype=np.float32)
    return Embedding(vector / np.float32(np.linalg.norm(vector)), model)


def noisy(person: np.ndarray, noise: float, random: np.random.Generator) -> Embedding:
    return unit(*(person + noise * random.standard_normal(len(person))).tolist())


def test_before_the_first_look_there_is_no_probe() -> None:
    assert Evidence().fused() is None


def test_one_look_is_its_own_probe() -> None:
    evidence, look = Evidence(), unit(1, 2, 3)
    evidence.add(look, 0.3)
    probe = evidence.fused()
    assert probe
    assert probe.vector == pytest.approx(look.vector)
    assert (probe.model_id, evidence.looks) == (MODEL, 1)


def test_a_probe_has_unit_length_however_many_looks_there_were() -> None:
    random = np.random.default_rng(0)
    evidence = Evidence()
    for _ in range(5000):
        evidence.add(noisy(np.ones(16), 2.0, random), float(random.uniform()))
    probe = evidence.fused()
    assert probe
    assert probe.vector.dtype == np.float32
    assert np.linalg.norm(probe.vector) == pytest.approx(1.0, abs=1e-5)


def test_equally_good_looks_count_the_same_in_any_order() -> None:
    looks = [unit(1, 0, 0), unit(0, 1, 0), unit(0, 0, 1)]
    probes = []
    for order in (looks, looks[::-1]):
        evidence = Evidence()
        for look in order:
            evidence.add(look, 0.7)
        probes.append(evidence.fused())
    assert probes[0]
    assert probes[1]
    assert probes[0].vector == pytest.approx(probes[1].vector)
    assert probes[0].vector == pytest.approx(np.full(3, 3**-0.5))


def test_a_good_look_outweighs_poor_ones_that_came_before() -> None:
    evidence = Evidence()
    for _ in range(5):
        evidence.add(unit(0, 1), 0.2)
    evidence.add(unit(1, 0), 0.9)
    probe = evidence.fused()
    assert probe
    assert probe.vector[0] > probe.vector[1]
    assert evidence.looks == 6


def test_looks_together_are_nearer_to_the_person_than_each_of_them() -> None:
    random = np.random.default_rng(1)
    person = unit(*random.standard_normal(128).tolist()).vector
    looks = [noisy(person, 0.08, random) for _ in range(5)]
    evidence = Evidence()
    for look in looks:
        evidence.add(look, 0.5)
    probe = evidence.fused()
    assert probe
    assert float(probe.vector @ person) > max(float(look.vector @ person) for look in looks)


def test_looks_without_any_quality_count_too() -> None:
    evidence = Evidence()
    evidence.add(unit(1, 0), 0.0)
    evidence.add(unit(0, 1), 0.0)
    probe = evidence.fused()
    assert probe
    assert probe.vector == pytest.approx([0.5**0.5, 0.5**0.5])


def test_looks_that_cancel_out_make_no_probe() -> None:
    evidence = Evidence()
    evidence.add(unit(1, 0), 0.5)
    evidence.add(unit(-1, 0), 0.5)
    assert evidence.fused() is None
    evidence.add(unit(0, 1), 0.5)
    assert evidence.fused()


def view(quality: float) -> BestView:
    return BestView(
        AlignedFace(np.zeros((112, 112, 3), np.uint8)), quality, Box(0, 0, 1, 1), (1, 1), datetime(2026, 1, 1, tzinfo=UTC), None
    )


def test_the_best_view_is_kept_and_the_first_of_equals() -> None:
    evidence = Evidence()
    views = [view(quality) for quality in (0.5, 0.9, 0.7, 0.9)]
    for one in views:
        evidence.add(unit(1, 0), one.quality, one)
    assert evidence.best is views[1]
    assert evidence.quality == 0.9


def test_earlier_probes_do_not_change_when_looks_follow() -> None:
    evidence = Evidence()
    evidence.add(unit(1, 0), 0.5)
    before = evidence.fused()
    evidence.add(unit(0, 1), 0.9)
    assert before
    assert before.vector == pytest.approx([1, 0])


@pytest.mark.parametrize(
    ("look", "quality"), [(unit(1, 0), -0.1), (unit(1, 0), 1.1), (unit(1, 0), float("nan")), (unit(1, 0, model="b"), 0.5)]
)
def test_what_is_no_look_of_the_track_is_refused(look: Embedding, quality: float) -> None:
    evidence = Evidence()
    evidence.add(unit(1, 0), 0.5)
    with pytest.raises(ValueError, match="A look has"):
        evidence.add(look, quality)
