"""`edged backup` and `edged restore`, as they are typed beside a daemon that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.gallery.store import Gallery
from edged.storage.database import open_database
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
