"""Plots of verification, detection and attributes: curves that agree with the figures, and what is refused before anything is measured."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.cli.figure_plot import plot_confusions, plot_detection, plot_verification
from edged.cli.main import main
from edged.evaluation.detection import PrecisionCurve, average_precision
from edged.evaluation.verification import error_curve, tar_at_far, threshold_at_far
from edged.vision.pictures import read_picture
from tests.program import edged

if TYPE_CHECKING:
    from pathlib import Path

RANDOM = np.random.default_rng(1)
SIMILARITIES = np.concatenate([RANDOM.normal(0.6, 0.15, 300), RANDOM.normal(0.1, 0.15, 700)])
SAME = np.arange(1000) < 300


def test_a_curve_says_what_the_figures_say_at_each_threshold() -> None:
    curve = error_curve(SIMILARITIES, SAME)
    assert (curve.fmr[0], curve.fnmr[0], curve.fmr[-1], curve.fnmr[-1]) == (1.0, 0.0, 0.0, 1.0)
    assert list(curve.fmr) == sorted(curve.fmr, reverse=True)
    assert list(curve.fnmr) == sorted(curve.fnmr)
    threshold = threshold_at_far(SIMILARITIES[~SAME], 1e-2)
    place = int(np.searchsorted(curve.thresholds, threshold))
    assert curve.fmr[place] <= 1e-2
    assert 1.0 - curve.fnmr[place] == pytest.approx(tar_at_far(SIMILARITIES, SAME, 1e-2))


@pytest.mark.parametrize(("metric", "name", "limit"), [("cosine", "similarity", "0.400"), ("euclidean", "distance", "1.095")])
def test_a_plot_of_pairs_shows_both_kinds_the_threshold_and_both_curves(tmp_path: Path, metric: str, name: str, limit: str) -> None:
    plot_verification(SIMILARITIES, SAME, error_curve(SIMILARITIES, SAME), 0.4, metric, tmp_path / "plot.svg")
    drawn = (tmp_path / "plot.svg").read_text(encoding="utf-8")
    for words in ("the same person (300 pairs)", "different people (700 pairs)", f"threshold {limit}", "ROC", "DET", name):
        assert f"<!-- {words}" in drawn, words


def test_a_plot_of_boxes_shows_their_average_precision_and_the_threshold(tmp_path: Path) -> None:
    curve = PrecisionCurve((0.9, 0.8, 0.1), (1.0, 1.0, 2 / 3), (0.5, 1.0, 1.0), 2)
    plot_detection(curve, average_precision(curve), 0.6, tmp_path / "plot.svg")
    drawn = (tmp_path / "plot.svg").read_text(encoding="utf-8")
    for words in ("average precision 1.000 of 2 faces", "score threshold 0.60", "faces found (recall)", "boxes that are faces (precision)"):
        assert f"<!-- {words} -->" in drawn, words
    nothing = PrecisionCurve((), (), (), 2)
    plot_detection(nothing, average_precision(nothing), 0.6, tmp_path / "plot.svg")
    assert "average precision 0.000" in (tmp_path / "plot.svg").read_text(encoding="utf-8")


def test_a_confusion_matrix_shows_each_number(tmp_path: Path) -> None:
    happy = {"happy": {"happy": 91, "sad": 7}, "sad": {"happy": 3, "sad": 88}}
    plot_confusions({"expressions": happy, "gender": {"male": {"male": 123, "unsure": 45}}}, tmp_path / "plot.svg")
    drawn = (tmp_path / "plot.svg").read_text(encoding="utf-8")
    for words in ("expressions", "91", "7", "3", "88", "123", "45", "unsure", "true", "told"):
        assert f"<!-- {words} -->" in drawn, words


def test_verification_expressions_and_detection_are_drawn_from_real_pictures(tmp_path: Path, portraits: dict[str, Path]) -> None:
    pairs = tmp_path / "pairs.csv"
    names = (portraits[name].name for name in ("obama", "obama_again", "obama", "biden"))
    pairs.write_text("a,b,same\n{},{},1\n{},{},0\n".format(*names))
    done = edged(
        "evaluate", "verification", "--images", portraits["obama"].parent, "--pairs", pairs, "--plot", tmp_path / "pairs.png", "--json"
    )
    assert json.loads(done.stdout)["accuracy"] == 1.0
    assert len(np.unique(read_picture(tmp_path / "pairs.png").reshape(-1, 3), axis=0)) > 10
    (tmp_path / "faces" / "happy").mkdir(parents=True)
    shutil.copy(portraits["obama"], tmp_path / "faces" / "happy" / "a.jpg")
    done = edged("evaluate", "emotion", "--images", tmp_path / "faces", "--plot", tmp_path / "emotion.svg")
    assert done.returncode == 0, done.stderr
    assert "<!-- happy -->" in (tmp_path / "emotion.svg").read_text(encoding="utf-8")
    boxes = tmp_path / "boxes.json"
    boxes.write_text(json.dumps({portraits["astronaut"].name: {"size": [512, 512], "boxes_xyxy": [[170, 60, 275, 185]]}}))
    done = edged(
        "evaluate", "detection", "--images", portraits["astronaut"].parent, "--boxes", boxes, "--plot", tmp_path / "faces.svg", "--json"
    )
    assert json.loads(done.stdout)["ap"] == 1.0
    assert "<!-- score threshold 0.60 -->" in (tmp_path / "faces.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["verification", "identification", "detection", "emotion", "age-gender"])
def test_a_plot_that_cannot_be_written_is_refused_before_anything_is_measured(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    more = {"verification": ["--pairs", "gone"], "detection": ["--boxes", "gone"]}.get(kind, [])
    for name, sentence in (("plot.txt", "end it in .png, .svg or .pdf"), ("gone/plot.png", "cannot be written")):
        assert main(["evaluate", kind, "--images", "gone", *more, "--plot", str(tmp_path / name)]) == 1
        assert sentence in capsys.readouterr().err
