"""`edged backup`, `edged restore` and `edged repair`, as they are typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.gallery.store import Gallery
from edged.storage.database import open_database
from tests.disks import PAGE_BYTES, damage
from tests.gallery.conftest import template
from tests.program import Daemon

if TYPE_CHECKING:
    from pathlib import Path

    from tests.broker import Mosquitto, Subscriber


def test_a_gallery_is_copied_while_edged_runs_and_put_back_when_it_has_ended(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    daemon = Daemon(tmp_path, broker.port, tmp_path / "no-camera.mp4")
    with open_database(daemon.gallery) as database:
        Gallery(database).enroll("alice", None, [template(1)])
    with daemon:
        subscriber.wait_for("/health")
        done = daemon.run("backup")
        assert done.stdout.startswith(f"{tmp_path}/backups/gallery-000001.db: "), done.stderr
        refused = daemon.run("restore", tmp_path / "backups" / "gallery-000001.db")
        assert (refused.returncode, "stop it first" in refused.stderr) == (1, True)
        assert daemon.run("forget", "alice").returncode == 0
        daemon.stop()
    assert "Nobody is enrolled" in daemon.run("people").stdout
    restored = daemon.run("restore", tmp_path / "backups" / "gallery-000001.db")
    assert restored.stdout.startswith(f"{tmp_path}/backups/gallery-000001.db is the gallery now"), restored.stderr
    assert daemon.run("people").stdout.startswith("alice")


def test_of_a_damaged_gallery_the_code_says_that_no_restart_helps(tmp_path: Path, broker: Mosquitto) -> None:
    daemon = Daemon(tmp_path, broker.port, tmp_path / "no-camera.mp4")
    daemon.gallery.write_bytes(b"\xa5" * 8192)
    for command in ("run", "people", "backup"):
        done = daemon.run(command)
        assert (done.returncode, "Traceback" in done.stderr) == (78, False), done.stderr


def test_a_damaged_gallery_is_repaired_from_the_shell_and_who_has_lost_what_is_said(tmp_path: Path, broker: Mosquitto) -> None:
    daemon = Daemon(tmp_path, broker.port, tmp_path / "no-camera.mp4")
    missing = daemon.run("repair")
    assert (missing.returncode, "There is no gallery" in missing.stderr) == (1, True)
    with open_database(daemon.gallery) as database:
        for number in range(30):
            Gallery(database).enroll(f"person_{number}", f"Person {number}", [template(number)])
    assert daemon.run("repair").stdout == "The gallery is whole; nothing was done.\n"
    damage(daemon.gallery, daemon.gallery.stat().st_size // PAGE_BYTES - 1)
    refused = daemon.run("run")
    assert (refused.returncode, "`edged repair`" in refused.stderr) == (78, True)
    elsewhere = daemon.run("repair", "--output", tmp_path / "new.db")
    assert elsewhere.stdout.startswith(f"{tmp_path}/new.db is whole: 30 people with "), elsewhere.stderr
    assert daemon.run("repair", "--output", tmp_path / "new.db").returncode == 1
    done = daemon.run("repair")
    assert done.stdout.replace("gallery.db", "new.db").splitlines()[:-1] == elsewhere.stdout.splitlines()[:-1]
    assert "all templates are lost; enroll this person again" in done.stdout
    assert done.stdout.splitlines()[-1].startswith(f"The damaged file is kept as {tmp_path}/gallery.db.damaged.")
    assert len([line for line in daemon.run("people").stdout.splitlines() if line.startswith("person_")]) == 30
    assert daemon.run("repair").stdout == "The gallery is whole; nothing was done.\n"


def test_nothing_is_repaired_while_edged_runs_on_it(tmp_path: Path, broker: Mosquitto, subscriber: Subscriber) -> None:
    with Daemon(tmp_path, broker.port, tmp_path / "no-camera.mp4") as daemon:
        subscriber.wait_for("/health")
        refused = daemon.run("repair")
    assert (refused.returncode, "Another edged runs on the gallery" in refused.stderr) == (1, True)


def test_of_a_file_with_nothing_to_save_the_code_says_that_no_restart_helps(tmp_path: Path, broker: Mosquitto) -> None:
    daemon = Daemon(tmp_path, broker.port, tmp_path / "no-camera.mp4")
    daemon.gallery.write_bytes(b"\xa5" * 8192)
    done = daemon.run("repair")
    assert (done.returncode, "nothing left that can be read" in done.stderr) == (78, True), done.stderr
    assert daemon.gallery.read_bytes() == b"\xa5" * 8192
