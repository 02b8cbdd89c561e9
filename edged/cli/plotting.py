"""Plots as files: whether they can be drawn, an empty figure, and how one is written.

The one door to matplotlib, which is loaded only when a plot is asked for; what is drawn is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.errors import PlotError

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes as Axes  # noqa: PLC0414 - for the other modules that draw
    from matplotlib.figure import Figure as Figure  # noqa: PLC0414 - the same

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
    new_figure(1, 1)


def new_figure(rows: int, columns: int) -> Figure:
    """Give an empty figure with room for so many panels, or raise a PlotError where matplotlib is missing."""
    try:
        from matplotlib.figure import Figure as Drawn  # noqa: PLC0415 - an optional extra, and slow to load
    except ImportError as error:
        raise PlotError("Plots need matplotlib, which is not installed: run 'pip install edged[plot]'.") from error
    return Drawn(figsize=(columns * INCHES[0], rows * INCHES[1]), layout="constrained")


def save_plot(figure: Figure, path: Path) -> None:
    """Write a figure, or raise a PlotError where that fails."""
    try:
        figure.savefig(path)
    except OSError as error:
        raise PlotError(f"{path} cannot be written: {error.strerror}; name another file.") from error


def shown(shares: tuple[float, ...] | list[float]) -> list[float]:
    """Give shares as they are drawn on a logarithmic axis, which has no zero."""
    return [max(share, LEAST_SHARE) for share in shares]
