"""Similarities and thresholds as distances: the same answers, converted exactly."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.cli.main import main
from edged.cli.metrics import COSINE, METRICS, converted

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("metric", METRICS)
def test_a_metric_accepts_what_the_cosine_accepts(metric: str) -> None:
    random = np.random.default_rng(0)
    one, other = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True) for vectors in random.normal(size=(2, 100, 8)))
    for first, second in zip(one, other, strict=True):
        cosine = float(first @ second)
        shown, limit = converted(cosine, metric), converted(0.43, metric)
        assert shown == pytest.approx(cosine if metric == COSINE else float(np.linalg.norm(first - second)))
        assert (shown >= limit if metric == COSINE else shown <= limit) == (cosine >= 0.43)
    assert converted(1.0000001, metric) == pytest.approx(1.0 if metric == COSINE else 0.0)


def test_verify_shows_the_distance_and_what_is_accepted(portraits: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    pictures = [str(portraits["obama"]), str(portraits["obama_again"])]
    assert main(["verify", *pictures]) == 0
    similarity = float(capsys.readouterr().out.split("similarity ")[1].split(",")[0])
    assert main(["verify", *pictures, "--metric", "euclidean_l2"]) == 0
    shown = capsys.readouterr().out
    assert float(shown.split("distance ")[1].split(",")[0]) == pytest.approx(math.sqrt(2 - 2 * similarity), abs=0.01)
    assert f"at most {math.sqrt(2 - 2 * 0.43):.2f}" in shown
