"""Association: which of several tracks each detection continues, from how well each pair fits.

Knows evidence only, in nats; it does not know whether that comes from motion or appearance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    Evidence: TypeAlias = Mapping[int, Mapping[int, float]]  # row → track → nats

BID_STEP = 0.1
"""Nats that a bid must exceed the last by: the sum found is within this times the number of rows of the greatest."""


def plain_pairs(evidence: Evidence, least: float) -> dict[int, int]:
    """The pairs that need no further thought: row → track.

    They have at least the evidence least, positive, and twice that of any other pair with the same row or track. Since a pair
    stands in the way of at most two others, the greatest sum over all pairs contains every one of these.
    """
    best: dict[int, int] = {}
    rival: dict[int, float] = {}  # the second best of each track
    for row, fits in evidence.items():
        for track, nats in fits.items():
            ahead = best.get(track)
            if ahead is None or nats > evidence[ahead][track]:
                best[track], beaten = row, 0.0 if ahead is None else evidence[ahead][track]
            else:
                beaten = nats
            rival[track] = max(beaten, rival.get(track, 0.0))
    return {
        row: track
        for track, row in best.items()
        if (nats := evidence[row][track]) >= least
        and nats >= 2 * rival[track]
        and all(nats >= 2 * other for name, other in evidence[row].items() if name != track)
    }


def best_pairs(evidence: Evidence) -> dict[int, int]:
    """The pairs, row → track, with the greatest sum of evidence; rows and tracks may stay alone, which counts 0.

    The auction of Bertsekas, "The auction algorithm: a distributed relaxation method for the assignment problem", Annals of
    Operations Research 14 (1988): each row bids for the track that it would gain most from, up to where the next best,
    or staying alone, is as good.
    """
    prices: dict[int, float] = {}
    holders: dict[int, int] = {}
    waiting = sorted(evidence, reverse=True)
    while waiting:
        row = waiting.pop()
        gains = sorted(((nats - prices.get(track, 0.0), -track) for track, nats in evidence[row].items()), reverse=True)
        if not gains or gains[0][0] <= 0:
            continue
        gain, track = gains[0][0], -gains[0][1]
        next_best = max(0.0, gains[1][0]) if len(gains) > 1 else 0.0
        prices[track] = prices.get(track, 0.0) + gain - next_best + BID_STEP
        if track in holders:
            waiting.append(holders[track])
        holders[track] = row
    return {row: track for track, row in holders.items()}
