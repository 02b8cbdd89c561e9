"""Control: a command in, its reply out; also what the shell's commands on the gallery go through.

Here requests meet the gallery and the networks; how they arrived is not known here.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from edged.control import people, safety
from edged.control.figures import calibration_json
from edged.control.owner_state import OwnerState
from edged.control.pictures import Examiner, refuse_pictures
from edged.control.rule_book import RuleBook
from edged.control.self_test import self_test
from edged.control.snapshot import snapshot
from edged.enrollment import transfer
from edged.enrollment.pictures import Enroller
from edged.enrollment.re_embedding import unrecognised
from edged.errors import CommandError, EdgedError, GalleryError, PersonNotFound
from edged.gallery import archive
from edged.gallery.curation import MAX_TEMPLATES, Curation
from edged.gallery.matcher import LookAlikes, Matcher
from edged.gallery.names import is_stranger_id, person_id
from edged.interface.commands import (
    Analyse,
    Calibrate,
    CancelLive,
    Enroll,
    EnrollLive,
    ErasePictures,
    Export,
    Extract,
    Forget,
    Ignore,
    Import,
    ListPeople,
    ListStrangers,
    Merge,
    NameNext,
    Pause,
    Promote,
    PromoteLast,
    Recognise,
    Reload,
    Rename,
    Reply,
    Represent,
    SelfTest,
    Settings,
    ShowPerson,
    Snapshot,
    Verify,
)
from edged.pipeline.shared_state import SharedState
from edged.system.times import rfc3339
from edged.vision.pictures import decode_sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from edged.config import Changeable
    from edged.enrollment.pictures import Judged
    from edged.gallery.curation import IfExists
    from edged.gallery.memory import StrangerMemory
    from edged.gallery.store import Gallery
    from edged.gallery.strangers import Strangers
    from edged.interface.commands import Command, Json, OperatingCommand, PictureCommand, ReplyAddress, Request
    from edged.pipeline.attributes import AttributeNetworks, LoadedNetworks
    from edged.pipeline.scene import Scene
    from edged.pipeline.shared_state import Rules
    from edged.storage.kept_settings import KeptSettings
    from edged.types import Stranger, Uint8Array
    from edged.vision.faces import FaceReader

log = logging.getLogger(__name__)

SENT = "mqtt"
"""Where the template of a picture that was sent came from, as the gallery notes it."""


class Control:
    """Carries out commands on the gallery and the settings, and keeps the shared state true."""

    def __init__(
        self,
        reader: FaceReader,
        gallery: Gallery,
        strangers: StrangerMemory,
        settings: KeptSettings,
        defaults: Changeable,
        attributes: AttributeNetworks,
        *,
        keep_pictures: bool,
        cameras: Sequence[str] = (),
        max_templates: int = MAX_TEMPLATES,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Read the gallery, the settings, and what the owner wants of the cameras of these names; scenes are for the worker to fill in.

        Raises:
            GalleryError: the gallery cannot be read.
            ModelError: a network that is switched on cannot be used.
        """
        self._reader, self._gallery = reader, gallery
        self._curation = Curation(gallery.database, reader.embedder.model_id, max_templates=max_templates)
        self._attributes, self._now = attributes, now
        self._rule_book = RuleBook(settings, defaults, reader.embedding_card.matching)
        self._stale = False
        self.owner_state = OwnerState(settings, cameras)
        self.shared = SharedState(
            matcher=self._matcher(),
            strangers=strangers,
            display_names=self._display_names(),
            rules=self._rule_book.in_force(),
            impostors=reader.embedding_card.impostor_tail,
            keep_pictures=keep_pictures,
        )
        attributes.switch(self._networks_for(self.shared.rules))
        self._importer = transfer.Importer(reader, self._curation, self.shared)
        self.enroller = Enroller(reader, gallery, self._curation, self.shared, now=now)
        self.examiner = Examiner(reader, self.shared, attributes)
        self.scenes: dict[str, Scene] = {}

    def handle(self, request: Request) -> Reply:
        """Carry out a request as a whole; whatever is wrong with it is in the reply."""
        *_, last = self.steps(request)
        return last

    def steps(self, request: Request) -> Iterator[Reply]:
        """Carry out a request, with time for the cameras between two replies; only the last is final, and says whatever is wrong."""
        address, command = request.address, request.command
        if isinstance(command, EdgedError):
            yield Reply(address, command)
            return
        try:
            if isinstance(command, Enroll) and len(command.images) > 1:
                yield from self._enroll_each(address, command)
            else:
                yield Reply(address, self.carry_out(command))
        except EdgedError as error:
            yield Reply(address, error)
        except Exception:  # a defect in one command must not stop the camera
            log.exception("The request %r failed.", address.verb)
            yield Reply(address, CommandError("internal", "edged failed on this request; its log says more."))

    def carry_out(self, command: Command) -> dict[str, Json]:  # noqa: C901, PLR0911, PLR0912 - one for each command
        """Carry out a command.

        Raises:
            EdgedError: it was refused or failed; nothing has been changed.
        """
        match command:
            case Enroll(person, name, images, allow_alike):
                return self.enroll(person, name, _pictures(images), source=SENT, allow_alike=allow_alike)
            case Promote(person, name, stranger, allow_alike):
                return self.promote(person, name, stranger, allow_alike=allow_alike)
            case ListPeople():
                return {"people": people.listed(self._gallery, self._reader.embedder.model_id)}
            case ShowPerson(person):
                return self.person(person)
            case Rename(person, name):
                return self.rename(person, name)
            case Merge(person, into):
                return self.merge(person, into)
            case Calibrate():
                return self.calibrate()
            case Export(persons, with_pictures):
                return self.export(persons, pictures=with_pictures)
            case Import(content, if_exists, allow_alike):
                return self.take(content, if_exists=if_exists, allow_alike=allow_alike)
            case Forget(person, with_strangers):
                return self.forget(person, with_strangers=with_strangers)
            case ListStrangers():
                return {"strangers": [stranger_json(stranger) for stranger in self._strangers.strangers()]}
            case Ignore(stranger, ignored):
                return self.ignore(stranger, ignored=ignored)
            case Settings(changes):
                return self.change_settings(changes)
            case NameNext(name):
                return self.owner_state.name_next(name)
            case PromoteLast():
                return self.promote_last()
            case Pause(camera, paused):
                return self.owner_state.pause(camera, paused=paused)
            case EnrollLive() | CancelLive():
                raise ValueError("What is seen live is enrolled by LiveEnrollment.")
            case Recognise() | Verify() | Analyse() | Represent() | Extract():
                return self._examine(command)
            case Snapshot() | SelfTest() | Reload() | ErasePictures():
                return self._operate(command)

    def refresh(self) -> bool:
        """Take over which people and strangers another process changed; whether there was anything.

        Raises:
            GalleryError: the file cannot be read; nothing was taken over, and the next call tries again.
        """
        self._stale |= self._gallery.changed()
        if not self._stale:
            return False
        self._reload()
        self._stale = False
        return True

    def reload(self) -> dict[str, Json]:
        """Read people, strangers and changed settings from the gallery file again; the configuration is read at the start only.

        Raises:
            GalleryError: the file cannot be read; nothing was taken over.
            ModelError: a network that is switched on now cannot be used; nothing was taken over.
        """
        rules = self._rule_book.in_force()
        networks = self._networks_for(rules)
        self._reload()
        self.shared.rules = rules
        self._attributes.switch(networks)
        people, strangers = len(self.shared.display_names), len(self._strangers.strangers())
        overrides: list[Json] = [*self._rule_book.overrides()]
        return {"people": people, "templates": len(self.shared.matcher), "strangers": strangers, "overridden": overrides}

    def self_test(self) -> dict[str, Json]:
        """Whether networks, gallery and cameras are right, each with a sentence."""
        lines = list(self_test(self._reader, self._attributes, self._gallery, self.scenes))
        checks: list[Json] = [asdict(line) for line in lines]
        return {"good": all(line.good for line in lines), "checks": checks}

    def enroll(
        self, name: str, shown: str | None, pictures: Sequence[Callable[[], Uint8Array]], *, source: str, allow_alike: bool = False
    ) -> dict[str, Json]:
        """Make templates of a person from pictures, see Enroller.

        Raises:
            EdgedError: as there.
        """
        return self._reloaded(self.enroller.enroll(name, shown, pictures, source=source, allow_alike=allow_alike))

    def add(self, person: str, shown: str | None, looks: Sequence[Judged]) -> dict[str, Json]:
        """Give a person templates that were judged, see Enroller.

        Raises:
            EdgedError: as there.
        """
        return self._reloaded(self.enroller.add(person, shown, looks))

    def promote(self, name: str, shown: str | None, stranger: str, *, allow_alike: bool = False) -> dict[str, Json]:
        """Make a stranger's looks templates of a person, see Enroller.

        Raises:
            EdgedError: as there.
        """
        return self._reloaded(self.enroller.promote(name, shown, stranger, allow_alike=allow_alike))

    def promote_last(self) -> dict[str, Json]:
        """Make the stranger seen last a person of the name that is kept for them, and keep it no longer: it is not the next one's.

        Raises:
            CommandError: no name, or no stranger.
            TemplateRejected, WrongModel: as in promote().
        """
        name = self.owner_state.enroll_name
        if name is None:
            raise CommandError("no_name", "There is no name to enroll; send one to enroll/name/set first.")
        last = next((stranger for stranger in self._strangers.strangers() if not stranger.ignored), None)
        if last is None:
            raise CommandError("no_stranger", "No stranger is remembered whom you do not ignore.")
        done = self.promote(name, None, last.id)
        self.owner_state.name_next(None)
        return done

    def person(self, name: str) -> dict[str, Json]:
        """One person with their templates.

        Raises:
            PersonNotFound: nobody of that name.
        """
        return people.show(name, self._gallery, self._curation, self.shared.matcher)

    def rename(self, name: str, shown: str) -> dict[str, Json]:
        """Change the name to show.

        Raises:
            PersonNotFound: nobody of that name.
            NameRejected: it cannot be shown.
        """
        return self._reloaded(people.rename(name, shown, self._gallery))

    def merge(self, name: str, into: str) -> dict[str, Json]:
        """Give one person's templates to another, and let the first id go.

        Raises:
            PersonNotFound: nobody of one of the names.
            CommandError: both are the same person.
        """
        shared = self.shared
        done = people.merge(name, into, self._curation, shared.matcher, match_threshold=shared.rules.match_threshold)
        return self._reloaded(done)

    def calibrate(self) -> dict[str, Json]:
        """The gallery's own figures."""
        return calibration_json(self._gallery.templates(self._reader.embedder.model_id), self.shared, self._look_alikes)

    def export(self, names: Sequence[str] | None, *, pictures: bool, limits: archive.Limits = archive.SENT) -> dict[str, Json]:
        """People as an archive, in base64; None: everybody. Pictures are left out where they are switched off.

        Raises:
            PersonNotFound: nobody of one of the names.
            ArchiveRejected: nobody is enrolled, or it gets too large.
        """
        pictures = pictures and self.shared.rules.pictures
        return transfer.export(names, self._gallery, self._curation, self._now(), limits, pictures=pictures)

    def take(self, content: bytes, *, if_exists: IfExists, allow_alike: bool, limits: archive.Limits = archive.SENT) -> dict[str, Json]:
        """Take people from an archive: all or none.

        Raises:
            ArchiveRejected: it cannot be used.
            PersonExists: somebody is here already.
            TemplateRejected: somebody looks like somebody else here.
        """
        shared = self.shared
        done = self._importer.take(
            content,
            limits,
            shared.matcher,
            match_threshold=shared.rules.match_threshold,
            if_exists=if_exists,
            allow_alike=allow_alike,
        )
        return self._reloaded(done)

    def forget(self, name: str, *, with_strangers: bool = False) -> dict[str, Json]:
        """Erase a person, also the strangers who are like them where it is asked for; or a stranger by their id.

        Raises:
            PersonNotFound: nobody of that name.
            StrangerNotFound: no stranger of that id.
        """
        if is_stranger_id(name):
            return self._reloaded({**asdict(self._strangers.forget(name)), "strangers": [name], "also_strangers": []})
        threshold = self.shared.rules.match_threshold
        self.owner_state.drop_name_of(self._gallery.person(person_id(name)))
        done = people.forget(name, self._gallery, self._curation, self._strangers, match_threshold=threshold, with_strangers=with_strangers)
        return self._reloaded(done)

    def ignore(self, stranger: str, *, ignored: bool) -> dict[str, Json]:
        """Never report a stranger again, or do.

        Raises:
            StrangerNotFound: no stranger of that id.
        """
        done = self._strangers.ignore(stranger, ignored=ignored)
        self.shared.strangers.reload()
        return stranger_json(done)

    def expire(self) -> None:
        """Forget the strangers who have not been seen for longer than they are to be remembered.

        Raises:
            GalleryError: the file cannot be written; nothing was erased.
        """
        if erased := self.shared.strangers.expire(self._now()):
            log.info("%d strangers are forgotten, since they have not been seen for long.", erased)

    def free_unused(self) -> None:
        """Free the detector's files that neither a frame nor a picture has needed since the last call."""
        self._reader.detector.unload_unused()

    def change_settings(self, changes: Mapping[str, Json]) -> dict[str, Json]:
        """Change settings, all of the named or none, and say what all are then.

        Raises:
            CommandError: no such setting, or a value that is not allowed.
            ModelError: a network that was switched on cannot be used.
            GalleryError: the file cannot be written.
        """
        rules = self._rule_book.changed(changes)
        safety.check(changes, self.shared.impostors)
        networks = self._networks_for(rules)  # both this and keeping the values may fail: neither may leave the other half done
        overridden = self._rule_book.overridden(changes)
        self._rule_book.keep(changes)
        self.shared.rules = rules
        self._attributes.switch(networks)
        return {"settings": self._rule_book.tell(rules, overridden)}

    def settings(self) -> dict[str, Json]:
        """Every setting: its value in force, its default, and whether it is overridden."""
        return self._rule_book.tell(self.shared.rules, self._rule_book.overridden({}))

    def _enroll_each(self, address: ReplyAddress, command: Enroll) -> Iterator[Reply]:
        """Twenty pictures take a second or more on a small device."""
        person, shown = self.enroller.names(command.person, command.display_name)
        was_enrolled, pictures = self.enroller.is_enrolled(person), _pictures(command.images)
        judged: list[Judged] = []
        yield _progress(address, person, 0, len(pictures))
        for one in self.enroller.judge_each(person, pictures, source=SENT, allow_alike=command.allow_alike):
            judged.append(one)
            yield _progress(address, person, len(judged), len(pictures))
        if was_enrolled and not self.enroller.is_enrolled(person):
            raise PersonNotFound(person)  # who was forgotten meanwhile does not come back by this
        yield Reply(address, self.add(person, shown, judged))

    def _reloaded(self, data: dict[str, Json]) -> dict[str, Json]:
        """The data of a command that changed the gallery, after the change is known to all.

        It is done: where the file cannot be read just now, whoever calls refresh() next tries again.
        """
        self._stale = True
        with suppress(GalleryError):
            self.refresh()
        return data

    def _operate(self, command: OperatingCommand) -> dict[str, Json]:
        match command:
            case Snapshot(camera, is_marked):
                refuse_pictures(self.shared)
                return snapshot(self.scenes, camera, self._reader.detector, is_marked=is_marked)
            case SelfTest():
                return self.self_test()
            case Reload():
                return self.reload()
            case ErasePictures():
                return asdict(self._gallery.erase_pictures())

    def _examine(self, command: PictureCommand) -> dict[str, Json]:
        examiner = self.examiner
        match command:
            case Recognise(image):
                return examiner.recognise(decode_sent(image))
            case Verify(image, against):
                if isinstance(against, str):
                    return examiner.verify(partial(decode_sent, image), against)
                return examiner.compare(partial(decode_sent, image), partial(decode_sent, against))
            case Analyse(image):
                return examiner.analyse(decode_sent(image))
            case Represent(image):
                return examiner.represent(decode_sent(image))
            case Extract(image):
                return examiner.extract(decode_sent(image))

    def _reload(self) -> None:
        """Read people and strangers; where the file cannot be read nothing is taken over. Rules may need a network, so they stay."""
        matcher, names = self._matcher(), self._display_names()
        self.shared.strangers.reload()
        self.shared.matcher, self.shared.display_names = matcher, names

    @property
    def _look_alikes(self) -> LookAlikes:
        matching = self._reader.embedding_card.matching
        return LookAlikes(matching.look_alike_similarity, matching.look_alike_margin)

    @property
    def _strangers(self) -> Strangers:
        return self.shared.strangers.store

    def _matcher(self) -> Matcher:
        rows = self._gallery.templates(self._reader.embedder.model_id)
        if rows.damaged:
            log.warning("%d damaged templates are left out; enroll those people again.", len(rows.damaged))
        if sentence := unrecognised(self._gallery, rows.model_id):
            log.warning("%s", sentence)
        return Matcher(rows.persons, rows.embeddings, rows.model_id, look_alikes=self._look_alikes)

    def _display_names(self) -> dict[str, str]:
        return {person.id: person.display_name for person in self._gallery.people()}

    def _networks_for(self, rules: Rules) -> LoadedNetworks:
        return self._attributes.load(emotion=rules.emotion, age_gender=rules.age_gender)


def _pictures(images: Iterable[bytes]) -> list[Callable[[], Uint8Array]]:
    return [partial(decode_sent, image) for image in images]


def _progress(address: ReplyAddress, person: str, judged: int, pictures: int) -> Reply:
    return Reply(address, {"person": person, "judged": judged, "pictures": pictures}, is_final=False)


def stranger_json(stranger: Stranger) -> dict[str, Json]:
    """A stranger as it stands in replies."""
    seen = {"first_seen_at": rfc3339(stranger.first_seen_at), "last_seen_at": rfc3339(stranger.last_seen_at)}
    fields = {"stranger": stranger.id, **asdict(stranger), **seen}
    del fields["id"]
    return fields
