"""The real program aborted as systemd's watchdog does: it says where each thread is, and ends by that signal and no other."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
from door_acts import comes_closer, nobody

from tests.broker import PATIENCE_SECONDS, free_port, wait_until
from tests.door import film_to
from tests.program import Daemon

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.broker import Mosquitto, Subscriber

AS_INSTALLED = {"PYTHONFAULTHANDLER": "1"}
"""What the service has in its environment."""


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody comes to the door and leaves, again and again."""
    return film_to(tmp_path_factory.mktemp("clips") / "visits.mp4", nobody(0.5), comes_closer("obama", 3))


def end(daemon: Daemon, *signals: signal.Signals) -> str:
    """Send these; what it says, once it has ended by SIGABRT."""
    for number in signals:
        daemon.process.send_signal(number)
    assert daemon.process.wait(PATIENCE_SECONDS) == -signal.SIGABRT, daemon.log
    said = daemon.log
    assert "Fatal Python error: Aborted" in said
    assert "Segmentation fault" not in said
    return said


@pytest.mark.parametrize("signals", [(signal.SIGABRT,), (signal.SIGSTOP, signal.SIGABRT, signal.SIGCONT)], ids=["at work", "stopped"])
def test_aborted_it_says_where_every_thread_is(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, visits: Path, signals: tuple[signal.Signals, ...]
) -> None:
    daemon = Daemon(tmp_path, broker.port, visits, camera={"pace": "fast", "loop": True})
    daemon.env = AS_INSTALLED
    with daemon:
        subscriber.wait_for("/event")
        said = end(daemon, *signals)
    for place in ("daemon/worker.py", "camera/feed.py", "mqtt/client.py", "system/aborting.py"):
        assert place in said, said


def test_one_that_hangs_says_where(tmp_path: Path, visits: Path) -> None:
    """Here in the kernel, by a file of which not a byte comes."""
    password = tmp_path / "password"
    os.mkfifo(password, 0o600)
    daemon = Daemon(tmp_path, free_port(), visits, mqtt={"username": "door", "password_file": str(password)})
    daemon.env = AS_INSTALLED
    with daemon, hanging_readers(password):
        said = end(daemon, signal.SIGABRT)
    assert "config.py" in said, said


@contextmanager
def hanging_readers(path: Path) -> Iterator[None]:
    """Wait for somebody who reads a pipe, and let them wait for ever."""
    found: list[int] = []

    def is_read() -> bool:
        with suppress(OSError):  # nobody reads it yet
            found.append(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        return bool(found)

    wait_until(is_read, f"somebody reads {path}")
    yield
    os.close(found.pop())
