"""A new embedder on a gallery of real faces: nobody is lost of whom a picture is kept, and who is lost is named."""

from __future__ import annotations

import json
import logging
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from edged.cli.main import main
from edged.enrollment.re_embedding import re_embed
from edged.errors import ModelError
from edged.gallery.stale import Stale
from edged.gallery.store import Gallery
from edged.storage.database import Database, open_database
from edged.vision.joint_card import read_embedder_card
from edged.vision.pictures import read_picture
from tests import forms
from tests.broker import wait_until
from tests.conftest import MODELS, face_reader
from tests.household import Household, asked, household_of, remembered
from tests.program import Daemon

if TYPE_CHECKING:
    from pathlib import Path

    from edged.types import Embedding
    from edged.vision.faces import FaceReader
    from tests.broker import Mosquitto


@pytest.fixture
def updated(reader: FaceReader, database: Database, portraits: dict[str, Path]) -> Database:
    """After an update of the embedder: Obama with a picture, Biden without, and the astronaut, a stranger, with one."""
    asked(household_of(reader, database), forms.enroll("obama", None, (portraits["obama"].read_bytes(),)))
    asked(household_of(reader, database, keep_pictures=False), forms.enroll("biden", None, (portraits["biden"].read_bytes(),)))
    remembered(household_of(reader, database), portraits["astronaut"])
    make_older(database)
    return database


def make_older(database: Database) -> None:
    """Everything in the file is as another network has made it: it says nothing to the one in use."""
    with database.transaction():
        for table in ("templates", "stranger_looks"):
            database.write(f"UPDATE {table} SET model_id = 'older', embedding = ?", [(bytes(256),)])  # noqa: S608 - names of our own


def face_of(reader: FaceReader, picture: Path) -> Embedding:
    face = reader.largest(read_picture(picture))
    assert face is not None
    return face.embedding


def content(database: Database) -> list[object]:
    tables = ("templates", "stranger_looks", "strangers")
    return [row for table in tables for row in database.rows(f"SELECT * FROM {table} ORDER BY id")]  # noqa: S608 - as above


def gallery_line(control: Household) -> str:
    return str(next(line["sentence"] for line in asked(control, forms.SelfTest())["checks"] if line["name"] == "gallery"))


