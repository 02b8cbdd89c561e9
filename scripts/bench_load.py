"""Loads the real daemon with requests while a camera runs: are all of them answered, how soon, and what becomes of frames and events?

It sees the daemon only from outside: its topics and its own health report.
"""

from __future__ import annotations

import base64
import itertools
import json
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from bench_daemon import FRAMES_PER_SECOND, SIZE, acts, daemon, models_section, mosquitto, wait_until, write_config
from bench_machine import BenchError, Milliseconds
from door_clip import compose_scenes
from listener import Listener

from edged.vision.pictures import read_picture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from paho.mqtt.client import Client, MQTTMessage
    from portraits import Portraits

PICTURES = 200
"""Different pictures of one person; once all are enrolled they are refused as duplicates, after the same work."""
NOISE = 4.0
JPEG_QUALITY = 85
ANSWERS_SECONDS = 30.0
"""How long the last answers are waited for; nobody waits for one that has not come by then."""
HEALTH_SECONDS = 35.0
"""A little more than the daemon's interval between reports."""


@dataclass(slots=True)
class Answers:
    """What came back of the requests of one kind of load."""

    asked: dict[str, float] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Answers) -> Answers:
        """The answers of two loads of one kind."""
        return Answers(self.asked | other.asked, self.seconds + other.seconds, self.codes + other.codes)

    def as_json(self) -> dict[str, Any]:
        """Figures; the times are from the publishing of a request to the coming of its answer, ok and busy alike."""
        times = Milliseconds.of(self.seconds) if self.seconds else None
        return {
            "asked": len(self.asked),
            "answered": len(self.seconds),
            "codes": dict(self.codes),
            "answer_ms": {"p50": times.p50, "p99": times.p99, "most": round(1000 * max(self.seconds), 1)} if times else None,
        }


class Asker(Listener):
    """Asks, and notes answers, events and health."""

    def __init__(self, port: int) -> None:
        """Connect to the broker on that port of loopback."""
        self.online = threading.Event()
        self.seqs: list[int] = []
        self.health: list[dict[str, Any]] = []
        self._waiting: dict[str, Answers] = {}
        self._numbers = itertools.count()
        super().__init__(port, ["edged/bench/#"])

    def ask(self, answers: Answers, verb: str, **request: str) -> None:
        """Send one request, whose answer goes into answers."""
        number = str(next(self._numbers))
        self._waiting[number] = answers
        answers.asked[number] = time.monotonic()
        self._client.publish(f"edged/bench/request/{verb}", json.dumps({"id": number, **request}), qos=1)

    def wait(self, answers: Answers) -> None:
        """Wait until all are answered, or nobody would wait any more."""
        deadline = time.monotonic() + ANSWERS_SECONDS
        while len(answers.seconds) < len(answers.asked) and time.monotonic() < deadline:
            time.sleep(0.05)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        now = time.monotonic()
        match message.topic.split("/")[2:]:
            case ["response", _]:
                self._note(json.loads(message.payload), now)
            case [_, "event"]:
                self.seqs.append(json.loads(message.payload)["seq"])
            case ["health"]:
                self.health.append(json.loads(message.payload))
            case [_, "status"] if json.loads(message.payload)["status"] == "online":
                self.online.set()

    def _note(self, answer: dict[str, Any], now: float) -> None:
        answers = self._waiting.get(answer["id"])
        if answers:
            answers.seconds.append(now - answers.asked[answer["id"]])
            answers.codes[answer["error"]["code"] if answer["error"] else "ok"] += 1


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked: per_second enrollments for so many seconds, then burst questions at once, and these bursts times over."""

    per_second: float
    seconds: float
    burst: int
    bursts: int = 1


def run_load(portraits: Portraits, folder: Path, load: Load, *, threads: int, models: Path | None = None) -> dict[str, Any]:
    """Load the daemon; folder takes the files.

    Raises:
        BenchError: mosquitto is missing, or the daemon does not run.
    """
    clip = folder / "clip.mp4"
    compose_scenes(acts(), portraits, clip, SIZE, FRAMES_PER_SECOND)
    pictures = list(_pictures(portraits.astronaut.enroll))
    with ExitStack() as stack:
        port = stack.enter_context(mosquitto(folder))
        asker = stack.enter_context(Asker(port))
        running = stack.enter_context(daemon(write_config(folder, clip, port, "realtime", models_section(threads, models))))
        wait_until(lambda: asker.online.is_set() or running.poll() is not None, "the camera gives frames")
        enrollments = Answers()
        _enroll(asker, enrollments, pictures, load.per_second, load.seconds)
        bursts = [_burst(asker, load.burst) for _ in range(load.bursts)]
        reports = len(asker.health)
        deadline = time.monotonic() + HEALTH_SECONDS
        while len(asker.health) == reports and time.monotonic() < deadline:
            time.sleep(0.1)
        if running.poll() is not None:
            raise BenchError("The daemon has ended under the load.")
    return _figures(asker, enrollments, bursts)


def _burst(asker: Asker, questions: int) -> Answers:
    answers = Answers()
    for _ in range(questions):
        asker.ask(answers, "people")
    asker.wait(answers)
    return answers


def _enroll(asker: Asker, answers: Answers, pictures: list[str], per_second: float, seconds: float) -> None:
    began = time.monotonic()
    for number in range(round(per_second * seconds)):
        time.sleep(max(0.0, began + number / per_second - time.monotonic()))
        asker.ask(answers, "enroll", person="Eileen", image=pictures[number % len(pictures)])
    asker.wait(answers)


def _pictures(portrait: Path) -> Iterator[str]:
    """Base64 of JPEGs of one person in other sizes, lights and noise."""
    whole, random = read_picture(portrait), np.random.default_rng(0)
    for _ in range(PICTURES):
        size = random.uniform(0.6, 1.0)
        pixels = cv2.resize(whole, None, fx=size, fy=size, interpolation=cv2.INTER_AREA) * random.uniform(0.8, 1.1)
        noisy = np.clip(pixels + random.normal(0.0, NOISE, pixels.shape), 0, 255).astype(np.uint8)
        yield base64.b64encode(cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()).decode()


def _figures(asker: Asker, enrollments: Answers, bursts: list[Answers]) -> dict[str, Any]:
    expected = range(1, max(asker.seqs, default=0) + 1)
    return {
        "enrollments": enrollments.as_json(),
        "burst": sum(bursts, Answers()).as_json(),
        "each_burst_most_ms": [round(1000 * max(one.seconds), 1) for one in bursts if one.seconds],
        "longest_round_ms": max(report["longest_round_ms"] for report in asker.health[1:] or asker.health),
        "events": len(asker.seqs),
        "events_missing": len(set(expected) - set(asker.seqs)),
        "frames_dropped": asker.health[-1]["cameras"]["door"]["frames_dropped"],
        "rss_mb": [report["rss_mb"] for report in asker.health],
    }
