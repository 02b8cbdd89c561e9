"""Association held against all pairings that are possible."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edged.tracking.association import BID_STEP, best_pairs, plain_pairs

EVIDENCE = st.dictionaries(st.integers(0, 4), st.dictionaries(st.integers(1, 5), st.floats(-8, 12), max_size=5), max_size=5)


def greatest_sum(evidence: dict[int, dict[int, float]], taken: frozenset[int] = frozenset()) -> float:
    """The best that any pairing reaches, by trying all."""
    if not evidence:
        return 0.0
    row, *others = evidence
    rest = {other: evidence[other] for other in others}
    alone = greatest_sum(rest, taken)
    paired = (nats + greatest_sum(rest, taken | {track}) for track, nats in evidence[row].items() if track not in taken)
    return max([alone, *paired])


@given(EVIDENCE)
def test_no_pairing_is_better(evidence: dict[int, dict[int, float]]) -> None:
    pairs = best_pairs(evidence)
    assert len(set(pairs.values())) == len(pairs)
    assert sum(evidence[row][track] for row, track in pairs.items()) >= greatest_sum(evidence) - BID_STEP * len(evidence) - 1e-9


@given(EVIDENCE, st.floats(0.5, 6))
def test_plain_pairs_belong_to_the_best_pairing(evidence: dict[int, dict[int, float]], least: float) -> None:
    plain = plain_pairs(evidence, least)
    rest = {
        row: {track: nats for track, nats in fits.items() if track not in plain.values()}
        for row, fits in evidence.items()
        if row not in plain
    }
    assert sum(evidence[row][track] for row, track in plain.items()) + greatest_sum(rest) >= greatest_sum(evidence) - 1e-9
    assert all(evidence[row][track] >= least for row, track in plain.items())


def test_two_that_want_the_same_are_given_what_is_best_for_both() -> None:
    evidence = {0: {1: 5.0, 2: 4.5}, 1: {1: 4.0}}
    assert best_pairs(evidence) == {0: 2, 1: 1}
    assert plain_pairs(evidence, 1.0) == {}
