"""The verdict on a door: which events were lost, told twice, or went without a gap that shows it, each by the fault that it met.

It knows logs and what the witness heard; what was done to the door is known here by name and time only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.door import Run
    from campaign.witness import HeardEvent

BACK_SECONDS = 10.0
"""Seconds after the end of a fault within which a door is back."""
COUNTED = "faults", "lost", "repeated", "missing", "invisible", "cut_off", "never_back"
LONGEST = "back_seconds", "longest_round_ms", "paused_ms"
"""What is added of several doors, and what is the longest of them."""
ON_THE_WAY = 2
"""Events at most that have happened and are not on the disk yet when a healthy run is killed: they leave a gap."""


@dataclass(slots=True)
class Fault:
    """One fault, from its beginning in seconds since the epoch, and what was seen right after it."""

    kind: str
    began: float
    back_seconds: float | None = None
    missing: list[str] = field(default_factory=list)
    longest_round_ms: float = 0.0
    paused_ms: float = 0.0
    """How long the machine held up a thread that only waits, in the time of the reports that longest_round_ms is of."""


@dataclass(slots=True)
class Sum:
    """What came of all faults of one kind."""

    faults: int = 0
    lost: int = 0
    repeated: int = 0
    missing: int = 0
    invisible: int = 0
    cut_off: int = 0
    back_seconds: float = 0.0
    never_back: int = 0
    longest_round_ms: float = 0.0
    paused_ms: float = 0.0

    def is_broken(self, most_seconds: float = BACK_SECONDS) -> bool:
        """Whether a promise was, that of being back within these seconds too."""
        return bool(self.lost or self.repeated or self.missing or self.invisible or self.never_back) or self.back_seconds > most_seconds


def judge(faults: Sequence[Fault], runs: Sequence[Run], heard: Sequence[HeardEvent]) -> dict[str, Sum]:
    """Sum up what became of every event and change, by the kind of the last fault that had begun when it happened."""
    sums: dict[str, Sum] = defaultdict(Sum, {"none": Sum()})
    for fault in faults:
        found = sums[fault.kind]
        found.faults += 1
        found.missing += len(fault.missing)
        found.never_back += fault.back_seconds is None
        found.back_seconds = max(found.back_seconds, fault.back_seconds or 0.0)
        found.longest_round_ms = max(found.longest_round_ms, fault.longest_round_ms)
        found.paused_ms = max(found.paused_ms, fault.paused_ms)
    _judge_events(faults, runs, heard, sums)
    return sums


def _judge_events(faults: Sequence[Fault], runs: Sequence[Run], heard: Sequence[HeardEvent], sums: dict[str, Sum]) -> None:
    seqs, facts = Counter(event.seq for event in heard), Counter(event.fact for event in heard)
    happened = Counter(seq for run in runs for _, seq in run.told())
    for run in runs:
        told = run.told()
        for place, (at, seq) in enumerate(told):
            found = sums[_kind(faults, at)]
            found.invisible += happened[seq] > 1 or seqs[seq] > 1
            if not seqs[seq]:
                is_excused = run.is_killed and (run.may_lose or place >= len(told) - ON_THE_WAY)
                found.cut_off += is_excused
                found.lost += not is_excused
    at_of = {seq: at for run in runs for at, seq in run.told()}
    for event in heard:
        sums[_kind(faults, at_of.get(event.seq, 0.0))].repeated += facts[event.fact] > 1


def _kind(faults: Sequence[Fault], at: float) -> str:
    """The fault in which something happened at this time; what happens in a calm is that of the fault before."""
    return next((fault.kind for fault in reversed(faults) if fault.began <= at), "none")


def table(sums: dict[str, Sum]) -> str:
    """The sums as lines in columns, and that of all."""
    heads = ("fault", "faults", "lost", "repeated", "missing", "invisible", "gaps", "back s", "step ms", "paused ms")
    rows = [(kind, *_cells(found)) for kind, found in sums.items()]
    rows.append(("all", *_cells(total(sums))))
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    return "\n".join("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in (heads, *rows))


def total(sums: dict[str, Sum]) -> Sum:
    """The sum of all kinds."""
    return _added(list(sums.values()))


def together(doors: Sequence[dict[str, Sum]]) -> dict[str, Sum]:
    """The sums of several doors, by kind."""
    kinds = sorted({kind for sums in doors for kind in sums})
    return {kind: _added([sums[kind] for sums in doors if kind in sums]) for kind in kinds}


def _added(several: Sequence[Sum]) -> Sum:
    whole = Sum()
    for one in several:
        for name in COUNTED:
            setattr(whole, name, getattr(whole, name) + getattr(one, name))
        for name in LONGEST:
            setattr(whole, name, max(getattr(whole, name), getattr(one, name)))
    return whole


def _cells(found: Sum) -> tuple[str, ...]:
    back = "never" if found.never_back else f"{found.back_seconds:.1f}"
    counts = found.faults, found.lost, found.repeated, found.missing, found.invisible, found.cut_off
    steps = (f"{found.longest_round_ms:.0f}", f"{found.paused_ms:.0f}") if found.longest_round_ms else ("", "")
    return (*map(str, counts), back, *steps)
