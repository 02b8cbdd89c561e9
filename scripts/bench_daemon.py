"""Runs the real daemon on a clip with a real private broker: how late its events come, and how much memory it holds.

It sees the daemon only from outside: its command line, its topics and its entry in /proc.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

import private_broker
from bench_machine import BenchError
from door_acts import Act, Pose, Role
from door_clip import compose_scenes
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from paho.mqtt.client import MQTTMessage
    from portraits import Portraits

SIZE, FRAMES_PER_SECOND = (1280, 720), 15.0
SEEN_FRAMES, CYCLES = 4, 12
LOST_AFTER_SECONDS = 0.15
"""Less than the four frames in which somebody else stands there, so that everybody comes anew each time."""
PATIENCE_SECONDS, SAMPLE_SECONDS = 60.0, 0.25
WARM_UP_SECONDS = 3.0
"""From the camera's first frame on: what comes before does not count, neither as latency nor as steady memory."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory at a moment after the camera's first frame, 10^6 bytes."""

    at_seconds: float
    rss_mb: float


@dataclass(slots=True)
class DaemonRun:
    """What was seen of a run of the daemon."""

    latencies: list[float] = field(default_factory=list)
    memory: list[Memory] = field(default_factory=list)
    frames: float = 0.0
    """Frames looked at or left out as needless, after the daemon's own health reports; they come every 30 s."""
    processor_seconds: float = 0.0
    """What these frames took, after the same reports."""

    @property
    def steady(self) -> list[Memory]:
        """Memory after the warm-up."""
        return [sample for sample in self.memory if sample.at_seconds >= WARM_UP_SECONDS] or self.memory


def run_daemon(portraits: Portraits, folder: Path, seconds: float, *, threads: int, pace: str, models: Path | None = None) -> DaemonRun:
    """Run the daemon on a clip for so many seconds after its first frame; folder takes its files.

    Raises:
        BenchError: mosquitto is missing, or the daemon does not run.
    """
    clip = folder / "clip.mp4"
    compose_scenes(acts(), portraits, clip, SIZE, FRAMES_PER_SECOND)
    with ExitStack() as stack:
        port = stack.enter_context(mosquitto(folder))
        config = write_config(folder, clip, port, pace, models_section(threads, models))
        for portrait in (portraits.obama, portraits.biden):
            _edged(config, "enroll", portrait.person, str(portrait.enroll))
        run = DaemonRun()
        subscriber = stack.enter_context(Subscriber(port, run))
        running = stack.enter_context(daemon(config))
        wait_until(lambda: subscriber.online.is_set() or running.poll() is not None, "the camera gives frames")
        _watch(running, subscriber, run, seconds, folder / "edged.log")
    return run


def acts() -> list[Act]:
    """Two household members and a stranger, each gone again after a few frames; the clip is looped."""
    seconds = SEEN_FRAMES / FRAMES_PER_SECOND
    cast = (("obama", 0.3), ("biden", 0.7), ("astronaut", 0.4), ("obama", 0.6), ("biden", 0.3), ("astronaut", 0.75))
    return [
        Act(seconds, person, (Role(person, (Pose(0.0, x, 190.0 + cycle), Pose(seconds, x + 0.02, 195.0 + cycle))),))
        for cycle in range(CYCLES)
        for person, x in cast
    ]


def models_section(threads: int, models: Path | None) -> str:
    """The lines of a configuration that say which networks, and on how many threads."""
    return f"models.threads = {threads}" + (f'\nmodels.directory = "{models.resolve()}"' if models else "")


def write_config(folder: Path, clip: Path, port: int, pace: str, models: str) -> Path:
    """Write a configuration that plays the clip over and over; gives its path."""
    path = folder / "edged.toml"
    path.write_text(
        f"""
        device.id = "bench"
        gallery.path = "{folder / "gallery.db"}"
        {models}
        mqtt = {{ host = "127.0.0.1", port = {port} }}
        recognition = {{ trigger_level = 1, stranger_after_seconds = 0, refractory_seconds = 0, lost_after_seconds = {LOST_AFTER_SECONDS} }}
        [[camera]]
        name = "door"
        source = "{clip}"
        loop = true
        pace = "{pace}"
        """,
        encoding="utf-8",
    )
    return path


