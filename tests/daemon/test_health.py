"""Health: what is reported of rounds and frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.daemon.conftest import Bench


def test_the_longest_round_since_the_last_report_is_told(bench: Bench) -> None:
    bench.worker.step()
    bench.health.note_round(0.2)
    bench.busy(90.0)  # slowing down, it reports again
    bench.busy(5.0)
    while len(bench.told("/health")) < 3:
        bench.busy(5.0)
    longest = [health["longest_round_ms"] for health in bench.told("/health")]
    assert longest[1] == 200.0
    assert longest[2] < 200.0


def test_frames_that_were_skipped_are_no_looks(bench: Bench) -> None:
    bench.pipeline.frames_skipped = 1
    bench.worker.step()
    bench.busy(90.0)  # slowing down, it reports again
    first, second = (health["cameras"]["front"] for health in bench.told("/health"))
    assert (first["fps"], first["frames_skipped"]) == (0.0, 1)
    assert second["fps"] > 0


def test_whether_the_clock_is_synchronised_is_told(bench: Bench) -> None:
    bench.worker.step()
    expected = "synchronised" if bench.outbox.clock.is_synchronised else "unsynchronised"
    assert bench.told("/health")[-1]["clock"] == expected
