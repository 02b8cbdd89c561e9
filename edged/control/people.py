"""The verbs on who is enrolled, and on strangers who are remembered: listed, shown, renamed, merged, forgotten, ignored.

Here the gallery, the strangers and the templates in memory meet; how it was asked is not known here.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from edged.control.handlers import answers
from edged.enrollment.answers import curated_answer, note_answers
from edged.errors import BadRequest
from edged.gallery.alike_names import refuse_alike
from edged.gallery.directory import find_person
from edged.gallery.enrollment import Note
from edged.gallery.names import is_stranger_id, new_display_name
from edged.gallery.store import display_names
from edged.gallery.templates import Origin
from edged.interface import people as wire
from edged.interface.removal import FORGET, MERGE, Forget, ForgetAnswer, Merge, MergedAnswer
from edged.interface.strangers import IGNORE, STRANGERS, Ignore, ListStrangers, StrangerAnswer, StrangersAnswer

if TYPE_CHECKING:
    from edged.control.handlers import Steps
    from edged.control.owner_state import OwnerState
    from edged.gallery.curation import Curation
    from edged.gallery.store import Gallery
    from edged.gallery.strangers import Strangers
    from edged.gallery.templates import NewTemplate
    from edged.pipeline.shared_state import SharedState
    from edged.storage.writer import Writer
    from edged.types import Person


class PeopleVerbs:
    """Answers what is asked of people."""

    def __init__(self, gallery: Gallery, curation: Curation, shared: SharedState, owner_state: OwnerState) -> None:
        """Read and write this gallery, and compare with the templates in memory."""
        self._gallery, self._curation, self._shared, self._owner_state = gallery, curation, shared, owner_state

    @answers(wire.PEOPLE)
    def list(self, _form: wire.ListPeople) -> Steps[wire.PeopleAnswer]:
        """Everybody, with how many of their templates are left out because another network made them.

        Read here and not by the writer: a disk that does not take what is written keeps nobody from being listed.
        """
        left_out, people = self._gallery.left_out(self._shared.matcher.model_id), self._gallery.people()
        yield None
        return wire.PeopleAnswer.of_all([_listed(person, left_out.get(person.id, 0)) for person in people])

    @answers(wire.PERSON)
    def show(self, form: wire.ShowPerson) -> wire.ShownAnswer:
        """One person with their templates, the oldest first, and how near each is to anybody else."""
        person = self._find(form.person)
        rows = tuple(self._template(template, person.id) for template in self._curation.templates(person.id).values())
        shown = wire.PersonAnswer.of(person)
        return wire.ShownAnswer.extending(shown, learned=person.learned, hint=few_templates(person), template_list=rows)

    @answers(wire.RENAME)
    def rename(self, form: wire.Rename) -> Steps[wire.PersonAnswer]:
        """Change the name to show; the id stays, since automations are written against it."""
        person, shown = self._find(form.person).id, new_display_name(form.display_name)
        if not form.allow_alike:
            refuse_alike(person, shown, self._shared.display_names)
        return wire.PersonAnswer.of((yield from self._writer.in_turns(lambda: self._gallery.rename(person, shown))))

    @answers(MERGE)
    def merge(self, form: Merge) -> Steps[MergedAnswer]:
        """Give one person's templates to another, and let the first id go."""
        person, other = self._find(form.person).id, self._find(form.into).id
        if person == other:
            raise BadRequest(f"{person!r} cannot be merged into the same person; name two.")
        likeness = self._shared.matcher.likeness(person, other)
        done = curated_answer((yield from self._writer.in_turns(lambda: self._curation.merge(person, other))))
        note = _judge_merged(person, other, likeness, self._shared.rules.match_threshold)
        return MergedAnswer.extending(done, merged=person, notes=note_answers([note]))

    @answers(FORGET)
    def forget(self, form: Forget) -> Steps[ForgetAnswer]:
        """Erase a person, and where it is asked for the strangers who are like them; or a stranger by their id."""
        if is_stranger_id(form.person):
            return (yield from self._writer.in_turns(lambda: forget_stranger(self._strangers, form.person)))
        person = self._find(form.person)
        alike = yield from self._writer.in_turns(partial(self._strangers_like, person.id))
        gone, left = (alike, ()) if form.with_strangers else ((), alike)

        def also() -> None:
            for stranger in gone:
                self._strangers.withdraw(stranger)
            if drops_name:
                self._owner_state.erase_name()

        drops_name = self._owner_state.keeps_name_of(person)
        erased = yield from self._writer.in_turns(lambda: self._gallery.forget(person.id, also=also))
        if drops_name:
            self._owner_state.note_name_erased()
        return ForgetAnswer.extending(erased, strangers=gone, also_strangers=left)

    def _strangers_like(self, person: str) -> tuple[str, ...]:
        """Those who are like a person, for the writer's thread: the looks of all of them are read."""
        return _strangers_like(list(self._curation.templates(person).values()), self._strangers, self._shared.rules.match_threshold)

    def _find(self, name: str) -> Person:
        """Whom an id or a name to show means."""
        return self._gallery.person(find_person(name, display_names(self._gallery)))

    @property
    def _writer(self) -> Writer:
        return self._gallery.database.writer

    @property
    def _strangers(self) -> Strangers:
        return self._shared.strangers.store

    def _template(self, template: NewTemplate, person: str) -> wire.TemplateAnswer:
        """Of another network than the one in use, a template cannot be compared."""
        matcher = self._shared.matcher
        nearest = matcher.standing(template.embedding, person) if template.embedding.model_id == matcher.model_id else None
        return wire.TemplateAnswer(
            quality=template.quality,
            source=template.source,
            learned=template.origin is Origin.LEARNED,
            created_at=template.created_at,
            model=template.embedding.model_id,
            has_picture=template.aligned_png is not None,
            nearest_person=nearest.other_person if nearest else None,
            nearest_similarity=nearest.other_similarity if nearest else None,
        )


