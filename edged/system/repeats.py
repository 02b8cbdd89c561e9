"""Log lines that come again and again: some are let through at once, and after that few.

It does not know what a line is about; whoever logs says whether each one counts.
"""

from __future__ import annotations

import logging
import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BURST, SECONDS_A_LINE = 20, 600.0
"""Lines of one kind that are written at once, and seconds after which one more may be: at most 144 a day and kind, and the first 20."""
MOST_KINDS = 500
"""Kinds of lines that are remembered; of more the one that was silent longest is taken for new."""
VARYING = re.compile(r"0x[0-9a-f]+|[0-9]+")
"""Figures in what a program or a library has said, such as the places in memory that ffmpeg names: they differ each time."""
EACH: Mapping[str, object] = {"is_each_written": True}
"""To be given as `extra` with a line of which each one counts, as those of events."""


@dataclass(slots=True)
class _Kind:
    """How many lines may be written at once, when that was so, and how many were left out since the last that was written."""

    allowance: float
    at: float
    left_out: int = 0


class RepeatFilter(logging.Filter):
    """Leaves out what repeats itself, and has the next line that is written say how many there were.

    Lines are of one kind where logger, severity and pattern are the same, and so are the words in it: those that are plain text, as a
    camera's name or a sentence without its figures, and not numbers, errors, or what an asker sent.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin with no line known; monotonic is a clock, seconds."""
        super().__init__()
        self._monotonic = monotonic
        self._kinds: OrderedDict[tuple[object, ...], _Kind] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a line is to be written; runs under the lock of its handler, or harms nothing but a count."""
        if hasattr(record, "is_each_written"):
            return True
        kind = self._kind_of(record)
        if kind.allowance < 1:
            kind.left_out += 1
            return False
        kind.allowance -= 1
        record.repeats = _told(kind)
        kind.left_out = 0
        return True

    def _kind_of(self, record: logging.LogRecord) -> _Kind:
        now, key = self._monotonic(), _key(record)
        kind = self._kinds.setdefault(key, _Kind(BURST, now))
        self._kinds.move_to_end(key)
        if len(self._kinds) > MOST_KINDS:
            self._kinds.popitem(last=False)
        kind.allowance, kind.at = min(BURST, kind.allowance + (now - kind.at) / SECONDS_A_LINE), now
        return kind


def _key(record: logging.LogRecord) -> tuple[object, ...]:
    words = record.args if isinstance(record.args, tuple) else ()
    return record.name, record.levelno, str(record.msg), *(_kind_of_word(word) for word in words if isinstance(word, str))


def _kind_of_word(word: str) -> str:
    """What is the same each time: a name keeps its figures, and a sentence loses them."""
    return VARYING.sub("#", word) if " " in word else word


def _told(kind: _Kind) -> str:
    before = f" ({kind.left_out} more like it were left out.)" if kind.left_out else ""
    after = f" (Of more like it, one is written each {SECONDS_A_LINE / 60:.0f} minutes.)" if kind.allowance < 1 and not before else ""
    return before or after
