"""Logging: to standard error, with the journal's severities where the journal reads it.

Knows how lines look; what is logged, and that no secret is, is the callers' business.
"""

from __future__ import annotations

import logging
import os
import sys

JOURNAL_LEVELS = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}
"""sd-daemon(3): a line that begins with <N> has this syslog severity in the journal."""


class _JournalFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        severity = JOURNAL_LEVELS.get(record.levelno, JOURNAL_LEVELS[logging.INFO])
        return "\n".join(f"<{severity}>{line}" for line in super().format(record).splitlines())


def set_up(level: str) -> None:
    """Log everything of at least this level ("debug" … "error")."""
    handler = logging.StreamHandler(sys.stderr)
    journal = "JOURNAL_STREAM" in os.environ
    handler.setFormatter(_JournalFormatter("%(message)s") if journal else logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
