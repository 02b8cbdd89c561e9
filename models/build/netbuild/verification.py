"""Verification accuracy of embeddings: accuracy on pairs, TAR at FAR, and the thresholds that follow.

It knows vectors and names, and nothing of pictures or networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from netbuild.truth import Pair

    FloatArray = NDArray[np.float32]
    Embeddings = Mapping[Path, FloatArray]


@dataclass(frozen=True, slots=True)
class Rate:
    """At `threshold` the share `far` of impostor pairs and `tar` of genuine pairs is accepted."""

    far: float
    threshold: float
    tar: float


def pair_similarities(embeddings: Embeddings, pairs: Sequence[Pair]) -> tuple[FloatArray, NDArray[np.bool_]]:
    """(cosine, same person) of each pair."""
    values = np.array([embeddings[pair.first] @ embeddings[pair.second] for pair in pairs])
    return values, np.array([pair.same for pair in pairs])


def best_threshold(similarities: FloatArray, same: NDArray[np.bool_]) -> float:
    """The threshold that decides most pairs rightly; the middle one if several do."""
    candidates = np.sort(similarities)
    right = [np.mean((similarities >= candidate) == same) for candidate in candidates]
    return float(np.median(candidates[np.isclose(right, max(right))]))


def all_pairs(embeddings: Embeddings) -> tuple[FloatArray, FloatArray]:
    """(genuine, impostor) cosines of every two pictures; a picture's folder is its person."""
    files = sorted(embeddings)
    vectors = np.array([embeddings[file] for file in files])
    _, person = np.unique([file.parent.name for file in files], return_inverse=True)
    first, second = np.triu_indices(len(files), 1)
    cosines, same = (vectors @ vectors.T)[first, second], person[first] == person[second]
    return cosines[same], cosines[~same]


def rate_at(genuine: FloatArray, impostor: FloatArray, far: float) -> Rate:
    """The lowest threshold that accepts at most the share `far` of the impostor pairs."""
    ordered = np.sort(impostor)[::-1]
    threshold = float(ordered[int(far * len(ordered))])
    return Rate(far, threshold, float(np.mean(genuine > threshold)))


def leads(embeddings: Embeddings, people: int, rounds: int, threshold: float) -> tuple[FloatArray, FloatArray]:
    """Leads of the best person over the second best, of accepted searches: (right person, wrong person).

    Each round enrolls one picture of each of `people` random people and searches with all their other pictures and with
    as many pictures of strangers. A stranger's accepted search counts as a wrong person.
    """
    random = np.random.default_rng(0)
    by_person: dict[str, list[Path]] = {}
    for file in sorted(embeddings):
        by_person.setdefault(file.parent.name, []).append(file)
    several = [name for name, files in by_person.items() if len(files) > 1]
    right: list[float] = []
    wrong: list[float] = []
    for _ in range(rounds):
        names = list(random.permutation(several)[:people])
        gallery = np.array([embeddings[by_person[name][0]] for name in names])
        probes = [(index, file) for index, name in enumerate(names) for file in by_person[name][1:]]
        others = [name for name in by_person if name not in names]
        probes += [(-1, by_person[name][0]) for name in random.permutation(others)[: len(probes)]]
        for truth, file in probes:
            scores = gallery @ embeddings[file]
            second, first = np.sort(scores)[-2:]
            if first >= threshold:
                (right if truth == int(scores.argmax()) else wrong).append(first - second)
    return np.array(right), np.array(wrong)
