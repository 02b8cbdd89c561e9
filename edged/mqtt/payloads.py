"""Payloads: the JSON of every topic as pydantic models, and the way from and to the values of edged.

Knows the form of messages; who sends them, and when, is not known here.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError
from pydantic_core import from_json

from edged import commands
from edged.errors import CommandError, EdgedError
from edged.mqtt.capture_form import CaptureForm  # noqa: TC001 - pydantic reads the annotation
from edged.mqtt.form import Encoded, Form, Name, Plain
from edged.mqtt.requests_operation import ErasePicturesRequest, ReloadRequest, SelfTestRequest, SnapshotRequest
from edged.mqtt.requests_people import CalibrateRequest, ExportRequest, ImportRequest, MergeRequest, PersonRequest, RenameRequest
from edged.mqtt.requests_pictures import AnalyseRequest, ExtractRequest, RecogniseRequest, RepresentRequest, VerifyRequest
from edged.types import AgeGenderAnswer, Announcement, Departure, EmotionAnswer, Gender, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edged.commands import Json
    from edged.mqtt.link import Received
    from edged.types import Event, Identity, Presence

SCHEMA_VERSION = 1
"""Of the JSON of all topics together; a field that changes its meaning raises it."""
MAX_REQUEST_BYTES = 1_400_000
"""Larger requests are refused unread: brokers drop connections at about 2 MB."""
MAX_IMAGES = 20
MAX_MESSAGE_CHARACTERS = 1000
"""Of an error's sentence, which may repeat what was asked."""
MAX_NAME_CHARACTERS = 100
"""Of a field's or verb's name in such a sentence."""
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Payload(BaseModel):
    """What edged sends: nothing stands in it but what its form names."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    def to_json(self) -> bytes:
        """UTF-8 JSON."""
        return self.model_dump_json().encode()


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
    frame_at: str
    """When the frame was taken; of a departure, the last one that showed them."""
    published_at: str
    """When this was handed to the network."""
    latency_ms: int | None
    """From frame_at to published_at; null for clips played faster than real time."""


class FacePayload(EventPayload):
    """`…/<camera>/event`: somebody was recognised, or a stranger was seen."""

    event_type: Literal["recognised", "stranger"]
    first_seen_at: str | None
    """When the stranger was first seen; null for people, and where strangers are not remembered."""
    seen_count: int | None
    """In how many visits the stranger was seen, this one included; null where `first_seen_at` is."""
    corrects: str | None
    """event_id of the event of this track that was wrong; null where there is none."""
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


EVENTS: dict[str, type[EventPayload]] = {
    "recognised": FacePayload,
    "stranger": FacePayload,
    "emotion": EmotionPayload,
    "age_gender": AgeGenderPayload,
    "departed": DepartedPayload,
}
"""What an event of each type says."""


class StatusPayload(Payload):
    """`…/<camera>/status`: whether a camera gives frames."""

    status: Literal["online", "offline", "paused"]
    """Whether frames arrive."""
    reason: str | None
    """Why not; null while online."""


class PeoplePayload(Payload):
    """`…/<camera>/people`: who is before a camera now."""

    people: tuple[str, ...]
    """The ids of the people."""
    strangers: int
    """How many others."""


class ModelInfo(Payload):
    """One network of `…/info`."""

    id: str
    """The model card's id."""
    files: dict[str, str]
    """Each file's SHA-256."""


class InfoPayload(Payload):
    """`…/info`: what this device is."""

    version: str
    """Version of edged."""
    schema_version: int
    """Version of the JSON of all topics."""
    models: tuple[ModelInfo, ...]
    """The networks in use."""
    cameras: tuple[str, ...]
    """Names of the cameras."""
    events: tuple[str, ...]
    """Types of events that may come."""
    requests: tuple[str, ...]
    """Verbs that are answered."""


class CameraHealth(Payload):
    """One camera of `…/health`."""

    fps: float
    """Frames looked at per second since the last report."""
    frames_skipped: int
    """Frames not looked at since the start because a look would have told nothing new, or to keep to the limits."""
    frames_dropped: int
    """Frames passed over since the start because a newer one was there."""
    unnamed: dict[Reason, int]
    """Faces that left without a name or a stranger's id since the start, by reason."""
    stage_ms: dict[str, float]
    """Median milliseconds of each stage over the last frames."""


