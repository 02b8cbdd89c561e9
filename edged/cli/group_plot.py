"""Rates by group as a picture: how often strangers are named and people missed at every threshold, and one against the other.

How anything was measured is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.cli.metrics import COSINE, converted, name_of
from edged.cli.plotting import LEAST_SHARE, new_figure, save_plot, shown

if TYPE_CHECKING:
    from pathlib import Path

    from edged.cli.plotting import Axes
    from edged.evaluation.groups import GroupRates, GroupSearch

    Found = dict[str, GroupSearch]


def plot_groups(rates: GroupRates, path: Path, metric: str = COSINE) -> None:
    """Draw a row for each size of gallery and kind of visit: FPIR and FNIR by threshold, in this metric, and a DET curve for each group.

    Raises:
        PlotError: matplotlib is missing, or the file cannot be written.
    """
    kinds = [(row.people, row.templates, row.looks) for row in rates.across]
    figure = new_figure(len(kinds), 3)
    panels = figure.subplots(len(kinds), 3, squeeze=False)
    colours = {name: f"C{number}" for number, name in enumerate(rates.groups)}
    for row, kind in zip(panels, kinds, strict=True):
        found = {name: one for name, of in rates.groups.items() for one in of.searches if (one.people, one.templates, one.looks) == kind}
        _row(list(row), found, rates.asked, colours, metric)
    save_plot(figure, path)


def _row(panels: list[Axes], found: Found, asked: float, colours: dict[str, str], metric: str) -> None:
    fpir, fnir, det = panels
    one = next(iter(found.values()))
    kind = f"N = {one.people}, templates {one.templates}, looks {one.looks}"
    for name, search in found.items():
        curve, colour = search.curve, colours[name]
        values = [converted(one, metric) for one in curve.similarities]
        fpir.plot(values, shown(curve.fpir), color=colour, label=name)
        if curve.fnir is not None and search.fnir is not None:
            fnir.plot(values, shown(curve.fnir), color=colour, label=name)
            det.plot(shown(curve.fpir), shown(curve.fnir), color=colour, label=name)
            det.plot(*shown((search.fpir.estimate, search.fnir.estimate)), "o", color=colour)
    limit = converted(one.threshold, metric)
    for panel, what in ((fpir, "strangers named (FPIR)"), (fnir, "people missed (FNIR)")):
        panel.axvline(limit, color="black", linestyle="--", label=f"threshold {limit:.3f}")
        panel.set(title=kind, xlabel=name_of(metric), ylabel=what, yscale="log", ylim=(LEAST_SHARE, 1))
    fpir.axhline(asked, color="grey", linestyle=":", label=f"{asked:.2%} asked")
    det.axvline(asked, color="grey", linestyle=":")
    det.set(title=f"DET, {kind}; points: at the threshold", xlabel="strangers named (FPIR)", ylabel="people missed (FNIR)")
    det.set(xscale="log", yscale="log", xlim=(LEAST_SHARE, 1), ylim=(LEAST_SHARE, 1))
    fpir.legend(fontsize="small")
