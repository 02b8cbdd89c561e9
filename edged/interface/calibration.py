"""The verbs `calibrate` and `tell_apart`: the gallery's own figures, and what is learned of look-alikes to tell them apart.

How either is worked out is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edged.interface.fields import Share, Similarity, Switch
from edged.interface.form import Answer, Form, Verb
from edged.types import Obstacle

Source = Literal["card", "strangers"]


@dataclass(frozen=True, slots=True)
class RateAnswer(Answer):
    """A share with its uncertainty."""

    estimate: Share
    """0…1."""
    low: Share
    """It is at least this, with 95 % together with `high`."""
    high: Share
    """It is at most this."""
    counted: int
    """How many it was counted of."""


@dataclass(frozen=True, slots=True)
class OperationAnswer(Answer):
    """What to expect at a threshold."""

    threshold: Similarity
    """The similarity that is needed."""
    fpir_by_card: Share
    """Share of strangers' visits that are named, at most, by the model's card."""
    fpir_by_strangers: RateAnswer | None
    """The same by the strangers who came."""
    fnir: RateAnswer | None
    """Share of people's looks that miss them."""


@dataclass(frozen=True, slots=True)
class PairAnswer(Answer):
    """Two people who are alike."""

    person: str
    """One."""
    other_person: str
    """The other."""
    similarity: Similarity
    """Cosine of their two most alike templates, −1…1."""


@dataclass(frozen=True, slots=True)
class LookAlikeAnswer(PairAnswer):
    """Two people so alike that they need a larger lead over each other."""

    margin: float
    """That lead."""
    told_apart: bool
    """Whether the lead is judged by what was learned of them."""


@dataclass(frozen=True, slots=True)
class TemplatesAnswer(Answer):
    """What so many templates of everybody give."""

    templates: int
    """How many each person has."""
    fnir: RateAnswer
    """Share of people's looks that miss them, by similarity alone."""


class Calibrate(Form):
    """`…/request/calibrate`: the gallery's own figures."""


@dataclass(frozen=True, slots=True)
class CalibrateAnswer(Answer):
    """The gallery's own figures."""

    people: int
    """How many are enrolled."""
    templates: int
    """How many they have: N of the rates."""
    strangers: int
    """How many are remembered."""
    closest_pair: PairAnswer | None
    """Null with fewer than two people."""
    look_alike_similarity: float
    """From here on two people are look-alikes."""
    look_alikes: tuple[LookAlikeAnswer, ...]
    """The most alike first."""
    margin: float
    """The lead that everybody else needs."""
    in_force: OperationAnswer
    """At the threshold in force."""
    suggested: OperationAnswer
    """At the one that is suggested."""
    suggested_by: Source
    """Whom the suggestion follows: the stricter of the two."""
    single_template_people: int
    """How many people have one template only."""
    by_templates: tuple[TemplatesAnswer, ...]
    """What more templates would give, of the people who have several, at the threshold in force."""


CALIBRATE = Verb("calibrate", Calibrate, CalibrateAnswer, group="people")


class TellApart(Form):
    """`…/request/tell_apart`: learn to tell the look-alikes of the gallery apart, or erase what was learned."""

    undo: Switch = False
    """Erase it."""


@dataclass(frozen=True, slots=True)
class PartedAnswer(PairAnswer):
    """Two look-alikes, and what was learned of them."""

    similarity_learned: Similarity
    """The same cosine by what was learned."""


@dataclass(frozen=True, slots=True)
class TriesAnswer(Answer):
    """What came of templates that were left out of what was learned, and of strangers."""

    missed: int
    """How many templates did not find their person."""
    confused: int
    """How many of these were named as somebody else."""
    lead: Similarity
    """By how much a template's similarity to its person's others is above that to their look-alikes, in the mean."""
    strangers_named: int
    """How many looks of strangers were named."""


@dataclass(frozen=True, slots=True)
class TellApartAnswer(Answer):
    """What was learned, and whether it was taken; without look-alikes, or after an undo, nothing is counted."""

    learned: bool
    """Whether it was taken; where it was not, what was in force before stays."""
    obstacle: Obstacle | None
    """Why it was not."""
    pairs: tuple[PartedAnswer, ...]
    """The look-alikes, the most alike first, ten pairs at most."""
    tried: int
    """How many templates were left out, one by one, and searched for."""
    strangers: int
    """How many looks of remembered strangers were searched for."""
    before: TriesAnswer
    """What came of it as it was."""
    after: TriesAnswer
    """What came of it with what was learned."""
    residue: str | None
    """What keeps erased bytes in the file for the moment; null where none is left."""


TELL_APART = Verb("tell_apart", TellApart, TellApartAnswer, group="enroll", changes_gallery=True, logged=True)