class HealthPayload(Payload):
    """`…/health`: how this device is, every 30 s."""

    uptime_seconds: int
    """Since edged was started."""
    cameras: dict[str, CameraHealth]
    """By camera."""
    longest_round_ms: float
    """For how long at most, since the last report, no camera was looked at: a request and a frame of each camera, one after the other."""
    events_waiting: int
    """Events that the broker has not yet acknowledged."""
    requests_waiting: int
    """Requests that are not yet carried out."""
    templates: int
    """Templates in the gallery."""
    rss_mb: float
    """Resident memory, 10^6 bytes."""
    cpu_percent: float
    """Of one core, since the last report."""
    temperature_celsius: float | None
    """Of the processor; null where the device does not tell."""
    throttled: bool | None
    """Whether the processor is slowed down by heat or supply now; null where the device does not tell."""
    slowdown: float
    """By how much the intervals between looks are stretched to keep to the limits; 1: not at all."""
    slowed_by: Literal["cpu", "temperature"] | None
    """The limit that edged slowed down for last; null at full speed."""


class SettingPayload(Payload):
    """`…/setting/<name>`: a setting's value now and where it comes from."""

    value: float | int | bool
    """The value in force."""
    default: float | int | bool
    """The value of the configuration, or of the model card."""
    overridden: bool
    """Whether the value was set over MQTT."""


class EnrollNamePayload(Payload):
    """`…/enroll/name`: the name for the stranger seen last."""

    name: str | None
    """The name; null where none was given, and after it was used."""


class EnrollRequest(Form):
    """`…/request/enroll`: make templates of a person."""

    person: Name | None = None
    """Name or id; the id is made of it: lower case, `_` for spaces. Only a capture is cancelled without."""
    display_name: Annotated[str, Field(max_length=256)] | None = None
    """Name to show; null: of a new person what `person` says, others keep theirs."""
    image: Encoded | None = None
    """One picture, base64 of a JPEG or PNG with exactly one clear face."""
    images: Annotated[list[Encoded], Field(max_length=MAX_IMAGES)] | None = None
    """Several such pictures."""
    stranger: Name | None = None
    """In place of pictures: the id of a remembered stranger, who becomes this person."""
    capture: CaptureForm | None = None
    """In place of pictures: looks at who stands before a camera now."""
    allow_alike: StrictBool = False
    """Enroll somebody who looks like somebody else: a relative."""

    def command(self) -> commands.Command:
        """The command that is asked for.

        Raises:
            CommandError: no picture, stranger or capture, or several of these; or nobody to enroll.
        """
        images = (*([self.image] if self.image else []), *(self.images or []))
        if [bool(images), self.stranger is not None, self.capture is not None].count(True) != 1:
            raise CommandError(
                "bad_request",
                "Give a picture as 'image' or several as 'images' (base64 of a JPEG or PNG), or else a 'stranger', or else a 'capture'.",
            )
        if self.capture is not None and self.capture.cancel:
            return commands.CancelLive(self.capture.camera)
        if self.person is None:
            raise CommandError("bad_request", "person: say who is to be enrolled.")
        if self.capture is not None:
            return self.capture.command(self.person, self.display_name, allow_alike=self.allow_alike)
        if self.stranger is not None:
            return commands.Promote(self.person, self.display_name, self.stranger, self.allow_alike)
        return commands.Enroll(self.person, self.display_name, images, self.allow_alike)


class PeopleRequest(Form):
    """`…/request/people`: list who is enrolled."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.ListPeople()


class ForgetRequest(Form):
    """`…/request/forget`: erase a person or a stranger."""

    person: Name
    """Id or name of a person, or id of a stranger."""
    with_strangers: StrictBool = False
    """Also the strangers who are like the person."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.Forget(self.person, self.with_strangers)


class StrangersRequest(Form):
    """`…/request/strangers`: list the strangers that are remembered."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.ListStrangers()


class IgnoreRequest(Form):
    """`…/request/ignore`: never report a stranger again, or do."""

    stranger: Name
    """Id of the stranger."""
    ignored: StrictBool = True
    """False: report them again."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.Ignore(self.stranger, self.ignored)


class SettingsRequest(Form):
    """`…/request/settings`: read all settings, and change those that are given."""

    set: dict[str, Plain] = Field(default_factory=dict, max_length=100)
    """New values by name; null goes back to the configuration's."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        changes: dict[str, Json] = dict(self.set)
        return commands.Settings(changes)


class PauseRequest(Form):
    """`…/request/pause`: do not look at a camera any more."""

    camera: Name | None = None
    """Name of the camera; null: all of them."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.Pause(self.camera, paused=True)


