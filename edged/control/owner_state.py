"""What the owner has asked for that is no setting: which cameras are paused, and the name for the stranger seen last.

It is kept over restarts; what comes of it is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.control.handlers import answers
from edged.errors import UnknownCamera
from edged.gallery.names import is_same_name, new_display_name, new_person_id, person_id
from edged.interface.enrollment import KEEP_NAME, KeepName, NameAnswer
from edged.interface.settings import PAUSE, RESUME, Pause, PausedAnswer, Resume

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edged.control.handlers import Steps
    from edged.storage.kept_settings import KeptSettings
    from edged.types import Person

PAUSED, NAME = "paused_cameras", "enroll_name"
"""Names under which they are kept."""


class OwnerState:
    """The paused cameras and the name, read once and written at each change."""

    def __init__(self, settings: KeptSettings, cameras: Sequence[str]) -> None:
        """Read what was asked for before.

        Raises:
            GalleryError: the file cannot be read.
        """
        self._settings, self._writer, self._cameras = settings, settings.writer, tuple(cameras)
        kept, name = settings.get(PAUSED), settings.get(NAME)
        self.paused = frozenset(camera for camera in kept if camera in cameras) if isinstance(kept, list) else frozenset[str]()
        self.enroll_name = name if isinstance(name, str) else None

    @answers(PAUSE)
    def pause(self, form: Pause) -> Steps[PausedAnswer]:
        """Watch a camera no more; None: all of them."""
        return (yield from self._set_paused(self.paused | self._meant(form.camera)))

    @answers(RESUME)
    def resume(self, form: Resume) -> Steps[PausedAnswer]:
        """Watch a camera again; None: all of them."""
        return (yield from self._set_paused(self.paused - self._meant(form.camera)))

    @answers(KEEP_NAME)
    def keep_name(self, form: KeepName) -> Steps[NameAnswer]:
        """Keep the name for the stranger seen last, or none."""
        shown = new_display_name(form.name) if form.name else None
        if shown:
            new_person_id(shown)
        yield from self._writer.in_turns(lambda: self._settings.change({NAME: shown}))
        self.enroll_name = shown
        return NameAnswer(shown)

    def drop_name(self) -> Steps[NameAnswer]:
        """Keep no name."""
        return (yield from self.keep_name(KeepName()))

    def keeps_name_of(self, person: Person) -> bool:
        """Whether the name is this person's, who is about to be forgotten."""
        name = self.enroll_name
        return name is not None and (is_same_name(name, person.display_name) or person_id(name) == person.id)

    def erase_name(self) -> None:
        """Write that no name is kept, inside the caller's transaction, after which enroll_name is to be None."""
        self._settings.change({NAME: None})

    def _meant(self, camera: str | None) -> frozenset[str]:
        if camera is not None and camera not in self._cameras:
            raise UnknownCamera(camera, self._cameras)
        return frozenset(self._cameras if camera is None else [camera])

    def _set_paused(self, paused: frozenset[str]) -> Steps[PausedAnswer]:
        yield from self._writer.in_turns(lambda: self._settings.change({PAUSED: sorted(paused) or None}))
        self.paused = paused
        return PausedAnswer(tuple(sorted(paused)))
