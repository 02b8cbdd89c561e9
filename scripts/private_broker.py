"""A broker of one's own: how mosquitto is started on a free port of loopback, for the demo and the benchmark.

It starts nothing; who does that, and how it is ended, is not known here.
"""

from __future__ import annotations

import shutil
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMS = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"
"""Debian keeps mosquitto where the PATH of a user does not look."""


def command(folder: Path) -> tuple[list[str], int] | None:
    """The command, whose configuration is written into folder, and its port; None where mosquitto is not installed."""
    program = shutil.which("mosquitto", path=PROGRAMS)
    if program is None:
        return None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n", encoding="utf-8")
    return [program, "-c", str(config)], port
