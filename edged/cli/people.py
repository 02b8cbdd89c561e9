"""The commands for people who are enrolled, as lines for a terminal.

What the commands do is not known here.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from edged.cli.metrics import COSINE, add_metric, converted, told
from edged.cli.options import add, add_json, config_of, in_columns, show
from edged.cli.progress import progress_of
from edged.control.people import forget_stranger
from edged.daemon.opening import open_gallery, open_records
from edged.errors import counted
from edged.gallery.names import MAX_DISPLAY_CHARACTERS, display_name, is_stranger_id, person_id
from edged.interface.people import PEOPLE, PERSON, RENAME, ListPeople, Rename, ShowPerson
from edged.interface.removal import FORGET, MERGE, Forget, Merge
from edged.system.times import rfc3339

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from edged.cli.options import Commands
    from edged.gallery.erasure import ErasedPictures
    from edged.interface.enrollment import EnrolledAnswer
    from edged.interface.form import AnswerT, FormT, Verb
    from edged.interface.learning import UnlearnAnswer
    from edged.interface.people import CuratedAnswer, ListedAnswer, NoteAnswer, PeopleAnswer, ShownAnswer
    from edged.interface.removal import ForgetAnswer


WHOM = "a person's name or id"


def add_commands(commands: Commands) -> None:
    """Add these commands."""
    add_json(add(commands, "people", _people, "list who is enrolled"))
    person = add(commands, "person", _person, "show one person's templates, and who is near to them")
    person.add_argument("name", metavar="NAME", help=WHOM)
    add_json(person)
    add_metric(person)
    rename = add(commands, "rename", _rename, "change the name that is shown; the id stays", confirms=True)
    rename.add_argument("name", metavar="NAME", help=WHOM)
    rename.add_argument("shown", metavar="DISPLAY_NAME", help="the name to show from now on")
    rename.add_argument("--allow-alike", action="store_true", help="also to a name that looks like somebody else's")
    merge = add(commands, "merge", _merge, "give one person's templates to another, and let the first go", confirms=True)
    merge.add_argument("name", metavar="NAME", help="who goes: a person's name or id")
    merge.add_argument("into", metavar="INTO", help="who gets the templates and stays: a name or id")
    add_metric(merge)
    text = "erase a person: templates, pictures, and their name in events not yet sent; or a stranger"
    forget = add(commands, "forget", _forget, text, confirms=True)
    forget.add_argument("name", metavar="NAME", help="a person's name or id, or a stranger's id")
    forget.add_argument("--with-strangers", action="store_true", help="also the strangers who are like the person")
    pictures = add(commands, "pictures", _pictures, "say how many pictures are kept in the gallery, or erase them")
    pictures.add_argument("--erase", action="store_true", help="erase all of them, and keep the embeddings that were made from them")


def ask(options: argparse.Namespace, verb: Verb[FormT, AnswerT], form: FormT) -> AnswerT:
    """Carry out a request that needs no networks; EdgedError where it is refused or fails."""
    with progress_of(options).working(), open_gallery(config_of(options), to_read=not verb.changes_gallery) as known:
        return known.control().carry_out(verb, form)


def a_name(text: str) -> str:
    """The id or the name of somebody as a request takes it.

    Raises:
        NameRejected: nobody can have it, as an empty one.
    """
    return text if 1 <= len(text) <= MAX_DISPLAY_CHARACTERS else person_id(text)


def enrolled_line(done: EnrolledAnswer) -> str:
    """Who was enrolled, as a line."""
    made = counted(done.added, "was", "were")
    return f"{done.display_name} ({done.person}) is enrolled with {counted(done.templates, 'template')}, {made} made."


def print_accepted(answer: EnrolledAnswer, metric: str) -> None:
    """Print what each template that was made is like, in this metric."""
    for number, one in enumerate(answer.accepted, 1):
        own = f", {told(metric, one.own_similarity)} to the person's others" if one.own_similarity is not None else ""
        other = f", nearest other {one.other_person}, {told(metric, one.other_similarity)}" if one.other_person else ""
        print(f"Template {number}: quality {one.quality:.2f}{own}{other}")


def print_dropped(answer: CuratedAnswer, metric: str = COSINE) -> None:
    """Print which templates were dropped, and in this metric how like another they were."""
    for one in answer.dropped:
        made, alike = rfc3339(one.created_at), converted(one.similarity, metric)
        how = f"{alike:.2f} like another one" if metric == COSINE else f"at a distance of {alike:.2f} from another one"
        print(f"Dropped: the template of {made} ({one.source}, quality {one.quality:.2f}), {how}.")


def few_templates_of(count: int, who: str) -> str:
    """What those should do who have one template only, so many of them; who says where they are named."""
    people = counted(count, "person has", "people have")
    advice = "two to five, from different days and sides, make misses rarer ('edged enroll NAME PICTURE…')"
    return f"{people} one template only ({who}): {advice}."


def print_notes(notes: Sequence[NoteAnswer]) -> None:
    """Print what the owner should know."""
    for note in notes:
        print(f"Note: {note.message}")


def _people(options: argparse.Namespace) -> None:
    show(options, ask(options, PEOPLE, ListPeople()), _list)


def _list(answer: PeopleAnswer) -> Sequence[str]:
    rows = [(row.person, f"{counted(row.templates, 'template'):<13}  {row.display_name}{_of_these(row)}") for row in answer.people]
    return [*in_columns(rows, "Nobody is enrolled yet: edged enroll NAME PICTURE…"), *_hints(answer)]


def _hints(answer: PeopleAnswer) -> Sequence[str]:
    """What somebody with few templates should do, or how many should do the same; who they are stands in the rows above."""
    hints = [row.hint for row in answer.people if row.hint]
    return [few_templates_of(len(hints), "see '1 template' above")] if len(hints) > 1 else hints


def _of_these(row: ListedAnswer) -> str:
    """What is to be known of somebody's templates, where there is anything."""
    learned = f"  ({row.learned} learned)" if row.learned else ""
    return learned + (f"  ({row.left_out} of another network, not compared)" if row.left_out else "")


