"""The configuration: one TOML file, every key with its unit, range and default.

It says clearly what is not allowed, and does not know the parts that use it.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias, get_args

from annotated_types import Interval
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    create_model,
    model_validator,
)

from edged.errors import ConfigError
from edged.system.paths import is_file
from edged.system.text import decoded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

Language: TypeAlias = Literal["en", "de"]
SettingValue: TypeAlias = float | int | bool
VerbGroup: TypeAlias = Literal[
    "people", "pictures", "enroll", "edit", "forget", "export", "import", "recognise", "snapshot", "settings", "pause", "maintain"
]
"""Requests over MQTT that are allowed or refused together, by the keys of `[mqtt.allow]`."""

Pace: TypeAlias = Literal["realtime", "fast"]
StreamDecoder: TypeAlias = Literal["auto", "software", "h264_v4l2m2m", "nvv4l2decoder"]
Turn: TypeAlias = Literal[0, 90, 180, 270]
"""Degrees clockwise."""

MOST_SECONDS = 86_400
Share = Annotated[float, Field(ge=0, le=1)]


def _at_home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError("'~' stands for a home directory, which this user does not have; write the whole path") from error


def _placed(path: Path, reading: ValidationInfo) -> Path:
    """A path of the file that is read: wherever edged is started, a relative one begins in the file's own folder."""
    return (reading.context or Path()) / _at_home(path)


def _written_path(text: object) -> object:
    """Refuse what is written like a path of something else, and would be made a folder of that name."""
    if text == "":
        raise ValueError("write a path, or leave this key out")
    if isinstance(text, str) and "://" in text:
        raise ValueError("write the path alone, as in '/var/lib/edged/gallery.db'")
    if isinstance(text, str) and text.startswith(("$", "%")):
        raise ValueError("write the path as it is: variables are not replaced; '~' is the home directory")
    return text


def _placed_library(text: object, reading: ValidationInfo) -> object:
    """The path of a library, but for a bare name, which the system looks up; a Path would not know './a.so' from one."""
    return _placed(Path(text), reading) if isinstance(text, str) and "/" in text else text


def _placed_source(source: str, folder: Path | None) -> str:
    """A camera's source with the whole path where it is a file or folder; what is no path stays."""
    is_path = "://" not in source and not source.isdecimal() and source.partition(":")[0] not in CONNECTORS
    return str(folder / source) if folder and source and is_path and not source.startswith("~") else source


# TOML has no paths: text stands for them.
File = Annotated[Path, Field(strict=False), BeforeValidator(_written_path), AfterValidator(_placed)]
Library = Annotated[Path, Field(strict=False), BeforeValidator(_placed_library), BeforeValidator(_written_path)]
Names = Annotated[tuple[str, ...], Field(min_length=1, strict=False)]
Corner = Annotated[tuple[Share, Share], Field(strict=False)]  # nor tuples: lists stand for them
CORNERS_OF_AN_AREA = 3
LEAST_AREA = 1e-3
"""Share of the picture, twice what three corners of a zone enclose: less is a line that was meant otherwise."""

MOST_OBLONG = 4
"""Longer side of the picture of a camera over its shorter one, at most; panoramas of two lenses have 32:9."""

PICAMERA, ARGUS = "picamera", "argus"
CONNECTORS = frozenset({PICAMERA, ARGUS})
"""Sources that are a camera on a board's own connector, alone or with a number behind a colon."""

