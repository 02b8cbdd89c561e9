"""The repair of a damaged gallery file, and what is said of it: what is there again, and what of each person is lost.

How a file is repaired is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.config import gallery_path
from edged.daemon.gallery_file import see_that_it_is_there
from edged.errors import GalleryDamaged, GalleryError, counted
from edged.storage.failures import translated
from edged.storage.integrity import check_file
from edged.storage.reading import open_or_read
from edged.storage.repair import repair
from edged.storage.sole_use import sole_use
from edged.system.paths import is_there

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edged.config import Config
    from edged.storage.repair import PersonLoss, Repaired


def repair_gallery(config: Config, target: Path | None) -> list[str]:
    """Make a whole gallery of a damaged one on which no edged runs, in its place or as target; gives what came of it, as sentences.

    Raises:
        GalleryError: as repair(); there is none; the target is there already; or an edged runs on it.
    """
    path = gallery_path(config.gallery)
    with translated(target):
        if target and is_there(target):
            raise GalleryError(f"There is a file {target} already; give another name, or move it away.")
    see_that_it_is_there(path)
    with sole_use(path):
        if target or _is_damaged(path):
            return list(_lines(repair(path, target)))
    return ["The gallery is whole; nothing was done."]


def _is_damaged(path: Path) -> bool:
    """Whether a gallery cannot be read to its end, or was emptied."""
    try:
        with open_or_read(path, is_checked=True) as database:
            is_copy = database.is_read_only
        if not is_copy:  # of which all pages were looked at; the file itself SQLite does not read on a card that cannot be written
            check_file(path, seconds=float("inf"))
    except GalleryDamaged:
        return True
    return False


def _lines(repaired: Repaired) -> Iterator[str]:
    there = repaired.contents
    yield (
        f"{repaired.path} is whole: {counted(there.people, 'person', 'people')} with {counted(there.templates, 'template')}, "
        f"{counted(there.strangers, 'stranger')}, {counted(there.events, 'event that waits', 'events that wait')}."
    )
    yield from (f"{loss.person}: {_loss(loss)}" for loss in repaired.people)
    if repaired.lost_strangers:
        yield f"Strangers who are not known again: {repaired.lost_strangers}."
    if repaired.lost_events:
        yield f"Events that were not sent yet, and are lost: {repaired.lost_events}."
    if repaired.lost_settings:
        yield f"Settings that are lost: {', '.join(repaired.lost_settings)}; they are those of the configuration now."
    if not repaired.knows_last_event:
        yield "The number of the last event is lost: `seq` goes on far above all before."
    yield f"The damaged file is kept as {repaired.damaged}. Erase it when you do not need it any more: it holds faces and names."


def _loss(loss: PersonLoss) -> str:
    """What a person has lost, in words."""
    if not loss.templates:
        return "all templates are lost; enroll this person again."
    losses = (
        (loss.has_lost_name, "the name to show, which is the id now"),
        (loss.lost_templates, f"{loss.lost_templates} of {counted(loss.templates + loss.lost_templates, 'template')}"),
        (loss.lost_pictures, f"the pictures of {counted(loss.lost_pictures, 'template')}, which are recognised all the same"),
    )
    return f"lost {'; '.join(words for is_lost, words in losses if is_lost)}."