class StrangerVerbs:
    """Answers what is asked of strangers."""

    def __init__(self, strangers: Strangers) -> None:
        """Take those of a gallery file."""
        self._strangers = strangers

    @answers(STRANGERS)
    def list(self, _form: ListStrangers) -> StrangersAnswer:
        """Everybody remembered, who was seen last first."""
        return StrangersAnswer.of_all([StrangerAnswer.of(stranger) for stranger in self._strangers.strangers()])

    @answers(IGNORE)
    def ignore(self, form: Ignore) -> Steps[StrangerAnswer]:
        """Never report a stranger again, or do."""
        done = yield from self._strangers.writer.in_turns(lambda: self._strangers.ignore(form.stranger, ignored=form.ignored))
        return StrangerAnswer.of(done)


def few_templates(person: Person) -> str | None:
    """What somebody should do who has one template only; None for everybody else."""
    if person.templates != 1:
        return None
    return (
        f"{person.display_name} has one template only and is missed more often than with two to five, from different days and sides: "
        f"add pictures, or looks before a camera ('edged enroll NAME PICTURE…' or '--capture CAMERA'), or set gallery.learn."
    )


def _listed(person: Person, left_out: int) -> wire.ListedAnswer:
    shown = wire.PersonAnswer.of(person)
    return wire.ListedAnswer.extending(shown, left_out=left_out, learned=person.learned, hint=few_templates(person))


def forget_stranger(strangers: Strangers, stranger: str) -> ForgetAnswer:
    """Erase a stranger; UnknownStranger where nobody has the id."""
    return ForgetAnswer.extending(strangers.forget(stranger), strangers=(stranger,), also_strangers=())


def _judge_merged(person: str, into: str, likeness: float | None, match_threshold: float) -> Note | None:
    if likeness is None or likeness >= match_threshold:
        return None
    return Note(
        "unlike_own",
        f"The faces of {person!r} are unlike those of {into!r} (similarity at most {likeness:.2f}, a match from {match_threshold:.2f}); "
        "see that they are the same person.",
    )


def _strangers_like(templates: list[NewTemplate], strangers: Strangers, match_threshold: float) -> tuple[str, ...]:
    """The ids of strangers with a look that matches one of the templates, the most alike first."""
    likeness: dict[str, float] = {}
    for model_id in {template.embedding.model_id for template in templates}:
        looks = strangers.looks(model_id)
        if not looks.persons:
            continue
        vectors = np.array([template.embedding.vector for template in templates if template.embedding.model_id == model_id])
        best = (looks.embeddings @ vectors.T).max(axis=1).tolist()
        for stranger, similarity in zip(looks.persons, best, strict=True):
            likeness[stranger] = max(similarity, likeness.get(stranger, -1.0))
    found = sorted(likeness.items(), key=lambda item: -item[1])
    return tuple(stranger for stranger, similarity in found if similarity >= match_threshold)