CONFIG_FILE = "edged.toml"
SYSTEM_CONFIG = Path("/etc/edged") / CONFIG_FILE
PASSWORD_CREDENTIAL = "mqtt_password"  # noqa: S105 - the name of a credential, not one
PASSWORD_VARIABLE = "EDGED_MQTT_PASSWORD"  # noqa: S105 - the same
CAMERA_CREDENTIAL, CAMERA_VARIABLE = "camera_", "EDGED_CAMERA_PASSWORD_"
"""Begin of the names of the credential, and of the environment variable, with the password of a camera; the camera's name follows."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow(Interval):
    """What holds for a setting that can be changed while edged runs, beside its type, its default and what it means.

    Pydantic reads its range as that of any interval; a setting without a range is a switch. labels, step and unit are those that Home
    Assistant shows; per_camera is whether a camera may have a value of its own; is_private is whether it tells or keeps more of people
    while it is on, so that only the owner of the configuration can allow it.
    """

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    labels: Mapping[Language, str]
    step: float = 0.001
    unit: str | None = None
    per_camera: bool = False
    is_private: bool = False

    @property
    def is_switch(self) -> bool:
        """Whether it is on or off, and no number."""
        return self.le is None

    @property
    def minimum(self) -> float | None:
        """The lower end of the range, even where it is itself not allowed."""
        return self.gt if self.ge is None else self.ge


@dataclass(frozen=True, slots=True)
class Unsafe:
    """What would come of less than the range of a setting, and of more, where that does not speak for itself.

    most_false_matches is the share of looks at somebody else that this similarity may take for a person, by the model's card: a
    command that asks for more is refused.
    """

    too_little: str
    too_much: str
    most_false_matches: float | None = None


def key_of(setting: str) -> str:
    """The key of the configuration that a setting has its default from."""
    return f"{'privacy' if setting in PrivacyConfig.model_fields else 'recognition'}.{setting}"


def _id(name: str) -> str:
    if not re.fullmatch("[a-z0-9_-]{1,64}", name):
        raise ValueError("use 1 to 64 small letters (a to z), digits, '_' and '-': it stands in topics")
    return name


def _topic_prefix(topic: str) -> str:
    if not re.fullmatch(r"[^#+\x00-\x1f]{1,128}", topic):
        raise ValueError("a topic prefix has 1 to 128 characters, and neither '#' nor '+', which stand for any topic")
    if topic.startswith(("/", "$")) or topic.endswith("/"):
        raise ValueError("a topic prefix neither begins nor ends with '/', nor begins with '$'")
    return topic


def _topic_filter(topics: str) -> str:
    """See MQTT 5, section 4.7."""
    if not re.fullmatch(r"(?!\$)(?:(?:\+|[^#+\x00-\x1f/]*)/)*(?:\+|#|[^#+\x00-\x1f/]+)", topics):
        raise ValueError(
            "a topic filter may have '+' for a whole level and '#' for all that follow, as in \"phones/+/answers\" or \"node-red/#\""
        )
    return topics


Id = Annotated[str, AfterValidator(_id)]
TopicPrefix = Annotated[str, AfterValidator(_topic_prefix)]
TopicFilter = Annotated[str, AfterValidator(_topic_filter)]
MaybePrefix = Annotated[TopicPrefix | None, BeforeValidator(lambda prefix: prefix or None)]  # TOML has no null: "" stands for it


def _area(corners: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    if len(corners) < CORNERS_OF_AN_AREA:
        raise ValueError("a zone needs at least three corners, as in [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]")
    (left, top), *others = corners
    if not any(abs((x1 - left) * (y2 - top) - (x2 - left) * (y1 - top)) > LEAST_AREA for x1, y1 in others for x2, y2 in others):
        raise ValueError("the corners of this zone lie on one line, so that no face would count; move one of them")
    return corners


def _aspect(text: str) -> str:
    sides = re.fullmatch(r"(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)", text)
    if sides is None:
        raise ValueError('write width to height of the picture as it should look, as in "16:9" or "4:3"')
    width, height = map(float, sides.groups())
    if not height / MOST_OBLONG <= width <= height * MOST_OBLONG or not width:
        raise ValueError(f"no picture is so oblong: write at most {MOST_OBLONG}:1 and at least 1:{MOST_OBLONG}")
    return text


SCHEMES = {"mqtt": False, "tcp": False, "mqtts": True, "ssl": True}
"""How a broker's address may begin, and whether that means TLS."""
TLS_PORT = 8883


MAX_HOST_CHARACTERS = 253
"""Characters of a name in the DNS, RFC 1035, section 2.3.4."""
_LABEL = re.compile(r"[\w-]{1,63}")
"""A part of a host's name; letters of all languages and '_' are resolved too."""


def _host(host: str) -> str:
    if "://" in host or "@" in host:
        raise ValueError(
            'write the name or address alone, as in "broker.lan"; the user goes to username, the password to password_file, and the way '
            "to tls; WebSockets are not spoken"
        )
    if not (_is_address(host) or _is_name(host)):
        raise ValueError('write a name or an address, as in "broker.lan", "192.168.1.2" or "::1"; the port goes to port')
    return host


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return not host.endswith("%")


def _is_name(host: str) -> bool:
    """Whether it can be a name; one whose last part is a number is read as an address by some, and found by nobody."""
    labels = host.removesuffix(".").split(".")
    is_number = re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1], re.IGNORECASE)
    return len(host) <= MAX_HOST_CHARACTERS and not is_number and all(map(_LABEL.fullmatch, labels))


def _split_address(section: object) -> object:
    """The section with the host alone where its host is a whole address, such as `mqtts://broker.lan:8884`.

    Raises:
        ValueError: the address says another port, or another way, than the keys for it.
    """
    if not isinstance(section, dict) or not isinstance(section.get("host"), str):
        return section
    found = re.fullmatch(
        r"(?:(\w+)://)?(?:\[([0-9A-Fa-f:.]+(?:%[^\[\]\s]+)?)\]|([^:/@\s\[\]]+))(?::([0-9]{1,5}))?/?", section["host"].strip()
    )
    if found is None or (found[1] or "mqtt").lower() not in SCHEMES:
        return section | {"host": section["host"].strip()}
    given: dict[str, object] = {"port": int(found[4])} if found[4] else {}
    if found[1]:
        given |= {"tls": SCHEMES[found[1].lower()]}
    for key, value in given.items():
        if section.get(key, value) != value:
            raise ValueError(f"host says {key} = {str(value).lower()}, and {key} = {str(section[key]).lower()} stands beside it; keep one")
    usual = {"port": TLS_PORT} if given.get("tls") and "port" not in section else {}
    address = (found[2] or "").replace("%25", "%")  # as URLs write the network of an address, RFC 6874
    return section | usual | given | {"host": address or found[3]}


