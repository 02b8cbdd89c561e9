"""Rates by group as lines for a terminal.

It knows the figures, and nothing of how they were measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.errors import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edged.evaluation.groups import AcrossGroups, GroupFigures, GroupRates, GroupSearch, Share


def group_lines(rates: GroupRates) -> Iterator[str]:
    """The table of all groups, and below it the figures of each."""
    yield f"Galleries and strangers of one group, {rates.asked:.2%} of strangers' visits asked for; each group weighs the same."
    yield from map(_across, rates.across)
    for name, figures in rates.groups.items():
        yield from _group(name, figures, rates.least_threshold)
    if rates.too_small:
        yield f"Too small: {', '.join(rates.too_small)}."


def _across(row: AcrossGroups) -> str:
    named = f"named {row.fpir:.2%} on average of {row.groups} groups, {row.worst_fpir:.2%} of {row.worst_group}"
    missed = "" if row.fnir is None else f"; people missed {row.fnir:.2%}"
    return f"{_kind(row)}: strangers {named}{missed}"


def _group(name: str, figures: GroupFigures, threshold: float) -> Iterator[str]:
    yield f"{name}: {counted(figures.people, 'person', 'people')}, {counted(figures.pictures, 'picture')}"
    yield f"  one pair at {threshold:.2f}: FMR {_share(figures.fmr, digits=3)}{_missed('FNMR', figures.fnmr)}"
    for one in figures.searches:
        yield f"  {_kind(one)}: FPIR {_share(one.fpir)}{_missed('FNIR', one.fnir)}"


def _kind(row: AcrossGroups | GroupSearch) -> str:
    return f"N {row.people}, templates {row.templates}, looks {row.looks}, threshold {row.threshold:.3f}"


def _missed(name: str, share: Share | None) -> str:
    return f", {name} {_share(share)}" if share else ""


def _share(share: Share, digits: int = 2) -> str:
    return f"{share.estimate:.{digits}%} ({share.low:.{digits}%} to {share.high:.{digits}%})"
