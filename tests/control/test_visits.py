"""The verb `visits`: whose, in which words, by which filters, in pages that fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from edged.types import Announcement, Box, Departure, Event, Identity, Verdict
from tests.control.asking import ask, refusal
from tests.household import NEW_YEAR, Household, remembered

if TYPE_CHECKING:
    from pathlib import Path


def come(household: Household, number: int, *, person: str | None = None, stranger: str | None = None, leaves: bool = True) -> None:
    """Somebody comes, and leaves or stays."""
    known = household.shared.strangers.store.stranger(stranger) if stranger else None
    identity = Identity(person or stranger or "", person, person, known)
    fact = Announcement(Verdict(person, 0.6123, None, 0.43, None, 5, 0.8), Box(0, 0, 9, 9), (640, 480), is_correction=False)
    memory = household.parts.gallery.visits
    memory.note(Event("front", number, identity, NEW_YEAR, fact, visit=number), number, f"event-{number}")
    if leaves:
        memory.note(Event("front", number, identity, NEW_YEAR, Departure(9, 5, 0.8, None), visit=number), number, f"end-{number}")
    changes = memory.take()
    memory.store.keep(changes.visits, changes.gone)
    memory.wrote(changes, is_kept=True)


def test_visits_say_who_was_here_by_the_names_of_today(household: Household) -> None:
    come(household, 1, person="joe")
    come(household, 2, person="barack", leaves=False)
    household.parts.gallery.event_faces.keep("event-2", "barack", b"a picture")
    answer = ask(household, "visits")
    assert (answer["total"], answer["next"]) == (2, None)
    here, gone = answer["visits"]
    assert (here["visit"], here["event_id"], here["person"], here["display_name"]) == (2, "event-2", "barack", "Barack O.")
    assert (here["began_at"], here["ended_at"], here["has_picture"]) == ("2026-01-01T00:00:00.000Z", None, True)
    assert (gone["person"], gone["ended_at"], gone["has_picture"]) == ("joe", "2026-01-01T00:00:00.000Z", False)
    assert (gone["similarity"], gone["margin"], gone["threshold"], gone["looks"]) == (0.612, None, 0.43, 5)
    ask(household, "rename", person="joe", display_name="Joey")
    assert ask(household, "visits", person="Joey")["visits"][0]["display_name"] == "Joey"


def test_what_the_owner_does_with_people_is_done_with_their_visits(control: Household, portraits: dict[str, Path]) -> None:
    first, second = remembered(control, portraits["astronaut"]), remembered(control, portraits["biden"])
    come(control, 1, stranger=first)
    come(control, 2, stranger=second)
    ask(control, "enroll", person="Eileen", stranger=first)
    ask(control, "enroll", person="Joe", stranger=second)
    assert [row["person"] for row in ask(control, "visits")["visits"]] == ["joe", "eileen"]
    ask(control, "merge", person="joe", into="eileen")
    assert [row["person"] for row in ask(control, "visits", kind="person")["visits"]] == ["eileen", "eileen"]
    ask(control, "forget", person="eileen")
    assert ask(control, "visits")["visits"] == []


def test_pages_hold_what_fits_and_together_everything(household: Household) -> None:
    for number in range(1, 41):
        come(household, number, person="joe" if number % 2 else "barack")
    household.control = household.parts.control(household.scenes, most_bytes=lambda: 4_000)
    found: list[dict[str, Any]] = []
    page: dict[str, Any] = {"next": None}
    while not found or page["next"]:
        page = ask(household, "visits", limit=500, after=page["next"])
        assert page["total"] == 40
        found += page["visits"]
    assert [row["visit"] for row in found] == list(range(40, 0, -1))
    assert [row["visit"] for row in ask(household, "visits", limit=2, after="11", person="joe")["visits"]] == [9, 7]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"person": "nobody"}, "person_not_found"),
        ({"stranger": "joe"}, "stranger_not_found"),
        ({"limit": 501}, "bad_request"),
        ({"after": "joe"}, "bad_request"),
        ({"since": "yesterday"}, "bad_request"),
        ({"since": "2026-01-01T00:00:00"}, "bad_request"),
        ({"kind": "cat"}, "bad_request"),
    ],
)
def test_what_cannot_be_meant_is_refused(household: Household, request_: dict[str, object], code: str) -> None:
    assert refusal(household, "visits", **request_).code == code
