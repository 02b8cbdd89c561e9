"""What the real program has written to the storage, as the kernel counts it: an SD card bears only so much."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from door_acts import comes_closer, nobody

from tests.door import FPS, film_to
from tests.program import Daemon

if TYPE_CHECKING:
    from pathlib import Path

    from door_acts import Act

    from tests.broker import Mosquitto, Subscriber

BLOCK_BYTES = 512
"""Bytes in which getrusage(2) counts output."""
NOISE_BYTES = 40_000
"""Bytes by which two starts differ: a page that the kernel writes twice counts twice."""
DAY_EVENTS, DAY_BYTES = 200, 20_000_000
"""Events of a busy door in a day, and bytes that may be written then."""


def written(folder: Path, broker: Mosquitto, pace: str, *acts: Act) -> int:
    """The bytes that the program has had written from its start to its end, at the end of a clip."""
    folder.mkdir()
    brief: dict[str, Any] = {"recognition": {"refractory_seconds": 1}}
    daemon = Daemon(folder, broker.port, film_to(folder / "clip.mp4", *acts), camera={"pace": pace}, **brief).start()
    _, status, used = os.wait4(daemon.process.pid, 0)
    daemon.process.returncode = os.waitstatus_to_exitcode(status)
    assert daemon.process.returncode == 0, daemon.log
    return used.ru_oublock * BLOCK_BYTES


def test_in_an_empty_scene_no_frame_has_anything_written(tmp_path: Path, broker: Mosquitto) -> None:
    short, long = (written(tmp_path / str(seconds), broker, "fast", nobody(seconds)) for seconds in (2, 62))
    assert abs(long - short) < NOISE_BYTES, f"{60 * FPS:.0f} frames more"


def test_a_busy_door_has_less_written_in_a_day_than_a_card_minds(tmp_path: Path, broker: Mosquitto, subscriber: Subscriber) -> None:
    idle = written(tmp_path / "idle", broker, "fast", nobody(1))
    people = "obama", "biden", "astronaut", "obama", "biden", "astronaut"
    acts = [act for person in people for act in (comes_closer(person, 2), nobody(2))]
    busy = written(tmp_path / "busy", broker, "realtime", *acts)
    events = len(subscriber.on("/front/event"))
    assert events >= len(people)
    assert (busy - idle) / events * DAY_EVENTS < DAY_BYTES, f"{busy - idle} bytes for {events} events"
