"""The log: severities, no name that is not wanted, and few of the lines that repeat."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from typing import TYPE_CHECKING

import pytest

from edged.system.journal import set_up_log
from edged.system.private import Aliases, Private

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def root_log() -> Iterator[logging.Logger]:
    """The root logger, as it was again afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()  # else set_up_log() would close those of pytest
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    sys.excepthook, threading.excepthook = sys.__excepthook__, threading.__excepthook__


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


def fail(name: str) -> None:
    raise KeyError(name)


@pytest.mark.parametrize("names", [False, True])
def test_names_are_written_only_where_they_are_wanted(root_log: logging.Logger, capsys: pytest.CaptureFixture[str], *, names: bool) -> None:
    set_up_log("info", names=names)
    name = "ecila"[::-1]  # in a traceback the lines of the program stand too
    alice = Aliases().of(name)
    root_log.info("%s has come: %s", alice, Private("front.jpg", "a file"))
    try:
        fail(name)
    except KeyError:
        root_log.exception("It broke.")
    thread = threading.Thread(target=fail, args=(name,))
    thread.start()
    thread.join()
    said = capsys.readouterr().err
    assert ("alice has come: front.jpg" in said, f"{alice} has come: a file" in said) == (names, not names)
    assert said.count("in fail") == 2
    assert ("alice" in said) == names


def test_somebody_is_called_otherwise_once_they_were_forgotten() -> None:
    aliases = Aliases()
    alice, bob = str(aliases.of("alice")), str(aliases.of("bob"))
    assert alice != bob
    aliases.forget_others({"bob"})
    assert str(aliases.of("bob")) == bob
    assert str(aliases.of("alice")) != alice


def test_warnings_of_libraries_are_lines_of_the_log(root_log: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        set_up_log("info")
        warnings.warn("This will go away.", stacklevel=1)
        logging.captureWarnings(capture=False)
    assert "This will go away." in capsys.readouterr().err
    assert root_log.handlers