class DeviceConfig(_Section):
    """`[device]`: who this device is in topics."""

    id: Id = "edged"
    """Stands in every topic, `edged/<id>/…`, and is the device's name at the broker: each device has its own. Small letters, digits, `_`
    and `-`, at most 64."""
    language: Language = "en"
    """Language of the names that Home Assistant shows."""


class AllowConfig(_Section):
    """`[mqtt.allow]`: which requests are carried out that come over MQTT, from anybody whom the broker lets publish them."""

    people: bool = True
    """Tell who is enrolled, who was seen, and how alike they are: `people`, `person`, `strangers`, `groups`, `visits`, `suggestions`,
    `calibrate`."""
    pictures: bool = True
    """Show faces that are kept: `picture`."""
    enroll: bool = True
    """Make templates of people: `enroll`, also before a camera and by Home Assistant's button, `learn` and `tell_apart`."""
    edit: bool = True
    """Change who is who: `rename`, `merge`, `ignore`."""
    forget: bool = True
    """Erase: `forget`, `unlearn`, `erase_pictures`."""
    export: bool = False
    """Give everybody's templates and pictures away: `export`."""
    import_: Annotated[bool, Field(alias="import")] = False
    """Take people from an archive: `import`."""
    recognise: bool = True
    """Say what a picture shows that is sent: `recognise`, `verify`, `analyse`, `represent`, `extract`."""
    snapshot: bool = True
    """Show what a camera sees: `snapshot`."""
    settings: bool = True
    """Change `[recognition]` and `[privacy]` while edged runs: `settings`, and the numbers and switches in Home Assistant."""
    pause: bool = True
    """Stop and resume a camera: `pause`, `resume`, and the switch in Home Assistant."""
    maintain: bool = True
    """Look after edged: `self_test`, `reload`."""

    @property
    def groups(self) -> frozenset[VerbGroup]:
        """What is allowed."""
        return frozenset(group for group in get_args(VerbGroup) if self.model_dump(by_alias=True)[group])


class MqttConfig(_Section):
    """`[mqtt]`: the broker."""

    host: Annotated[str, AfterValidator(_host)] = "localhost"
    """Name or address of the broker. A whole address, such as `mqtts://broker.lan:8883` or `[::1]:1883`, sets `port` and `tls` too."""
    port: Annotated[int, Field(ge=1, le=65_535)] = 1883
    """TCP port; 8883 is usual with TLS."""
    protocol: Literal["5", "3.1.1"] = "5"
    """MQTT version."""
    prefix: TopicPrefix = "edged"
    """First part of every topic."""
    discovery_prefix: MaybePrefix = "homeassistant"
    """First part of the topics on which Home Assistant looks for devices, as in its MQTT integration; empty: it is shown none."""
    username: str | None = None
    """User name at the broker, or none."""
    password_file: File | None = None
    """File whose first line is the password. Without it: the systemd credential `mqtt_password`, then the
    environment variable `EDGED_MQTT_PASSWORD`. The password never stands in this file."""
    tls: bool = False
    """Encrypt and verify the broker's certificate."""
    ca_file: File | None = None
    """Certificate authority of the broker; without it the system's."""
    client_certificate: File | None = None
    """This device's certificate (PEM), where the broker asks for one."""
    client_key: File | None = None
    """The key of `client_certificate` (PEM, not encrypted)."""
    keepalive_seconds: Annotated[int, Field(ge=5, le=3600)] = 30
    """A silent broker is noticed after about one and a half times this."""
    subscriber_grace_seconds: Annotated[float, Field(ge=0, le=MOST_SECONDS)] = 180.0
    """An event waits this long for a subscriber to come back, where the broker says that there is none (MQTT 5): Home Assistant's restart
    would lose it otherwise."""
    max_request_mb: Annotated[float, Field(ge=0.1, le=100)] = 12.0
    """Largest request that is read, in 10^6 bytes: a photo of 8 MB has 10.7 in base64. Three times as much memory is taken for a moment."""

    @property
    def most_request_bytes(self) -> int:
        """Bytes of the largest request."""
        return round(self.max_request_mb * 1_000_000)

    response_topics: Annotated[tuple[TopicFilter, ...], Field(strict=False)] = ()
    """Filters of topics that a request may have its answer sent to, beside those below `<prefix>/<device>/response/` (MQTT 5). Requests
    that name another one are refused: whoever may ask could otherwise have edged write where they may not."""
    allow: AllowConfig = AllowConfig()
    """Which requests are carried out."""

    @model_validator(mode="before")
    @classmethod
    def _address(cls, section: object) -> object:
        return _split_address(section)

    @model_validator(mode="after")
    def _certificates_together(self) -> MqttConfig:
        if (self.client_certificate is None) != (self.client_key is None):
            raise ValueError("client_certificate and client_key go together")
        if not self.tls and (self.ca_file or self.client_certificate):
            raise ValueError("ca_file and client_certificate need tls = true")
        return self


