"""Open-set searches as a picture: how many people are missed over how many strangers are named, for each size of gallery.

How anything was measured is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.cli.plotting import LEAST_SHARE, new_figure, save_plot, shown
from edged.evaluation.identification import FPIR_TARGETS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edged.cli.plotting import Axes
    from edged.evaluation.identification import Identification


def plot_searches(galleries: Mapping[str, Mapping[str, Identification]], path: Path) -> None:
    """Draw a panel with a DET curve of each setting for each size of gallery, by `n_<size>`; points are those that the table tells.

    Raises:
        PlotError: matplotlib is missing, or the file cannot be written.
    """
    figure = new_figure(1, len(galleries))
    panels = figure.subplots(1, len(galleries), squeeze=False)[0]
    for panel, (size, settings) in zip(panels, galleries.items(), strict=True):
        for name, found in settings.items():
            _line(panel, name.replace("_", " "), found)
        panel.set(title=f"N = {size.removeprefix('n_')}", xlabel="strangers named (FPIR)", ylabel="people missed (FNIR)")
        panel.set(xscale="log", yscale="log", xlim=(LEAST_SHARE, 1), ylim=(LEAST_SHARE, 1))
        panel.legend(fontsize="small")
    save_plot(figure, path)


def _line(panel: Axes, name: str, found: Identification) -> None:
    (line,) = panel.plot(shown(found.curve.fpir), shown(found.curve.fnir or ()), label=name)
    missed = [found.fnir_at_fpir[target] for target in FPIR_TARGETS]
    panel.plot(list(FPIR_TARGETS.values()), shown(missed), "o", color=line.get_color())
