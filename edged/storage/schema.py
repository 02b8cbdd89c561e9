"""The tables of the gallery file as numbered migrations, and how a file is brought to the newest number.

It does not know what the tables are used for. Migrations are text, not calls of a library, so that what was applied to files in
the field years ago cannot change with an update; and they are applied under a lock. sqlite-utils' Migrations looks what is to be done
before it takes one: of 60 processes that opened a new file two at a time 20 failed, "table t1 already exists" or "database is locked".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from edged.errors import GalleryUnusable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

Migration: TypeAlias = tuple[str, ...]

APPLICATION_ID = 0x65646764
"""Number in the file's header, 'edgd', so that another program's database is never taken for a gallery; `file` shows it too."""

MIGRATIONS: tuple[Migration, ...] = (
    (  # 1: people and their templates
        "CREATE TABLE people (person TEXT PRIMARY KEY, display_name TEXT NOT NULL, enrolled_at TEXT NOT NULL) STRICT",
        """CREATE TABLE templates (
            id INTEGER PRIMARY KEY, person TEXT NOT NULL REFERENCES people ON DELETE CASCADE, model_id TEXT NOT NULL,
            embedding BLOB NOT NULL, quality REAL NOT NULL, source TEXT NOT NULL, created_at TEXT NOT NULL, aligned BLOB
        ) STRICT""",
        "CREATE INDEX templates_of_person ON templates (person)",
    ),
    (  # 2: what was changed by command over the config file, as JSON
        "CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    ),
    (  # 3: events not yet acknowledged; AUTOINCREMENT, so that an emptied table does not begin at 1 again
        """CREATE TABLE outbox (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL UNIQUE, topic TEXT NOT NULL, payload TEXT NOT NULL,
            created_at TEXT NOT NULL
        ) STRICT""",
    ),
    (  # 4: one row while erased bytes may still stand in the file, so that a crash does not make us forget to forget
        "CREATE TABLE compaction_due (id INTEGER PRIMARY KEY CHECK (id = 1)) STRICT",
    ),
    (  # 5: strangers and their looks; AUTOINCREMENT, so that an id that was forgotten never means somebody else
        """CREATE TABLE strangers (
            id INTEGER PRIMARY KEY AUTOINCREMENT, first_seen_at TEXT NOT NULL, last_seen_at TEXT NOT NULL, seen_count INTEGER NOT NULL,
            ignored INTEGER NOT NULL CHECK (ignored IN (0, 1))
        ) STRICT""",
        """CREATE TABLE stranger_looks (
            id INTEGER PRIMARY KEY, stranger INTEGER NOT NULL REFERENCES strangers ON DELETE CASCADE, model_id TEXT NOT NULL,
            embedding BLOB NOT NULL, quality REAL NOT NULL, aligned BLOB
        ) STRICT""",
        "CREATE INDEX looks_of_stranger ON stranger_looks (stranger)",
    ),
    (  # 6: order and age by counters that only grow, and which moments come from a clock that was not set; a file from before has its
        # order by time, and its strangers are remembered anew from now on, since nobody knows what their times are worth
        "CREATE TABLE sequence (id INTEGER PRIMARY KEY CHECK (id = 1), last INTEGER NOT NULL) STRICT",
        "ALTER TABLE strangers ADD COLUMN last_visit INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE templates ADD COLUMN number INTEGER NOT NULL DEFAULT 0",
        """UPDATE strangers SET last_visit = place FROM
            (SELECT id AS one, row_number() OVER (ORDER BY last_seen_at, id) AS place FROM strangers) WHERE one = strangers.id""",
        """UPDATE templates SET number = place FROM
            (SELECT id AS one, row_number() OVER (ORDER BY created_at, id) AS place FROM templates) WHERE one = templates.id""",
        "INSERT INTO sequence VALUES (1, max((SELECT count(*) FROM strangers), (SELECT count(*) FROM templates)))",
        """CREATE TABLE age (
            id INTEGER PRIMARY KEY CHECK (id = 1), seconds REAL NOT NULL, boot TEXT NOT NULL, running REAL NOT NULL,
            wall_offset REAL NOT NULL, steady_since REAL NOT NULL,
            trusted_boot TEXT, trusted_wall REAL NOT NULL, trusted_seconds REAL NOT NULL
        ) STRICT""",
        "INSERT INTO age VALUES (1, 0, '', 0, 0, 0, NULL, 0, 0)",
        "ALTER TABLE strangers ADD COLUMN last_seen_age REAL NOT NULL DEFAULT 0",
        "CREATE TABLE unset_clocks (id INTEGER PRIMARY KEY AUTOINCREMENT, boot TEXT NOT NULL, wall_offset REAL NOT NULL) STRICT",
        "ALTER TABLE strangers ADD COLUMN first_seen_clock INTEGER REFERENCES unset_clocks ON DELETE SET NULL",
        "ALTER TABLE strangers ADD COLUMN last_seen_clock INTEGER REFERENCES unset_clocks ON DELETE SET NULL",
        "ALTER TABLE templates ADD COLUMN created_clock INTEGER REFERENCES unset_clocks ON DELETE SET NULL",
        "ALTER TABLE people ADD COLUMN enrolled_clock INTEGER REFERENCES unset_clocks ON DELETE SET NULL",
        "ALTER TABLE outbox ADD COLUMN created_clock INTEGER REFERENCES unset_clocks ON DELETE SET NULL",
        "ALTER TABLE outbox ADD COLUMN boot TEXT",
        "ALTER TABLE outbox ADD COLUMN running REAL",
    ),
    (  # 7: how much a look is like those that the embedder learnt; NULL for looks from before, of which nobody knows
        "ALTER TABLE stranger_looks ADD COLUMN typicality REAL",
    ),
    (  # 8: whether anybody was ever enrolled in this file, and the boot in which a run has begun that has not ended by itself
        """CREATE TABLE run (
            id INTEGER PRIMARY KEY CHECK (id = 1), has_had_people INTEGER NOT NULL, boot TEXT NOT NULL
        ) STRICT""",
        "INSERT INTO run VALUES (1, EXISTS (SELECT 1 FROM people) OR EXISTS (SELECT 1 FROM sequence WHERE last > 0), '')",
        "CREATE TRIGGER somebody_enrolled AFTER INSERT ON people BEGIN UPDATE run SET has_had_people = 1 WHERE has_had_people = 0; END",
    ),
    (  # 9: whether a template was enrolled by the owner, learned from a visit, or is only suggested by one
        """ALTER TABLE templates ADD COLUMN origin TEXT NOT NULL DEFAULT 'enrolled'
            CHECK (origin IN ('enrolled', 'learned', 'suggested'))""",
    ),
    (  # 10: who has which templates of which origin and model, without reading the pictures: columns behind them cost the whole file
        "DROP INDEX templates_of_person",
        "CREATE INDEX templates_of_person ON templates (person, origin, model_id, number)",
    ),
    (  # 11: visits; without an index, whose order could keep a copy of what was erased
        (
            "CREATE TABLE visits (id INTEGER PRIMARY KEY, event_id TEXT NOT NULL, camera TEXT NOT NULL, "
            "person TEXT REFERENCES people ON DELETE CASCADE, stranger INTEGER REFERENCES strangers ON DELETE CASCADE, "
            "began_at TEXT NOT NULL, ended_at TEXT, similarity REAL, margin REAL, threshold REAL NOT NULL, looks INTEGER NOT NULL, "
            "corrected INTEGER NOT NULL, still INTEGER NOT NULL, age REAL NOT NULL, "
            "clock INTEGER REFERENCES unset_clocks ON DELETE SET NULL) STRICT"
        ),
    ),
    (  # 12: what was learned to tell look-alikes apart, one row at most; it is made of faces, and goes with any of those it was made of
        """CREATE TABLE partings (
            id INTEGER PRIMARY KEY CHECK (id = 1), model_id TEXT NOT NULL, pairs TEXT NOT NULL, projection BLOB NOT NULL
        ) STRICT""",
        """CREATE TRIGGER person_unlearned AFTER DELETE ON people BEGIN
            DELETE FROM partings WHERE OLD.person IN (SELECT atom FROM json_tree(pairs)); END""",
        """CREATE TRIGGER template_unlearned AFTER DELETE ON templates BEGIN
            DELETE FROM partings WHERE OLD.person IN (SELECT atom FROM json_tree(pairs)); END""",
        """CREATE TRIGGER template_changed AFTER UPDATE OF person, model_id, embedding ON templates BEGIN
            DELETE FROM partings WHERE OLD.person IN (SELECT atom FROM json_tree(pairs)); END""",
    ),
)


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Apply what is missing, each migration in one transaction together with its number (PRAGMA user_version).

    Raises:
        GalleryUnusable: the file is of a newer edged, or of another program.
    """
    _refuse_foreign(connection)
    for number, migration in enumerate(migrations, start=1):
        if _version(connection) < number:
            _apply(connection, number, migration)
    if (found := _version(connection)) > len(migrations):
        raise GalleryUnusable(
            f"The gallery has version {found} and this edged knows {len(migrations)}; update edged, or restore the backup "
            "made before the update."
        )


def _apply(connection: sqlite3.Connection, number: int, migration: Migration) -> None:
    # IMMEDIATE, and the version is read again under the lock: `edged enroll` may start in the same second as the daemon.
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _version(connection) < number:
            for statement in migration:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _refuse_foreign(connection: sqlite3.Connection) -> None:
    # One transaction, since another process may be making the tables: seen without the id they would be another program's.
    connection.execute("BEGIN")
    try:
        [(found,)] = connection.execute("PRAGMA application_id")
        [(tables,)] = connection.execute("SELECT count(*) FROM sqlite_schema")
        is_foreign = found != APPLICATION_ID and (found or tables or _version(connection))
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    if is_foreign:
        raise GalleryUnusable("The file is a database of another program; give another path for the gallery.")


def _version(connection: sqlite3.Connection) -> int:
    [(version,)] = connection.execute("PRAGMA user_version")
    return int(version)
