"""Control: a command in, its reply out; also what the shell's commands on the gallery go through.

Here requests meet the gallery and the networks; how they arrived is not known here.
"""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from pydantic import ValidationError

from edged.commands import Enroll, Forget, Ignore, ListPeople, ListStrangers, NameNext, Pause, Promote, PromoteLast, Reply, Settings
from edged.config import Recognition
from edged.errors import CommandError, EdgedError, PictureError, TemplateRejected
from edged.gallery.enrollment import judge
from edged.gallery.matcher import Matcher
from edged.gallery.names import display_name, is_stranger_id, person_id
from edged.gallery.open_set import ImpostorTail
from edged.gallery.templates import NewTemplate
from edged.gallery.times import to_text
from edged.knowledge import Knowledge, Rules
from edged.types import Reason
from edged.vision.pictures import decode_sent, encode_png
from edged.wishes import Wishes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from edged.attributes import AttributeNetworks, LoadedNetworks
    from edged.commands import Command, Json, Request
    from edged.gallery.memory import StrangerMemory
    from edged.gallery.settings import Settings as SettingsStore
    from edged.gallery.store import Gallery
    from edged.gallery.strangers import Strangers
    from edged.types import Detection, Embedding, Person, Stranger, Uint8Array
    from edged.vision.faces import Face, FaceReader

log = logging.getLogger(__name__)

BACKGROUND_SIDE = 0.5
"""A second face is background, and not in the way of an enrollment, where it is less than this much as wide as the first."""
ADVICE = {
    Reason.TOO_SMALL: "the face is too small; come closer or send a larger picture",
    Reason.BLURRED: "the face is blurred; hold still or send a sharper picture",
    Reason.TURNED_AWAY: "the face is turned away or leaning; look straight into the camera",
    Reason.CUT_OFF: "the face is cut off by the picture's edge; move to the middle or send a wider picture",
    Reason.TOO_DARK: "the face is too dark; find more light",
    Reason.TOO_BRIGHT: "the face is too bright; find less light",
}


