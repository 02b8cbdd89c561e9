"""What the model runtime prints on standard error by itself when the first network is loaded, and has no switch for.

It knows lines of text, and no network.
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

STANDARD_ERROR = 2
BOAST = b"INFO: "
"""Beginning of the line that says once which delegate is used, "Created TensorFlow Lite XNNPACK delegate for CPU."; what warns or fails
begins otherwise."""
_heard: list[bool] = []


@contextmanager
def first_boast_left_out() -> Iterator[None]:
    """Keep what the runtime boasts of while the first network is loaded; whatever else is written meanwhile follows after it.

    It says so once, so that later loads, beside which other threads write, are left alone.
    """
    if _heard or sys.stderr is None:  # which is closed then: nobody hears anything, and its number may be another file's
        yield
        return
    _heard.append(True)
    with tempfile.TemporaryFile() as aside:
        try:
            kept = os.dup(STANDARD_ERROR)
        except OSError:  # it has been closed since
            yield
            return
        os.dup2(aside.fileno(), STANDARD_ERROR)
        try:
            yield
        finally:
            os.dup2(kept, STANDARD_ERROR)
            os.close(kept)
            aside.seek(0)
            os.write(STANDARD_ERROR, b"".join(line for line in aside if not line.startswith(BOAST)))
