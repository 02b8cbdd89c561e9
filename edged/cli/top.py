"""`edged top`: a running edged on the terminal, as it tells of itself over the broker.

What is shown of it is not known here.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import termios
import time
import tty
from contextlib import closing, contextmanager, suppress
from queue import Empty
from typing import TYPE_CHECKING

from edged.cli.metrics import add_metric
from edged.cli.options import add, config_of
from edged.cli.top_device import ShownDevice
from edged.cli.top_lines import lines
from edged.daemon.hearing import Hearing
from edged.errors import LinkError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from edged.cli.options import Commands
    from edged.daemon.hearing import Heard

QUIT_KEYS = frozenset(b"q\x03\x04")
"""q, Ctrl-C and Ctrl-D."""
DRAWN_SECONDS = 0.25
"""Seconds between two drawings."""
QUIET_SECONDS, PATIENCE_SECONDS = 0.5, 10.0
"""Seconds without a message after which all that the broker keeps has come, and those that connecting may take."""
ENTER_SCREEN, LEAVE_SCREEN = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
"""To the terminal's other screen without a cursor, and back to what was there before (xterm's control sequences)."""
HOME, END_LINE, END_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"
PRINTED_LINES = 1000
"""Lines that are printed at most where there is no terminal."""


def add_commands(commands: Commands) -> None:
    """Add the command."""
    text = "watch a running edged over its broker: cameras, who is in view, events and health; q ends"
    command = add(commands, "top", _top, text)
    command.add_argument("--once", action="store_true", help="print once what the broker knows; so it is where there is no terminal")
    add_metric(command)


def _top(options: argparse.Namespace) -> None:
    hearing = Hearing(config_of(options))
    device = ShownDevice(hearing.topics)
    with closing(hearing):
        _connect(hearing)
        if options.once or not (sys.stdin.isatty() and sys.stdout.isatty()):
            _hear_kept(hearing, device)
            width = shutil.get_terminal_size().columns if sys.stdout.isatty() else PRINTED_LINES
            print("\n".join(lines(device, width, PRINTED_LINES, options.metric)))
            return
        with _screen():
            _watch(hearing, device, options.metric)


def _connect(hearing: Hearing) -> None:
    """Connect, or raise a LinkError: a broker that is not there from the beginning is most often the wrong one."""
    hearing.start()
    try:
        heard = hearing.next(PATIENCE_SECONDS)
    except Empty:
        raise LinkError("The broker does not answer.") from None
    if isinstance(heard, str):
        raise LinkError(heard)


def _hear_kept(hearing: Hearing, device: ShownDevice) -> None:
    """Wait until all has come that the broker keeps.

    Raises:
        LinkError: it knows nothing of this device.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    with suppress(Empty):
        while (left := until - time.monotonic()) > 0:
            _take(device, hearing.next(min(left, QUIET_SECONDS)))
    if device.is_online is None:
        raise LinkError(f"The broker knows nothing of {device.topics.root}; has edged run with this device.id, and may we read there?")


def _take(device: ShownDevice, heard: Heard) -> None:
    if isinstance(heard, str):
        device.lost = heard
    elif heard is None:
        device.lost = None
    else:
        device.take(*heard)


def _watch(hearing: Hearing, device: ShownDevice, metric: str) -> None:
    """Draw anew until a key or a signal ends it."""
    drawn: list[str] = []
    while True:
        for heard in hearing.waiting():
            _take(device, heard)
        size = shutil.get_terminal_size()
        now = lines(device, size.columns, size.lines, metric)
        if now != drawn:
            drawn = now
            sys.stdout.write(HOME + f"{END_LINE}\r\n".join(now) + END_LINE + END_SCREEN)
            sys.stdout.flush()
        if select.select([sys.stdin], [], [], DRAWN_SECONDS)[0] and _has_quit():
            return


def _has_quit() -> bool:
    """Whether one of the keys that were pressed ends it, or there are none to come any more."""
    pressed = os.read(sys.stdin.fileno(), 64)
    return not pressed or bool(QUIT_KEYS & set(pressed))


@contextmanager
def _screen() -> Iterator[None]:
    """Have the terminal's other screen, and every key at once; as it was before in the end, also after Ctrl-C and SIGTERM."""
    before = termios.tcgetattr(sys.stdin)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        tty.setcbreak(sys.stdin)
        sys.stdout.write(ENTER_SCREEN)
        yield
    except KeyboardInterrupt:
        pass
    finally:
        sys.stdout.write(LEAVE_SCREEN)
        sys.stdout.flush()
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