def test_who_has_a_picture_is_recognised_as_before_and_the_others_are_named(
    reader: FaceReader, updated: Database, portraits: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    re_embed(reader, updated)
    control = household_of(reader, updated)
    known, strangers = control.shared.matcher, control.shared.strangers
    assert known.match(face_of(reader, portraits["obama_again"]), threshold=0.43, margin=0.05).person == "obama"
    assert known.match(face_of(reader, portraits["biden"]), threshold=0.43, margin=0.05).person is None
    recalled = strangers.recall(face_of(reader, portraits["astronaut"]), threshold=0.43, margin=0.05)
    assert recalled is not None
    assert recalled.stranger == "stranger-1"
    assert "Somebody is not recognised" in caplog.text
    assert "biden" not in caplog.text
    assert "biden" in gallery_line(control)
    assert {row["person"]: row["left_out"] for row in asked(control, forms.ListPeople())["people"]} == {"biden": 1, "obama": 0}


def test_who_is_named_is_recognised_when_enrolled_again(reader: FaceReader, updated: Database, portraits: dict[str, Path]) -> None:
    re_embed(reader, updated)
    control = household_of(reader, updated)
    asked(control, forms.enroll("biden", None, (portraits["biden"].read_bytes(),)))
    assert control.shared.matcher.match(face_of(reader, portraits["biden"]), threshold=0.43, margin=0.05).person == "biden"
    assert "2 people" in gallery_line(control)


def test_a_renewal_that_is_broken_off_changes_nothing_and_the_next_one_does_all(reader: FaceReader, updated: Database) -> None:
    before, faces = content(updated), iter((None,))
    with pytest.raises(StopIteration):
        re_embed(reader, updated, on_face=lambda: next(faces))
    assert content(updated) == before
    re_embed(reader, updated)
    assert Stale(updated, reader.embedder.model_id).count() == 0


def test_a_network_that_gives_wrong_answers_overwrites_nothing(updated: Database, tmp_path: Path) -> None:
    shutil.copytree(MODELS, tmp_path / "models", ignore=shutil.ignore_patterns("build"))
    card = tmp_path / "models" / "embedding_sface" / "model.toml"
    card.write_text(card.read_text(encoding="utf-8").replace('colour = "BGR"', 'colour = "RGB"'), encoding="utf-8")
    wrong = face_reader(tmp_path / "models", threads=2)
    before = content(updated)
    with pytest.raises(ModelError, match="golden picture is read wrongly"):
        re_embed(wrong, updated)
    assert content(updated) == before


def test_a_picture_that_the_disk_has_damaged_is_named_and_keeps_nobody_else_from_being_recognised(
    reader: FaceReader, updated: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with updated.transaction():
        updated.write("UPDATE stranger_looks SET aligned = substr(aligned, 1, 500)", [()])
    re_embed(reader, updated)
    assert "A picture of stranger-1 is of no use" in caplog.text
    assert "Forgotten, since no picture of them can be used: stranger-1" in caplog.text
    control = household_of(reader, updated)
    assert asked(control, forms.ListStrangers())["strangers"] == []
    assert control.shared.display_names.keys() == {"obama", "biden"}
    assert len(control.shared.matcher) == 1


def test_an_edged_that_runs_says_so_when_a_newer_one_takes_its_people_away(
    reader: FaceReader, database: Database, tmp_path: Path, portraits: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    control = household_of(reader, database)
    asked(control, forms.enroll("obama", None, (portraits["obama"].read_bytes(),)))
    with open_database(tmp_path / "gallery.db") as newer:
        make_older(newer)
    assert control.refresh()
    assert "Somebody is not recognised" in caplog.text
    assert "obama" in gallery_line(control)


FAKE_SYSTEMD = """
import os
def notify(state):
    with open(os.environ["TOLD"], "a") as told:
        print(state, file=told)
"""


def test_the_daemon_makes_all_anew_before_it_is_ready_and_asks_systemd_for_patience(
    tmp_path: Path, broker: Mosquitto, portraits: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = Daemon(tmp_path, broker.port, portraits["astronaut"].parent)
    daemon.run("enroll", "obama", portraits["obama"], portraits["obama_again"])
    with open_database(daemon.gallery) as database:
        make_older(database)
    (tmp_path / "systemd").mkdir()
    (tmp_path / "systemd" / "__init__.py").touch()
    (tmp_path / "systemd" / "daemon.py").write_text(FAKE_SYSTEMD, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("TOLD", str(tmp_path / "told"))
    with daemon:
        wait_until(lambda: "READY=1" in told(tmp_path), "READY")
        daemon.stop()
    assert [line.split("=")[0] for line in told(tmp_path)[:2]] == ["EXTEND_TIMEOUT_USEC"] * 2, "one for each face, before anything else"
    with open_database(daemon.gallery) as database:
        assert Gallery(database).left_out("sface-2021dec-int8-1") == {}


def test_the_embedder_is_switched_to_and_fro_and_everybody_is_recognised_by_each(
    tmp_path: Path, broker: Mosquitto, portraits: dict[str, Path]
) -> None:
    """By another network, by two that make one embedding, and back; an archive made with one is read with the next."""
    daemon = Daemon(tmp_path, broker.port, portraits["astronaut"].parent)
    assert daemon.run("enroll", "obama", portraits["obama"]).returncode == 0
    for embedding in ("embedding_mobilefacenet", ["embedding_sface", "embedding_mobilefacenet"], "embedding_sface"):
        archive = tmp_path / "people.edged"
        assert daemon.run("export", archive).returncode == 0
        daemon = Daemon(tmp_path, broker.port, portraits["astronaut"].parent, models={"embedding": embedding})
        names = (embedding,) if isinstance(embedding, str) else tuple(embedding)
        model = read_embedder_card(MODELS, names).id
        with daemon:
            daemon.wait_for_log(f"1 face is embedded again with {model}.")
            daemon.stop()
        assert recognised(daemon, portraits) == ["obama", None]
        assert model_of(daemon) == model
        assert "the golden picture is read as it should be" in daemon.run("check").stdout
        assert daemon.run("import", archive, "--if-exists", "replace").returncode == 0
        assert (recognised(daemon, portraits), model_of(daemon)) == (["obama", None], model)


def recognised(daemon: Daemon, portraits: dict[str, Path]) -> list[str | None]:
    """Who another picture of Obama shows, and one of Biden, who is not enrolled."""
    answers = json.loads(daemon.run("recognise", "--json", portraits["obama_again"], portraits["biden"]).stdout)
    return [answer["faces"][0]["person"] for answer in answers]


def model_of(daemon: Daemon) -> str:
    """The model of Obama's template."""
    (template,) = json.loads(daemon.run("person", "obama", "--json").stdout)["template_list"]
    return str(template["model"])


def told(folder: Path) -> list[str]:
    """What systemd has been told."""
    file = folder / "told"
    return file.read_text(encoding="utf-8").splitlines() if file.is_file() else []


def test_a_command_of_the_shell_leaves_the_gallery_to_the_daemon(
    updated: Database, tmp_path: Path, portraits: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    before = content(updated)
    config = tmp_path / "edged.toml"
    config.write_text(f'gallery.path = "{tmp_path / "gallery.db"}"\nmodels.directory = "{MODELS}"\n', encoding="utf-8")
    assert main(["recognise", "--config", str(config), str(portraits["obama"])]) == 0
    assert "nobody who is known" in capsys.readouterr().out
    assert content(updated) == before


def test_where_the_embedder_is_the_same_nothing_is_done(
    reader: FaceReader, database: Database, portraits: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    asked(household_of(reader, database), forms.enroll("obama", None, (portraits["obama"].read_bytes(),)))
    before = content(database)
    with caplog.at_level(logging.INFO):
        re_embed(reader, database)
    assert (content(database), caplog.text) == (before, "")
