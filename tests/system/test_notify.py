"""What systemd is given."""

from __future__ import annotations

import pytest

from edged.system.notify import Notifier


def test_systemd_hears_of_the_start_the_state_and_the_end() -> None:
    sent: list[str] = []
    notifier = Notifier(sent.append)
    notifier.starting()
    notifier.ready()
    notifier.status("2 cameras, 1 offline")
    notifier.stopping()
    assert sent == ["EXTEND_TIMEOUT_USEC=30000000", "READY=1", "STATUS=2 cameras, 1 offline", "STOPPING=1"]


@pytest.mark.parametrize(("watchdog", "expected"), [("3600000000", ["WATCHDOG=1"]), ("0", []), ("1", ["WATCHDOG=1"] * 3)])
def test_it_says_that_it_lives_as_often_as_systemd_wants(monkeypatch: pytest.MonkeyPatch, watchdog: str, expected: list[str]) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", watchdog)
    sent: list[str] = []
    notifier = Notifier(sent.append)
    for _ in range(3):
        notifier.alive()
    assert sent == expected


@pytest.mark.parametrize("error", [FileNotFoundError, ConnectionRefusedError, BlockingIOError, PermissionError])
def test_a_systemd_that_cannot_be_reached_ends_nothing(error: type[OSError]) -> None:
    def failing(_state: str) -> None:
        raise error

    Notifier(failing).ready()
    Notifier(None).ready()


def test_a_missing_library_matters_only_where_systemd_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert Notifier(None).can_notify()
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/systemd/notify")
    assert (Notifier(None).can_notify(), Notifier(print).can_notify()) == (False, True)
