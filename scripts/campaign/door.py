"""A door under test: a broker, a proxy before it, the real edged with a clip for a camera, a witness and an owner.

It knows how they are started and ended; which faults they meet is not known here.
"""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from door_acts import Act, Pose, Role
from door_clip import compose_scenes
from portraits import fetch

from campaign.disk import FailingDisk
from campaign.owner import Owner
from campaign.proxy import Proxy
from campaign.witness import Witness, wait_for
from edged.vision.model_card import EmbeddingCard
from tests.broker import Mosquitto
from tests.program import MODELS, Daemon

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

PATIENCE_SECONDS = 60.0
"""Seconds after which a door counts as not back, and is started anew."""
ASK_AGAIN_SECONDS = 0.5
CHANGE_SECONDS = 0.15
"""Seconds between two changes of the owner while a fault lasts."""
TOLD = re.compile(r"^(\S+ \S+) INFO front: .* \(event (\d+)\)\.$", re.MULTILINE)
"""A line of edged's log that says which event has happened, with its time and number."""
SECTIONS: dict[str, dict[str, str | int | float | bool]] = {
    "mqtt": {"keepalive_seconds": 5},
    "mqtt.allow": {"import": True},
    "camera": {"loop": True},
    "recognition": {"refractory_seconds": 0.0, "stranger_after_seconds": 0.0, "lost_after_seconds": 0.2, "trigger_level": 1},
    "models": {"threads": 1},
}
"""Configuration with which something happens all the time, and people without pictures can come and go."""
SIZE, FRAMES_PER_SECOND = (640, 480), 10.0


class DoorError(Exception):
    """A door that cannot be set up, or has not come back."""


def film(path: Path) -> None:
    """Write the clip that every camera plays round and round: somebody who is enrolled and somebody who is not, by turns."""
    scenes = [Act(0.7, person, (Role(person, (Pose(0.0, 0.5, 200.0),)),)) for person in ("obama", "astronaut")]
    empty = Act(0.5, "nobody")
    compose_scenes((scenes[0], empty, scenes[1], empty), fetch(), path, SIZE, FRAMES_PER_SECOND)


@dataclass(slots=True)
class Run:
    """One run of edged: its log, and how it ended. may_lose is whether its disk refused writes when it was killed."""

    log: Path
    is_killed: bool = False
    may_lose: bool = False

    def told(self) -> list[tuple[float, int]]:
        """The events that happened in it: when, in seconds since the epoch, and their numbers."""
        lines = TOLD.findall(self.log.read_text(encoding="utf-8", errors="replace"))
        return [(datetime.strptime(at, "%Y-%m-%d %H:%M:%S,%f").astimezone().timestamp(), int(seq)) for at, seq in lines]


@dataclass
class Door:
    """Everything of one door below a folder; library is what stands between edged and its disk, None where the disk is never to fail."""

    folder: Path
    clip: Path
    random: Random
    library: Path | None = None
    runs: list[Run] = field(default_factory=list)
    disk_refuses: bool = False

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self.broker = Mosquitto(self.folder).start()
        self._stack.callback(self.broker.kill)
        self.proxy = Proxy(self.broker.port)
        self._stack.callback(self.proxy.close)
        self.witness = self._stack.enter_context(Witness(self.broker.port))
        self.daemon = Daemon(self.folder, self.proxy.port, self.clip, **SECTIONS)
        card = EmbeddingCard.read(MODELS / "embedding_sface")
        self.owner = Owner(self.witness, self.random, card.id, card.embedding.dimensions)
        if self.library:
            self.disk = FailingDisk(self.library, self.daemon.gallery)
        self.start()
        self._stack.callback(self.kill)
        self._enroll()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start(self) -> None:
        """Start edged; returns at once."""
        run = Run(self.folder / f"edged-{len(self.runs) + 1}.log")
        self.runs.append(run)
        environment = dict(os.environ)
        if self.library:
            self.disk.begin()
            environment |= self.disk.environment
        environment.pop("JOURNAL_STREAM", None)
        with run.log.open("wb") as log:
            command = [sys.executable, "-m", "edged", "run", "--config", str(self.daemon.config)]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)

    def kill(self) -> None:
        """End edged without warning."""
        self.runs[-1].is_killed, self.runs[-1].may_lose = True, self.disk_refuses
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End edged as systemd would."""
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(PATIENCE_SECONDS):
            raise DoorError(f"edged ended with {self.process.returncode} when it was asked to stop; see {self.runs[-1].log}.")

    def live(self, seconds: float) -> None:
        """Have the owner change this and that for so long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.owner.change()
            time.sleep(min(CHANGE_SECONDS, max(0.0, until - time.monotonic())))

    def seconds_until_back(self) -> float | None:
        """Wait until edged answers, and an event has come of what happens from now on; None where that is not within patience."""
        began, now = time.monotonic(), time.time()
        if self._answer("people") is None or not wait_for(lambda: self._has_seen_since(now), PATIENCE_SECONDS):
            return None
        return time.monotonic() - began

    def missing(self) -> list[str]:
        """What was acknowledged and is not so."""
        people, settings = self._answer("people"), self._answer("settings")
        if people is None or settings is None:
            return ["nobody answers"]
        return self.owner.missing(people, settings)

    def settle(self) -> None:
        """Wait until all events that have happened are with the witness, and end."""
        self.stop()
        wait_for(lambda: self.heard_up_to() >= max((seq for _, seq in self.runs[-1].told()), default=0), PATIENCE_SECONDS)

    def heard_up_to(self) -> int:
        """The greatest number of an event that was heard."""
        return max((event.seq for event in list(self.witness.events.values())), default=0)

    def _has_seen_since(self, moment: float) -> bool:
        events = list(self.witness.events.values())[-20:]
        return any(datetime.fromisoformat(event.frame_at).timestamp() > moment for event in events)

    def _answer(self, verb: str) -> dict[str, Any] | None:
        """The data of the answer to a question, asked again and again since it or its answer may be lost; None without patience."""
        deadline, asked = time.monotonic() + PATIENCE_SECONDS, []
        while time.monotonic() < deadline:
            asked.append(self.witness.ask(verb, {}))
            self.witness.wait_for_answer(asked[-1], ASK_AGAIN_SECONDS)
            for number in asked:
                answer = self.witness.answer(number)
                if answer and answer["status"] == "ok":
                    data: dict[str, Any] = answer["data"]
                    return data
        return None

    def _enroll(self) -> None:
        image = base64.b64encode(fetch().obama.enroll.read_bytes()).decode()
        if self._answer("people") is None:
            raise DoorError(f"edged does not answer; see {self.runs[-1].log}.")
        answer = self.witness.wait_for_answer(self.witness.ask("enroll", {"person": "Barack Obama", "image": image}), PATIENCE_SECONDS)
        if not answer or answer["status"] != "ok":
            raise DoorError(f"Nobody could be enrolled: {json.dumps(answer)}")
