"""Progress: drawn on a terminal when it takes long, and nowhere else."""

from __future__ import annotations

import io
import itertools
import sys
from typing import TYPE_CHECKING

import pytest

from edged.cli.progress import ERASE_LINE, ProgressLine
from tests.broker import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """What is to be standard error, 60 characters wide."""
    monkeypatch.setenv("COLUMNS", "60")
    return Terminal()


def clock(*seconds: float) -> Iterator[float]:
    """These times, one for each look at the clock."""
    yield from seconds


def test_a_line_is_drawn_after_two_seconds_and_is_gone_in_the_end(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal)
    ticks = clock(0, 0, 1, 3, 3.01)
    assert list(ProgressLine(is_quiet=False, now=lambda: next(ticks)).over("abcd")) == ["a", "b", "c", "d"]
    assert terminal.getvalue() == f"{ERASE_LINE}[############------------] 2 of 4, 3 s to go{ERASE_LINE}"


def test_nothing_is_drawn_of_what_is_quick_or_quiet_or_goes_into_a_file(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal)
    list(ProgressLine(is_quiet=False, now=lambda: 0).over("abc"))
    late = clock(0, 9, 9, 9)
    list(ProgressLine(is_quiet=True, now=lambda: next(late)).over("abc"))
    assert terminal.getvalue() == ""
    file = io.StringIO()
    monkeypatch.setattr(sys, "stderr", file)
    late = clock(0, 9, 9, 9)
    list(ProgressLine(is_quiet=False, now=lambda: next(late)).over("abc"))
    assert file.getvalue() == ""


def test_what_is_printed_meanwhile_stands_on_a_line_of_its_own(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", terminal)
    ticks = clock(0, 5)
    progress = ProgressLine(is_quiet=False, now=lambda: next(ticks))
    progress.tick()
    progress.complain("a.jpg is damaged")
    progress.print("done")
    assert terminal.getvalue() == f"{ERASE_LINE}working, 5 s{ERASE_LINE}edged: a.jpg is damaged\n"
    assert capsys.readouterr().out == "done\n"


def test_of_what_comes_in_parts_all_is_counted(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal)
    ticks = clock(0, 4, 8)
    progress = ProgressLine(is_quiet=False, now=lambda: next(ticks))
    progress.expect(8)
    for part in ("a", "b"):
        list(progress.over(part))
    assert "0 of 8, 4 s" in terminal.getvalue()
    assert "1 of 8, 56 s to go" in terminal.getvalue()


def test_what_nobody_can_count_shows_how_long_it_takes(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal)
    ticks = itertools.count(0, 3)
    with ProgressLine(is_quiet=False, now=lambda: next(ticks)).working():
        wait_until(lambda: "working, 6 s" in terminal.getvalue(), "it is drawn")
    assert terminal.getvalue().startswith(f"{ERASE_LINE}working, 3 s")
    assert terminal.getvalue().endswith(ERASE_LINE)
