"""Rates by group as a picture: how often strangers are named and people missed at every threshold, and one against the other.

How anything was measured is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.cli.plotting import LEAST_SHARE, new_figure, save_plot, shown

if TYPE_CHECKING:
    from pathlib import Path

    from edged.cli.plotting import Axes
    from edged.evaluation.groups import GroupRates, GroupSearch

    Found = dict[str, GroupSearch]


def plot_groups(rates: GroupRates, path: Path) -> None:
    """Draw a row for each size of gallery and kind of visit: FPIR and FNIR by threshold, and the DET curve, a line for each group.

    Raises:
        PlotError: matplotlib is missing, or the file cannot be written.
    """
    kinds = [(row.people, row.templates, row.looks) for row in rates.across]
    figure = new_figure(len(kinds), 3)
    panels = figure.subplots(len(kinds), 3, squeeze=False)
    colours = {name: f"C{number}" for number, name in enumerate(rates.groups)}
    for row, kind in zip(panels, kinds, strict=True):
        found = {name: one for name, of in rates.groups.items() for one in of.searches if (one.people, one.templates, one.looks) == kind}
        _row(list(row), found, rates.asked, colours)
    save_plot(figure, path)


def _row(panels: list[Axes], found: Found, asked: float, colours: dict[str, str]) -> None:
    fpir, fnir, det = panels
    one = next(iter(found.values()))
    kind = f"N = {one.people}, templates {one.templates}, looks {one.looks}"
    for name, search in found.items():
        curve, colour = search.curve, colours[name]
        fpir.plot(curve.similarities, shown(curve.fpir), color=colour, label=name)
        if curve.fnir is not None and search.fnir is not None:
            fnir.plot(curve.similarities, shown(curve.fnir), color=colour, label=name)
            det.plot(shown(curve.fpir), shown(curve.fnir), color=colour, label=name)
            det.plot(*shown((search.fpir.estimate, search.fnir.estimate)), "o", color=colour)
    for panel, what in ((fpir, "strangers named (FPIR)"), (fnir, "people missed (FNIR)")):
        panel.axvline(one.threshold, color="black", linestyle="--", label=f"threshold {one.threshold:.3f}")
        panel.set(title=kind, xlabel="similarity", ylabel=what, yscale="log", ylim=(LEAST_SHARE, 1))
    fpir.axhline(asked, color="grey", linestyle=":", label=f"{asked:.2%} asked")
    det.axvline(asked, color="grey", linestyle=":")
    det.set(title=f"DET, {kind}; points: at the threshold", xlabel="strangers named (FPIR)", ylabel="people missed (FNIR)")
    det.set(xscale="log", yscale="log", xlim=(LEAST_SHARE, 1), ylim=(LEAST_SHARE, 1))
    fpir.legend(fontsize="small")
