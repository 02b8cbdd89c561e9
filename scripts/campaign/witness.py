"""The witness: a subscriber of its own at the broker, who notes every event and every report of edged, and asks it questions.

It does not know what should have come.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from listener import Listener

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from paho.mqtt.client import Client, MQTTMessage

LOOK_SECONDS = 0.02
ROOT = "edged/door"
TOPICS = "+/event", "response/+", "health", "problem"


def wait_for(condition: Callable[[], object], seconds: float) -> bool:
    """Wait until something is so; False where it is not within these seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_SECONDS)
    return True


@dataclass(frozen=True, slots=True)
class HeardEvent:
    """An event as it came for the first time; fact is what happened, whatever id it has. At a monotonic time."""

    seq: int
    event_id: str
    fact: tuple[Any, ...]
    frame_at: str
    at: float


@dataclass(frozen=True, slots=True)
class HeardHealth:
    """The longest round of the worker since the report before, milliseconds; at a monotonic time, after so many seconds of edged."""

    longest_round_ms: float
    uptime_seconds: int
    at: float


class Witness(Listener):
    """Hears everything of one device, and comes back when the broker does."""

    def __init__(self, port: int) -> None:
        """Connect to the broker on this port of loopback."""
        self.events: dict[str, HeardEvent] = {}
        self.again = 0
        self.health: list[HeardHealth] = []
        self.problem: str | None = None
        self._answers: dict[str, dict[str, Any]] = {}
        self._numbers = itertools.count(1)
        self.is_there = threading.Event()
        super().__init__(port, [f"{ROOT}/{topic}" for topic in TOPICS])
        self._client.reconnect_delay_set(1, 1)
        self._client.on_subscribe = lambda *_: self.is_there.set()
        self._client.on_disconnect = lambda *_: self.is_there.clear()

    def ask(self, verb: str, request: Mapping[str, Any]) -> str:
        """Send a request and return at once, with its id."""
        number = f"{verb}-{next(self._numbers)}"
        self.send(f"request/{verb}", json.dumps({"id": number, **request}).encode())
        return number

    def send(self, topic: str, payload: bytes) -> None:
        """Send anything to a topic of the device."""
        self._client.publish(f"{ROOT}/{topic}", payload, qos=1)

    def answer(self, number: str) -> dict[str, Any] | None:
        """The last word on a request; None where none has come."""
        return self._answers.get(number)

    def wait_for_answer(self, number: str, seconds: float) -> dict[str, Any] | None:
        """The same, once it has come."""
        wait_for(lambda: number in self._answers, seconds)
        return self._answers.get(number)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        content = json.loads(message.payload)
        match message.topic.split("/")[2:]:
            case ["response", _] if content.get("status") != "progress":
                self._answers[str(content["id"])] = content
            case ["front", "event"]:
                self._note_event(content)
            case ["health"] if not message.retain:
                self.health.append(HeardHealth(content["longest_round_ms"], content["uptime_seconds"], time.monotonic()))
            case ["problem"]:
                self.problem = content["problem"]

    def _note_event(self, event: dict[str, Any]) -> None:
        if event["event_id"] in self.events:
            self.again += 1
            return
        fact = tuple(event.get(name) for name in ("event_type", "camera", "track", "person", "stranger", "frame_at"))
        self.events[event["event_id"]] = HeardEvent(event["seq"], event["event_id"], fact, event["frame_at"], time.monotonic())
