"""Figures of verification, detection and attributes as pictures: curves of errors, histograms of similarities, confusion matrices.

How anything was measured is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edged.cli.metrics import converted, name_of
from edged.cli.plotting import LEAST_SHARE, new_figure, save_plot, shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

    from edged.cli.plotting import Axes
    from edged.evaluation.detection import DetectionFigures, PrecisionCurve
    from edged.evaluation.verification import ErrorCurve

    Confusion = Mapping[str, Mapping[str, int]]

BARS = 60
"""Bars of a histogram."""
DARK = 0.5
"""Share from which on a cell of a confusion matrix is so dark that its number is white."""


def plot_verification(
    similarities: npt.NDArray[np.float64], same: npt.NDArray[np.bool_], curve: ErrorCurve, threshold: float, metric: str, path: Path
) -> None:
    """Draw how similar pairs are, in this metric and with the threshold; the ROC; and the DET curve.

    Raises:
        PlotError: matplotlib is missing, or the file cannot be written.
    """
    figure = new_figure(1, 3)
    histogram, roc, det = figure.subplots(1, 3)
    _histogram(histogram, similarities, same, threshold, metric)
    place = int(np.searchsorted(curve.thresholds, threshold).clip(0, len(curve.thresholds) - 1))
    accepted, missed = [1.0 - share for share in curve.fnmr], curve.fnmr
    roc.plot(shown(curve.fmr), accepted)
    roc.plot(max(curve.fmr[place], LEAST_SHARE), accepted[place], "o", label="at the threshold")
    roc.set(title="ROC", xlabel="different people accepted (FMR)", ylabel="same people accepted (TAR)", xscale="log")
    roc.set(xlim=(LEAST_SHARE, 1), ylim=(0, 1.01))
    roc.legend(fontsize="small")
    det.plot(shown(curve.fmr), shown(missed))
    det.plot(max(curve.fmr[place], LEAST_SHARE), max(missed[place], LEAST_SHARE), "o")
    det.set(title="DET", xlabel="different people accepted (FMR)", ylabel="same people refused (FNMR)")
    det.set(xscale="log", yscale="log", xlim=(LEAST_SHARE, 1), ylim=(LEAST_SHARE, 1))
    save_plot(figure, path)


def plot_detection(curve: PrecisionCurve, figures: DetectionFigures, threshold: float, path: Path) -> None:
    """Draw precision over recall, and the point at the score threshold, 0…1, that is in use.

    Raises:
        PlotError: matplotlib is missing, or the file cannot be written.
    """
    figure = new_figure(1, 1)
    panel = figure.subplots(1, 1)
    panel.plot(curve.recall, curve.precision)
    given = sum(score >= threshold for score in curve.scores)
    if given:
        panel.plot(curve.recall[given - 1], curve.precision[given - 1], "o", label=f"score threshold {threshold:.2f}")
        panel.legend(fontsize="small", loc="lower left")
    panel.set(title=f"average precision {figures.ap:.3f} of {figures.faces} faces", xlabel="faces found (recall)")
    panel.set(ylabel="boxes that are faces (precision)", xlim=(0, 1.01), ylim=(0, 1.01))
    save_plot(figure, path)


def plot_confusions(confusions: Mapping[str, Confusion], path: Path) -> None:
    """Draw a confusion matrix for each title: a row for each true label, in shares of the row, with the number of pictures.

    Raises:
        PlotError: matplotlib is missing, or the file cannot be written.
    """
    figure = new_figure(1, len(confusions))
    panels = figure.subplots(1, len(confusions), squeeze=False)[0]
    for panel, (title, confusion) in zip(panels, confusions.items(), strict=True):
        _matrix(panel, title, confusion)
    save_plot(figure, path)


def _histogram(panel: Axes, similarities: npt.NDArray[np.float64], same: npt.NDArray[np.bool_], threshold: float, metric: str) -> None:
    values = np.array([converted(float(one), metric) for one in similarities])
    edges = np.linspace(values.min(), values.max(), BARS + 1)
    for name, chosen in (("the same person", same), ("different people", ~same)):
        panel.hist(values[chosen], bins=edges.tolist(), alpha=0.6, density=True, label=f"{name} ({int(chosen.sum())} pairs)")
    limit = converted(threshold, metric)
    panel.axvline(limit, color="black", linestyle="--", label=f"threshold {limit:.3f}")
    panel.set(title="pairs", xlabel=name_of(metric), ylabel="density")
    panel.legend(fontsize="small")


def _matrix(panel: Axes, title: str, confusion: Confusion) -> None:
    rows, columns = list(confusion), list(dict.fromkeys(label for row in confusion.values() for label in row))
    counts = np.array([[confusion[true].get(label, 0) for label in columns] for true in rows])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    panel.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shares[row, column] > DARK else "black"
        panel.text(column, row, str(count), ha="center", va="center", fontsize="small", color=colour)
    panel.set_xticks(range(len(columns)), columns, rotation=45, ha="right")
    panel.set_yticks(range(len(rows)), rows)
    panel.set(title=title, xlabel="told", ylabel="true")
