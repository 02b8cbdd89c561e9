"""Where every thread is when the program is aborted, printed on standard error before it ends.

It does not know who aborts it, such as systemd's watchdog, nor what the threads do.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading

MOST_BYTES = 64
"""Bytes that are read at once, one for each signal that came."""


def print_threads_when_aborted() -> None:
    """Have SIGABRT print where each thread is, and then end the program as it would have; to be called on the main thread, once.

    Frames of Python change under whoever reads them without Python's lock, as a signal handler does: it may read what is no frame any
    more. So the handler prints the thread that it interrupted alone, which stands still meanwhile, and a thread that has the lock prints
    them all. Where the lock is never free again, the first is what remains. Native code that aborts ends at once after the first.
    """
    if sys.stderr is None:
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    faulthandler.disable()  # whose handler would be taken for the one that goes on after it
    signal.signal(signal.SIGABRT, lambda *_: None)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    faulthandler.enable(all_threads=False)
    threading.Thread(target=_print_and_abort, args=(reading,), name="abort", daemon=True).start()


def _print_and_abort(signals: int) -> None:
    while signal.SIGABRT not in os.read(signals, MOST_BYTES):
        pass
    faulthandler.dump_traceback()
    os.abort()
