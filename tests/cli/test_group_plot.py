"""Plots of rates by group: drawn before anything was lost, and refused with what to do where they cannot be."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.cli.group_plot import plot_groups
from edged.cli.main import main
from edged.cli.plotting import check_plot
from edged.errors import PlotError
from edged.evaluation.groups import Product, measure_groups
from edged.vision.pictures import read_picture
from tests.evaluation.test_groups import always, mean
from tests.evaluation.test_identification import crowd

if TYPE_CHECKING:
    from pathlib import Path

    from edged.evaluation.groups import GroupRates


@pytest.fixture(scope="module")
def rates() -> GroupRates:
    groups = {"here": crowd([5] * 40, 0.8), "there": crowd([1] * 40, 0.8)}
    return measure_groups(groups, Product(0.01, 0.4, partial(always, 0.4), 0.0, mean))


def test_a_plot_shows_every_group_and_marks_the_threshold(rates: GroupRates, tmp_path: Path) -> None:
    plot_groups(rates, tmp_path / "groups.svg")
    drawn = (tmp_path / "groups.svg").read_text(encoding="utf-8")
    for words in ("here", "there", "threshold 0.400", "1.00% asked", "DET, N = 10, templates 1, looks 1", "strangers named (FPIR)"):
        assert f"<!-- {words}" in drawn
    plot_groups(rates, tmp_path / "groups.svg", "euclidean")
    drawn = (tmp_path / "groups.svg").read_text(encoding="utf-8")
    for words in ("threshold 1.095", "distance"):
        assert f"<!-- {words}" in drawn


def test_a_plot_is_a_picture_too(rates: GroupRates, tmp_path: Path) -> None:
    plot_groups(rates, tmp_path / "groups.png")
    pixels = read_picture(tmp_path / "groups.png")
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 10


def test_who_has_no_matplotlib_is_told_how_to_get_it_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    asked = ["evaluate", "identification", "--groups", "--images", str(tmp_path), "--plot", str(tmp_path / "plot.png")]
    assert main(asked) == 1
    assert "run 'pip install edged[plot]'" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["plot", "plot.txt"])
def test_a_name_that_is_none_of_a_plot_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PlotError, match=r"end it in \.png, \.svg or \.pdf"):
        check_plot(tmp_path / name)
