"""What changes in the gallery file is known in memory: own changes, those of other processes, and with time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.gallery.strangers import Strangers
from edged.gallery.template_reader import TemplateReader
from edged.storage.database import open_database
from edged.system.beside import finish
from edged.vision.pictures import read_picture
from tests import forms
from tests.clocks import DAY, Device
from tests.control.asking import unreadable
from tests.household import Household, asked, household_of, remembered

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from edged.vision.faces import FaceReader


def test_a_change_that_is_done_is_known_as_soon_as_the_file_can_be_read_again(
    control: Household, portraits: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(control, forms.enroll("obama", None, (portraits["obama"].read_bytes(),)))
    with monkeypatch.context() as broken:
        broken.setattr(TemplateReader, "read", unreadable)
        asked(control, forms.forget("obama"))
    assert control.refresh()
    assert control.shared.display_names == {}
    assert len(control.shared.matcher) == 0


def test_what_another_process_changes_is_taken_over(
    control: Household, tmp_path: Path, portraits: dict[str, Path], reader: FaceReader
) -> None:
    assert not control.refresh()
    with open_database(tmp_path / "gallery.db") as other:
        shell = household_of(reader, other)
        asked(shell, forms.enroll("obama", None, (portraits["obama"].read_bytes(),)))
    assert control.refresh()
    assert control.shared.display_names == {"obama": "obama"}


def test_what_another_process_does_with_strangers_is_taken_over(
    control: Household, reader: FaceReader, tmp_path: Path, portraits: dict[str, Path]
) -> None:
    stranger = remembered(control, portraits["obama"])
    face = reader.largest(read_picture(portraits["obama"]))
    assert face is not None
    with open_database(tmp_path / "gallery.db") as other:
        Strangers(other).forget(stranger)
    assert control.refresh()
    assert control.shared.strangers.recall(face.embedding, threshold=0.43, margin=0.05) is None


def test_strangers_are_forgotten_with_time(reader: FaceReader, portraits: dict[str, Path]) -> None:
    for days, left in ((30, 1), (29, 0)):
        device = Device()
        with device.start(None) as database:
            control = household_of(reader, database, stranger_days=days)
            remembered(control, portraits["obama"])
            device.wait(30 * DAY)
            finish(control.parts.gallery.reader.expire())
            assert len(asked(control, forms.ListStrangers())["strangers"]) == left
