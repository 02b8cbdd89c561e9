"""What the tests of the MQTT package share: an event as the outbox holds it, and a bridge over a link in memory."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from edged.interface.events import PendingEvent, event_fields
from edged.interface.topics import Topics
from edged.mqtt.bridge import Bridge
from edged.mqtt.broker import Broker
from edged.mqtt.link import MemoryLink
from edged.types import (
    AgeGender,
    AgeGenderAnswer,
    Announcement,
    Box,
    Departure,
    EmotionAnswer,
    EmotionScores,
    Event,
    Gender,
    Identity,
    Reason,
    Stranger,
    Verdict,
)

if TYPE_CHECKING:
    from pathlib import Path

TOPICS = Topics("edged", "door")
FRAME_AT = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
STRANGER = Stranger("stranger-7", FRAME_AT, FRAME_AT, 3, ignored=False, looks=2, has_picture=False)


def event(person: str | None = "alice", *, is_correction: bool = False) -> Event:
    """Somebody at the door."""
    verdict = Verdict(person, 0.71, 0.38, 0.36, None, 3, 0.82)
    identity = Identity(person or "stranger-7", person, person and person.title(), None if person else STRANGER)
    return Event("front", 17, identity, FRAME_AT, Announcement(verdict, Box(412, 96, 561, 288), (1280, 720), is_correction=is_correction))


def departure(person: str | None = "alice") -> Event:
    """Somebody left the door; a face without a name where person is None."""
    identity = Identity(person, person, person.title(), None) if person else None
    return Event("front", 17, identity, FRAME_AT, Departure(12.34, 5, 0.82, None if person else Reason.TURNED_AWAY))


def emotion(name: str | None = "happy", person: str | None = "alice") -> Event:
    """An expression of somebody at the door; no emotion is named where name is None."""
    scores = EmotionScores(("sad", "happy"), (0.2184, 0.7816) if name else (0.5004, 0.4996))
    return replace(event(person), fact=EmotionAnswer(name, scores, 4))


def age_gender(*, is_sure: bool = True, person: str | None = "alice") -> Event:
    """Age and gender of somebody at the door; too uncertain to be told where it is not sure."""
    if is_sure:
        answer = AgeGenderAnswer((30, 44), Gender.FEMALE, AgeGender(36.14, 30.4, 43.2, 0.9512), 6)
    else:
        answer = AgeGenderAnswer(None, None, AgeGender(33.31, 14.1, 52.6, 0.4467), 1)
    return replace(event(person), fact=answer)


def entry(seq: int, person: str | None = "alice") -> PendingEvent:
    """An event in the outbox under this number."""
    return PendingEvent(seq, TOPICS.camera("front").event, event_fields(event(person)).to_text(f"event-{seq}", None))


def broker_at(port: int, **options: object) -> Broker:
    """A broker on this port of loopback; options are its other fields."""
    return Broker("127.0.0.1", port, "edged-door", **options)  # type: ignore[arg-type] # given by name where it is called


def events_sent(link: MemoryLink) -> list[int]:
    """The numbers of the events that were sent, in their order."""
    return [json.loads(message.payload)["seq"] for message in link.sent if message.topic.endswith("/event")]


def last_event_token(link: MemoryLink) -> int:
    """The token of the event that was sent last."""
    return max(token for token, message in enumerate(link.sent) if message.topic.endswith("/event"))


@dataclass
class Clock:
    """A clock that is set by hand, seconds."""

    seconds: float = 0.0

    def __call__(self) -> float:
        """What it shows."""
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def link() -> MemoryLink:
    return MemoryLink()


@pytest.fixture
def bridge(link: MemoryLink, clock: Clock) -> Bridge:
    bridge = Bridge(link, TOPICS, on_input=lambda: None, subscriber_grace_seconds=60.0, now=lambda: FRAME_AT, monotonic=clock)
    bridge.start()
    return bridge


def certificate(folder: Path, name: str, issuer: str | None = None, *, days: int = 2) -> tuple[Path, Path]:
    """A certificate of this name and its key; without an issuer it is an authority of its own."""
    key, request, file = folder / f"{name}.key", folder / f"{name}.csr", folder / f"{name}.crt"
    extensions = folder / f"{name}.ext"
    extensions.write_text("subjectAltName=IP:127.0.0.1\n" if issuer else "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n")
    subject = ["-subj", f"/CN={name}"]
    subprocess.run(
        ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, *subject], check=True, capture_output=True
    )
    by_issuer = ["-CA", str(folder / f"{issuer}.crt"), "-CAkey", str(folder / f"{issuer}.key"), "-CAcreateserial"]
    signer = by_issuer if issuer else ["-signkey", str(key)]
    subprocess.run(
        ["openssl", "x509", "-req", "-in", request, "-days", str(days), "-extfile", extensions, "-out", file, *signer],
        check=True,
        capture_output=True,
    )
    return file, key
