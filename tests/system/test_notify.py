"""What systemd and its journal are given."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from edged.system.notify import Notifier, set_up_log

if TYPE_CHECKING:
    from collections.abc import Iterator


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


@pytest.fixture
def root_log() -> Iterator[logging.Logger]:
    """The root logger, as it was again afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()  # else set_up_log() would close those of pytest
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)


def test_the_journal_gets_the_severity_of_every_line(
    root_log: logging.Logger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:1")
    set_up_log("info")
    root_log.warning("The camera is offline:\nit was unplugged.")
    root_log.info("It is back.")
    root_log.debug("Nobody wants to know.")
    assert capsys.readouterr().err == "<4>The camera is offline:\n<4>it was unplugged.\n<6>It is back.\n"


def test_elsewhere_a_line_says_when_and_how_grave(
    root_log: logging.Logger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    set_up_log("error")
    root_log.error("It broke.")
    root_log.warning("It may break.")
    assert capsys.readouterr().err.rstrip().endswith(" ERROR It broke.")