class DetectionConfig(_Section):
    """`[detection]`: finding faces."""

    input_width: Literal[320, 480, 640] | None = None
    """Width of the detector's input in pixels; smaller is faster and sees fewer distant faces. None: the widest."""
    score_threshold: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Faces below this score are ignored; None: as the model card says."""


class RecognitionSettings(_Section):
    """Those of `[recognition]` that can be changed while edged runs, see `request/settings`."""

    match_threshold: Annotated[
        float | None,
        SettingRow(ge=0.2, le=0.9, labels={"en": "Match threshold", "de": "Ähnlichkeitsschwelle"}, per_camera=True),
        # Pictures are verified by this threshold, strangers told apart, enrollments judged: `max_false_alarms` is no help there.
        Unsafe("with less, strangers are taken for people", "with more, hardly anybody is recognised", most_false_matches=0.01),
    ] = None
    """Similarity at and above which a face may be a person; None: as the model card says."""
    margin: Annotated[
        float | None,
        SettingRow(ge=0, le=0.5, labels={"en": "Lead over the second most alike", "de": "Abstand zum Zweiten"}, per_camera=True),
        Unsafe("nobody can be asked to lead by less than nothing", "with more, hardly anybody is recognised"),
    ] = None
    """Lead over the best other person that is needed; None: as the model card says."""
    max_false_alarms: Annotated[
        float,
        SettingRow(gt=0, le=0.1, labels={"en": "False alarms at most", "de": "Fehlalarme höchstens"}),
        Unsafe("no threshold keeps every stranger from being named", "with more, the names that are told mean little"),
    ] = 0.01
    """Share of strangers' visits that may be given a name. The larger the gallery, the more similarity that takes: `match_threshold`
    is raised with it."""
    min_face_px: Annotated[
        float,
        SettingRow(ge=20, le=500, step=1.0, unit="px", labels={"en": "Smallest face", "de": "Kleinstes Gesicht"}, per_camera=True),
        Unsafe("smaller faces are too coarse to tell one from another", "only who touches the camera is so near"),
    ] = 40.0
    """Faces whose shorter side has fewer pixels are seen but not asked who they are."""
    trigger_level: Annotated[
        int,
        SettingRow(ge=1, le=50, step=1.0, labels={"en": "Looks to announce", "de": "Blicke bis zur Meldung"}),
        Unsafe("nobody can be announced who was not seen", "whoever passes has gone before so many looks"),
    ] = 3
    """Agreeing looks in a row before anybody is announced."""
    stranger_after_seconds: Annotated[
        float,
        SettingRow(
            ge=0, le=MOST_SECONDS, step=0.1, unit="s", labels={"en": "Call somebody a stranger after", "de": "Als fremd melden nach"}
        ),
    ] = 1.5
    """How long a face must have been seen well before it is announced as a stranger."""
    refractory_seconds: Annotated[
        float,
        SettingRow(
            ge=0,
            le=MOST_SECONDS,
            step=0.1,
            unit="s",
            labels={"en": "Announce nobody again within", "de": "Niemanden erneut melden innerhalb"},
        ),
    ] = 30.0
    """Somebody who was here within this time is not announced again."""
    lost_after_seconds: Annotated[
        float,
        SettingRow(gt=0, le=60, step=0.1, unit="s", labels={"en": "Gone when unseen for", "de": "Gegangen, wenn ungesehen seit"}),
        Unsafe("everybody would have left between two frames", "who comes next would be taken for who has left"),
    ] = 1.5
    """A face not seen for this long has left; of a slow camera at least two and a half times as long as it takes from frame to frame."""
    emotion: Annotated[bool, SettingRow(labels={"en": "Expression", "de": "Gesichtsausdruck"}, is_private=True)] = False
    """Publish the expressions of people and strangers. Off it costs nothing, and cannot be switched on over MQTT; nobody should be read
    who was not asked."""
    age_gender: Annotated[bool, SettingRow(labels={"en": "Age and gender", "de": "Alter und Geschlecht"}, is_private=True)] = False
    """Publish the age range and gender of people and strangers. Off it costs nothing, and cannot be switched on over MQTT."""


class RecognitionConfig(RecognitionSettings):
    """`[recognition]`: deciding who it is."""

    rule: Literal["best", "mean", "vote"] = "best"
    """How several templates of a person count: the most similar one, the mean of all, or the person whom most of the five nearest are of.
    `best` misses the fewest, see the README of `models`."""


class PrivacyConfig(_Section):
    """`[privacy]`: what of anybody is shown or kept. Each can be changed while edged runs, see `request/settings`."""

    pictures: Annotated[bool, SettingRow(labels={"en": "Pictures", "de": "Bilder"}, is_private=True)] = True
    """Send pictures of faces and frames when asked for and with events, and keep them as `keep_pictures` says. Off: none is sent or
    stored any more, and MQTT cannot switch them on; those stored before stay until `edged pictures --erase`."""


class Changeable(PrivacyConfig, RecognitionSettings):
    """All settings that can be changed while edged runs."""

    @property
    def locked(self) -> frozenset[str]:
        """Names of the switches that only this configuration can switch on: what it says of privacy is the most that is allowed."""
        return frozenset(name for name, row in SETTINGS.items() if row.is_private and not getattr(self, name))


SETTINGS: Mapping[str, SettingRow] = {
    name: next(found for found in field.metadata if isinstance(found, SettingRow)) for name, field in Changeable.model_fields.items()
}
"""Every setting, by name."""
UNSAFE: Mapping[str, Unsafe] = {
    name: found for name, field in Changeable.model_fields.items() for found in field.metadata if isinstance(found, Unsafe)
}
"""Which values are refused and why, by the setting's name."""
OWN_SETTINGS = frozenset(name for name, row in SETTINGS.items() if row.per_camera)
"""Names of the settings of which a camera may have a value of its own."""


