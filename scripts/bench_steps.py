"""Asks the real daemon for every verb while a camera runs and its gallery is large: how long is the longest round of its worker?

It sees the daemon from outside, but for the rounds, which bench_steps_child.py notes in the daemon's own process.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np
from bench_daemon import FRAMES_PER_SECOND, SIZE, acts, ended, last_lines, models_section, mosquitto, wait_until, write_config
from bench_machine import ROOT, BenchError
from door_acts import Act, Pose, Role
from door_clip import compose_scenes
from listener import Listener

from edged.gallery.archive import SENT, ArchivedPerson, pack
from edged.gallery.store import Gallery
from edged.gallery.templates import NewTemplate
from edged.storage.database import open_database
from edged.types import Embedding
from edged.vision.model_card import EmbeddingCard
from edged.vision.pictures import read_picture

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from paho.mqtt.client import Client, MQTTMessage
    from portraits import Portraits

PEOPLE, TEMPLATES = 2000, 5
REPEATS = 3
"""Times that each verb is asked for; the least of the longest rounds is told, since other work on a machine only makes them longer."""
AFTER_SECONDS, CALM_SECONDS = 0.5, 3.0
"""Seconds after an answer for which rounds count as its own, and for which nothing is asked, for the rounds of frames alone."""
ANSWER_SECONDS = 120.0
"""How long an answer is waited for."""
IMPORTED = 6
"""People in the archive that is imported each time, nearly as much as an archive over MQTT may have."""
SPREAD = 0.35
"""How far the templates of a made-up person lie from each other."""
PICTURE_NOISE = 4.0


@dataclass(frozen=True, slots=True)
class Round:
    """One round of the worker: when it ended, in monotonic seconds, how long it took, and how long each of its parts."""

    at: float
    seconds: float
    processor: float
    parts: dict[str, float]


class Span(NamedTuple):
    """A request: when it was sent, in monotonic seconds, when what it caused was over, the code of its answer, and memory at the most."""

    began: float
    ended: float
    code: str
    memory_mb: float


@dataclass(slots=True)
class Asked:
    """A verb, the longest round that each of its requests met, the most processor time that one of those took, and the most memory."""

    longest: list[Round] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)
    memory_mb: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Milliseconds: the least and the greatest of the longest rounds, and of what the least was made."""
        best = min(self.longest, key=lambda one: one.seconds)
        parts = {name: round(1000 * seconds, 1) for name, seconds in sorted(best.parts.items(), key=lambda item: -item[1])[:2]}
        return {
            "round_ms": round(1000 * best.seconds, 1),
            "most_ms": round(1000 * max(one.seconds for one in self.longest), 1),
            "processor_ms": round(1000 * min(self.processor), 1),
            "memory_mb": self.memory_mb,
            "parts_ms": parts,
            "codes": sorted(self.codes),
        }


class Caller(Listener):
    """Asks for one thing after the other, and waits for each answer."""

    def __init__(self, port: int) -> None:
        """Connect to the broker on that port of loopback."""
        self.online = threading.Event()
        self._answers: dict[str, dict[str, Any]] = {}
        self._number = 0
        super().__init__(port, ["edged/bench/response/#", "edged/bench/door/status"])

    def ask(self, verb: str, request: dict[str, Any]) -> dict[str, Any]:
        """Ask, and give the last answer.

        Raises:
            BenchError: none came.
        """
        self._number += 1
        number = str(self._number)
        self._client.publish(f"edged/bench/request/{verb}", json.dumps({"id": number, **request}), qos=1)
        deadline = time.monotonic() + ANSWER_SECONDS
        while number not in self._answers:
            if time.monotonic() > deadline:
                raise BenchError(f"No answer to {verb!r} within {ANSWER_SECONDS:.0f} s.")
            time.sleep(0.01)
        return self._answers.pop(number)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        if message.topic.endswith("/status"):
            if json.loads(message.payload)["status"] == "online":
                self.online.set()
            return
        answer = json.loads(message.payload)
        if answer["status"] in ("ok", "error"):
            self._answers[answer["id"]] = answer


