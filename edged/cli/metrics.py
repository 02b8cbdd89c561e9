"""How the shell shows how alike two faces are: as edged compares them, by cosine, or as distances between their embeddings.

What is compared, and what is accepted, is not known here; with `--json` it is the cosine always, as over MQTT.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edged.cli.options import CommandParser

COSINE = "cosine"
METRICS = (COSINE, "euclidean", "euclidean_l2")
"""Names of the metrics. Embeddings have length 1, so both distances are the same one: euclidean_l2 means vectors that were made so long."""


def add_metric(parser: CommandParser) -> None:
    """Add `--metric`."""
    parser.add_argument(
        "--metric", choices=METRICS, default=COSINE, help="show similarities, or euclidean distances, and the threshold accordingly"
    )


def converted(similarity: float, metric: str) -> float:
    """A cosine of two vectors of length 1, −1…1, in this metric: |a − b|² is 2 − 2·a·b, so both say the same and accept the same."""
    return similarity if metric == COSINE else math.sqrt(max(0.0, 2.0 - 2.0 * similarity))


def name_of(metric: str) -> str:
    """What a figure in this metric is called."""
    return "similarity" if metric == COSINE else "distance"


def told(metric: str, similarity: float | None) -> str:
    """A similarity, or the distance in its place, with its name; nothing where there is none."""
    return "" if similarity is None else f"{name_of(metric)} {converted(similarity, metric):.2f}"


def told_of(metric: str, similarity: float | None, threshold: float) -> str:
    """A similarity and what was needed: `similarity 0.71 of 0.43`, `distance 0.76 of at most 1.07`; nothing where there is none."""
    limit = f"{'' if metric == COSINE else 'at most '}{converted(threshold, metric):.2f}"
    return "" if similarity is None else f"{told(metric, similarity)} of {limit}"


def told_threshold(metric: str, threshold: float, digits: int = 2) -> str:
    """The threshold in the same metric: the least similarity, or the greatest distance, that is accepted."""
    return f"{'threshold' if metric == COSINE else 'at most'} {converted(threshold, metric):.{digits}f}"