class Control:
    """Carries out commands on the gallery and the settings, and keeps the shared knowledge true."""

    def __init__(
        self,
        reader: FaceReader,
        gallery: Gallery,
        strangers: StrangerMemory,
        settings: SettingsStore,
        defaults: Recognition,
        attributes: AttributeNetworks,
        *,
        keep_pictures: bool,
        cameras: Sequence[str] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Read the gallery, the settings, and what the owner wants of the cameras of these names.

        Raises:
            GalleryError: the gallery cannot be read.
            ModelError: a network that is switched on cannot be used.
        """
        self._reader, self._gallery, self._settings = reader, gallery, settings
        self._attributes = attributes
        self._defaults, self._keep_pictures, self._now = defaults, keep_pictures, now
        self._stale = False
        self.wishes = Wishes(settings, cameras)
        tail = reader.embedding_card.impostor_tail
        self.knowledge = Knowledge(
            matcher=self._matcher(),
            strangers=strangers,
            display_names=self._display_names(),
            rules=self._rules_in_force(),
            impostors=ImpostorTail(tail.similarities, tail.false_match_rates, tail.fused_offset),
            keep_pictures=keep_pictures,
        )
        attributes.switch(self._networks_for(self.knowledge.rules))

    def handle(self, request: Request) -> Reply:
        """Carry out a request; whatever is wrong with it is in the reply."""
        if isinstance(request.command, EdgedError):
            return Reply(request.address, request.command)
        try:
            return Reply(request.address, self.carry_out(request.command))
        except EdgedError as error:
            return Reply(request.address, error)
        except Exception:  # a defect in one command must not stop the camera
            log.exception("The request %r failed.", request.address.verb)
            return Reply(request.address, CommandError("internal", "edged failed on this request; its log says more."))

    def carry_out(self, command: Command) -> dict[str, Json]:  # noqa: C901, PLR0911 - one for each command
        """Carry out a command.

        Raises:
            EdgedError: it was refused or failed; nothing has been changed.
        """
        match command:
            case Enroll(person, name, images):
                return self.enroll(person, name, [partial(decode_sent, image) for image in images], source="mqtt")
            case Promote(person, name, stranger):
                return self.promote(person, name, stranger)
            case ListPeople():
                return {"people": [_person_json(person) for person in self._gallery.people()]}
            case Forget(person):
                return self.forget(person)
            case ListStrangers():
                return {"strangers": [stranger_json(stranger) for stranger in self._strangers.strangers()]}
            case Ignore(stranger, ignored):
                return self.ignore(stranger, ignored=ignored)
            case Settings(changes):
                return self.change_settings(changes)
            case NameNext(name):
                return self.wishes.name_next(name)
            case PromoteLast():
                return self.promote_last()
            case Pause(camera, paused):
                return self.wishes.pause(camera, paused=paused)

    def refresh(self) -> bool:
        """Take over what another process changed in the gallery; whether there was anything."""
        self._stale |= self._gallery.changed()
        if not self._stale:
            return False
        self._reload()
        self._stale = False
        return True

    def enroll(self, name: str, shown: str | None, pictures: Sequence[Callable[[], Uint8Array]], *, source: str) -> dict[str, Json]:
        """Make templates of a person from pictures: all of them or none.

        Each picture is a call that decodes it to pixels (H, W, 3) BGR, so that only one at a time is in memory.

        Raises:
            NameRejected: not a name.
            TemplateRejected: a picture has no face, several, a poor one, one seen before, or somebody else's.
        """
        person = person_id(name)
        shown = display_name(shown or name) if shown or not self._is_enrolled(person) else None
        accepted: list[tuple[Embedding, NewTemplate]] = []
        notes: list[Json] = []
        try:
            for number, picture in enumerate(pictures, start=1):
                template, note = self._numbered(number, len(pictures), person, picture, [embedding for embedding, _ in accepted], source)
                accepted.append((template.embedding, template))
                if note:
                    notes.append(note)
        finally:
            self._reader.detector.unload()  # what the pictures' shapes needed; a camera's next frame loads its own again
        enrolled = self._gallery.enroll(person, shown, [template for _, template in accepted])
        self._reload()
        return {**_person_json(enrolled), "added": len(accepted), "notes": notes}

    def promote(self, name: str, shown: str | None, stranger: str) -> dict[str, Json]:
        """Make a stranger's looks templates of a person, all of them or none; events that name the stranger stay as they are.

        Raises:
            NameRejected: not a name.
            StrangerNotFound: no such stranger.
            TemplateRejected: a look is like somebody else's templates, or the same as one the person has.
            WrongModel: the stranger was remembered with another network.
        """
        person = person_id(name)
        shown = display_name(shown or name) if shown or not self._is_enrolled(person) else None
        templates = self._strangers.templates(stranger, self._now())
        embeddings = [template.embedding for template in templates]
        judged = [self._judge(embedding, person, embeddings[:number]) for number, embedding in enumerate(embeddings)]
        enrolled = self._strangers.promote(stranger, person, shown, templates)
        self._reload()
        return {**_person_json(enrolled), "added": len(templates), "notes": [note for note in judged if note]}

    def promote_last(self) -> dict[str, Json]:
        """Make the stranger seen last a person of the name that is kept for them, and keep it no longer: it is not the next one's.

        Raises:
            CommandError: no name, or no stranger.
            TemplateRejected, WrongModel: as in promote().
        """
        name = self.wishes.enroll_name
        if name is None:
            raise CommandError("no_name", "There is no name to enroll; send one to enroll/name/set first.")
        last = next((stranger for stranger in self._strangers.strangers() if not stranger.ignored), None)
        if last is None:
            raise CommandError("no_stranger", "No stranger is remembered whom you do not ignore.")
        done = self.promote(name, None, last.stranger)
        self.wishes.name_next(None)
        return done

    def forget(self, name: str) -> dict[str, Json]:
        """Erase a person, or a stranger by their id.

        Raises:
            PersonNotFound: nobody of that name.
            StrangerNotFound: no stranger of that id.
        """
        erased = self._strangers.forget(name) if is_stranger_id(name) else self._gallery.forget(person_id(name))
        self._reload()
        return asdict(erased)

    def ignore(self, stranger: str, *, ignored: bool) -> dict[str, Json]:
        """Never report a stranger again, or do.

        Raises:
            StrangerNotFound: no stranger of that id.
        """
        done = self._strangers.ignore(stranger, ignored=ignored)
        self.knowledge.strangers.reload()
        return stranger_json(done)

    def expire(self) -> None:
        """Forget the strangers who have not been seen for longer than they are to be remembered.

        Raises:
            GalleryError: the file cannot be written; nothing was erased.
        """
        if erased := self.knowledge.strangers.expire(self._now()):
            log.info("%d strangers are forgotten, since they have not been seen for long.", erased)

    def change_settings(self, changes: Mapping[str, Json]) -> dict[str, Json]:
        """Change settings, all of the named or none, and say what all are then.

        Raises:
            CommandError: no such setting, or a value that is not allowed.
            ModelError: a network that was switched on cannot be used.
            GalleryError: the file cannot be written.
        """
        overrides = {**self._overrides(), **changes}
        overrides = {name: value for name, value in overrides.items() if value is not None}
        rules = self._rules(overrides)
        networks = self._networks_for(rules)  # both this and keeping the values may fail: neither may leave the other half done
        self._settings.change(changes)
        self.knowledge.rules = rules
        self._attributes.switch(networks)
        return {"settings": self.settings()}

    def settings(self) -> dict[str, Json]:
        """Every setting: its value in force, its default, and whether it is overridden."""
        overrides, defaults = self._overrides(), self._rules({})
        return {
            name: {"value": getattr(self.knowledge.rules, name), "default": getattr(defaults, name), "overridden": name in overrides}
            for name in Recognition.model_fields
        }

    def _numbered(
        self, number: int, count: int, person: str, picture: Callable[[], Uint8Array], accepted: Sequence[Embedding], source: str
    ) -> tuple[NewTemplate, dict[str, Json] | None]:
        """The template of one picture of several; what is wrong with it says which one it is."""
        try:
            return self._template(person, picture(), accepted, source)
        except (TemplateRejected, PictureError) as error:
            where = f"Picture {number}: " if count > 1 else ""
            raise TemplateRejected(error.code, f"{where}{error} Nothing was enrolled.") from error

    def _template(
        self, person: str, pixels: Uint8Array, accepted: Sequence[Embedding], source: str
    ) -> tuple[NewTemplate, dict[str, Json] | None]:
        face = self._clear_face(pixels)
        note = self._judge(face.embedding, person, accepted)
        picture = encode_png(face.aligned.pixels) if self._keep_pictures else None
        return NewTemplate(face.embedding, face.quality.score, source, self._now(), picture), note

    def _judge(self, embedding: Embedding, person: str, accepted: Sequence[Embedding]) -> dict[str, Json] | None:
        knowledge = self.knowledge
        note = judge(embedding, person, knowledge.matcher, match_threshold=knowledge.rules.match_threshold, accepted=accepted)
        return {"code": note.code, "message": note.message} if note else None

    def _clear_face(self, pixels: Uint8Array) -> Face:
        found = sorted(self._reader.detector.detect(pixels), key=lambda face: face.box.area, reverse=True)
        if not found:
            raise TemplateRejected("no_face", "There is no face in the picture; send one in which the face is large and upright.")
        if any(_is_rival(face, found[0]) for face in found[1:]):
            raise TemplateRejected(
                "several_faces", f"There are {len(found)} faces in the picture; send one with a single face, or cut it out."
            )
        face = self._reader.read(pixels, found[0], self.knowledge.rules.quality)
        if face.quality.reason:
            raise TemplateRejected(face.quality.reason.value, f"The picture cannot be used: {ADVICE[face.quality.reason]}.")
        return face

    def _reload(self) -> None:
        self.knowledge.matcher = self._matcher()
        self.knowledge.strangers.reload()
        self.knowledge.display_names = self._display_names()
        self.knowledge.rules = self._rules_in_force()

    @property
    def _strangers(self) -> Strangers:
        return self.knowledge.strangers.store

    def _matcher(self) -> Matcher:
        rows = self._gallery.templates(self._reader.embedder.model_id)
        if rows.damaged:
            log.warning("%d damaged templates are left out; enroll those people again.", len(rows.damaged))
        return Matcher(rows.persons, rows.embeddings, rows.model_id)

    def _display_names(self) -> dict[str, str]:
        return {person.person: person.display_name for person in self._gallery.people()}

    def _is_enrolled(self, person: str) -> bool:
        return person in self.knowledge.display_names

    def _overrides(self) -> dict[str, Json]:
        overrides: dict[str, Json] = self._settings.overrides()
        return {name: value for name, value in overrides.items() if name in Recognition.model_fields}

    def _rules_in_force(self) -> Rules:
        """The rules with every override; without them where an older edged kept one that is not allowed any more."""
        try:
            return self._rules(self._overrides())
        except CommandError as error:
            log.warning("The settings kept in the gallery are not used: %s", error)
            return self._rules({})

    def _networks_for(self, rules: Rules) -> LoadedNetworks:
        return self._attributes.load(emotion=rules.emotion, age_gender=rules.age_gender)

    def _rules(self, overrides: Mapping[str, Json]) -> Rules:
        try:
            chosen = Recognition.model_validate({**self._defaults.model_dump(), **overrides})
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            known = ", ".join(Recognition.model_fields)
            what = f"there is no such setting; there are: {known}" if problem["type"] == "extra_forbidden" else problem["msg"]
            raise CommandError("bad_setting", f"{problem['loc'][0]}: {what}. Nothing was changed.") from error
        matching = self._reader.embedding_card.matching
        values = chosen.model_dump()
        values["match_threshold"] = matching.match_threshold if chosen.match_threshold is None else chosen.match_threshold
        values["margin"] = matching.margin if chosen.margin is None else chosen.margin
        return Rules(**values)


def _is_rival(face: Detection, largest: Detection) -> bool:
    return face.box.width > BACKGROUND_SIDE * largest.box.width


def _person_json(person: Person) -> dict[str, Json]:
    return {
        "person": person.person,
        "display_name": person.display_name,
        "templates": person.templates,
        "enrolled_at": to_text(person.enrolled_at),
    }


def stranger_json(stranger: Stranger) -> dict[str, Json]:
    """A stranger as it stands in replies."""
    return {**asdict(stranger), "first_seen_at": to_text(stranger.first_seen_at), "last_seen_at": to_text(stranger.last_seen_at)}