def run_steps(portraits: Portraits, folder: Path, *, threads: int, models: Path | None = None, people: int = PEOPLE) -> dict[str, Any]:
    """Make a gallery of so many people with TEMPLATES each and pictures, and ask for every verb; folder takes the files.

    Raises:
        BenchError: mosquitto is missing, or the daemon does not run or answer.
    """
    clip = folder / "clip.mp4"
    compose_scenes([*acts(), _standing()], portraits, clip, SIZE, FRAMES_PER_SECOND)
    made = list(make_people(people, models or ROOT / "models", portraits.obama.enroll))
    _fill(folder / "gallery.db", made)
    archive = base64.b64encode(pack(made[:IMPORTED], datetime.now(UTC), SENT)).decode()
    with ExitStack() as stack:
        port = stack.enter_context(mosquitto(folder))
        caller = stack.enter_context(Caller(port))
        config = write_config(folder, clip, port, "realtime", models_section(threads, models))
        _allow_all(config)
        running = stack.enter_context(_noted(config, folder / "rounds"))
        wait_until(lambda: caller.online.is_set() or running.poll() is not None, "the camera gives frames")
        if running.poll() is not None:
            raise BenchError(f"The daemon has ended; its log says: {last_lines(folder / 'edged.log')}")
        spans, memory = _ask_all(caller, portraits, archive, running)
    rounds = [Round(**json.loads(line)) for line in (folder / "rounds").read_text(encoding="ascii").splitlines()]
    verbs = {verb: _longest(asked, rounds).as_json() for verb, asked in spans.items()}
    return {"people": people, "templates": people * TEMPLATES, "verbs": verbs, "rss_mb": memory}


def make_people(count: int, models: Path, portrait: Path) -> Iterator[ArchivedPerson]:
    """Make up people, whose pictures are of one portrait with much noise, so that they have the size of real ones."""
    card, random = EmbeddingCard.read(models / "embedding_sface"), np.random.default_rng(0)
    pictures, now = [_aligned(portrait, random) for _ in range(TEMPLATES)], datetime.now(UTC)
    for number in range(count):
        middle = random.normal(size=card.embedding.dimensions)
        middle /= np.linalg.norm(middle)
        looks = tuple(NewTemplate(_near(middle, random, card.id), 0.9, "shell", now, picture) for picture in pictures)
        yield ArchivedPerson(f"guest_{number}", f"Guest {number}", looks)


def _fill(path: Path, people: Iterable[ArchivedPerson]) -> None:
    with open_database(path) as database, database.transaction():
        gallery = Gallery(database)
        for one in people:
            gallery.enroll(one.person, one.display_name, one.templates)


def _near(middle: np.ndarray[Any, Any], random: np.random.Generator, model_id: str) -> Embedding:
    away = random.normal(size=len(middle))
    vector = middle + SPREAD * away / np.linalg.norm(away)
    return Embedding((vector / np.linalg.norm(vector)).astype(np.float32), model_id)


def _aligned(portrait: Path, random: np.random.Generator) -> bytes:
    pixels = cv2.resize(read_picture(portrait), (112, 112), interpolation=cv2.INTER_AREA)
    noisy = np.clip(pixels + random.normal(0.0, PICTURE_NOISE, pixels.shape), 0, 255).astype(np.uint8)
    return bytes(cv2.imencode(".png", noisy)[1].tobytes())


def _standing() -> Act:
    """Somebody who stands there for long enough to be captured."""
    return Act(4.0, "astronaut", (Role("astronaut", (Pose(0.0, 0.5, 200.0), Pose(4.0, 0.52, 205.0))),))


def _allow_all(config: Path) -> None:
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("mqtt = { ", "mqtt = { allow = { export = true, import = true }, "), encoding="utf-8")