def _edged(config: Path, command: str, *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "edged", command, "--config", str(config), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    if done.returncode:
        raise BenchError(f"'edged {command}' failed: {done.stderr.strip()}")


@contextmanager
def daemon(config: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A running daemon, whose log is beside its configuration."""
    with (config.parent / "edged.log").open("wb") as log:
        daemon = subprocess.Popen([sys.executable, "-m", "edged", "run", "--config", str(config)], stdout=log, stderr=log)  # noqa: S603 - our own program
        with ended(daemon):
            yield daemon


@contextmanager
def mosquitto(folder: Path) -> Iterator[int]:
    """A broker on a free port of loopback; gives the port."""
    found = private_broker.command(folder)
    if found is None:
        raise BenchError("mosquitto is not installed; run scripts/setup.")
    command, port = found
    broker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - as found
    with ended(broker):
        wait_until(lambda: broker.poll() is not None or _listens(port), "mosquitto listens")
        if broker.poll() is not None:
            raise BenchError(f"mosquitto ended at once; try '{' '.join(command)}' by hand.")
        yield port


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End the process at the end of the block, by force where it does not go."""
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Subscriber:
    """Notes how late each event comes, and how many frames the daemon says it saw."""

    def __init__(self, port: int, run: DaemonRun) -> None:
        """Connect to the broker on that port of loopback; what is heard goes into run."""
        self.online = threading.Event()
        self.counting = threading.Event()
        self._run = run
        self._reported_at: float | None = None
        self._skipped = 0
        self._subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_message = self._on_message
        self._client.on_connect = lambda client, *_: client.subscribe("edged/bench/#", qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.connect("127.0.0.1", port)

    def __enter__(self) -> Self:
        self._client.loop_start()
        if not self._subscribed.wait(PATIENCE_SECONDS):
            raise BenchError("mosquitto does not take the subscription.")
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        received = time.time()
        if message.topic.endswith("/event") and self.counting.is_set():
            event = json.loads(message.payload)
            if event["event_type"] != "departed":  # which waits for the visit to be over
                self._run.latencies.append(received - datetime.fromisoformat(event["frame_at"]).timestamp())
        elif message.topic.endswith("/status") and json.loads(message.payload)["status"] == "online":
            self.online.set()
        elif message.topic.endswith("/health"):
            health, before = json.loads(message.payload), self._reported_at
            self._reported_at = received
            camera = health["cameras"]["door"]
            self._run.frames += camera["fps"] * (received - before) + camera["frames_skipped"] - self._skipped if before else 0.0
            self._run.processor_seconds += health["cpu_percent"] / 100 * (received - before) if before else 0.0
            self._skipped = camera["frames_skipped"]


def _watch(daemon: subprocess.Popen[bytes], subscriber: Subscriber, run: DaemonRun, seconds: float, log: Path) -> None:
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds + WARM_UP_SECONDS:
        if daemon.poll() is not None:
            raise BenchError(f"The daemon ended by itself; its log says: {last_lines(log)}")
        if passed >= WARM_UP_SECONDS:
            subscriber.counting.set()
        run.memory.append(Memory(passed, _rss_mb(daemon.pid)))
        time.sleep(SAMPLE_SECONDS)
    subscriber.counting.clear()
    if not run.latencies:
        raise BenchError(f"The daemon announced nobody; its log says: {last_lines(log)}")


def _rss_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something, which is named in words.

    Raises:
        BenchError: it does not come about.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise BenchError(f"Not within {PATIENCE_SECONDS:.0f} s: {what}.")
        time.sleep(0.02)


def last_lines(log: Path) -> str:
    """The end of a log, in one line."""
    return " | ".join(log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-5:]) or "nothing"
