"""What the owner has asked for that is no setting: which cameras rest, and the name for the stranger seen last.

Kept over restarts; what comes of it is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.errors import CommandError
from edged.gallery.names import display_name, person_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edged.interface.commands import Json
    from edged.storage.kept_settings import KeptSettings
    from edged.types import Person

PAUSED, NAME = "paused_cameras", "enroll_name"
"""Under which names they are kept."""


class OwnerState:
    """The paused cameras and the name, read once and written at each change."""

    def __init__(self, settings: KeptSettings, cameras: Sequence[str]) -> None:
        """Read what was asked for before.

        Raises:
            GalleryError: the file cannot be read.
        """
        self._settings, self._cameras = settings, tuple(cameras)
        kept, name = settings.get(PAUSED), settings.get(NAME)
        self.paused = frozenset(camera for camera in kept if camera in cameras) if isinstance(kept, list) else frozenset[str]()
        self.enroll_name = name if isinstance(name, str) else None

    def pause(self, camera: str | None, *, paused: bool) -> dict[str, Json]:
        """Let a camera rest, or watch again; None: all of them.

        Raises:
            CommandError: no such camera.
            GalleryError: the file cannot be written; nothing was changed.
        """
        if camera is not None and camera not in self._cameras:
            raise CommandError("unknown_camera", f"There is no camera {camera!r}; there are: {', '.join(self._cameras)}.")
        meant = frozenset(self._cameras if camera is None else [camera])
        now = self.paused | meant if paused else self.paused - meant
        self._settings.change({PAUSED: sorted(now) or None})
        self.paused = now
        return {"paused": [*sorted(now)]}

    def name_next(self, name: str | None) -> dict[str, Json]:
        """Keep the name for the stranger seen last, or none.

        Raises:
            NameRejected: not a name.
            GalleryError: the file cannot be written; nothing was changed.
        """
        shown = display_name(name) if name else None
        if shown:
            person_id(shown)
        self._settings.change({NAME: shown})
        self.enroll_name = shown
        return {"name": shown}

    def drop_name_of(self, person: Person) -> None:
        """Keep no name that is this person's, who is about to be forgotten.

        Raises:
            GalleryError: the file cannot be written; nothing was changed.
        """
        if self.enroll_name and (self.enroll_name == person.display_name or person_id(self.enroll_name) == person.id):
            self.name_next(None)
