"""A damaged gallery file made into a whole one: of all that can be read, with what had to be left out told person by person.

It does not know whether anybody uses the file. The damaged one stays as it is, and the new one is there whole or not at all.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from edged.errors import GalleryDamaged
from edged.storage.exchanged_logs import DAMAGED_SUFFIX, give_back_log
from edged.storage.failures import named, translated
from edged.storage.integrity import check_pages
from edged.storage.pages import read_pages
from edged.storage.replacing import exchange, settle, written_anew
from edged.storage.salvage import SCHEMA, SEQUENCE, salvage
from edged.storage.schema import migrate

if TYPE_CHECKING:
    from pathlib import Path

    from edged.storage.salvage import Salvaged
    from edged.storage.table import Value

MORE_THAN_EVER = 10_000_000
"""Numbers of events, and of strangers, that are left out where nobody knows the last any more: more than any door has given."""
ORDER = "unset_clocks", "people", "templates", "strangers", "stranger_looks"
"""Tables in the order in which their rows are written, those that others point to first; tables that are not named here follow."""
HOLDS_SOMEBODY = "people", "templates", "strangers"
COUNTED = "people", "templates", "strangers", "outbox"
QUICK = "journal_mode = OFF", "synchronous = OFF"
"""How a file is written that nobody has before it is whole and on the disk."""
LEFT_OUT = frozenset({SCHEMA, SEQUENCE, "partings"})
"""Tables that are not copied: SQLite writes its own, and what was learned of people may be of one who is lost; it is learned again."""
NUMBERED = ("outbox", "seq"), ("strangers", "id"), ("unset_clocks", "id")
"""Tables that give no number of a row twice, and their keys."""
COUNT_ON = (
    """UPDATE sequence SET last = max(
        last, (SELECT coalesce(max(number), 0) FROM templates), (SELECT coalesce(max(last_visit), 0) FROM strangers))""",
    "UPDATE age SET seconds = max(seconds, (SELECT coalesce(max(last_seen_age), 0) FROM strangers))",
    "UPDATE age SET seconds = max(seconds, (SELECT coalesce(max(age), 0) FROM visits))",
)
"""Statements that make counters at least as great as what was counted by them."""
CLOCKS = (
    ("people", "enrolled_clock"),
    ("templates", "created_clock"),
    ("strangers", "first_seen_clock"),
    ("strangers", "last_seen_clock"),
    ("outbox", "created_clock"),
    ("visits", "clock"),
)
"""Columns that point to an unset clock, which is worth less than what points to it."""


class PersonLoss(NamedTuple):
    """What is lost of a person: templates, pictures of templates that are left, the name that is shown; templates is how many are left."""

    person: str
    templates: int
    lost_templates: int
    lost_pictures: int
    has_lost_name: bool


class Contents(NamedTuple):
    """How much is in a repaired gallery."""

    people: int
    templates: int
    strangers: int
    events: int


class Repaired(NamedTuple):
    """A gallery that is whole again, where the damaged one is, and what is lost, as far as anything still tells."""

    path: Path
    damaged: Path
    contents: Contents
    people: tuple[PersonLoss, ...]
    lost_strangers: int
    lost_events: int
    lost_settings: tuple[str, ...]
    knows_last_event: bool


def repair(gallery: Path, target: Path | None = None) -> Repaired:
    """Make a new file of what can be read of a gallery that nobody has open, in its place, or where target says; see DAMAGED_SUFFIX.

    Raises:
        GalleryDamaged: nothing of a gallery can be read.
        GalleryError: a file cannot be read or written.
    """
    wanted, damaged = target or gallery, gallery
    with translated(gallery):
        give_back_log(gallery)
        found = salvage(read_pages(gallery))
    if not any(found.rows[name] for name in HOLDS_SOMEBODY):
        raise GalleryDamaged(f"{named(gallery)} has nothing left that can be read; restore a backup, or delete the file to begin anew.")
    nameless = _name_people(found)
    with written_anew(wanted) as part:
        contents = _written(part, wanted, found)
        with translated(wanted):
            if target:
                settle(part, wanted)
            else:
                damaged = exchange(part, wanted, DAMAGED_SUFFIX) or gallery
    events, settings = (found.lost[f"sqlite_autoindex_{table}_1"] for table in ("outbox", "settings"))
    names = tuple(sorted(str(name) for name, *_ in settings))
    return Repaired(wanted, damaged, contents, _losses(found, nameless), _lost_strangers(found), len(events), names, found.knows_counters)


def _written(part: Path, wanted: Path, found: Salvaged) -> Contents:
    with translated(wanted), closing(sqlite3.connect(part, isolation_level=None)) as connection:
        for pragma in QUICK:
            connection.execute(f"PRAGMA {pragma}")
        migrate(connection)
        connection.execute("BEGIN IMMEDIATE")
        for table in sorted(found.rows.keys() - LEFT_OUT, key=_place):
            _fill(connection, table, found.rows[table])
        _drop_orphans(connection)
        _go_on_counting(connection, found)
        connection.execute("COMMIT")
        check_pages(connection, wanted, seconds=float("inf"))
        return Contents(*(_number(connection, f"SELECT count(*) FROM {name}") for name in COUNTED))  # noqa: S608 - names of our own


def _place(table: str) -> int:
    return ORDER.index(table) if table in ORDER else len(ORDER)


def _name_people(found: Salvaged) -> set[str]:
    """Make people of those of whom only templates are left, called by their ids; gives who they are."""
    known = {row["person"] for row in found.rows["people"].values()}
    first: dict[str, str] = {}
    for row in found.rows["templates"].values():
        person, at = str(row["person"]), str(row["created_at"])
        if person not in known:
            first[person] = min(at, first.get(person, at))
    free = 1 + max(found.rows["people"], default=0)
    for number, (person, at) in enumerate(first.items(), start=free):
        found.rows["people"][number] = {"person": person, "display_name": person, "enrolled_at": at}
    return set(first)


def _fill(connection: sqlite3.Connection, table: str, rows: dict[int, dict[str, Value]]) -> None:
    """Write the rows of a table in place of those that a new file has."""
    if rows:
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own tables, here as below
    for _, row in sorted(rows.items()):
        places = ", ".join("?" * len(row))
        connection.execute(f"INSERT OR IGNORE INTO {table} ({', '.join(row)}) VALUES ({places})", tuple(row.values()))  # noqa: S608


def _drop_orphans(connection: sqlite3.Connection) -> None:
    """Take away what points to a row that is lost."""
    for table, column in CLOCKS:
        connection.execute(f"UPDATE {table} SET {column} = NULL WHERE {column} NOT IN (SELECT id FROM unset_clocks)")  # noqa: S608
    connection.execute("DELETE FROM stranger_looks WHERE stranger NOT IN (SELECT id FROM strangers)")
    connection.execute("DELETE FROM visits WHERE person NOT IN (SELECT person FROM people) OR stranger NOT IN (SELECT id FROM strangers)")


def _go_on_counting(connection: sqlite3.Connection, found: Salvaged) -> None:
    """Let no number be given again."""
    last = {row["name"]: int(row["seq"] or 0) for row in found.rows[SEQUENCE].values()}
    for table, key in NUMBERED:
        greatest = max(last.get(table, 0), _number(connection, f"SELECT coalesce(max({key}), 0) FROM {table}"))  # noqa: S608
        connection.execute(f"DELETE FROM {SEQUENCE} WHERE name = ?", (table,))  # noqa: S608
        number = greatest if found.knows_counters else greatest + MORE_THAN_EVER
        connection.execute(f"INSERT INTO {SEQUENCE} (name, seq) VALUES (?, ?)", (table, number))  # noqa: S608
    for statement in COUNT_ON:
        connection.execute(statement)


def _number(connection: sqlite3.Connection, query: str) -> int:
    [(number,)] = connection.execute(query)
    return int(number)


def _losses(found: Salvaged, nameless: set[str]) -> tuple[PersonLoss, ...]:
    """What each person has lost, sorted by id; those too of whom an index alone knows that they were there."""
    templates = found.rows["templates"].values()
    left = Counter(str(row["person"]) for row in templates)
    faceless = Counter(str(row["person"]) for row in templates if "aligned" not in row)
    lost = Counter(str(person) for person, *_ in found.lost["templates_of_person"])
    people = {str(row["person"]) for row in found.rows["people"].values()}
    people |= lost.keys() | {str(person) for person, *_ in found.lost["sqlite_autoindex_people_1"]}
    losses = (PersonLoss(one, left[one], lost[one], faceless[one], one in nameless) for one in sorted(people))
    return tuple(loss for loss in losses if loss.lost_templates or loss.lost_pictures or loss.has_lost_name or not loss.templates)


def _lost_strangers(found: Salvaged) -> int:
    """How many strangers are lost, or have no look left, as far as their looks and their index tell."""
    looks = {row["stranger"] for row in found.rows["stranger_looks"].values()}
    known, told = set(found.rows["strangers"]), looks | {stranger for stranger, *_ in found.lost["looks_of_stranger"]}
    return len(known ^ looks | (told - known))
