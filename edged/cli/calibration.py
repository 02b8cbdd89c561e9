"""The command for the gallery's own figures, and for what is learned of look-alikes, as lines for a terminal.

How the figures are worked out, and how anything is learned, is not known here.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from edged.cli.metrics import COSINE, add_metric, converted, told, told_threshold
from edged.cli.options import add, add_json, json_text, show
from edged.cli.people import ask, few_templates_of
from edged.errors import EXIT_FAILURE, counted
from edged.interface.calibration import CALIBRATE, TELL_APART, Calibrate, TellApart
from edged.interface.form import plain
from edged.types import Obstacle

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from edged.cli.options import Commands
    from edged.interface.calibration import CalibrateAnswer, OperationAnswer, RateAnswer, TellApartAnswer, TriesAnswer

OBSTACLES: Mapping[Obstacle, str] = {
    Obstacle.NO_LOOK_ALIKES: "Nothing to learn: no two people here are look-alikes.",
    Obstacle.TOO_FEW_TEMPLATES: "Nothing to learn from: of the look-alikes nobody has two templates ('edged enroll NAME PICTURE…').",
    Obstacle.NOT_PARTED: "Not taken: the look-alikes do not part by it.",
    Obstacle.MORE_MISSED: "Not taken: more of the templates that were left out are missed with it.",
    Obstacle.MORE_CONFUSED: "Not taken: more of the templates that were left out are named as somebody else with it.",
    Obstacle.STRANGERS_NAMED: "Not taken: more of the strangers who came would be named with it.",
    Obstacle.GALLERY_CHANGED: "Not taken: the gallery has changed meanwhile; try again.",
}
TAKEN = "Taken: these look-alikes are told apart by it. To undo it: edged calibrate --unlearn"


def add_commands(commands: Commands) -> None:
    """Add this command."""
    text = "the gallery's own figures: who is alike, how often strangers are named and people missed"
    calibrate = add(commands, "calibrate", _calibrate, text)
    text = "learn to tell look-alikes apart from their templates, and keep it if it helps; exit code 1 if not"
    calibrate.add_argument("--learn", action="store_true", help=text)
    calibrate.add_argument("--unlearn", action="store_true", help="erase what --learn has learned")
    add_json(calibrate)
    add_metric(calibrate)
    calibrate.set_defaults(refuse=calibrate.error)


def _calibrate(options: argparse.Namespace) -> int:
    if options.learn and options.unlearn:
        options.refuse("give --learn or --unlearn, not both")
    if options.unlearn:
        _unlearn(options)
        return 0
    if not options.learn:
        show(options, ask(options, CALIBRATE, Calibrate()), partial(_figures, options))
        return 0
    done = ask(options, TELL_APART, TellApart())
    show(options, done, partial(_learned, options))
    return 0 if done.learned else EXIT_FAILURE


def _unlearn(options: argparse.Namespace) -> None:
    done = ask(options, TELL_APART, TellApart.of(undo=True))
    if options.json:
        print(json_text(plain(done)))
        return
    print("Nothing that was learned of look-alikes is kept; their lead is judged as the network gives it.")
    if done.residue:
        print(f"Not yet: {done.residue}")


def _learned(options: argparse.Namespace, done: TellApartAnswer) -> Iterator[str]:
    for pair in done.pairs:
        names, before, after = f"{pair.person} and {pair.other_person}", pair.similarity, pair.similarity_learned
        yield f"{names}: {told(options.metric, before)}, by what was learned {converted(after, options.metric):.2f}"
    if done.tried:
        tried, strangers = counted(done.tried, "template"), counted(done.strangers, "look")
        yield f"Of {tried} left out in turn, and {strangers} of strangers, without and with it:"
        for name, one, other in zip(("missed", "named as somebody else"), *map(_counts, (done.before, done.after)), strict=True):
            yield f"  {name}: {one} and {other}"
        yield f"  lead in similarity over look-alikes, mean: {done.before.lead:.2f} and {done.after.lead:.2f}"
        yield f"  looks of strangers named: {done.before.strangers_named} and {done.after.strangers_named}"
    yield OBSTACLES[done.obstacle] if done.obstacle else TAKEN


def _counts(tries: TriesAnswer) -> tuple[int, int]:
    return tries.missed, tries.confused


def _figures(options: argparse.Namespace, found: CalibrateAnswer) -> Iterator[str]:
    yield (
        f"{counted(found.people, 'person', 'people')} with {counted(found.templates, 'template')}; "
        f"{counted(found.strangers, 'stranger is', 'strangers are')} remembered."
    )
    if pair := found.closest_pair:
        yield f"Closest: {pair.person} and {pair.other_person}, {told(options.metric, pair.similarity)}."
    for alike in found.look_alikes:
        names = f"{alike.person} and {alike.other_person}"
        lead = f"a lead of {alike.margin:.2f} {'' if options.metric == COSINE else 'in similarity '}over each other"
        apart = ", by what was learned of them" if alike.told_apart else ""
        yield f"Look-alikes: {names}, {told(options.metric, alike.similarity)}; they need {lead}{apart}."
    yield from _operation(options, "In force", found.in_force)
    yield from _more_templates(found)
    if found.suggested.threshold == found.in_force.threshold:
        yield "Suggested: as it is."
    else:
        yield from _operation(options, "Suggested, as strangers here are more alike than the card says", found.suggested)
        yield f"  to set it: match_threshold = {found.suggested.threshold:.2f}"


def _more_templates(found: CalibrateAnswer) -> Iterator[str]:
    """What one more picture of each person would be worth."""
    if found.by_templates:
        shares = (f"with {row.templates} {row.fnir.estimate:.1%} (of {row.fnir.counted})" for row in found.by_templates)
        yield f"Templates of each person, and single looks that are missed: {', '.join(shares)}."
    if few := found.single_template_people:
        yield few_templates_of(few, "'edged people' lists them")


def _operation(options: argparse.Namespace, title: str, row: OperationAnswer) -> Iterator[str]:
    yield f"{title}: {told_threshold(options.metric, row.threshold)}"
    yield f"  of a hundred strangers {row.fpir_by_card * 100:.2g} would be named, by the model's card: strangers of your people's kind"
    if row.fpir_by_strangers:
        yield f"  … by the strangers who came: {_of_a_hundred(row.fpir_by_strangers)}"
    yield f"  people's looks that are missed: {_share(row.fnir, 'templates') if row.fnir else 'unknown, nobody has two templates'}"


def _of_a_hundred(rate: RateAnswer) -> str:
    low, high = rate.low * 100, rate.high * 100
    return f"{rate.estimate * 100:.2g}, with 95 % confidence {low:.2g} to {high:.2g} ({counted(rate.counted, 'stranger')})"


def _share(rate: RateAnswer, of: str) -> str:
    return f"{rate.estimate:.2%}, with 95 % confidence {rate.low:.2%} to {rate.high:.2%} ({rate.counted} {of})"
