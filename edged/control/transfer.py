"""The verbs `export` and `import`: archives of people in an answer, in parts, or in a file on the device, and those that come in.

How an archive is packed, and what of one may come into the gallery, is not known here.
"""

from __future__ import annotations

import hashlib
from itertools import count
from typing import TYPE_CHECKING

from edged.control.handlers import answers
from edged.enrollment.export import Wanted
from edged.errors import ArchiveTooLarge, BadArchive, NoSuchPart
from edged.gallery.archive import SENT, unpack
from edged.interface.transfer import EXPORT, IMPORT, ArrivedAnswer, Export, ExportAnswer, Import, ImportAnswer
from edged.system.paths import is_there

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from edged.control.handlers import Steps
    from edged.enrollment.arrivals import Arrivals
    from edged.enrollment.export import Exporter
    from edged.enrollment.transfer import Importer

FOLDER_MODE = 0o700
ARCHIVE_SHARE = 9 / 16
"""Share of an answer's bytes that a packed archive may have: it becomes 4/3 in base64, and a quarter is left for the names in it."""


class TransferVerbs:
    """Answers requests for archives."""

    def __init__(
        self,
        exporter: Exporter,
        importer: Importer,
        arrivals: Arrivals,
        *,
        folder: Path,
        most_bytes: Callable[[], int],
        now: Callable[[], datetime],
    ) -> None:
        """Take what packs, what unpacks, where parts wait, a folder for files, and how many bytes an answer may have now."""
        self._exporter, self._importer, self._arrivals = exporter, importer, arrivals
        self._folder, self._most_bytes, self._now = folder, most_bytes, now

    @answers(EXPORT)
    def export(self, form: Export) -> Steps[ExportAnswer]:
        """People as an archive, None meaning everybody."""
        if form.to == "file":
            return (yield from self._to_file(form))
        most = min(SENT.packed_bytes, round(self._most_bytes() * ARCHIVE_SHARE))
        wanted = Wanted(form.people, form.pictures, most)
        shares = yield from self._exporter.shares(wanted)
        count = len(shares.parts)
        if form.part is None and count > 1:
            raise ArchiveTooLarge(
                f"The archive has about {shares.packed_bytes:,} bytes, and one answer has room for {most:,}. Ask for each of its {count} "
                "parts, with 'part': 1, 2, …, or with 'to': 'file' for a file on the device."
            )
        part = form.part or 1
        if part > count:
            raise NoSuchPart(part, count)
        yield None
        packed, people = yield from self._exporter.pack(shares, part, wanted)
        return ExportAnswer(
            archive=packed,
            bytes=len(packed),
            people=tuple(one.person for one in people),
            templates=sum(len(one.templates) for one in people),
            sha256=hashlib.sha256(packed).hexdigest(),
            part=part,
            parts=count,
            export=shares.export,
            file=None,
        )

    @answers(IMPORT)
    def take(self, form: Import) -> Steps[ImportAnswer | ArrivedAnswer]:
        """Take people from an archive: all or none; of one in several parts once the last of them has come."""
        part = unpack(form.archive, SENT)
        if part.place is None or part.place.parts == 1:
            return (yield from self._importer.take(lambda: [part], if_exists=form.if_exists, allow_alike=form.allow_alike))
        yield None
        if not (yield from self._arrivals.put(form.archive, part.place)):
            return ArrivedAnswer(part.place.part, part.place.parts, len(self._arrivals))
        done = yield from self._importer.take(self._arrivals.parts, if_exists=form.if_exists, allow_alike=form.allow_alike)
        self._arrivals.clear()
        return done

    def _to_file(self, form: Export) -> Steps[ExportAnswer]:
        file = yield from self._exporter.beside.submit(self._new_file).in_turns()
        written = yield from self._exporter.write(Wanted(form.people, form.pictures), file)
        return ExportAnswer(
            archive=None,
            bytes=written.bytes,
            people=None,
            templates=written.templates,
            sha256=written.sha256,
            part=1,
            parts=1,
            export=written.sha256[:16],
            file=str(file),
        )

    def _new_file(self) -> Path:
        """A name that no file has: by the time, and numbered where the clock stands still."""
        try:
            self._folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            return next(file for file in self._names() if not is_there(file))
        except OSError as error:
            raise BadArchive(f"{self._folder} cannot be used ({error.strerror}); set gallery.export_folder.") from error

    def _names(self) -> Iterator[Path]:
        stem = f"people-{self._now():%Y%m%dT%H%M%SZ}"
        return (self._folder / f"{stem}{f'-{number}' if number > 1 else ''}.edged" for number in count(1))
