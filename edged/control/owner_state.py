"""What the owner has asked for that is no setting: which cameras are paused, and the name for a stranger and whose it is.

It is kept over restarts; what comes of it is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.control.handlers import answers
from edged.errors import UnknownCamera, WhichStranger
from edged.gallery.names import is_same_name, new_display_name, new_person_id, person_id
from edged.interface.enrollment import KEEP_NAME, KeepName, NameAnswer
from edged.interface.settings import PAUSE, RESUME, Pause, PausedAnswer, Resume

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edged.control.handlers import Steps
    from edged.gallery.strangers import LatestStranger
    from edged.storage.kept_settings import KeptSettings
    from edged.types import Person

TYPING_SECONDS = 20.0
"""Seconds that somebody may take to type a name on a phone: whoever came within them may not be whom they saw when they began."""
PAUSED, NAME, NAMED = "paused_cameras", "enroll_name", "enroll_stranger"
"""Names under which they are kept."""


class OwnerState:
    """The paused cameras and the name, read once and written at each change."""

    def __init__(self, settings: KeptSettings, cameras: Sequence[str], latest: Callable[[], Sequence[LatestStranger]] = tuple) -> None:
        """Read what was asked for before; latest gives the strangers whom a name that is sent now may be for, the last one first.

        Raises:
            GalleryError: the file cannot be read.
        """
        self._settings, self._writer, self._cameras, self._latest = settings, settings.writer, tuple(cameras), latest
        kept, name, stranger = settings.get(PAUSED), settings.get(NAME), settings.get(NAMED)
        self.paused = frozenset(camera for camera in kept if camera in cameras) if isinstance(kept, list) else frozenset[str]()
        self.enroll_name = name if isinstance(name, str) else None
        self.enroll_stranger = stranger if self.enroll_name and isinstance(stranger, str) else None
        """Id of the stranger who was seen last when the name was sent: whoever comes later is not meant by it."""
        self._asked: tuple[str, str] | None = None  # the name and stranger of whom it was asked whether they are meant

    def know_cameras(self, cameras: Sequence[str]) -> None:
        """Take other cameras from now on; one that is not among them is not paused any more."""
        self._cameras = tuple(cameras)
        self.paused &= frozenset(cameras)

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
        """Keep the name for the stranger who is the last one now, or none.

        When somebody began to type is not known, so where the last one came within the time that it takes, and somebody was there before,
        it is refused once: sent again it is for the last one.

        Raises:
            NameRejected: it can be nobody's name.
            WhichStranger: it may have been meant for the one before.
        """
        shown = new_display_name(form.name) if form.name else None
        if shown:
            new_person_id(shown)
        stranger = yield from self._writer.in_turns(lambda: self._keep_name(shown))
        self.enroll_name, self.enroll_stranger = shown, stranger
        return NameAnswer(shown, stranger)

    def drop_name(self) -> Steps[NameAnswer]:
        """Keep no name."""
        return (yield from self.keep_name(KeepName()))

    def keeps_name_of(self, person: Person) -> bool:
        """Whether the name is this person's, who is about to be forgotten."""
        name = self.enroll_name
        return name is not None and (is_same_name(name, person.display_name) or person_id(name) == person.id)

    def erase_name(self) -> None:
        """Write that no name is kept, inside the caller's transaction, after which note_name_erased() is to be called."""
        self._settings.change({NAME: None, NAMED: None})

    def note_name_erased(self) -> None:
        """Note that no name is kept any more."""
        self.enroll_name = self.enroll_stranger = None

    def _keep_name(self, shown: str | None) -> str | None:
        """Write the name with the stranger it is for, who is returned."""
        stranger = self._meant_by(shown) if shown else None
        self._settings.change({NAME: shown, NAMED: stranger})
        return stranger

    def _meant_by(self, shown: str) -> str | None:
        found = self._latest()
        if not found:
            return None
        last, *others = found
        asked, self._asked = self._asked, None
        if others and last.seconds < TYPING_SECONDS and asked != (shown, last.id):
            self._asked = (shown, last.id)
            raise WhichStranger(last.id, last.seconds, others[0].id)
        return last.id

    def _meant(self, camera: str | None) -> frozenset[str]:
        if camera is not None and camera not in self._cameras:
            raise UnknownCamera(camera, self._cameras)
        return frozenset(self._cameras if camera is None else [camera])

    def _set_paused(self, paused: frozenset[str]) -> Steps[PausedAnswer]:
        yield from self._writer.in_turns(lambda: self._settings.change({PAUSED: sorted(paused) or None}))
        self.paused = paused
        return PausedAnswer(tuple(sorted(paused)))