class ResumeRequest(Form):
    """`…/request/resume`: look at a camera again."""

    camera: Name | None = None
    """Name of the camera; null: all of them."""

    def command(self) -> commands.Command:
        """The command that is asked for."""
        return commands.Pause(self.camera, paused=False)


REQUESTS: Mapping[str, type[Form]] = {
    "enroll": EnrollRequest,
    "people": PeopleRequest,
    "person": PersonRequest,
    "rename": RenameRequest,
    "export": ExportRequest,
    "import": ImportRequest,
    "calibrate": CalibrateRequest,
    "merge": MergeRequest,
    "forget": ForgetRequest,
    "strangers": StrangersRequest,
    "ignore": IgnoreRequest,
    "settings": SettingsRequest,
    "pause": PauseRequest,
    "resume": ResumeRequest,
    "recognise": RecogniseRequest,
    "verify": VerifyRequest,
    "analyse": AnalyseRequest,
    "represent": RepresentRequest,
    "extract": ExtractRequest,
    "snapshot": SnapshotRequest,
    "self_test": SelfTestRequest,
    "reload": ReloadRequest,
    "erase_pictures": ErasePicturesRequest,
}
"""The form of each verb's request."""


class ErrorBody(Payload):
    """What went wrong with a request."""

    code: str
    """A word for programs."""
    message: str
    """A sentence that says what to do."""


class Response(Payload):
    """`…/response/<verb>`: the answer to a request."""

    id: str | None
    """The request's."""
    status: Literal["ok", "error", "progress"]
    """Whether it was done, or is under way."""
    data: dict[str, Any] | None = None
    """What the verb gives."""
    error: ErrorBody | None = None
    """Why it was not done; nothing has been changed then."""


def address_of(verb: str, message: Received) -> commands.ReplyAddress:
    """Where the sender of a message waits for the answer."""
    return commands.ReplyAddress(verb, None, _usable(message.response_topic), message.correlation_data)


def parse_request(verb: str, message: Received) -> commands.Request:
    """Read a request; what is wrong with it stands in place of the command, so that it can be answered."""
    address = address_of(verb, message)
    try:
        form = _form(verb, message.payload)
        address = replace(address, id=form.id)
        return commands.Request(address, form.command())
    except ValidationError as error:
        address = replace(address, id=_id_of(message.payload))
        return commands.Request(address, CommandError("bad_request", _sentence(error, REQUESTS[verb])))
    except CommandError as error:
        if len(message.payload) <= MAX_REQUEST_BYTES:
            address = replace(address, id=address.id or _id_of(message.payload))
        return commands.Request(address, error)


def response(reply: commands.Reply) -> bytes:
    """The JSON of a reply."""
    if isinstance(reply.outcome, EdgedError):
        body = ErrorBody(code=reply.outcome.code, message=_shortened(str(reply.outcome), MAX_MESSAGE_CHARACTERS))
        return Response(id=reply.address.id, status="error", error=body).model_dump_json(exclude_none=False).encode()
    return Response(id=reply.address.id, status="ok" if reply.is_final else "progress", data=reply.outcome).to_json()


def event_fields(event: Event) -> dict[str, Json]:
    """What is known of an event before it is given its id and seq and is sent."""
    identity, fact = event.identity, event.fact
    known: dict[str, Json] = {
        "camera": event.camera,
        "track": event.track,
        "person": identity.person if identity else None,
        "display_name": identity.display_name if identity else None,
        "stranger": identity.stranger.stranger if identity and identity.stranger else None,
        "frame_at": rfc3339(event.frame_at),
    }
    match fact:
        case Announcement():
            return {"event_type": "recognised" if fact.verdict.person else "stranger", **known, **_face_fields(fact, identity)}
        case Departure():
            return {"event_type": "departed", **known, **_departure_fields(fact)}
        case EmotionAnswer():
            return {"event_type": "emotion", **known, **emotion_fields(fact), "looks": fact.looks, "reason": None}
        case AgeGenderAnswer():
            return {"event_type": "age_gender", **known, **age_gender_fields(fact), "looks": fact.looks, "reason": None}


def name_of(fields: Mapping[str, Json]) -> str:
    """Whom an event is about, for the log: an id, since names may be anything."""
    return str(fields["person"] or fields["stranger"] or "nobody who is named")