def _person(options: argparse.Namespace) -> None:
    show(options, ask(options, PERSON, ShowPerson.of(person=a_name(options.name))), partial(_details, options))


def _details(options: argparse.Namespace, answer: ShownAnswer) -> Iterator[str]:
    yield f"{answer.display_name} ({answer.person}), enrolled {rfc3339(answer.enrolled_at)}, {counted(answer.templates, 'template')}:"
    for row in answer.template_list:
        alike = told(options.metric, row.nearest_similarity)
        near = f"nearest other {row.nearest_person}, {alike}" if row.nearest_person else "nobody else to compare"
        picture = "with picture" if row.has_picture else "no picture"
        source = f"{row.source}, learned" if row.learned else row.source
        yield f"{rfc3339(row.created_at)}  quality {row.quality:.2f}  {near}  {picture}  {source}  {row.model}"
    if answer.hint:
        yield answer.hint


def _rename(options: argparse.Namespace) -> None:
    shown = display_name(options.shown)
    done = ask(options, RENAME, Rename.of(person=a_name(options.name), display_name=shown, allow_alike=options.allow_alike))
    print(f"{done.person} is shown as: {done.display_name}")


def _merge(options: argparse.Namespace) -> None:
    done = ask(options, MERGE, Merge.of(person=a_name(options.name), into=a_name(options.into)))
    print(f"{done.merged} is now {done.display_name} ({done.person}), with {counted(done.templates, 'template')}.")
    print_dropped(done, options.metric)
    print_notes(done.notes)


def _forget(options: argparse.Namespace) -> None:
    if is_stranger_id(options.name):
        with open_records(config_of(options)) as known:
            _print_forgotten(forget_stranger(known.strangers, options.name))
        return
    _print_forgotten(ask(options, FORGET, Forget.of(person=a_name(options.name), with_strangers=options.with_strangers)))


def _print_forgotten(erased: ForgetAnswer) -> None:
    what = f"{counted(erased.templates, 'template')} and {counted(erased.pictures, 'picture')}"
    done = f"{erased.display_name or erased.person} is forgotten: {what} are erased"
    if erased.display_name:
        done += f", the name is taken out of {counted(erased.events, 'event')} still to be sent"
    print(f"{done}.")
    if erased.display_name and erased.strangers:
        print(f"Forgotten too: {', '.join(erased.strangers)}.")
    if erased.also_strangers:
        print(f"These strangers are like the person, and are still remembered: {', '.join(erased.also_strangers)}.")
    print_what_is_left(erased)


def print_what_is_left(erased: ForgetAnswer | UnlearnAnswer | ErasedPictures) -> None:
    """What is not yet done of an erasure."""
    if erased.residue:
        print(f"Not yet: {erased.residue}")
    elif erased.compaction_due:
        print("What was erased is overwritten; edged makes the file smaller later, while nobody is in view.")


def _pictures(options: argparse.Namespace) -> None:
    with open_records(config_of(options), to_read=not options.erase) as known:
        if not options.erase:
            print(f"{counted(known.gallery.pictures(), 'picture is', 'pictures are')} kept; 'edged pictures --erase' erases them.")
            return
        done = known.gallery.erase_pictures()
    print(f"{counted(done.templates, 'picture')} of people and {done.strangers:,} of strangers are erased.")
    print_what_is_left(done)
