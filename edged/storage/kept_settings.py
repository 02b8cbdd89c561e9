"""Settings that were changed by command and hold over the config file, by name, as JSON.

It does not know which settings there are nor what values are allowed.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edged.storage.database import Database


class Settings:
    """The settings table of a gallery file. Not thread-safe, by design: one worker thread."""

    def __init__(self, database: Database) -> None:
        """Read and write this file."""
        self._database = database

    def overrides(self) -> dict[str, Any]:
        """Every setting that was changed, by name; a value of None is an override too."""
        rows = self._database.rows("SELECT name, value FROM settings ORDER BY name")
        return {row["name"]: json.loads(row["value"]) for row in rows}

    def get(self, name: str, default: object = None) -> object:
        """The value a setting was changed to, or default where it was not."""
        rows = self._database.rows("SELECT value FROM settings WHERE name = ?", [name])
        return json.loads(rows[0]["value"]) if rows else default

    def set(self, name: str, value: object) -> None:
        """Keep a value, durable on return.

        Raises:
            TypeError: the value is not JSON.
            ValueError: the value is NaN or infinite, which JSON has not.
            GalleryError: the file cannot be written.
        """
        with self._database.transaction():
            self._store(name, value)

    def change(self, values: Mapping[str, object]) -> None:
        """Keep several values, None meaning to go back to the config file's: all or none.

        Raises:
            TypeError: a value is not JSON.
            ValueError: a value is NaN or infinite.
            GalleryError: the file cannot be written.
        """
        with self._database.transaction():
            for name, value in values.items():
                if value is None:
                    self._remove(name)
                else:
                    self._store(name, value)

    def clear(self, name: str) -> bool:
        """Go back to the config file's value; whether there was another.

        Raises:
            GalleryError: the file cannot be written.
        """
        with self._database.transaction():
            return self._remove(name) > 0

    def _store(self, name: str, value: object) -> None:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        self._database.write("INSERT INTO settings VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", [(name, text)])

    def _remove(self, name: str) -> int:
        return self._database.write("DELETE FROM settings WHERE name = ?", [(name,)])
