"""Similarities and thresholds as distances: the same answers, converted exactly."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.cli.main import main
from edged.cli.metrics import COSINE, METRICS, converted, told_of
from tests.program import edged

if TYPE_CHECKING:
    from pathlib import Path

    from tests.program import Daemon


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


def test_a_similarity_is_told_with_what_was_needed() -> None:
    assert told_of(COSINE, 0.71, 0.43) == "similarity 0.71 of 0.43"
    assert told_of("euclidean", 0.71, 0.43) == f"distance {math.sqrt(2 - 1.42):.2f} of at most {math.sqrt(2 - 0.86):.2f}"
    assert told_of(COSINE, None, 0.43) == ""


@pytest.mark.parametrize(
    "command", ["recognise", "find", "verify", "person", "merge", "strangers", "visits", "calibrate", "enroll", "stream", "top"]
)
def test_whatever_shows_a_similarity_takes_a_metric(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert "--metric {cosine,euclidean,euclidean_l2}" in capsys.readouterr().out


def _figure(text: str, name: str) -> float:
    return float(re.findall(rf"{name} (-?\d\.\d+)", text)[0])


def test_people_and_their_figures_are_shown_as_distances(daemon: Daemon, portraits: dict[str, Path]) -> None:
    daemon.run("enroll", "Barack", portraits["obama"])
    done = daemon.run("enroll", "Obama", portraits["obama_again"], "--allow-alike", "--metric", "euclidean")
    assert "nearest other barack, distance " in done.stdout
    for command in ("person", "calibrate"):
        names = ("barack",) if command == "person" else ()
        cosine, *distances = [daemon.run(command, *names, "--metric", metric).stdout for metric in METRICS]
        expected = math.sqrt(2 - 2 * _figure(cosine, "similarity"))
        assert [_figure(shown, "distance") for shown in distances] == pytest.approx([expected] * 2, abs=0.01)
        assert daemon.run(command, *names, "--json", "--metric", "euclidean").stdout == daemon.run(command, *names, "--json").stdout
    assert f"In force: at most {math.sqrt(2 - 2 * 0.43):.2f}" in distances[0]


def test_the_threshold_of_a_measurement_is_shown_as_a_distance(tmp_path: Path, portraits: dict[str, Path]) -> None:
    pairs = tmp_path / "pairs.csv"
    names = (portraits[name].name for name in ("obama", "obama_again", "obama", "biden"))
    pairs.write_text("a,b,same\n{},{},1\n{},{},0\n".format(*names))
    command = ("evaluate", "verification", "--images", portraits["obama"].parent, "--pairs", pairs)
    cosine, distance = (_figure(edged(*command, "--metric", metric).stdout, "threshold +") for metric in METRICS[:2])
    assert distance == pytest.approx(math.sqrt(2 - 2 * cosine), abs=1e-3)


def test_verify_shows_the_distance_and_what_is_accepted(portraits: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    pictures = [str(portraits["obama"]), str(portraits["obama_again"])]
    assert main(["verify", *pictures]) == 0
    similarity = float(capsys.readouterr().out.split("similarity ")[1].split(",")[0])
    assert main(["verify", *pictures, "--metric", "euclidean_l2"]) == 0
    shown = capsys.readouterr().out
    assert float(shown.split("distance ")[1].split(",")[0]) == pytest.approx(math.sqrt(2 - 2 * similarity), abs=0.01)
    assert f"at most {math.sqrt(2 - 2 * 0.43):.2f}" in shown
