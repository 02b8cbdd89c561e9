"""Rates by group as a picture: how often strangers are named and people missed at every threshold, and one against the other.

The one door to matplotlib, which is loaded only when a plot is asked for; how anything was measured is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.errors import PlotError

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from edged.evaluation.groups import GroupRates, GroupSearch

    Found = dict[str, GroupSearch]

INCHES = (6.0, 4.0)
"""Width and height of one panel."""
LEAST_SHARE = 1e-4
"""Where the axes of shares begin: fewer are drawn on the edge."""
FORMATS = (".png", ".svg", ".pdf")


def check_plot(path: Path) -> None:
    """Check beforehand that plots can be drawn, and that this is a name for one.

    Raises:
        PlotError: they cannot, or it is not.
    """
    if path.suffix.lower() not in FORMATS:
        raise PlotError(f"{path} is no name for a plot; end it in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}.")
    _figure(1)


def plot_groups(rates: GroupRates, path: Path) -> None:
    """Draw a row for each size of gallery and kind of visit: FPIR and FNIR by threshold, and the DET curve, a line for each group.

    Raises:
        PlotError: matplotlib is missing, or the file cannot be written.
    """
    kinds = [(row.people, row.templates, row.looks) for row in rates.across]
    figure = _figure(len(kinds))
    panels = figure.subplots(len(kinds), 3, squeeze=False)
    colours = {name: f"C{number}" for number, name in enumerate(rates.groups)}
    for row, kind in zip(panels, kinds, strict=True):
        found = {name: one for name, of in rates.groups.items() for one in of.searches if (one.people, one.templates, one.looks) == kind}
        _row(list(row), found, rates.asked, colours)
    try:
        figure.savefig(path)
    except OSError as error:
        raise PlotError(f"{path} cannot be written: {error.strerror}; name another file.") from error


def _figure(rows: int) -> Figure:
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - an optional extra, and slow to load
    except ImportError as error:
        raise PlotError("Plots need matplotlib, which is not installed: run 'pip install edged[plot]'.") from error
    return Figure(figsize=(3 * INCHES[0], rows * INCHES[1]), layout="constrained")


def _row(panels: list[Axes], found: Found, asked: float, colours: dict[str, str]) -> None:
    fpir, fnir, det = panels
    one = next(iter(found.values()))
    kind = f"N = {one.people}, templates {one.templates}, looks {one.looks}"
    for name, search in found.items():
        curve, colour = search.curve, colours[name]
        fpir.plot(curve.similarities, _shown(curve.fpir), color=colour, label=name)
        if curve.fnir is not None and search.fnir is not None:
            fnir.plot(curve.similarities, _shown(curve.fnir), color=colour, label=name)
            det.plot(_shown(curve.fpir), _shown(curve.fnir), color=colour, label=name)
            det.plot(*_shown((search.fpir.estimate, search.fnir.estimate)), "o", color=colour)
    for panel, what in ((fpir, "strangers named (FPIR)"), (fnir, "people missed (FNIR)")):
        panel.axvline(one.threshold, color="black", linestyle="--", label=f"threshold {one.threshold:.3f}")
        panel.set(title=kind, xlabel="similarity", ylabel=what, yscale="log", ylim=(LEAST_SHARE, 1))
    fpir.axhline(asked, color="grey", linestyle=":", label=f"{asked:.2%} asked")
    det.axvline(asked, color="grey", linestyle=":")
    det.set(title=f"DET, {kind}; points: at the threshold", xlabel="strangers named (FPIR)", ylabel="people missed (FNIR)")
    det.set(xscale="log", yscale="log", xlim=(LEAST_SHARE, 1), ylim=(LEAST_SHARE, 1))
    fpir.legend(fontsize="small")


def _shown(shares: tuple[float, ...]) -> list[float]:
    """Give shares as they are drawn on a logarithmic axis, which has no zero."""
    return [max(share, LEAST_SHARE) for share in shares]