class PicameraConfig(_Section):
    """`[camera.picamera]`: what a camera on the Pi's own connector is asked for beside size and rate."""

    small_width: Annotated[int, Field(ge=0, le=1920)] = 640
    """Width in pixels of a second, small picture, made by the camera's own processor, in which faces are looked for; who they are is seen
    in the large one. 0: no second picture. There is none either where `camera.width` is not larger."""
    focus_metres: Annotated[float, Field(gt=0, le=100)] | None = None
    """Distance in metres at which a lens that can move stays; None: it follows what is before it (continuous autofocus)."""
    exposure: Literal["normal", "short", "long"] = "normal"
    """How brightness is reached: `short` sharpens who walks, with more noise; `long` is the opposite."""
    exposure_stops: Annotated[float, Field(ge=-8, le=8)] = 0.0
    """By how many stops pictures are brighter than the camera thinks right; below 0 darker."""
    metering: Literal["centre", "spot", "matrix"] = "centre"
    """What of the picture brightness is measured on: with a bright street behind whoever comes, `spot` leaves faces light enough."""
    hdr: Literal["off", "sensor", "processor"] = "off"
    """Light and dark together: by the sensor (Camera Module 3, up to 2304×1296; a reboot ends it), or by the processor of a Pi 5."""


USERNAME_MARK, PASSWORD_MARK = "{username}", "{password}"
"""What stands in a source for the user name and the password, where its camera wants them elsewhere than before the host."""


