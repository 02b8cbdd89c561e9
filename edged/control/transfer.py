"""The verbs that move people between devices: export and import, as large as a message may be.

How an archive is packed and what of one may come in is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.control.handlers import answers
from edged.gallery.archive import SENT
from edged.interface.transfer import EXPORT, IMPORT, Export, ExportAnswer, Import, ImportAnswer

if TYPE_CHECKING:
    from edged.enrollment.transfer import Exporter, Importer


class TransferVerbs:
    """Answers requests for archives."""

    def __init__(self, exporter: Exporter, importer: Importer) -> None:
        """Take what packs and what unpacks."""
        self._exporter, self._importer = exporter, importer

    @answers(EXPORT)
    def export(self, form: Export) -> ExportAnswer:
        """People as an archive, None meaning everybody.

        Raises:
            NameRejected: not a name.
            PersonNotFound: nobody of one of the names.
            ArchiveRejected: nobody is enrolled, or it gets too large.
        """
        return self._exporter.pack(form.people, SENT, pictures=form.pictures)

    @answers(IMPORT)
    def take(self, form: Import) -> ImportAnswer:
        """Take people from an archive: all or none.

        Raises:
            ArchiveRejected: it cannot be used.
            PersonExists: somebody is here already.
            TemplateRejected: somebody looks like somebody else here.
        """
        return self._importer.take(form.archive, SENT, if_exists=form.if_exists, allow_alike=form.allow_alike)
