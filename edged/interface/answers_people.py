"""What the requests on people and strangers give: the forms of `data` in their responses.

Knows the form of answers; how they come about is not known here.
"""

from __future__ import annotations

from edged.interface.payload import Payload


class PersonAnswer(Payload):
    """Somebody who is enrolled; the answer to `rename`."""

    person: str
    """The id."""
    display_name: str
    """The name to show."""
    templates: int
    """How many they have."""
    enrolled_at: str
    """When they were first enrolled."""


class ListedAnswer(PersonAnswer):
    """Somebody in the list of who is enrolled."""

    left_out: int
    """How many of the templates another network has made, which are not compared."""


class PeopleAnswer(Payload):
    """Who is enrolled."""

    people: tuple[ListedAnswer, ...]
    """Everybody, sorted by id."""


class TemplateAnswer(Payload):
    """One template."""

    quality: float
    """Of the view, 0…1."""
    source: str
    """Where it came from."""
    created_at: str
    """When it was made."""
    model: str
    """The network it was made with."""
    has_picture: bool
    """Whether the aligned face is kept."""
    nearest_person: str | None
    """The other person who is nearest."""
    nearest_similarity: float | None
    """Cosine to that person's nearest template, −1…1."""


class ShownAnswer(PersonAnswer):
    """One person with their templates."""

    template_list: tuple[TemplateAnswer, ...]
    """The oldest first."""


class DroppedTemplate(Payload):
    """A template that was superfluous."""

    quality: float
    """Of the view, 0…1."""
    source: str
    """Where it came from."""
    created_at: str
    """When it was made."""
    similarity: float
    """Cosine to the most alike of those that were left then, −1…1."""


class NoteAnswer(Payload):
    """What the owner should know of something that was done."""

    code: str
    """A word for programs."""
    message: str
    """A sentence for people."""


class CuratedAnswer(PersonAnswer):
    """A person after a change."""

    dropped: tuple[DroppedTemplate, ...]
    """Templates that were dropped, new ones too."""


class AcceptedPicture(Payload):
    """A picture or look that became a template."""

    quality: float
    """Of the view, 0…1."""
    own_similarity: float | None
    """Cosine to the person's nearest other template, −1…1; null where it is the first."""
    other_person: str | None
    """The nearest other person."""
    other_similarity: float | None
    """Cosine to their nearest template, −1…1."""


class EnrolledAnswer(CuratedAnswer):
    """An enrollment that was done."""

    added: int
    """How many templates were made."""
    accepted: tuple[AcceptedPicture, ...]
    """What each is like."""
    notes: tuple[NoteAnswer, ...]
    """What the owner should know of them."""


class LookAnswer(Payload):
    """What became of a look before a camera."""

    direction: str
    """Where the face looked."""
    yaw_degrees: float
    """How far it was turned to its own left."""
    pitch_degrees: float
    """How far it was raised."""
    quality: float
    """Of the view, 0…1."""
    accepted: bool
    """Whether it became a template."""
    reason: str | None
    """Why not."""


class CapturedAnswer(EnrolledAnswer):
    """An enrollment before a camera that was done."""

    looks: tuple[LookAnswer, ...]
    """What became of each look."""


class JudgedAnswer(Payload):
    """How far an enrollment from several pictures is."""

    person: str
    """Who is being enrolled."""
    judged: int
    """How many pictures were looked at, and are good."""
    pictures: int
    """How many there are."""


class HintAnswer(Payload):
    """How far an enrollment before a camera is."""

    person: str
    """Who is being enrolled."""
    camera: str
    """Before which camera."""
    hint: str | None
    """What to do, a word for programs; null where it has just begun."""
    message: str
    """What to do, a sentence for people."""
    taken: int
    """How many looks are taken."""
    looks: int
    """How many are to be taken."""
    timeout_seconds: float
    """How long it may take."""


class CancelledAnswer(Payload):
    """An enrollment before a camera that was ended by this request."""

    person: str
    """Who was being enrolled."""
    camera: str
    """Before which camera."""


class NameAnswer(Payload):
    """The name that is kept for the stranger seen last."""

    name: str | None
    """Null where none is."""


class ExportAnswer(Payload):
    """People as an archive."""

    archive: str
    """Base64, for `import`."""
    bytes: int
    """Its length before base64."""
    people: tuple[str, ...]
    """Who is in it."""
    templates: int
    """How many there are of them."""


class LeftOut(Payload):
    """Somebody some of whose templates could not be used."""

    person: str
    """The id."""
    templates: int
    """How many."""


class ImportAnswer(Payload):
    """People taken from an archive."""

    people: tuple[CuratedAnswer, ...]
    """Who came."""
    left_out: tuple[LeftOut, ...]
    """What could not be used."""
    notes: tuple[NoteAnswer, ...]
    """Who is like somebody else."""


class MergedAnswer(CuratedAnswer):
    """Two ids that became one."""

    merged: str
    """The one that is no more."""
    notes: tuple[NoteAnswer, ...]
    """What the owner should know of it."""


class ForgetAnswer(Payload):
    """What was erased."""

    person: str
    """The id of the person or stranger."""
    display_name: str | None
    """The name that was shown; null of a stranger."""
    templates: int
    """How many templates, or looks of a stranger."""
    pictures: int
    """How many pictures."""
    events: int
    """In how many events not yet sent the name stood."""
    residue: str | None
    """What keeps erased bytes in the file for the moment; null where none is left."""
    strangers: tuple[str, ...]
    """The strangers that were forgotten."""
    also_strangers: tuple[str, ...]
    """Strangers who match the person and are still remembered."""


class StrangerAnswer(Payload):
    """A stranger who is remembered; the answer to `ignore`."""

    stranger: str
    """The id."""
    first_seen_at: str
    """When they were first seen."""
    last_seen_at: str
    """When their last visit was noted."""
    seen_count: int
    """In how many visits they were seen."""
    ignored: bool
    """Whether they are not to be reported."""
    looks: int
    """How many embeddings are kept."""
    has_picture: bool
    """Whether a picture is kept."""


class StrangersAnswer(Payload):
    """Who is remembered."""

    strangers: tuple[StrangerAnswer, ...]
    """Who was seen last first."""