class _Camera(_Section):
    """`[[camera]]`: one camera; several may stand."""

    name: Id = "camera"
    """Stands in topics, `edged/<device>/<name>/…`."""
    source: str = "0"
    """`0` or `/dev/video0` (V4L2), `picamera`, `argus` (a camera on a Jetson's own connector), `rtsp://…`, `http://…` (a stream or single
    pictures, as its server says; `snapshot+http://…` for single pictures in any case), a video file, or a folder of pictures; a relative
    path begins where this file is."""
    username: str | None = None
    """User name at a camera that has an address with `://`; the password then stands in a file or a credential, and not in `source`."""
    password_file: File | None = None
    """File whose first line is the password of `username`, read at each connection. Without it: the systemd credential `camera_<name>`,
    then the environment variable `EDGED_CAMERA_PASSWORD_<name>`. User name and password stand before the host of the address, or, as in
    `http://cam/snap?usr={username}&pwd={password}`, where the address says."""
    width: Annotated[int, Field(ge=64, le=7680)] = 1280
    """Width in pixels that is asked of devices."""
    height: Annotated[int, Field(ge=64, le=4320)] = 720
    """Height in pixels that is asked of devices."""
    frames_per_second: Annotated[float, Field(gt=0, le=120)] = 10.0
    """Rate that is asked of devices, the most that is taken of streams, and the pace of a folder of pictures. Below 1 for cameras that give
    a picture every few seconds: edged waits for three of these intervals before such a camera is offline, and faces live unseen for 2.5."""
    max_fps: Annotated[float, Field(ge=1, le=120)] = 30.0
    """Most frames looked at per second. Devices and streams are thinned to `frames_per_second` before; the fewer, the less surely
    faces that pass quickly are followed. Where nothing moves edged looks far less often anyway."""
    loop: bool = False
    """Play files and folders again from the start; otherwise edged ends with the last of them."""
    pace: Pace = "realtime"
    """Play files at their own speed, dropping frames like a camera, or every frame as fast as possible."""
    decoder: StreamDecoder = "auto"
    """What decodes an `rtsp://` stream: ffmpeg by a Raspberry Pi's decoder (up to the Pi 4, H.264), GStreamer by a Jetson's, or OpenCV in
    software. `auto`: what the board and its programs have. What does not work falls back to software, and the log says so."""
    pipeline: str | None = None
    """A gst-launch or ffmpeg command that writes raw BGR frames of width × height to its standard output, instead of `source`, which
    `{source}` stands for. An address with a password is in no list of processes where ffmpeg has it behind `-i`, or the
    program is gst-launch-1.0. Frames go to the descriptor `{output}` where the command names it, for programs that talk on theirs."""
    aspect: Annotated[str, AfterValidator(_aspect)] | None = None
    """Width to height of the whole picture as a player shows it, such as `"16:9"`, where its pixels are not square and the camera does not
    say so: recorders send 960×1080 or 960×576 that are meant to be `16:9` or `4:3`. None: as the file or stream says, else square."""
    rotate: Turn = 0
    """Degrees clockwise by which the picture is turned, after a turn that the file or stream itself names; 180 for a camera upside down."""
    flip: bool = False
    """Mirror the picture left to right, after `rotate`."""
    zone: Annotated[tuple[Corner, ...], Field(strict=False), AfterValidator(_area)] | None = None
    """Corners of the part of the picture in which faces count, x and y as shares 0…1 of its width and height, after `rotate` and `flip`;
    None: everywhere."""
    picamera: PicameraConfig = PicameraConfig()
    """What a camera on the Pi's own connector is asked for."""

    @model_validator(mode="after")
    def _placed(self, reading: ValidationInfo) -> _Camera:
        if self.pipeline is not None or (source := _placed_source(self.source, reading.context)) == self.source:
            return self
        return self.model_copy(update={"source": source})

    @model_validator(mode="after")
    def _one_login(self) -> _Camera:
        if not (self.username or self.password_file):
            return self
        if "://" not in self.source:
            raise ValueError("username and password_file are for a source with an address, such as rtsp://camera.lan/stream")
        authority = re.split(r"[/?#]", self.source.partition("://")[2], maxsplit=1)[0]
        if "@" in authority:
            raise ValueError("username and password_file stand beside a source that has a user name itself; take that out of the address")
        if not self.username and PASSWORD_MARK not in self.source:
            raise ValueError("password_file needs a username, or a source with {password}")
        if self.password_file and USERNAME_MARK in self.source and PASSWORD_MARK not in self.source:
            raise ValueError("the source has {username} and nowhere {password}, so that password_file goes nowhere; write both or neither")
        return self

    @property
    def aspect_ratio(self) -> float | None:
        """The aspect as width over height."""
        if self.aspect is None:
            return None
        width, height = map(float, self.aspect.split(":"))
        return width / height

    @property
    def own_settings(self) -> dict[str, SettingValue]:
        """The settings that hold for this camera instead of the common ones."""
        return self.model_dump(include=set(OWN_SETTINGS), exclude_none=True)


if TYPE_CHECKING:
    CameraConfig = _Camera
else:  # with a key for each setting of which a camera may have a value of its own
    CameraConfig = create_model(
        "CameraConfig",
        __base__=_Camera,
        __doc__=_Camera.__doc__,
        **{
            name: (
                Annotated[field.annotation | None, SETTINGS[name]],
                Field(None, description="As in `[recognition]`, of this camera only; None: the common one."),
            )
            for name, field in Changeable.model_fields.items()
            if name in OWN_SETTINGS
        },
    )


RESERVED_NAMES = frozenset({"availability", "info", "health", "person", "setting", "enroll", "request", "response"})
"""Topic levels beside the cameras' own."""


class GalleryConfig(_Section):
    """`[gallery]`: who is enrolled."""

    path: File | None = None
    """The SQLite file. None: `gallery.db` in systemd's state directory, or in `~/.local/state/edged`."""
    restore: Literal["newest", "never"] = "never"
    """What is done where the file is damaged at the start: `newest` takes the newest whole backup of `edged backup`, and says so;
    `never` ends with its name. Whom it holds who was forgotten since is known again."""
    keep_pictures: bool = True
    """Keep the aligned 112×112 picture beside each template, so that a new model needs no new enrollment; of each stranger the best."""
    export_folder: File | None = None
    """Folder of the files that `request/export` writes with `"to": "file"`; they stay until somebody erases them. None: `exports` beside
    the gallery."""
    max_templates_per_person: Annotated[int, Field(ge=1, le=100)] = 12
    """Most templates of one person; of more, and of those that show the same view, the worse ones are dropped."""
    learn: Literal["off", "ask", "on"] = "off"
    """Whether a person gains templates from clear visits of their own, up to five: never, after the owner was asked, or by itself."""
    stranger_days: Annotated[int, Field(ge=0, le=3650)] = 30
    """Strangers are forgotten when they have not been seen for so many days, but those who are ignored; 0: none are remembered."""
    visit_days: Annotated[int, Field(ge=0, le=365)] = 7
    """Visits, who came when, are erased after so many days; 0: none are kept, and only who is here now is listed. A week is what somebody
    needs who comes home from a journey; longer, it is a record of when nobody is at home."""


