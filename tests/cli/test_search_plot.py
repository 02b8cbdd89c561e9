"""Plots of open-set searches: a panel for each size of gallery, and a line for each setting that goes through the points of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.cli.search_plot import plot_searches
from edged.evaluation.identification import FPIR_TARGETS, Identification, identify
from edged.vision.pictures import read_picture
from tests.evaluation.test_identification import ONE, crowd, mean

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def found() -> Identification:
    return identify(crowd([2] * 40 + [1] * 300, 1.0), 20, ONE, 0.0, mean, draws=20)


def test_a_plot_shows_each_size_and_setting(found: Identification, tmp_path: Path) -> None:
    plot_searches({"n_20": {"one_look": found, "two_looks": found}, "n_50": {"one_look": found}}, tmp_path / "searches.svg")
    drawn = (tmp_path / "searches.svg").read_text(encoding="utf-8")
    for words in ("N = 20", "N = 50", "one look", "two looks", "strangers named (FPIR)", "people missed (FNIR)"):
        assert f"<!-- {words} -->" in drawn, words
    plot_searches({"n_20": {"one_look": found}}, tmp_path / "searches.png")
    assert len(np.unique(read_picture(tmp_path / "searches.png").reshape(-1, 3), axis=0)) > 10


def test_the_curve_agrees_with_the_figures_at_their_thresholds(found: Identification) -> None:
    curve = found.curve
    assert curve.fnir is not None
    assert list(curve.fpir) == sorted(curve.fpir, reverse=True)
    assert list(curve.fnir) == sorted(curve.fnir)
    for name, asked in FPIR_TARGETS.items():
        above = int(np.searchsorted(curve.similarities, found.threshold[name]))
        assert curve.fpir[above] <= asked <= curve.fpir[above - 1]
        assert curve.fnir[above - 1] - 1e-9 <= found.fnir_at_fpir[name] <= curve.fnir[above] + 1e-9
