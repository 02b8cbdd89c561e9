"""States: the JSON of what is retained, as pydantic models: cameras, who is present, health, settings.

Knows the form of messages; who sends them, and when, is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from edged.config import SettingValue
from edged.interface.form import Payload
from edged.types import ClockState, GalleryProblem, Problem, Reason

if TYPE_CHECKING:
    from edged.interface.events import EventFields
    from edged.types import Presence

SCHEMA_VERSION = 1
"""Version of the JSON of all topics together; a field that changes its meaning raises it."""


class StatusPayload(Payload):
    """`…/<camera>/status`: whether a camera gives frames that show something."""

    status: Literal["online", "offline", "paused"]
    """Whether frames arrive that show something."""
    reason: str | None
    """Why not; null while online."""
    problem: Problem | None
    """Why it does not see, for programs; null while it does."""
    hint: str | None = None
    """What of the configuration would help this camera; null where nothing is known."""
    colour: bool | None = None
    """Whether its pictures have colours; by infrared light they have none. Null before that can be told."""
    decoder: str | None = None
    """What decodes its stream; null where it is no stream of video, or not open."""


class PeoplePayload(Payload):
    """`…/<camera>/people`: who is before a camera now."""

    people: tuple[str, ...]
    """The ids of the people."""
    strangers: int
    """How many others."""
    still: tuple[str, ...]
    """The ids of those people of whom no face in view has moved for two minutes: portraits, most likely."""
    still_strangers: int
    """How many of the others have not."""


class ProblemPayload(Payload):
    """`…/problem`: whether what happens can be kept."""

    problem: GalleryProblem | None
    """What is wrong with the gallery file, for programs; null while it is well."""
    reason: str | None
    """The same for people, with what to do; null while it is well."""


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
    unusual_share: float | None
    """Share of the latest people, 0…1, who were seen in a way in which people are hard to tell apart; null before there were three."""
    stage_ms: dict[str, float]
    """Median milliseconds of each stage over the last frames."""


class HealthPayload(Payload):
    """`…/health`: how this device is, every 30 s."""

    uptime_seconds: int
    """Since edged was started."""
    started_at: str
    """When that was, by the clock as it is now."""
    cameras: dict[str, CameraHealth]
    """By camera."""
    longest_round_ms: float
    """For how long at most, since the last report, no camera was looked at: a request and a frame of each camera, one after the other."""
    events_waiting: int
    """Events that the broker has not yet acknowledged, or that wait for somebody to subscribe."""
    events_unheard: int
    """Events since the start that nobody subscribed to, and that were given up after mqtt.subscriber_grace_seconds."""
    requests_waiting: int
    """Requests that are not yet carried out."""
    people: int
    """People who are enrolled."""
    strangers: int
    """Strangers who are remembered."""
    templates: int
    """Templates in the gallery."""
    single_template_people: tuple[str, ...]
    """The ids of people who have one template only, sorted; they are missed more often than with two to five."""
    rss_mb: float
    """Resident memory, 10^6 bytes."""
    cpu_percent: float
    """Of one core, since the last report."""
    day_written_mb: float | None
    """Written to the storage in the last day, or since the start, 10^6 bytes; null where the device does not tell."""
    temperature_celsius: float | None
    """Of the processor; null where the device does not tell."""
    throttled: bool | None
    """Whether the processor is slowed down by heat or supply now; null where the device does not tell."""
    slowdown: float
    """By how much the intervals between looks are stretched to keep to the limits; 1: not at all."""
    slowed_by: Literal["cpu", "temperature"] | None
    """The limit that edged slowed down for last; null at full speed."""
    clock: ClockState
    """Whether something keeps the device's clock right."""


class SettingState(Payload):
    """`…/setting/<name>`: a setting's value now and where it comes from."""

    value: SettingValue
    """The value in force."""
    default: SettingValue
    """The value of the configuration, or of the model card."""
    overridden: bool
    """Whether the value was set over MQTT."""
    locked: bool
    """Whether the configuration switches it off for good: only there can it be switched on."""
    minimum: float | None
    """The least value that is safe; null for a switch."""
    maximum: float | None
    """The greatest."""


class FaceShownPayload(Payload):
    """`…/face/shown`: which event the picture on `…/face/image` belongs to."""

    event_id: str | None
    """Of the event; null while another picture comes, and where none is shown."""
    picture: bool
    """Whether there is a picture of that event."""


class LastPersonPayload(Payload):
    """`…/last_person`: who was recognised last."""

    person: str | None
    """Id; null where they are forgotten."""
    display_name: str | None
    """Name to show."""
    event_id: str | None
    """Of the event that told it."""
    frame_at: str | None
    """When the frame was taken."""

    @classmethod
    def of(cls, fields: EventFields, event_id: str, frame_at: str) -> LastPersonPayload:
        """Whom an event names."""
        shown = fields.fields["display_name"]
        return cls(person=fields.person, display_name=None if shown is None else str(shown), event_id=event_id, frame_at=frame_at)


class LastStrangerPayload(Payload):
    """`…/stranger/last`: which stranger was seen last."""

    stranger: str | None
    """Id; null where strangers are not remembered, and where this one is none any more."""
    seen_count: int | None
    """In how many visits they were seen."""
    first_seen_at: str | None
    """When they were first seen."""
    event_id: str | None
    """Of the event that told it; null where it was corrected, or they are forgotten or enrolled."""
    frame_at: str | None
    """When the frame was taken."""

    @classmethod
    def of(cls, fields: EventFields, event_id: str, frame_at: str) -> LastStrangerPayload:
        """Whom an event is about."""
        count, first = fields.fields["seen_count"], fields.fields["first_seen_at"]
        return cls(
            stranger=fields.stranger,
            seen_count=count if isinstance(count, int) else None,
            first_seen_at=None if first is None else str(first),
            event_id=event_id,
            frame_at=frame_at,
        )


class PersonPayload(Payload):
    """`…/person/<id>`: where a person is now, and when they were seen."""

    person: str
    """Id."""
    display_name: str
    """Name to show."""
    present: bool
    """Whether they are before a camera."""
    cameras: tuple[str, ...]
    """Before which."""
    camera: str | None
    """Which camera saw them last; null before they were seen."""
    last_seen_at: str | None
    """When, to within recognition.lost_after_seconds; null before they were seen."""


class RefusalPayload(Payload):
    """`…/refusal`: what was refused last."""

    verb: str
    """Of the request."""
    code: str
    """A word for programs."""
    message: str
    """A sentence that says what to do."""
    refused_at: str
    """When."""


class EnrollNamePayload(Payload):
    """`…/enroll/name`: the name for a stranger."""

    name: str | None
    """The name; null where none was given, and after it was used."""
    stranger: str | None
    """Id of the stranger whose it is: the one seen last when the name was given; null where there was none, or no name."""


def presence_json(presence: Presence) -> bytes:
    """The JSON of who is present."""
    return PeoplePayload(
        people=presence.people, strangers=presence.strangers, still=presence.still, still_strangers=presence.still_strangers
    ).to_json()