class ModelsConfig(_Section):
    """`[models]`: the networks."""

    directory: File | None = None
    """Folder of model cards. None: the one that came with edged."""
    detection: str = "detection_yunet"
    """Folder of the face detector's card. detection_blazeface is much faster, and finds faces near the camera only."""
    embedding: str | Names = "embedding_sface"
    """Folder of the embedder's card; or several, whose networks make one embedding."""
    landmarks: str = "landmarks_mesh"
    """Folder of the card of dense landmarks, which finds eyes, nose and mouth for a detector that gives boxes alone, and gives 68 points,
    the turn of the head and the openness of the eyes where a request asks for them."""
    emotion: str = "emotion_xception"
    """Folder of the card of expressions."""
    age_gender: str = "age_gender_xception"
    """Folder of the card of age and gender."""
    threads: Annotated[int, Field(ge=1, le=16)] = 2
    """CPU threads of one network; more than the cores is slower."""
    delegate: Library | None = None
    """Shared library of an external TFLite delegate (Coral, Jetson)."""

    @property
    def embedders(self) -> tuple[str, ...]:
        """The folders of the embedder's cards, one or several."""
        return (self.embedding,) if isinstance(self.embedding, str) else self.embedding


class LimitsConfig(_Section):
    """`[limits]`: what edged may take of the device. Above, it looks at fewer frames, down to 1 per second, and says so in `health`."""

    max_cpu_percent: Annotated[float, Field(gt=0, le=6400)] | None = None
    """Processor time of edged in percent of one core: 100 is one core, 200 two. Decoding counts, but only looks are spared.
    None: no limit."""
    max_temperature_celsius: Annotated[float, Field(ge=40, le=110)] = 75.0
    """Temperature of the processor. A Raspberry Pi slows itself down from 80 °C on, and then comes to every face late."""


class LogConfig(_Section):
    """`[log]`: what is written to the journal."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least severe message that is written."""
    names: bool = False
    """Whether people's names are written to the log, where they stay after `forget`. Without it people have random names there, which they
    lose when they are forgotten or edged starts anew, and refused requests have the code of the reason."""


class Config(_Section):
    """The whole file; every section and key may be left out."""

    device: DeviceConfig = DeviceConfig()
    mqtt: MqttConfig = MqttConfig()
    camera: Annotated[tuple[CameraConfig, ...], Field(min_length=1, strict=False)] = (CameraConfig(),)
    detection: DetectionConfig = DetectionConfig()
    recognition: RecognitionConfig = RecognitionConfig()
    privacy: PrivacyConfig = PrivacyConfig()
    gallery: GalleryConfig = GalleryConfig()
    models: ModelsConfig = ModelsConfig()
    limits: LimitsConfig = LimitsConfig()
    log: LogConfig = LogConfig()

    @property
    def changeable(self) -> Changeable:
        """The settings that can be changed while edged runs, as the file has them."""
        return Changeable(**self.recognition.model_dump(exclude={"rule"}), **self.privacy.model_dump())

    @model_validator(mode="after")
    def _camera_names(self) -> Config:
        names = [camera.name for camera in self.camera]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two cameras are called {name!r}; give each its own name")
            if name in RESERVED_NAMES:
                raise ValueError(f"a camera cannot be called {name!r}, which is a topic of edged itself")
        return self


def find_config() -> Path | None:
    """The file that is used where none is named: systemd's configuration directory, then `/etc/edged`.

    Raises:
        ConfigError: a folder on the way may not be entered, so that nobody knows.
    """
    directory = os.environ.get("CONFIGURATION_DIRECTORY")
    candidates = [Path(directory) / CONFIG_FILE] if directory else []
    return next((path for path in (*candidates, SYSTEM_CONFIG) if _is_there(path)), None)


def _is_there(path: Path) -> bool:
    try:
        return is_file(path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be looked at ({error.strerror}); run it as edged's user.") from error


def read_config(path: Path | None) -> Config:
    """Read a file, or the defaults where path is None.

    Raises:
        ConfigError: says file, key, what is wrong, and what is allowed.
    """
    if path is None:
        return Config()
    try:
        content = tomllib.loads(_text(path).replace("\r\n", "\n"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}).") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not TOML: {error}. {TOML_ADVICE}") from error
    try:
        return Config.model_validate(content, context=path.absolute().parent)
    except ValidationError as error:
        problems = _without_consequences(error.errors())
        raise ConfigError("\n".join(f"{path}: {_sentence(problem)}" for problem in problems)) from error


def _text(path: Path) -> str:
    """The text of a file that an editor of any system has written; OSError where it cannot be read.

    Raises:
        ConfigError: it is not UTF-8.
    """
    content = path.read_bytes()
    try:
        text = decoded(content)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{path}: line {line} is not UTF-8; save the file as UTF-8, or, if it is Latin-1: iconv -f latin1 -t utf-8"
        ) from error
    if "\0" in text:
        raise ConfigError(
            f"{path}: holds zero bytes, as no text in UTF-8 does; save the file as UTF-8, or, if it is UTF-16: iconv -f utf-16le -t utf-8"
        )
    return text


