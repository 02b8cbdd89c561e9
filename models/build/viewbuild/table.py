"""The table of views: of pairs in the same distortion, how many strangers are accepted, and how many of the same person are kept.

It knows embeddings, lines and the gate's answers, and nothing of pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edged.vision.typical_view import UNLIKE_ALL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from viewbuild.faces import Faces

    BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rule:
    """The operating point: the threshold, how far above it a poor view names somebody, and which corners are final."""

    threshold: float
    decisive_lead: float
    is_final: Sequence[bool]


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one distortion; shares 0…1.

    accepted: of pairs of different people both in it, one enrolled with its picture and the other looked at, those found alike;
    accepted_before: the same by the gate without lines and turns. enrolled: pictures that may be templates. kept: looks in it
    found like another, untouched picture of the same person that is a template; kept_before: the same without lines and turns; at_all: by
    similarity alone.
    """

    name: str
    pairs: int
    accepted: float
    accepted_before: float
    enrolled: float
    looks: int
    kept: float
    kept_before: float
    at_all: float


def judge(name: str, faces: Faces, templates: Faces, partner: NDArray[np.intp], lines: NDArray[np.float32], rule: Rule) -> Row:
    """Judge a distortion; templates are other untouched pictures, partner (n,) the row of the same person's there, −1 without."""
    count = len(faces.found)
    enrolled = may_enroll(faces, lines)
    looks, least = may_vote(faces, lines, rule), needed(faces, rule)
    similarity = faces.mirror_embeddings @ faces.embeddings.T
    np.fill_diagonal(similarity, -1.0)
    accepted = (similarity >= least) & enrolled[:, None] & looks
    before = (similarity >= rule.threshold) & _clear(faces)[:, None] & _clear(faces)
    rows = np.flatnonzero((partner >= 0) & may_enroll(templates, lines)[partner])
    same = np.einsum("nd,nd->n", faces.embeddings[rows], templates.mirror_embeddings[partner[rows]])
    return Row(
        name,
        pairs=count * (count - 1),
        accepted=accepted.sum() / (count * (count - 1)),
        accepted_before=before.sum() / (count * (count - 1)),
        enrolled=enrolled.mean(),
        looks=len(rows),
        kept=float(np.mean((same >= least[rows]) & looks[rows])),
        kept_before=float(np.mean((same >= rule.threshold) & _clear(faces)[rows])),
        at_all=float(np.mean(same >= rule.threshold)),
    )


def _clear(faces: Faces) -> BoolArray:
    clear: BoolArray = faces.found & faces.is_clear
    return clear


def may_enroll(faces: Faces, lines: NDArray[np.float32]) -> BoolArray:
    """Say of each face (n,) whether its picture may be somebody's template."""
    may: BoolArray = _clear(faces) & ~faces.turned & ((faces.mirror_features @ lines.T).min(axis=1) >= 0)
    return may


def may_vote(faces: Faces, lines: NDArray[np.float32], rule: Rule) -> BoolArray:
    """Say of each face (n,) whether a look at it may name anybody.

    At the door a face is looked at in other turns only where it leans or its embedding is in doubt; both make the same answer.
    """
    sides = faces.features @ lines.T
    is_final = np.array(rule.is_final)[sides.argmin(axis=1)]
    may: BoolArray = faces.found & ~(is_final & (sides.min(axis=1) < UNLIKE_ALL))
    return may


def needed(faces: Faces, rule: Rule) -> NDArray[np.float64]:
    """Give the similarity that a look at each face (n,) needs to name somebody."""
    return np.where(faces.is_clear, rule.threshold, rule.threshold + rule.decisive_lead)
