"""Measures a minute of people who walk to a camera: the daemon's processor time, and that of OpenCV's classes called on every frame.

It sees both from outside: the daemon's entry in /proc, and what bench_peer_child.py says of itself.
"""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING

import cv2
from bench_daemon import SAMPLE_SECONDS, DaemonRun, Subscriber, daemon, last_lines, mosquitto
from bench_machine import ROOT, BenchError
from bench_peers import CHILD, ENVIRONMENT, prepare

if TYPE_CHECKING:
    from pathlib import Path

CLIP = ROOT.parent / "shared" / "data" / "video" / "people_walking_to_camera_1080p.mp4"
"""The clip of the development data, which lies beside the repository and not in it."""
MINUTE = 60.0
PEER_TIMEOUT_SECONDS = 600.0
MOST_SECONDS = 1800.0
"""Seconds that the minute may take on a slow machine."""


@dataclass(frozen=True, slots=True)
class Walking:
    """Processor seconds for a minute of the clip, which has so many frames, decoding included.

    frames_measured are those that the daemon's figure is of, and peer_faces the faces that the peer embeds in a minute.
    """

    daemon_seconds: float
    peer_seconds: float
    frames: int
    frames_measured: int
    peer_faces: int

    @property
    def percent(self) -> float:
        """The daemon's share of the peer's."""
        return round(100 * self.daemon_seconds / self.peer_seconds, 1)


def run_walking(folder: Path, clip: Path, seconds: float, *, models: str, threads: int) -> Walking:
    """Play so many seconds of the clip, over and over, to a daemon with every default but its pace; before and after all to OpenCV once.

    Both take every frame as fast as they can, so that a machine on which other work goes on drops none, and their ratio stays.

    Raises:
        BenchError: the peer cannot be had, mosquitto is missing, or one of them fails.
    """
    python = prepare()
    before = _peer(python, clip, threads)
    rate = _frames_per_second(clip)
    run = _run_daemon(folder, clip, seconds * rate, models)
    peers = [before, _peer(python, clip, threads)]
    a_minute = MINUTE * rate
    times = a_minute / before["frames"]
    return Walking(
        daemon_seconds=round(run.processor_seconds * a_minute / run.frames, 2),
        peer_seconds=round(times * mean(peer["processor_seconds"] for peer in peers), 1),
        frames=round(a_minute),
        frames_measured=round(run.frames),
        peer_faces=round(times * before["faces"]),
    )


def _run_daemon(folder: Path, clip: Path, frames: float, models: str) -> DaemonRun:
    """What the daemon reports from its first report on, of so many frames at least."""
    with ExitStack() as stack:
        port = stack.enter_context(mosquitto(folder))
        config = folder / "edged.toml"
        gallery, source = f'gallery.path = "{folder / "gallery.db"}"', f'source = "{clip}"\nloop = true\npace = "fast"'
        mqtt = f'device.id = "bench"\nmqtt = {{ host = "127.0.0.1", port = {port} }}'
        config.write_text(f'{gallery}\n{models}\n{mqtt}\n[[camera]]\nname = "door"\n{source}\n', encoding="utf-8")
        run = DaemonRun()
        stack.enter_context(Subscriber(port, run))
        measured = stack.enter_context(daemon(config))
        began = time.monotonic()
        while run.frames < frames:
            if measured.poll() is not None or time.monotonic() - began > MOST_SECONDS:
                raise BenchError(f"The daemon ended, or does not report; its log says: {last_lines(folder / 'edged.log')}")
            time.sleep(SAMPLE_SECONDS)
        return run


def _peer(python: Path, clip: Path, threads: int) -> dict[str, float]:
    command = [str(python), "-W", "ignore", str(CHILD), str(clip), str(ENVIRONMENT / "models"), str(threads)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PEER_TIMEOUT_SECONDS)  # noqa: S603 - our own script
    if done.returncode:
        raise BenchError(f"OpenCV 4.11 cannot look at {clip.name}: {(done.stderr.strip().splitlines() or ['it did not say why'])[-1]}")
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def _frames_per_second(clip: Path) -> float:
    found = float(cv2.VideoCapture(str(clip)).get(cv2.CAP_PROP_FPS))
    if not found > 0:
        raise BenchError(f"{clip} is no clip that OpenCV can read.")
    return found
