#!/usr/bin/env python3
"""Measures what the daemon costs where nobody is: its processor time on an empty porch, beside that of decoding alone.

It sees the daemon only from outside; run as a program it is the decoding alone: it plays the clip it is given until it is ended.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
from bench_daemon import WARM_UP_SECONDS, DaemonRun, Subscriber, daemon, ended, mosquitto, wait_until, write_config
from bench_machine import BenchError
from door_acts import nobody
from door_clip import compose_scenes

if TYPE_CHECKING:
    from portraits import Portraits

SIZE, FRAMES_PER_SECOND, CLIP_SECONDS = (1280, 720), 10.0, 20.0
"""The clip of the porch with a sensor's noise, played over and over."""


@dataclass(frozen=True, slots=True)
class EmptyScene:
    """Processor time over the same seconds, percent of one core."""

    daemon_percent: float
    decoding_percent: float


def run_empty(portraits: Portraits, folder: Path, seconds: float, *, models: str) -> EmptyScene:
    """Play an empty porch of 1280x720 at 10 fps to the daemon and to a bare decoder at once, so that a busy machine slows both alike.

    Raises:
        BenchError: mosquitto is missing, or one of the two does not run.
    """
    clip = folder / "empty.mp4"
    compose_scenes([nobody(CLIP_SECONDS)], portraits, clip, SIZE, FRAMES_PER_SECOND)
    with ExitStack() as stack:
        port = stack.enter_context(mosquitto(folder))
        config = write_config(folder, clip, port, "realtime", models)
        subscriber = stack.enter_context(Subscriber(port, DaemonRun()))
        measured = stack.enter_context(daemon(config))
        wait_until(lambda: subscriber.online.is_set() or measured.poll() is not None, "the camera gives frames")
        decoder = subprocess.Popen([sys.executable, __file__, str(clip)])  # noqa: S603 - this file
        stack.enter_context(ended(decoder))
        return _measured(measured, decoder, seconds)


def _measured(daemon_: subprocess.Popen[bytes], decoder: subprocess.Popen[bytes], seconds: float) -> EmptyScene:
    time.sleep(WARM_UP_SECONDS)
    began, first = time.monotonic(), [_cpu_seconds(process.pid) for process in (daemon_, decoder)]
    time.sleep(seconds)
    elapsed, last = time.monotonic() - began, [_cpu_seconds(process.pid) for process in (daemon_, decoder)]
    if daemon_.poll() is not None or decoder.poll() is not None:
        raise BenchError("The daemon, or the decoder beside it, ended by itself; run 'edged check'.")
    return EmptyScene(*(round(100 * (after - before) / elapsed, 2) for before, after in zip(first, last, strict=True)))


def _cpu_seconds(pid: int) -> float:
    """Processor time of all threads of a process so far, in user space and in the kernel."""
    after_name = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def decode(clip: str) -> None:
    """Decode and convert the clip's frames as edged's camera does, each at its time, over and over."""
    cv2.setNumThreads(1)
    due = time.monotonic()
    while True:
        capture = cv2.VideoCapture(clip, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        while capture.grab():
            capture.retrieve()
            due += 1 / FRAMES_PER_SECOND
            time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    decode(sys.argv[1])
