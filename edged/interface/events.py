"""Events: the form of what happened as it stands on the wire, and the way to it from edged's own values.

It does not know who sends them, nor when. The forms are models and not frozen dataclasses, since an event gets its fields in three steps,
when it happens, when it is stored and when it is sent; only what is sent has them all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from edged.interface.form import Payload
from edged.system.times import rfc3339
from edged.types import AgeGenderAnswer, Announcement, ClockState, Departure, EmotionAnswer, Gender, Lesson, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from edged.interface.fields import Json
    from edged.types import Event, Identity


class EventPayload(Payload):
    """What every event of `…/<camera>/event` says."""

    event_type: str
    """What happened."""
    event_id: str
    """Unique for ever (ULID); the same if a broker makes edged send the event twice."""
    seq: int
    """Counts this device's events without a gap."""
    camera: str
    """The camera's name."""
    track: int
    """The face's track on this camera, since edged was started."""
    person: str | None
    """The person's id; null for a stranger, and where the person was forgotten before this was sent."""
    display_name: str | None
    """The person's name to show; null where `person` is."""
    stranger: str | None
    """The stranger's id; null for a person, and where strangers are not remembered."""
    still: bool
    """Whether the face had not moved against its background for two minutes, as a portrait on a wall does not."""
    frame_at: str
    """When the frame was taken; of a departure, the last one that showed them."""
    clock: ClockState
    """Whether `frame_at` is by a clock that was known to be right then, or was put right since."""
    published_at: str
    """When this was handed to the network."""
    latency_ms: int | None
    """From the frame to published_at, whatever the clock was set to between; null for clips played faster than real time."""


class FacePayload(EventPayload):
    """`…/<camera>/event`: somebody was recognised, or a stranger was seen."""

    event_type: Literal["recognised", "stranger"]
    first_seen_at: str | None
    """When the stranger was first seen; null for people, and where strangers are not remembered."""
    seen_count: int | None
    """In how many visits the stranger was seen, this one included; null where `first_seen_at` is."""
    corrects: str | None
    """event_id of the event of this track that was wrong; null where there is none."""
    beside_track: int | None
    """The track of another face of the same person or stranger, in view at the same time: a portrait, or a look-alike; mostly null."""
    similarity: float | None
    """Cosine of all looks together to the nearest template, −1…1; null where nobody is enrolled."""
    margin: float | None
    """Lead over the best template of another person; null where there is no other."""
    threshold: float
    """Similarity that was needed, at this size of gallery."""
    reason: Reason | Literal["forgotten"] | None
    """Why a stranger was not named: `below_threshold` or `ambiguous`; `forgotten` where the person was forgotten before this was sent."""
    box: tuple[int, int, int, int]
    """The face, x1 y1 x2 y2 in pixels of the frame."""
    frame_size: tuple[int, int]
    """Width and height of the frame in pixels."""
    looks: int
    """How many looks this rests on."""
    quality: float
    """The best look's quality, 0…1."""


class EmotionPayload(EventPayload):
    """`…/<camera>/event`: the expression of somebody who was announced, when it is first known and when it changes."""

    event_type: Literal["emotion"]
    emotion: str | None
    """The likeliest; null where none is likely enough."""
    probabilities: dict[str, float]
    """Of each expression, together 1: the mean of the latest looks."""
    looks: int
    """How many looks this rests on."""
    reason: Literal["forgotten"] | None
    """`forgotten` where the person was forgotten before this was sent."""


class AgeGenderPayload(EventPayload):
    """`…/<camera>/event`: age range and gender of somebody who was announced, when they are first known and when they change."""

    event_type: Literal["age_gender"]
    age_range: tuple[int, int] | None
    """Years, both inclusive; null where it would be too wide."""
    age_years: float
    """The mean of what the network thinks likely."""
    gender: Gender | None
    """The likelier; null where it is not likely enough."""
    female: float
    """Probability of being female, 0…1."""
    looks: int
    """How many looks this rests on."""
    reason: Literal["forgotten"] | None
    """`forgotten` where the person was forgotten before this was sent."""


class DepartedPayload(EventPayload):
    """`…/<camera>/event`: somebody left. Of a face that was seen but never named or called a stranger, it says why."""

    event_type: Literal["departed"]
    seen_seconds: float
    """From the first sight to the last."""
    looks: int
    """How many looks the last verdict rests on; of a face that was only glimpsed, in how many frames it was seen."""
    quality: float
    """The best look's quality, 0…1."""
    reason: Reason | Literal["forgotten"] | None
    """Why the face has no name; null for people, and for strangers that were announced."""


class LessonPayload(EventPayload):
    """`…/<camera>/event`: a visit gave its person a template, or suggests one to the owner, as `gallery.learn` says."""

    event_type: Literal["learned", "suggestion"]
    suggestion: int | None
    """The number by which `learn` accepts or refuses it; null where it was learned by itself."""
    similarity: float
    """Cosine of the view to the person's nearest template that was enrolled, −1…1."""
    quality: float
    """The view's quality, 0…1."""
    reason: Literal["forgotten"] | None
    """`forgotten` where the person was forgotten before this was sent."""


EVENTS: dict[str, type[EventPayload]] = {
    "recognised": FacePayload,
    "stranger": FacePayload,
    "emotion": EmotionPayload,
    "age_gender": AgeGenderPayload,
    "departed": DepartedPayload,
    "learned": LessonPayload,
    "suggestion": LessonPayload,
}
"""Forms of events by their type."""


