"""Rates by group as lines for a terminal.

It knows the figures, and nothing of how they were measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.cli.metrics import told_threshold
from edged.errors import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edged.evaluation.groups import AcrossGroups, GroupFigures, GroupRates, GroupSearch, Share


def group_lines(rates: GroupRates, metric: str) -> Iterator[str]:
    """The table of all groups, and below it the figures of each; thresholds in this metric."""
    yield f"Galleries and strangers of one group, {rates.asked:.2%} of strangers' visits asked for; each group weighs the same."
    for row in rates.across:
        yield _across(row, metric)
    for name, figures in rates.groups.items():
        yield from _group(name, figures, rates.least_threshold, metric)
    if rates.too_small:
        yield f"Too small: {', '.join(rates.too_small)}."


def _across(row: AcrossGroups, metric: str) -> str:
    named = f"named {row.fpir:.2%} on average of {row.groups} groups, {row.worst_fpir:.2%} of {row.worst_group}"
    missed = "" if row.fnir is None else f"; people missed {row.fnir:.2%}"
    return f"{_kind(row, metric)}: strangers {named}{missed}"


def _group(name: str, figures: GroupFigures, threshold: float, metric: str) -> Iterator[str]:
    yield f"{name}: {counted(figures.people, 'person', 'people')}, {counted(figures.pictures, 'picture')}"
    yield f"  one pair, {told_threshold(metric, threshold)}: FMR {_share(figures.fmr, digits=3)}{_missed('FNMR', figures.fnmr)}"
    for one in figures.searches:
        yield f"  {_kind(one, metric)}: FPIR {_share(one.fpir)}{_missed('FNIR', one.fnir)}"


def _kind(row: AcrossGroups | GroupSearch, metric: str) -> str:
    return f"N {row.people}, templates {row.templates}, looks {row.looks}, {told_threshold(metric, row.threshold, 3)}"


def _missed(name: str, share: Share | None) -> str:
    return f", {name} {_share(share)}" if share else ""


def _share(share: Share, digits: int = 2) -> str:
    return f"{share.estimate:.{digits}%} ({share.low:.{digits}%} to {share.high:.{digits}%})"
