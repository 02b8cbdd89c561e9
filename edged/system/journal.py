"""The log: lines with their severity on standard error, with names only where they are wanted, and few of those that repeat.

It does not know what is logged; no name stands in it that is not given as Private, or in the text of an unexpected error.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import traceback
from typing import TYPE_CHECKING

from edged.system.private import Private
from edged.system.repeats import RepeatFilter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

JOURNAL_LEVELS = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}
"""sd-daemon(3): a line that begins with <N> has this syslog severity in the journal."""
WITHHELD = "its text may name somebody; log.names = true shows it"

log = logging.getLogger(__name__)


def set_up_log(level: str, *, names: bool = False) -> None:
    """Log everything of at least this level ("debug" … "error") to standard error, in the journal's form where the journal reads it.

    names is whether lines may name people. What Python itself would print, warnings and what ends a thread or the program, comes here.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(names=names, is_journal="JOURNAL_STREAM" in os.environ))
    # What libraries say at "debug" holds what they read: Pillow tells who is on a picture, as it says itself.
    handler.addFilter(lambda record: record.levelno >= logging.INFO or record.name.startswith("edged."))
    handler.addFilter(RepeatFilter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_end
    threading.excepthook = lambda end: _log_end(end.exc_type, end.exc_value, end.exc_traceback)


class _Formatter(logging.Formatter):
    """Lines as the journal or a terminal wants them."""

    def __init__(self, *, names: bool, is_journal: bool) -> None:
        super().__init__("%(message)s" if is_journal else "%(asctime)s %(levelname)s %(message)s")
        self._names, self._is_journal = names, is_journal

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(self._named(record) if self._names else record)
        severity = JOURNAL_LEVELS.get(record.levelno, JOURNAL_LEVELS[logging.INFO])
        return "\n".join(f"<{severity}>{line}" for line in text.splitlines()) if self._is_journal else text

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        return super().formatMessage(record) + getattr(record, "repeats", "")

    def formatException(self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]) -> str:  # noqa: N802 - logging's name
        return super().formatException(ei) if self._names or ei[1] is None else "\n".join(_without_text(ei[1]))

    def _named(self, record: logging.LogRecord) -> logging.LogRecord:
        named = logging.makeLogRecord(record.__dict__)
        if isinstance(record.args, tuple):
            named.args = tuple(arg.text if isinstance(arg, Private) else arg for arg in record.args)
        return named


def _without_text(error: BaseException | None) -> Iterator[str]:
    """Where an error and those that led to it arose, the last first, without what they say."""
    while error is not None:
        yield f"{type(error).__name__} ({WITHHELD}), raised at:"
        yield "".join(traceback.format_tb(error.__traceback__)).rstrip()
        error = error.__cause__ or error.__context__


def _log_end(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if not issubclass(kind, SystemExit):
        log.critical("An unexpected error.", exc_info=(kind, error or kind(), trace))
