"""Pairs of people by night: how many strangers are accepted and how many of the same person kept, by templates of another view or the same.

It knows embeddings and what the gate says of them, and neither pictures nor where they come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from viewbuild.table import may_enroll, may_vote, needed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viewbuild.faces import Faces
    from viewbuild.table import Rule

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Faces in one view: embeddings of templates and of looks (n, d), and which may be a template and may name anybody."""

    templates: NDArray[np.float32]
    looks: NDArray[np.float32]
    may_enroll: BoolArray
    may_vote: BoolArray
    lead: FloatArray
    """Similarity that a look needs beyond the threshold, since it is a poor one."""

    @classmethod
    def of(cls, faces: Faces, lines: NDArray[np.float32], rule: Rule) -> Seen:
        """Take faces as the gate and the lines judge them."""
        lead = needed(faces, rule) - rule.threshold
        return cls(faces.mirror_embeddings, faces.embeddings, may_enroll(faces, lines), may_vote(faces, lines, rule), lead)


@dataclass(frozen=True, slots=True)
class Told:
    """How people are told apart; shares 0…1.

    accepted: of pairs of a template and a look of different people those found alike, count of them; a picture that may not be a
    template or may name nobody is not. kept: of looks at people whose template may be one those found alike. threshold, kept_there:
    the threshold at which the share of strangers accepted is no higher than was asked, and what is kept there.
    """

    accepted: float
    count: int
    kept: float
    threshold: float
    kept_there: float


def told_apart(
    templates: Seen,
    strangers: Seen,
    same: Seen,
    partner: NDArray[np.intp],
    groups: NDArray[np.str_],
    threshold: float,
    rate: float | None = None,
) -> Told:
    """Judge looks by templates.

    Args:
        templates: a row for each person.
        strangers: looks at the same people, which are compared with the templates of others.
        same: looks at some of them, of another picture.
        partner: (m,) the row of the template of each of these.
        groups: (n,) group of each person; two people of different groups are not compared.
        threshold: similarity that a look needs.
        rate: share of strangers, 0…1, that may be accepted; None: as many as are.
    """
    similarity = (templates.templates @ strangers.looks.T).astype(np.float64) - strangers.lead
    is_pair = groups[:, None] == groups[None, :]
    np.fill_diagonal(is_pair, val=False)
    pairs = int(is_pair.sum())
    eligible = np.sort(similarity[is_pair & templates.may_enroll[:, None] & strangers.may_vote])[::-1]
    count = int((eligible >= threshold).sum())
    rows = np.flatnonzero(templates.may_enroll[partner])
    own = np.einsum("nd,nd->n", same.looks[rows], templates.templates[partner[rows]]) - same.lead[rows]
    own[~same.may_vote[rows]] = -1.0
    stricter = threshold if rate is None else _threshold_at(eligible, int(rate * pairs))
    return Told(count / pairs, count, float((own >= threshold).mean()), stricter, float((own >= stricter).mean()))


def _threshold_at(similarities: FloatArray, count: int) -> float:
    """The least threshold that at most so many reach; similarities fall."""
    return float(np.nextafter(similarities[count], 1.0)) if count < len(similarities) else -1.0