def _face_fields(fact: Announcement, identity: Identity | None) -> dict[str, Json]:
    verdict, box = fact.verdict, fact.box
    stranger = identity.stranger if identity else None
    return {
        "first_seen_at": rfc3339(stranger.first_seen_at) if stranger else None,
        "seen_count": stranger.seen_count if stranger else None,
        "similarity": _rounded(verdict.similarity),
        "margin": _rounded(verdict.margin),
        "threshold": round(verdict.threshold, 3),
        "reason": verdict.reason,
        "box": [round(box.x1), round(box.y1), round(box.x2), round(box.y2)],
        "frame_size": list(fact.frame_size),
        "looks": verdict.looks,
        "quality": round(verdict.quality, 2),
    }


def emotion_fields(answer: EmotionAnswer) -> dict[str, Json]:
    """What is told of an expression, whether of a track or of a single picture."""
    scores = answer.scores
    return {
        "emotion": answer.emotion,
        "probabilities": {label: round(share, 3) for label, share in zip(scores.labels, scores.probabilities, strict=True)},
    }


def age_gender_fields(answer: AgeGenderAnswer) -> dict[str, Json]:
    """What is told of age and gender, whether of a track or of a single picture."""
    return {
        "age_range": list(answer.age_range) if answer.age_range else None,
        "age_years": round(answer.mean.age_years, 1),
        "gender": answer.gender,
        "female": round(answer.mean.female, 3),
    }


def _departure_fields(fact: Departure) -> dict[str, Json]:
    return {
        "seen_seconds": round(fact.seconds, 1),
        "looks": fact.looks,
        "quality": round(fact.quality, 2),
        "reason": fact.reason,
    }


def event(fields: Mapping[str, Json], published_at: datetime) -> bytes:
    """The JSON of an event as it is handed to the network at published_at (aware)."""
    frame_at = datetime.fromisoformat(str(fields["frame_at"]))
    latency = round((published_at - frame_at).total_seconds() * 1000)
    complete = {**fields, "published_at": rfc3339(published_at), "latency_ms": latency if latency >= 0 else None}
    # As it stands in the outbox, whichever version put it there: an event that is refused here would stop all after it.
    return json.dumps(complete, ensure_ascii=False, allow_nan=False).encode()


def people(presence: Presence) -> bytes:
    """The JSON of who is present."""
    return PeoplePayload(people=presence.people, strangers=presence.strangers).to_json()


def rfc3339(moment: datetime) -> str:
    """RFC 3339, UTC, milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ulid(moment: datetime) -> str:
    """A unique id that sorts by time: 48 bits of milliseconds and 80 random ones in Crockford's base 32 (github.com/ulid/spec)."""
    number = (int(moment.timestamp() * 1000) << 80) | secrets.randbits(80)
    return "".join(CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def _usable(topic: str | None) -> str | None:
    """A response topic that can be published to; None, for the usual one, where it cannot."""
    return None if not topic or topic.startswith("$") or any(sign in topic for sign in "+#\0") else topic


def _form(verb: str, payload: bytes) -> Form:
    if verb not in REQUESTS:
        raise CommandError(
            "unknown_verb", f"There is no request {_shortened(verb, MAX_NAME_CHARACTERS)!r}; there are: {', '.join(REQUESTS)}."
        )
    if len(payload) > MAX_REQUEST_BYTES:
        raise CommandError(
            "too_large", f"The request has {len(payload)} bytes; at most {MAX_REQUEST_BYTES} are read. Send a smaller picture."
        )
    return REQUESTS[verb].model_validate_json(payload or b"{}")


def _id_of(payload: bytes) -> str | None:
    """The id of a request that is otherwise wrong, so that the asker can tell which one it was."""
    try:
        content = from_json(payload)
    except ValueError:
        return None
    found = content.get("id") if isinstance(content, dict) else None
    return found if isinstance(found, str) and len(found) <= 256 else None  # noqa: PLR2004 - as in Form


def _sentence(error: ValidationError, form: type[Form]) -> str:
    problem = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = ".".join(_shortened(str(part), MAX_NAME_CHARACTERS) for part in problem["loc"])
    what = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        what = "there is no such field" + (f"; there are: {', '.join(form.model_fields)}" if len(problem["loc"]) == 1 else "")
    return f"{where}: {what}." if where else f"The request is not what it should be: {what}."


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
