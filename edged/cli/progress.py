"""Progress: how far a long command is, as a line on the terminal that is gone when the command is done.

It counts what it is given, and knows nothing of what is done with it.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Sized
from contextlib import contextmanager
from threading import Event, RLock, Thread
from typing import TYPE_CHECKING, TypeVar

from edged.cli.options import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator

ItemT = TypeVar("ItemT")

PATIENCE_SECONDS = 2.0
"""Seconds after which somebody before a terminal wants to know how far a command is."""
REDRAWN_SECONDS = 0.1
"""Seconds between two drawings, at least."""
BAR = 24
"""Characters of the bar."""
ERASE_LINE = "\r\x1b[K"


class ProgressLine:
    """A line that is drawn from PATIENCE_SECONDS on, where standard error is a terminal that can erase it."""

    def __init__(self, *, is_quiet: bool, now: Callable[[], float] = time.monotonic) -> None:
        """Begin to count the time; quiet draws nothing."""
        self._is_wanted = not is_quiet and sys.stderr.isatty()
        self._now, self._began, self._drawn_at = now, now(), float("-inf")
        self._total: int | None = None
        self._done = 0
        self._lock = RLock()
        self._is_drawn = False

    def expect(self, total: int) -> None:
        """Say how many items there will be, of all that over() is called with."""
        self._total = total

    def over(self, items: Iterable[ItemT]) -> Iterator[ItemT]:
        """Give these items one after the other, and draw how many there were."""
        if self._total is None and isinstance(items, Sized):
            self.expect(len(items))
        try:
            for item in items:
                self.tick()
                yield item
                self._done += 1
        finally:
            self.clear()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Draw, meanwhile, also how long it takes what nobody can count."""
        done = Event()
        drawing = Thread(target=self._draw_until, args=(done,), daemon=True)
        if self._is_wanted:
            drawing.start()
        try:
            yield
        finally:
            done.set()
            if self._is_wanted:
                drawing.join()
            self.clear()

    def _draw_until(self, done: Event) -> None:
        while not done.wait(REDRAWN_SECONDS):
            self.tick()

    def print(self, text: str) -> None:
        """Print what was done in the place of the line."""
        with self._lock:
            self.clear()
            print(text, flush=self._is_wanted)

    def complain(self, problem: str) -> None:
        """Print what is wrong in the place of the line."""
        with self._lock:
            self.clear()
            print(f"edged: {printable(problem)}", file=sys.stderr)

    def clear(self) -> None:
        """Erase the line."""
        with self._lock:
            if self._is_drawn:
                print(ERASE_LINE, end="", file=sys.stderr, flush=True)
                self._is_drawn = False

    def tick(self) -> None:
        """Draw the line again, if it is time to."""
        with self._lock:
            now = self._now()
            if self._is_wanted and now - self._began >= PATIENCE_SECONDS and now - self._drawn_at >= REDRAWN_SECONDS:
                self._draw(now)

    def _draw(self, now: float) -> None:
        line = _line(self._done, self._total, now - self._began)[: shutil.get_terminal_size().columns - 1]
        print(ERASE_LINE + line, end="", file=sys.stderr, flush=True)
        self._is_drawn, self._drawn_at = True, now


def progress_of(options: argparse.Namespace) -> ProgressLine:
    """The progress of a command, as its options want it."""
    return ProgressLine(is_quiet=options.quiet)


def _line(number: int, total: int | None, seconds: float) -> str:
    if not total:
        return f"{number} done, {seconds:.0f} s" if number else f"working, {seconds:.0f} s"
    if number == total:
        return f"{number} of {total} done, working on them, {seconds:.0f} s"
    full = BAR * number // total
    left = f", {seconds * (total - number) / number:.0f} s to go" if number else f", {seconds:.0f} s"
    return f"[{'#' * full}{'-' * (BAR - full)}] {number} of {total}{left}"
