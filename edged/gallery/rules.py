"""Rules for several templates: what similarity of a person they make of those of the templates.

They know similarities by person and template, and neither whose these are nor what is accepted. models/README.md says how they measure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from edged.types import Float32Array

RuleName: TypeAlias = Literal["best", "mean", "vote"]
Rule: TypeAlias = "Callable[[Float32Array, npt.NDArray[np.intp]], Float32Array]"
"""Makes similarities of n probes to N people, (n, N), of those to all T templates, (n, T), and of where each person's begin, (N,)."""
VOTES = 5
"""Nearest templates that vote."""
OUT = -1.0
"""The similarity of people who were outvoted: none is less."""


def best(similarities: Float32Array, begins: npt.NDArray[np.intp]) -> Float32Array:
    """The most similar template of each person."""
    return np.maximum.reduceat(similarities, begins, axis=1)


def mean(similarities: Float32Array, begins: npt.NDArray[np.intp]) -> Float32Array:
    """The mean of all templates of each person."""
    counts = np.diff(begins, append=similarities.shape[1])
    return np.divide(np.add.reduceat(similarities, begins, axis=1), counts, dtype=np.float32)


def vote(similarities: Float32Array, begins: npt.NDArray[np.intp]) -> Float32Array:
    """Of the nearest VOTES templates each votes for its person; who has fewer votes than another is out, the others count by their best."""
    owners = np.repeat(np.arange(len(begins)), np.diff(begins, append=similarities.shape[1]))
    votes = np.zeros((len(similarities), len(begins)), dtype=np.intp)
    nearest = np.argsort(-similarities, axis=1, kind="stable")[:, :VOTES]
    np.add.at(votes, (np.arange(len(similarities))[:, None], owners[nearest]), 1)
    return np.where(votes == votes.max(axis=1, keepdims=True), best(similarities, begins), np.float32(OUT))


RULES: Mapping[RuleName, Rule] = {"best": best, "mean": mean, "vote": vote}
"""By their names in the configuration."""
