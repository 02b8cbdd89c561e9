"""The commands for people: who comes, who is shown, renamed, merged, and goes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from edged.gallery.store import Gallery
from edged.storage.database import open_database
from tests.gallery.twins import household, templates_of

if TYPE_CHECKING:
    from pathlib import Path

    from edged.vision.faces import FaceReader
    from tests.program import Daemon


def test_people_come_and_go(daemon: Daemon, portraits: dict[str, Path]) -> None:
    assert "Nobody is enrolled yet" in daemon.run("people").stdout
    done = daemon.run("enroll", "Zoë Müller", portraits["astronaut"])
    assert "Zoë Müller (zoë_müller) is enrolled with 1 template, 1 was made." in done.stdout
    rows = json.loads(daemon.run("people", "--json").stdout)["people"]
    assert [(row["person"], row["templates"]) for row in rows] == [("zoë_müller", 1)]
    gone = daemon.run("forget", "Zoë Müller").stdout
    assert "is forgotten: 1 template and 1 picture" in gone
    assert "What was erased is overwritten; edged makes the file smaller later" in gone
    again = daemon.run("forget", "Zoë Müller")
    assert again.returncode == 1
    assert "Nobody called 'zoë_müller' is enrolled" in again.stderr


@pytest.mark.parametrize("command", [["people"], ["strangers"], ["check"], ["repair"]])
def test_a_path_where_no_gallery_can_be_is_told_and_is_not_one_with_nobody(daemon: Daemon, command: list[str]) -> None:
    daemon.gallery.write_bytes(b"")
    below = f'path = "{daemon.gallery}/gallery.db"'
    daemon.config.write_text(daemon.config.read_text(encoding="utf-8").replace(f'path = "{daemon.gallery}"', below), encoding="utf-8")
    done = daemon.run(*command)
    said = "cannot be made or opened (Not a directory); give a path in a directory edged may write to."
    assert said in done.stdout + done.stderr
    assert done.returncode == (1 if command == ["check"] else 78)


def test_who_has_one_template_only_is_told_so_in_one_line_however_many_they_are(daemon: Daemon, portraits: dict[str, Path]) -> None:
    daemon.run("enroll", "Barack", portraits["obama"])
    assert daemon.run("people").stdout.splitlines()[-1].startswith("Barack has one template only")
    daemon.run("enroll", "Eileen", portraits["astronaut"])
    barack, eileen, hint = daemon.run("people").stdout.splitlines()
    assert (barack.split()[1:3], eileen.split()[1:3]) == (["1", "template"], ["1", "template"])
    assert hint.startswith("2 people have one template only (see '1 template' above)")
    daemon.run("enroll", "Barack", portraits["obama_again"])
    assert [line.split(maxsplit=1)[0] for line in daemon.run("people").stdout.splitlines()] == ["barack", "eileen", "Eileen"]


def test_people_are_shown_renamed_calibrated_and_merged(daemon: Daemon, portraits: dict[str, Path]) -> None:
    daemon.run("enroll", "Barack", portraits["obama"])
    refused = daemon.run("enroll", "Obama", portraits["obama_again"])
    assert refused.returncode == 1
    assert "looks like 'barack' (similarity 0." in refused.stderr
    allowed = daemon.run("enroll", "Obama", portraits["obama_again"], "--allow-alike")
    assert "Note: The face looks like 'barack'" in allowed.stdout
    assert "barack is shown as: Mr. President" in daemon.run("rename", "Barack", "Mr. President").stdout
    shown = daemon.run("person", "barack").stdout
    assert "Mr. President (barack)" in shown
    assert "nearest other obama, similarity 0." in shown
    assert json.loads(daemon.run("person", "barack", "--json").stdout)["template_list"][0]["nearest_person"] == "obama"
    calibrated = daemon.run("calibrate").stdout
    assert "Look-alikes: barack and obama" in calibrated
    assert "unknown, nobody has two templates" in calibrated
    assert json.loads(daemon.run("calibrate", "--json").stdout)["people"] == 2
    assert "obama is now Mr. President (barack), with 2 templates." in daemon.run("merge", "Obama", "Barack").stdout
    assert "95 %" in daemon.run("calibrate").stdout
    for command in (("person", "obama"), ("rename", "obama", "x"), ("merge", "obama", "barack"), ("export", "file", "obama")):
        gone = daemon.run(*command)
        assert gone.returncode == 1
        assert "Nobody called 'obama' is enrolled" in gone.stderr


def test_look_alikes_are_told_apart_in_the_shell_and_that_is_undone(daemon: Daemon, reader: FaceReader) -> None:
    refused = daemon.run("calibrate", "--learn")
    assert (refused.returncode, refused.stdout) == (1, "Nothing to learn: no two people here are look-alikes.\n")
    with open_database(daemon.gallery) as database:
        for person, vectors in household().items():
            Gallery(database).enroll(person, None, templates_of(vectors, reader.embedder.model_id))
    done = daemon.run("calibrate", "--learn")
    assert (done.returncode, "Taken" in done.stdout) == (0, True), done.stdout
    assert "ann and bea: similarity 0." in done.stdout
    assert "by what was learned of them" in daemon.run("calibrate").stdout
    assert daemon.run("calibrate", "--learn", "--unlearn").returncode == 2
    assert "Nothing that was learned of look-alikes is kept" in daemon.run("calibrate", "--unlearn").stdout
    assert "by what was learned of them" not in daemon.run("calibrate").stdout


def test_people_are_found_by_the_name_that_is_shown(daemon: Daemon, portraits: dict[str, Path]) -> None:
    done = daemon.run("enroll", "Zoë O'Brien", portraits["astronaut"])
    assert "Zoë O'Brien (zoë_obrien) is enrolled" in done.stdout
    daemon.run("rename", "Zoë O'Brien", "Aunt Zoë")
    assert "Aunt Zoë (zoë_obrien)" in daemon.run("person", "aunt zoë").stdout
    daemon.run("enroll", "Barack", portraits["obama"])
    daemon.run("rename", "Barack", "AUNT ZOË")
    refused = daemon.run("forget", "Aunt Zoë")
    assert refused.returncode == 1
    assert "'Aunt Zoë' may be any of 'barack', 'zoë_obrien'; say which by that id." in refused.stderr
    assert "AUNT ZOË is forgotten" in daemon.run("forget", "barack").stdout
    assert "Aunt Zoë is forgotten" in daemon.run("forget", "Aunt Zoë").stdout
    for name in ("None", "unknown", "Off"):
        refused = daemon.run("enroll", name, portraits["astronaut"])
        assert refused.returncode == 1
        assert f"{name!r} cannot be a person's name: to programs such as Home Assistant" in refused.stderr


def test_after_an_update_of_the_embedder_nobody_is_lost_silently(daemon: Daemon, portraits: dict[str, Path]) -> None:
    daemon.run("enroll", "Barack Obama", portraits["obama"])
    with open_database(daemon.gallery) as database, database.transaction():
        database.write("UPDATE templates SET model_id = 'older', embedding = ?", [(bytes(256),)])
    assert "(1 of another network, not compared)" in daemon.run("people").stdout
    line = next(line for line in daemon.run("check").stdout.splitlines() if "gallery" in line)
    assert line.startswith("WRONG")
    assert "barack_obama. When edged starts" in line
    done = daemon.run("recognise", portraits["obama_again"])
    assert "nobody who is known" in done.stdout
    assert "Somebody is not recognised" in done.stderr
    assert "'edged check' says who and what helps" in done.stderr
