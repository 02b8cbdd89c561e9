"""What this board has that decodes video: its name, the decoders that its kernel drives, and those that ffmpeg and GStreamer know.

It does not know streams, nor which decoder suits one.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from edged.camera.arguments import inherited_variables

ROOT = Path("/")
MODEL = "proc/device-tree/model"
"""File that says what board it is, on boards with a device tree: https://www.kernel.org/doc/Documentation/devicetree/."""
V4L2_NAMES = "sys/class/video4linux/video*/name"
V4L2_DECODER = "bcm2835-codec-decode"
"""Name of the node of a Raspberry Pi's H.264 decoder, up to the Pi 4; the Pi 5 has none."""
NVIDIA_NODES = ("dev/nvhost-nvdec", "dev/v4l2-nvdec", "dev/nvmap")
"""Nodes of a Jetson's decoder, by the releases of its system: L4T up to 32, from 35 on, and all."""
ASK_SECONDS = 10.0
"""Seconds for a program to list what it knows: GStreamer looks through all its plugins the first time."""


@dataclass(frozen=True, slots=True)
class Board:
    """A board: its model as it names itself, None where it does not; and whether its kernel drives a decoder of a Pi, or a Jetson's."""

    model: str | None
    has_v4l2_decoder: bool
    has_nvidia_decoder: bool

    def __str__(self) -> str:
        """Name it in a sentence."""
        return self.model or "this machine"


def look(root: Path | None = None) -> Board:
    """Look at the files by which the kernel tells what there is, below root where that is not the machine's own."""
    root = root or ROOT
    names = (_text(path) for path in root.glob(V4L2_NAMES))
    return Board(_text(root / MODEL), V4L2_DECODER in names, any((root / node).exists() for node in NVIDIA_NODES))


def knows(program: str, decoder: str) -> bool:
    """Whether this program is installed, ffmpeg or gst-inspect-1.0 by its path, and knows this decoder; asked until it has answered."""
    try:
        return answered(program, decoder)
    except (OSError, subprocess.TimeoutExpired):
        return False


@cache
def answered(program: str, decoder: str) -> bool:
    """See knows(); what is raised is not remembered.

    Raises:
        OSError: it cannot be started.
        subprocess.TimeoutExpired: it did not answer in time, as GStreamer at a busy boot.
    """
    asked = ["-hide_banner", "-decoders"] if Path(program).name == "ffmpeg" else ["--exists", decoder]
    told = subprocess.run(  # noqa: S603 - programs of the system
        [program, *asked],
        capture_output=True,
        timeout=ASK_SECONDS,
        check=False,
        stdin=subprocess.DEVNULL,
        env=inherited_variables(),
    )
    return told.returncode == 0 and (asked[-1] == decoder or decoder.encode() in told.stdout.split())


def found(program: str) -> str | None:
    """Where a program is; None where it is not installed."""
    return shutil.which(program)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip("\0\n ") or None
    except OSError:
        return None
