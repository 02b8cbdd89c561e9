"""The command `scripts/faults`: draws faults by a seed, does them to doors side by side, and prints what came of it.

How a door is judged is not known here.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from campaign.disk import built
from campaign.disk_kinds import DISK
from campaign.door import Door, DoorError, film
from campaign.kinds import NETWORK, PROGRAMS, Kind
from campaign.pauses import Pauses
from campaign.payload_kinds import PAYLOAD_KINDS
from campaign.verdict import BACK_SECONDS, Fault, Sum, judge, table, together, total

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = (*PROGRAMS, *NETWORK, *PAYLOAD_KINDS, *DISK)
REPORT_SECONDS = 35.0
"""A little more than lies between two reports of edged's health: a report tells of the steps since the one before."""


@dataclass(slots=True)
class Budget:
    """How many faults are left, and until when; shared by all doors."""

    faults: int
    until: float
    lock: threading.Lock

    def take(self) -> bool:
        """Whether there is to be another fault."""
        with self.lock:
            self.faults -= 1
            return self.faults >= 0 and time.monotonic() < self.until


def main() -> int:
    """Run the campaign; 1 where a promise was broken."""
    options = _parser().parse_args()
    budget = Budget(options.faults, time.monotonic() + options.seconds, threading.Lock())
    with tempfile.TemporaryDirectory(prefix="edged-faults-", ignore_cleanup_errors=True) as temporary:
        folder = options.folder or Path(temporary)
        film(folder / "clip.mp4")
        library = built(folder)
        kinds = [kind for kind in KINDS if kind.name in (options.only or [kind.name]) and (library or kind not in DISK)]
        if library is None:
            print("There is no C compiler, so that no disk fails: apt install gcc.", file=sys.stderr)
        with _watched() as pauses, ThreadPoolExecutor(options.doors) as doors:
            draws = [Random(f"{options.seed}/{number}") for number in range(options.doors)]
            work = [doors.submit(_campaign, folder, library, draw, kinds, budget, pauses) for draw in draws]
            done = [one.result() for one in work]
    sums = together([one.sums for one in done])
    print(table(sums))
    events, changes, again = (sum(getattr(one, name) for one in done) for name in ("events", "changes", "again"))
    print(f"Seed {options.seed}: {events} events and {changes} changes were acknowledged; {again} events came again under the same id.")
    return int(total(sums).is_broken(options.back))


@contextmanager
def _watched() -> Iterator[Pauses]:
    """See meanwhile how long the machine lets nobody run."""
    pauses, end = Pauses(), threading.Event()
    watching = threading.Thread(target=pauses.watch, args=(end.wait,))
    watching.start()
    try:
        yield pauses
    finally:
        end.set()
        watching.join()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/faults", description="What faults do to edged: is anything lost, told twice, or late?")
    parser.add_argument("--faults", type=int, default=100, help="how many (default: 100)")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="end after the fault that is under way then")
    parser.add_argument("--seed", default="1", help="which faults, in which order (default: 1)")
    parser.add_argument("--only", action="append", choices=[kind.name for kind in KINDS], help="this kind alone; may be given again")
    parser.add_argument("--back", type=float, default=BACK_SECONDS, help="seconds within which a door must be back (default: 10)")
    parser.add_argument("--doors", type=int, default=os.cpu_count() or 1, help="doors side by side (default: one for each core)")
    parser.add_argument("--folder", type=Path, help="where galleries and logs stay (default: nowhere)")
    return parser


@dataclass(frozen=True, slots=True)
class Done:
    """What came of one door: its sums by kind, events that were heard, changes that were acknowledged, and events that came again."""

    sums: dict[str, Sum]
    events: int
    changes: int
    again: int


def _campaign(folder: Path, library: Path | None, random: Random, kinds: list[Kind], budget: Budget, pauses: Pauses) -> Done:
    place = Path(tempfile.mkdtemp(prefix="door-", dir=folder))
    faults: list[Fault] = []
    with Door(place, folder / "clip.mp4", random, library) as door:
        while budget.take():
            [kind] = random.choices(kinds, [one.weight for one in kinds])
            faults.append(_do(door, kind, pauses))
            if faults[-1].back_seconds is None:
                break
        else:
            door.settle()
        heard = list(door.witness.events.values())
        return Done(judge(faults, door.runs, heard), len(heard), door.owner.acknowledged, door.witness.again)


def _do(door: Door, kind: Kind, pauses: Pauses) -> Fault:
    fault, reports, began = Fault(kind.name, time.time()), len(door.witness.health), time.monotonic()
    try:
        kind.run(door)
    except DoorError as error:
        print(f"{kind.name}: {error}", file=sys.stderr)
        return fault
    fault.back_seconds = door.seconds_until_back()
    fault.missing = door.missing()
    fault.longest_round_ms = max((one.longest_round_ms for one in door.witness.health[reports:] if one.uptime_seconds), default=0.0)
    if fault.longest_round_ms:
        fault.paused_ms = 1000 * pauses.longest(began - REPORT_SECONDS)
    for sentence in fault.missing:
        print(f"{kind.name}: {sentence} ({door.folder})", file=sys.stderr)
    return fault


if __name__ == "__main__":
    sys.exit(main())