def read_password(mqtt: MqttConfig) -> str | None:
    """The broker's password from its file, systemd's credentials or the environment; None where there is none.

    Raises:
        ConfigError: the named file cannot be read.
    """
    path = mqtt.password_file or _credential(PASSWORD_CREDENTIAL)
    return _secret(path, "mqtt.password_file") if path else os.environ.get(PASSWORD_VARIABLE) or None


def read_camera_password(camera: CameraConfig) -> str | None:
    """A camera's password from its file, systemd's credentials or the environment; None where it has no user name or there is none.

    Raises:
        ConfigError: the named file cannot be read.
    """
    if not camera.username and camera.password_file is None and PASSWORD_MARK not in camera.source:
        return None
    path = camera.password_file or _credential(f"{CAMERA_CREDENTIAL}{camera.name}")
    if path is None:
        return os.environ.get(f"{CAMERA_VARIABLE}{camera.name}") or None
    return _secret(path, f"camera {camera.name}: password_file")


def _credential(name: str) -> Path | None:
    """Where systemd has put a credential; None where there is none."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(folder) / name if folder else None
    return path if path and _is_there(path) else None


def first_line(path: Path) -> str:
    """The first line of a file that holds a password; raises as _text()."""
    return _text(path).split("\n", 1)[0].rstrip("\r")


def _secret(path: Path, key: str) -> str | None:
    try:
        return first_line(path) or None
    except OSError as error:
        raise ConfigError(f"{key}: {path} cannot be read ({error}).") from error


def gallery_path(gallery: GalleryConfig) -> Path:
    """Where the gallery is.

    Raises:
        ConfigError: the file does not say, and this user has no home directory.
    """
    if gallery.path is not None:
        return gallery.path
    if state := os.environ.get("STATE_DIRECTORY"):
        return Path(state.split(":")[0]) / "gallery.db"
    return _state_home() / "edged" / "gallery.db"


def _state_home() -> Path:
    """See the XDG Base Directory Specification."""
    if base := os.environ.get("XDG_STATE_HOME"):
        return Path(base)
    try:
        return Path.home() / ".local" / "state"
    except RuntimeError as error:
        raise ConfigError("gallery.path: this user has no home directory to put the gallery in; set gallery.path.") from error


TOML_ADVICE = "Text and paths stand in quotes, a number has a point and no comma, and a switch is true or false, in small letters."
"""What is most often wrong where a file is no TOML."""
WANTED = {
    "bool_type": "write true or false",
    "int_type": "write a whole number",
    "float_type": "write a number",
    "string_type": "write text in quotes",
    "path_type": "write a path in quotes",
    "tuple_type": "write a list in brackets",
}
"""What to write instead of a value of another type, by pydantic's type of error."""


def _without_consequences(problems: list[ErrorDetails]) -> list[ErrorDetails]:
    """The problems but that of a list that is too short because its entries have problems themselves."""
    lists = {problem["loc"][:end] for problem in problems for end in range(1, len(problem["loc"]))}
    return [problem for problem in problems if problem["type"] != "too_short" or problem["loc"] not in lists]


def _sentence(problem: ErrorDetails) -> str:
    key = ".".join(str(part + 1) if isinstance(part, int) else part for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{key}: no such key{_suggestion(problem['loc'])}"
    if problem["type"] == "tuple_type" and problem["loc"] == ("camera",):
        return "camera: write [[camera]], with double brackets, for each camera."
    if problem["type"] == "model_type":
        return f"{key}: is a section; write [{key}] on a line of its own, and its keys below."
    message = WANTED.get(problem["type"]) or problem["msg"].removeprefix("Value error, ")
    given = f" (given: {problem['input']!r})" if _may_be_shown(problem["input"]) else ""
    return f"{key}: {message}{given}." if key else f"{message}."


def _may_be_shown(value: object) -> bool:
    """Whether a value may stand in a message that reaches the journal: a URL can hold a camera's password."""
    return isinstance(value, int | float) or (isinstance(value, str) and "://" not in value and "@" not in value)


def _suggestion(location: tuple[int | str, ...]) -> str:
    section: type[BaseModel] = Config
    for part in location[:-1]:
        if isinstance(part, str):
            section = _section_type(section.model_fields[part].annotation)
    known = [field.alias or name for name, field in section.model_fields.items()]
    near = difflib.get_close_matches(str(location[-1]), known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else f"; known here: {', '.join(known)}."


def _section_type(annotation: object) -> type[BaseModel]:
    """The section that an annotation names: itself, or each of a tuple's."""
    found = getattr(annotation, "__args__", (annotation,))[0]
    return found if isinstance(found, type) and issubclass(found, BaseModel) else Config
