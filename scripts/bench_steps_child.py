#!/usr/bin/env python3
"""Runs the real daemon and notes how long each round of its worker took, and what of it; bench_steps.py starts it and reads the notes.

It changes nothing of the daemon but that its parts are timed. Usage: bench_steps_child.py NOTES run --config FILE
"""

from __future__ import annotations

import json
import sys
import time
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edged.cli.main import main
from edged.daemon.cameras import Cameras
from edged.daemon.device_upkeep import DeviceUpkeep
from edged.daemon.event_publisher import EventPublisher
from edged.daemon.requests import Requests
from edged.daemon.states import StatePublisher
from edged.daemon.upkeep import ClockUpkeep, GalleryUpkeep
from edged.daemon.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

PARTS = (
    (Requests, "step"),
    (Cameras, "step"),
    (EventPublisher, "send"),
    (EventPublisher, "show_faces"),
    (StatePublisher, "publish"),
    (GalleryUpkeep, "run"),
    (ClockUpkeep, "run"),
    (DeviceUpkeep, "run"),
)
"""Methods of which a round is made; a request's own states are published within its step."""


class Notes:
    """Times the rounds, and writes each as a line of JSON: when it ended, its seconds, its processor time, and the seconds of its parts."""

    def __init__(self, path: Path) -> None:
        """Write to this file, line by line."""
        self._file = path.open("w", buffering=1, encoding="ascii")
        self._parts: dict[str, float] = {}

    def part(self, of: type[Any], name: str) -> None:
        """Time a method of a part."""
        method, title = getattr(of, name), f"{of.__name__}.{name}"

        @wraps(method)
        def timed(*arguments: object) -> object:
            began = time.monotonic()
            try:
                return method(*arguments)
            finally:
                self._parts[title] = self._parts.get(title, 0.0) + time.monotonic() - began

        setattr(of, name, timed)

    def round(self, step: Callable[[Worker], None]) -> Callable[[Worker], None]:
        """Time a round of the worker."""

        @wraps(step)
        def timed(worker: Worker) -> None:
            began, processor = time.monotonic(), time.thread_time()
            self._parts.clear()
            step(worker)
            ended = time.monotonic()
            note = {"at": ended, "seconds": ended - began, "processor": time.thread_time() - processor, "parts": self._parts}
            self._file.write(json.dumps(note) + "\n")

        return timed


if __name__ == "__main__":
    notes = Notes(Path(sys.argv.pop(1)))
    for part in PARTS:
        notes.part(*part)
    setattr(Worker, "step", notes.round(Worker.step))  # noqa: B010 - mypy lets no method be assigned
    sys.exit(main())