@contextmanager
def _noted(config: Path, notes: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A running daemon that notes its rounds."""
    child = Path(__file__).with_name("bench_steps_child.py")
    with (config.parent / "edged.log").open("wb") as log:
        command = [sys.executable, str(child), str(notes), "run", "--config", str(config)]
        started = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - our own program
        with ended(started):
            yield started


Spans = dict[str, list[Span]]


def _ask_all(caller: Caller, portraits: Portraits, archive: str, running: subprocess.Popen[bytes]) -> tuple[Spans, dict[str, float]]:
    """Every verb, REPEATS times; and resident memory before, at the most, and after."""
    spans: Spans = {"nothing": []}
    time.sleep(CALM_SECONDS)
    before = _memory_mb(running.pid, "VmRSS")
    for _ in range(REPEATS):
        with _noted_span(spans["nothing"], running.pid):
            time.sleep(CALM_SECONDS / REPEATS)
    for repeat in range(REPEATS):
        for title, verb, request in _requests(repeat, portraits, archive):
            with _noted_span(spans.setdefault(title, []), running.pid) as codes:
                answer = caller.ask(verb, request)
                time.sleep(AFTER_SECONDS)
                codes.append(answer["error"]["code"] if answer["error"] else "ok")
    most = max(one.memory_mb for asked in spans.values() for one in asked)
    return spans, {"before": before, "most": most, "after": _memory_mb(running.pid, "VmRSS")}


@contextmanager
def _noted_span(spans: list[Span], pid: int) -> Iterator[list[str]]:
    """Note what is done in the block, with the last of the codes that are put into the list."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")  # begin to measure the most anew: proc(5)
    began, codes = time.monotonic(), ["ok"]
    yield codes
    spans.append(Span(began, time.monotonic(), codes[-1], _memory_mb(pid, "VmHWM")))


def _requests(repeat: int, portraits: Portraits, archive: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What is asked for: a title, a verb and a request; what changes the gallery takes other people each time."""
    picture = base64.b64encode(portraits.biden.enroll.read_bytes()).decode()
    first = 10 + 10 * repeat
    for verb in ("people", "strangers", "groups", "visits", "suggestions", "calibrate", "tell_apart", "self_test", "settings", "snapshot"):
        yield verb, verb, {}
    for verb in ("person", "picture"):
        yield verb, verb, {"person": f"guest_{first}"}
    yield "enroll", "enroll", {"person": "biden", "image": picture, "allow_alike": True}
    for verb in ("recognise", "analyse", "represent", "extract"):
        yield verb, verb, {"image": picture}
    yield "verify", "verify", {"image": picture, "person": "biden"}
    yield "rename", "rename", {"person": f"guest_{first + 1}", "display_name": f"Visitor {repeat}"}
    yield "merge", "merge", {"person": f"guest_{first + 2}", "into": f"guest_{first + 3}"}
    yield "forget", "forget", {"person": f"guest_{first + 4}"}
    yield "forget (biden)", "forget", {"person": "biden"}
    yield "unlearn", "unlearn", {"person": f"guest_{first + 5}"}
    yield "export, a part", "export", {"part": 1}
    yield "export, a file", "export", {"to": "file"}
    yield "import", "import", {"archive": archive, "if_exists": "replace", "allow_alike": True}
    yield "reload", "reload", {}
    capture = {"camera": "door", "looks": 1, "timeout_seconds": 8}
    yield "enroll, a capture", "enroll", {"person": f"caught_{repeat}", "allow_alike": True, "capture": capture}
    yield "pause", "pause", {"camera": "door"}
    yield "resume", "resume", {"camera": "door"}
    yield "settings, a change", "settings", {"set": {"margin": 0.05 + 0.001 * repeat}}
    if repeat == REPEATS - 1:
        yield "erase_pictures", "erase_pictures", {}


def _longest(spans: list[Span], rounds: list[Round]) -> Asked:
    found = Asked()
    for span in spans:
        own = [one for one in rounds if one.at >= span.began and one.at - one.seconds <= span.ended]
        if own:
            found.longest.append(max(own, key=lambda one: one.seconds))
            found.processor.append(max(one.processor for one in own))
            found.codes.add(span.code)
        found.memory_mb = max(found.memory_mb, span.memory_mb)
    return found


def _memory_mb(pid: int, kind: str) -> float:
    """Resident memory of a process, now (VmRSS) or at most since it was measured anew (VmHWM), 10^6 bytes."""
    found = re.search(rf"^{kind}:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(encoding="ascii"), re.MULTILINE)
    if found is None:
        raise BenchError(f"Linux does not say {kind} of a process.")
    return round(int(found[1]) * 1024 / 1e6, 1)