@dataclass(frozen=True, slots=True)
class EventFields:
    """What is known of an event before it is sent: the JSON of its form, without seq and the times of sending."""

    fields: Mapping[str, Json]

    @property
    def event_type(self) -> str:
        """What happened."""
        return str(self.fields["event_type"])

    @property
    def person(self) -> str | None:
        """The id of the person it names."""
        person = self.fields["person"]
        return None if person is None else str(person)

    @property
    def stranger(self) -> str | None:
        """The id of the stranger it is about."""
        stranger = self.fields["stranger"]
        return None if stranger is None else str(stranger)

    def dated(self, frame_at: datetime, clock: ClockState) -> EventFields:
        """Say when its frame was taken, put right where that was possible, and what that is worth."""
        return EventFields({**self.fields, "frame_at": rfc3339(frame_at), "clock": clock})

    def redacted(self) -> EventFields:
        """Leave out the person it names, who was forgotten before it was sent."""
        return EventFields({**self.fields, "person": None, "display_name": None, "reason": "forgotten"})

    def to_text(self, event_id: str, corrects: str | None) -> str:
        """Write the JSON that waits in the outbox; corrects is the id of the event that this one corrects, if it announces somebody."""
        fields = {**self.fields, "event_id": event_id}
        if EVENTS[self.event_type] is FacePayload:
            fields["corrects"] = corrects
        return json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """An event on its way to the broker; text is its JSON as it stands in the outbox, whichever version of edged put it there.

    taken is when its frame was taken, in the running seconds of this boot, before its start too; None where nobody can tell.
    """

    seq: int
    topic: str
    text: str
    taken: float | None = None

    def to_json(self, published_at: datetime, running: float) -> bytes:
        """Write the JSON of the event as it is handed to the network at published_at (aware), at these running seconds."""
        fields: dict[str, Json] = json.loads(self.text)  # not checked: an event that is refused here would stop all after it
        latency = -1 if self.taken is None else round((running - self.taken) * 1000)
        fields |= {"seq": self.seq, "published_at": rfc3339(published_at), "latency_ms": latency if latency >= 0 else None}
        fields.setdefault("clock", ClockState.UNSYNCHRONISED)  # of a version that did not look
        return json.dumps(fields, ensure_ascii=False, allow_nan=False).encode()


def event_fields(event: Event) -> EventFields:
    """Put an event into the words on the wire."""
    identity, fact = event.identity, event.fact
    known: dict[str, Json] = {
        "camera": event.camera,
        "track": event.track,
        "person": identity.person if identity else None,
        "display_name": identity.display_name if identity else None,
        "stranger": identity.stranger.id if identity and identity.stranger else None,
        "still": event.still,
        "frame_at": rfc3339(event.frame_at),
    }
    match fact:
        case Announcement():
            event_type, facts = "recognised" if fact.verdict.person else "stranger", _face_fields(fact, identity)
        case Departure():
            event_type, facts = "departed", _departure_fields(fact)
        case EmotionAnswer():
            event_type, facts = "emotion", _emotion_fields(fact)
        case AgeGenderAnswer():
            event_type, facts = "age_gender", _age_gender_fields(fact)
        case Lesson():
            event_type, facts = "learned" if fact.suggestion is None else "suggestion", _lesson_fields(fact)
    return EventFields({"event_type": event_type, **known, **facts})


def _emotion_fields(answer: EmotionAnswer) -> dict[str, Json]:
    scores = answer.scores
    return {
        "emotion": answer.emotion,
        "probabilities": {label: round(share, 3) for label, share in zip(scores.labels, scores.probabilities, strict=True)},
        "looks": answer.looks,
        "reason": None,
    }


def _age_gender_fields(answer: AgeGenderAnswer) -> dict[str, Json]:
    return {
        "age_range": list(answer.age_range) if answer.age_range else None,
        "age_years": round(answer.mean.age_years, 1),
        "gender": answer.gender,
        "female": round(answer.mean.female, 3),
        "looks": answer.looks,
        "reason": None,
    }


def _face_fields(fact: Announcement, identity: Identity | None) -> dict[str, Json]:
    verdict, box = fact.verdict, fact.box
    stranger = identity.stranger if identity else None
    return {
        "first_seen_at": rfc3339(stranger.first_seen_at) if stranger else None,
        "seen_count": stranger.seen_count if stranger else None,
        "beside_track": fact.beside,
        "similarity": _rounded(verdict.similarity),
        "margin": _rounded(verdict.margin),
        "threshold": round(verdict.threshold, 3),
        "reason": verdict.reason,
        "box": [round(box.x1), round(box.y1), round(box.x2), round(box.y2)],
        "frame_size": list(fact.frame_size),
        "looks": verdict.looks,
        "quality": round(verdict.quality, 2),
    }


def _departure_fields(fact: Departure) -> dict[str, Json]:
    return {"seen_seconds": round(fact.seconds, 1), "looks": fact.looks, "quality": round(fact.quality, 2), "reason": fact.reason}


def _lesson_fields(fact: Lesson) -> dict[str, Json]:
    similarity, quality = _rounded(fact.similarity), round(fact.quality, 2)
    return {"suggestion": fact.suggestion, "similarity": similarity, "quality": quality, "reason": None}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
