"""What is done now and then: the gallery is looked at, networks are freed, and limits kept."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from edged.daemon.upkeep import GALLERY_RETRY_SECONDS, GALLERY_SECONDS, GalleryUpkeep
from edged.errors import GalleryError
from tests.daemon.conftest import EVENTUALLY, refuse

if TYPE_CHECKING:
    from tests.daemon.conftest import Bench


def test_networks_that_nothing_needs_are_freed_now_and_again(bench: Bench) -> None:
    bench.worker.step()
    bench.worker.step()
    assert bench.detector.freed == 1
    bench.upkeep.run(time.monotonic() + EVENTUALLY)
    assert bench.detector.freed == 2


def test_beyond_its_budget_it_slows_down_and_says_so_at_once(bench: Bench) -> None:
    bench.worker.step()
    assert (bench.told("/health")[-1]["slowdown"], bench.told("/health")[-1]["slowed_by"]) == (1.0, None)
    bench.busy(90.0)
    assert bench.pipeline.slowdown > 1.0
    assert bench.told("/health")[-1]["slowed_by"] == "cpu"
    assert bench.told("/health")[-1]["slowdown"] == round(bench.pipeline.slowdown, 2)
    while bench.pipeline.slowdown > 1.0:
        bench.busy(5.0)
    assert (bench.told("/health")[-1]["slowdown"], bench.told("/health")[-1]["slowed_by"]) == (1.0, None)
    assert len(bench.told("/health")) == 3


def test_a_clip_played_as_fast_as_possible_is_not_slowed(bench: Bench) -> None:
    bench.camera.keeps_budget = False
    bench.busy(90.0)
    assert bench.pipeline.slowdown == 1.0


@dataclass
class StubReader:
    """Counts how often it looks at the file, which cannot be read while it is broken, and how often it lets strangers expire."""

    is_broken: bool = False
    looks: int = 0
    expiries: int = 0

    def refresh(self) -> bool:
        self.looks += 1
        refuse() if self.is_broken else None
        return False

    def expire(self) -> None:
        self.expiries += 1


class CleanGallery:
    """A file that holds nothing to erase."""

    def finish_erasure(self) -> None:
        """There is none."""


def upkeep_of(reader: StubReader, troubles: list[GalleryError]) -> GalleryUpkeep:
    return GalleryUpkeep(cast("Any", reader), cast("Any", CleanGallery()), on_failure=troubles.append)


def test_strangers_expire_at_the_start_and_then_every_six_hours() -> None:
    reader, counts = StubReader(), []
    upkeep = upkeep_of(reader, [])
    for now in (1.0, 2.0, 6 * 3600.0, 6 * 3600.0 + 1.0, 6 * 3600.0 + 2.0):
        upkeep.run(now)
        counts.append(reader.expiries)
    assert counts == [1, 1, 1, 2, 2]


def test_a_gallery_that_cannot_be_read_is_tried_again_after_a_pause() -> None:
    reader, troubles, counts = StubReader(is_broken=True), list[GalleryError](), []
    upkeep = upkeep_of(reader, troubles)
    for now in (1.0, 1.0 + GALLERY_SECONDS, 1.0 + GALLERY_RETRY_SECONDS):
        upkeep.run(now)
        counts.append((reader.looks, len(troubles)))
    assert counts == [(1, 1), (1, 1), (2, 2)]
    reader.is_broken = False
    upkeep.run(1.0 + 2 * GALLERY_RETRY_SECONDS)
    assert (reader.looks, len(troubles)) == (3, 2)
