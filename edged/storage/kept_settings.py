"""Settings that were changed by command and hold over the config file, by name, as JSON.

It does not know which settings there are nor what values are allowed.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from edged.storage.records import SettingRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edged.storage.database import Database


class KeptSettings:
    """The settings table of a gallery file. Not thread-safe, by design: one worker thread.

    Every method raises GalleryError where the file cannot be read or written.
    """

    def __init__(self, database: Database) -> None:
        """Read and write this file."""
        self.writer = database.writer
        self._database, self._settings = database, database.table("settings", SettingRecord)

    def overrides(self) -> dict[str, object]:
        """Read every setting that was changed, by name."""
        return {row.name: _value(row) for row in self._settings.where(order_by="name")}

    def get(self, name: str) -> object:
        """Read the value that a setting was changed to; None where it was not."""
        row = self._settings.get(name)
        return _value(row) if row else None

    def change(self, values: Mapping[str, object]) -> None:
        """Keep several values, None meaning the config file's again: all or none, durable on return.

        Raises:
            TypeError: a value is not JSON.
            ValueError: a value is NaN or infinite, which JSON has not.
        """
        with self._database.transaction():
            for name, value in values.items():
                if value is None:
                    self._settings.delete("name = ?", name)
                else:
                    self._settings.upsert(name=name, value=json.dumps(value, ensure_ascii=False, allow_nan=False))


def _value(row: SettingRecord) -> object:
    """What was kept; of a damaged row its text, which no setting allows, so that it is named and left out like any other such value."""
    try:
        return json.loads(row.value)
    except ValueError:
        return row.value
