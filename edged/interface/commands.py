"""Commands: what may be asked of a running edged, and the replies, as plain values.

Knows neither how a request arrives nor how it is carried out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edged.errors import EdgedError

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


@dataclass(frozen=True, slots=True)
class Enroll:
    """Make templates of a person from encoded pictures (JPEG or PNG), one face in each; allow_alike: also such as look like others."""

    person: str
    display_name: str | None
    images: tuple[bytes, ...]
    allow_alike: bool = False


@dataclass(frozen=True, slots=True)
class Promote:
    """Make a remembered stranger a person, or more templates of one; allow_alike: also one who looks like others."""

    person: str
    display_name: str | None
    stranger: str
    allow_alike: bool = False


@dataclass(frozen=True, slots=True)
class EnrollLive:
    """Make templates of the person who stands before a camera now: so many looks, within so long."""

    person: str
    display_name: str | None
    camera: str
    looks: int
    timeout_seconds: float
    allow_alike: bool = False


@dataclass(frozen=True, slots=True)
class CancelLive:
    """End the enrollment that is under way before a camera; nobody is enrolled."""

    camera: str


@dataclass(frozen=True, slots=True)
class ListPeople:
    """Say who is enrolled."""


@dataclass(frozen=True, slots=True)
class Forget:
    """Erase a person: templates, pictures and what is still to be sent; or a stranger, by their id.

    with_strangers: also the strangers who are like the person.
    """

    person: str
    with_strangers: bool = False


@dataclass(frozen=True, slots=True)
class ShowPerson:
    """Say what is known of a person: their templates, and who is near."""

    person: str


@dataclass(frozen=True, slots=True)
class Rename:
    """Change the name to show of a person; the id stays."""

    person: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Merge:
    """Give a person's templates to another, and let the first go."""

    person: str
    into: str


@dataclass(frozen=True, slots=True)
class Calibrate:
    """Say what the gallery tells of itself: who is alike, and how often people are taken for others or missed."""


@dataclass(frozen=True, slots=True)
class Export:
    """Pack people, None meaning everybody, with their pictures or without, for another device."""

    people: tuple[str, ...] | None
    pictures: bool


@dataclass(frozen=True, slots=True)
class Import:
    """Take people from an archive; if_exists says what becomes of ids that are here, allow_alike whether people may look like others."""

    archive: bytes
    if_exists: Literal["refuse", "merge", "replace"]
    allow_alike: bool


@dataclass(frozen=True, slots=True)
class ListStrangers:
    """Say which strangers are remembered."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """Never report this stranger again, or do."""

    stranger: str
    ignored: bool


@dataclass(frozen=True, slots=True)
class Settings:
    """Change the named settings, None meaning back to the configuration's value, and say what all of them are then."""

    changes: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class NameNext:
    """Keep a name for the stranger seen last, or none."""

    name: str | None


@dataclass(frozen=True, slots=True)
class PromoteLast:
    """Make the stranger seen last a person of the name kept for them."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Do not look at a camera any more, or do; all of them where camera is None."""

    camera: str | None
    paused: bool


@dataclass(frozen=True, slots=True)
class Recognise:
    """Say who each face of an encoded picture (JPEG or PNG) is."""

    image: bytes


@dataclass(frozen=True, slots=True)
class Verify:
    """Say whether the largest face of a picture is this person, by id or name, or is that of another picture."""

    image: bytes
    against: str | bytes


@dataclass(frozen=True, slots=True)
class Analyse:
    """Say expression, age range and gender of each face of a picture."""

    image: bytes


@dataclass(frozen=True, slots=True)
class Represent:
    """Give the embedding of each face of a picture."""

    image: bytes


@dataclass(frozen=True, slots=True)
class Extract:
    """Give each head of a picture as a picture of its own."""

    image: bytes


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Give the newest frame of a camera, None being the only one, with its faces marked or not."""

    camera: str | None
    marked: bool


@dataclass(frozen=True, slots=True)
class SelfTest:
    """Say whether networks, gallery and cameras are right."""


@dataclass(frozen=True, slots=True)
class Reload:
    """Read the gallery file again: people, strangers and changed settings."""


@dataclass(frozen=True, slots=True)
class ErasePictures:
    """Erase every picture that is kept, and keep the embeddings made from them."""


PictureCommand: TypeAlias = Recognise | Verify | Analyse | Represent | Extract
OperatingCommand: TypeAlias = Snapshot | SelfTest | Reload | ErasePictures
OnPeople: TypeAlias = Enroll | ListPeople | ShowPerson | Rename | Merge | Calibrate | Export | Import | Forget
OnStrangers: TypeAlias = ListStrangers | Ignore | NameNext | Promote | PromoteLast
Command: TypeAlias = OnPeople | OnStrangers | EnrollLive | CancelLive | Settings | Pause | PictureCommand | OperatingCommand


@dataclass(frozen=True, slots=True)
class ReplyAddress:
    """Where the asker waits for the answer: a verb, its own id, and MQTT 5's response topic and correlation data."""

    verb: str
    id: str | None = None
    response_topic: str | None = None
    correlation_data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A command with the address of its asker, or, in its place, the error that made it none."""

    address: ReplyAddress
    command: Command | EdgedError


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a request: data, or an error; where it is not final, data on how far it is, and another one follows."""

    address: ReplyAddress
    outcome: dict[str, Json] | EdgedError
    is_final: bool = True
