"""People for another device, or as a backup: packed into an archive, part by part, so that neither memory nor a camera suffers by it.

Here archives meet the gallery; who wants one, and how it gets there, is not known here.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from edged.errors import BadArchive, GalleryChanged, NobodyToExport, PersonNotFound
from edged.gallery.archive import SENT, ArchivedPerson, pack
from edged.gallery.directory import find_person
from edged.gallery.shares import divide
from edged.gallery.store import display_names
from edged.system.beside import Beside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path
    from typing import BinaryIO

    from edged.gallery.curation import Curation
    from edged.gallery.shares import Shares
    from edged.gallery.store import Gallery
    from edged.pipeline.shared_state import SharedState
    from edged.system.beside import Turns

ARCHIVE_MODE = 0o600
"""Mode of an archive's file, as the gallery's: faces are biometric data."""
TRIES = 3
"""Times that an archive is begun while others change the gallery."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who is to be exported, None: everybody, whether their pictures go with them, and the bytes that a part may have."""

    names: Sequence[str] | None = None
    pictures: bool = True
    most_bytes: int = SENT.packed_bytes


class WrittenArchive(NamedTuple):
    """An archive in a file: its bytes, their SHA-256 in hexadecimal digits, and the people and templates in it."""

    bytes: int
    sha256: str
    people: tuple[str, ...]
    templates: int


class Exporter:
    """Packs people with all their templates that were enrolled, without those learned from visits here."""

    def __init__(
        self, gallery: Gallery, curation: Curation, shared: SharedState, *, now: Callable[[], datetime], beside: Beside | None = None
    ) -> None:
        """Read this gallery; pictures are left out where they are switched off. What waits for a disk is done beside, None: at once."""
        self._gallery, self._curation, self._shared, self._now = gallery, curation, shared, now
        self.beside = beside or Beside()
        """Who waits for disks."""
        self._latest: tuple[Wanted, bool, str, Shares] | None = None

    def shares(self, wanted: Wanted) -> Turns[Shares]:
        """How the archive is divided into parts, by sizes alone; known at once where the last one is asked for again.

        Raises:
            NameRejected: not a name.
            PersonNotFound, AmbiguousName: nobody of that name, or several.
            ArchiveRejected: nobody is enrolled, or one template alone has more bytes than a part may have.
        """
        pictures, fingerprint = self._with_pictures(wanted), self._curation.fingerprint()
        if self._latest and self._latest[:3] == (wanted, pictures, fingerprint):
            return self._latest[3]
        everybody = display_names(self._gallery)
        names = everybody if wanted.names is None else dict.fromkeys(find_person(name, everybody) for name in wanted.names)
        sizes = yield from self._curation.sizes(pictures=pictures)
        places = {person: place for place, person in enumerate(names)}
        rows = sorted((row for row in sizes if row.person in places), key=lambda row: places[row.person])
        shares = divide(rows, everybody, wanted.most_bytes)
        if not shares.parts:
            raise NobodyToExport
        self._latest = wanted, pictures, fingerprint, shares
        return shares

    def pack(self, shares: Shares, part: int, wanted: Wanted) -> Turns[tuple[bytes, list[ArchivedPerson]]]:
        """One part, the first being 1, packed and as it is; read one person a step.

        Raises:
            GalleryError: it cannot be read, or somebody who is to stand in it is gone.
        """
        people: list[ArchivedPerson] = []
        for person, ids in shares.parts[part - 1].items():
            if (one := self._archived(person, ids, wanted)).templates:
                people.append(one)
            yield None
        if not people and len(shares.parts) == 1:
            raise NobodyToExport
        do = partial(pack, people, self._now(), SENT, shares.place(part))
        return (yield from self.beside.submit(do).in_turns()), people

    def write(self, wanted: Wanted, file: Path) -> Turns[WrittenArchive]:
        """Write an archive of any size to a file, one part a step; where the gallery changes meanwhile, anew.

        Raises:
            GalleryChanged: it has changed each time; the file is as it was.
            BadArchive: the file cannot be written.
            EdgedError: as shares() and pack().
        """
        for _ in range(TRIES):
            shares, fingerprint = (yield from self.shares(wanted)), self._curation.fingerprint()
            with _refusals_told(file):
                opened = yield from self.beside.submit(partial(_opened, file)).in_turns()
                try:
                    written = yield from self._write(shares, wanted, opened)
                    if self._curation.fingerprint() == fingerprint:
                        yield from self.beside.submit(partial(_keep, opened, file)).in_turns()
                        return written
                except PersonNotFound:
                    continue
                finally:
                    self.beside.submit(partial(_close, opened, file))  # what is kept is on the disk, so nobody waits
        raise GalleryChanged(TRIES)

    def _write(self, shares: Shares, wanted: Wanted, opened: BinaryIO) -> Turns[WrittenArchive]:
        size, templates, people, digest = 0, 0, dict[str, None](), hashlib.sha256()
        for part in range(1, len(shares.parts) + 1):
            packed, there = yield from self.pack(shares, part, wanted)
            yield None
            size += yield from self.beside.submit(partial(opened.write, packed)).in_turns()
            digest.update(packed)
            templates += sum(len(one.templates) for one in there)
            people |= dict.fromkeys(one.person for one in there)
            yield None
        return WrittenArchive(size, digest.hexdigest(), tuple(people), templates)

    def _archived(self, person: str, ids: Sequence[int], wanted: Wanted) -> ArchivedPerson:
        templates, pictures = self._curation.templates(person), self._with_pictures(wanted)
        kept = (templates[one] for one in ids if one in templates)
        shown = tuple(template if pictures else replace(template, aligned_png=None) for template in kept)
        return ArchivedPerson(person, self._gallery.person(person).display_name, shown)

    def _with_pictures(self, wanted: Wanted) -> bool:
        return wanted.pictures and self._shared.rules.pictures


@contextmanager
def _refusals_told(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadArchive(f"{file} cannot be written ({error.strerror}); name another file, or free some space.") from error


def _opened(file: Path) -> BinaryIO:
    """An empty file beside the wanted one, which only _keep() gives its name; what is no file, as a pipe, is written to at once."""
    target = file if file.exists() and not file.is_file() else _part_of(file)
    return os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, ARCHIVE_MODE), "wb")


def _keep(opened: BinaryIO, file: Path) -> None:
    opened.flush()
    if _part_of(file).exists():
        os.fsync(opened.fileno())
        _part_of(file).replace(file)


def _close(opened: BinaryIO, file: Path) -> None:
    """Close the file, and erase what was not kept of it."""
    with suppress(OSError):  # of a full disk, or a card that can only be read: why has been raised
        opened.close()
    with suppress(OSError):
        _part_of(file).unlink(missing_ok=True)


def _part_of(file: Path) -> Path:
    return file.with_name(f".{file.name}.{os.getpid()}.part")
