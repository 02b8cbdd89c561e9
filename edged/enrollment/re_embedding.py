"""Re-embedding: when the embedder is another than before, the faces of the gallery are embedded again from the pictures that are kept.

Here the gallery's pictures meet the network in use; when that is done, and what is read of the gallery after it, is not known here.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from edged.errors import PictureError, counted
from edged.gallery.parting import Partings
from edged.gallery.stale import Stale
from edged.system.private import ALIASES
from edged.types import AlignedFace
from edged.vision.golden_check import check_golden
from edged.vision.pictures import decode_sent

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.gallery.stale import StaleFace
    from edged.gallery.store import Gallery
    from edged.storage.database import Database
    from edged.types import Embedding
    from edged.vision.faces import FaceReader

log = logging.getLogger(__name__)

FACES_A_LINE = 50
"""Faces after which a line is logged: some seconds on a small device."""


def re_embed(reader: FaceReader, database: Database, *, on_face: Callable[[], None] = lambda: None) -> None:
    """Embed again what another model has made, all of it or nothing, and say in the log what became of it.

    on_face is called before each face, which takes tens of milliseconds on a small device.

    Raises:
        ModelError: the networks give wrong answers; nothing was changed.
        GalleryError: the file cannot be read or written; nothing was changed.
    """
    Partings(database).forget_others(reader.embedder.model_id)
    stale = Stale(database, reader.embedder.model_id)
    if not stale.is_there():
        return
    check_golden(reader)  # what is overwritten does not come back
    reader.detector.unload()
    log.warning(
        "The embedder is another than before; %s embedded again from their pictures.", counted(stale.count(), "face is", "faces are")
    )
    made = _embedded(reader, stale, on_face)
    forgotten = stale.replace(made)
    log.warning("%s embedded again with %s.", counted(len(made), "face is", "faces are"), reader.embedder.model_id)
    if forgotten:
        lost = ", ".join(forgotten)
        log.warning("Forgotten, since no picture of them can be used: %s. Of those who were ignored you will hear again.", lost)


def unrecognised(gallery: Gallery, model_id: str) -> str | None:
    """A sentence that names who is not recognised with this model, and what helps; None where there is nobody.

    Raises:
        GalleryError: the file cannot be read.
    """
    people = ", ".join(gallery.people_without(model_id))
    return (
        f"Not recognised, since they have no template of the network {model_id}: {people}. When edged starts it makes those of another "
        "network anew from the pictures that are kept; enroll again whom that does not help."
        if people
        else None
    )


def aligned_face(reader: FaceReader, picture: bytes) -> AlignedFace:
    """The aligned face of a picture that was kept.

    Raises:
        PictureError: it cannot be decoded, or has not the size that the network wants.
    """
    width, height = reader.embedding_card.face_size
    pixels = decode_sent(picture)
    if pixels.shape != (height, width, 3):
        raise PictureError(f"It is no aligned face of {width}×{height} pixels.")
    return AlignedFace(pixels)


def _embedded(reader: FaceReader, stale: Stale, on_face: Callable[[], None]) -> list[tuple[StaleFace, Embedding]]:
    made = []
    for number, (face, picture) in enumerate(stale.pictures(), start=1):
        on_face()
        try:
            made.append((face, reader.embedder.embed_with_mirror(aligned_face(reader, picture))))
        except PictureError as error:
            log.warning("A picture of %s is of no use: %s", face.owner if face.is_strangers else ALIASES.of(face.owner), error)
        if number % FACES_A_LINE == 0:
            log.info("%d faces are embedded.", number)
    return made
