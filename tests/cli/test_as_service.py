"""The installed command: it works on the service's gallery as the service's user, and on files that only the caller can reach."""

from __future__ import annotations

import base64
import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.broker import PATIENCE_SECONDS
from tests.program import MODELS, remember_strangers, toml

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = MODELS.parent
SERVICE, CALLER = "nobody", "daemon"
"""Users that every Debian has, for the service's own and for whoever types sudo."""


def is_open(file: Path) -> bool:
    """Whether every user reaches it: what is in somebody's home may be closed to all others."""
    return file.is_file() and all(place.stat().st_mode & 0o001 for place in file.resolve().parents)


def open_python() -> Path | None:
    """Find a Python that every user can run and that loads what is installed here: ours, or else the system's of the same version."""
    system = Path(f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")
    return next(filter(is_open, (Path(sys.executable), system)), None)


OPEN_PYTHON = open_python()
needs_open_python = pytest.mark.skipif(
    OPEN_PYTHON is None or not is_open(CHECKOUT / "pyproject.toml"), reason="other users cannot run this Python, or not read this checkout"
)
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")


class Installed:
    """The service's folders, a home that nobody but its owner can enter, and the command as scripts/install writes it."""

    def __init__(self, folder: Path) -> None:
        """Make them, with a gallery in which a stranger is remembered."""
        self.configuration, self.state, self.home = folder / "etc", folder / "state", folder / "home"
        for place, owner in ((self.configuration, 0), (self.state, uid(SERVICE)), (self.home, uid(CALLER))):
            place.mkdir(mode=0o700)
            os.chown(place, owner, owner)
        self.configuration.chmod(0o755)
        self.file = self.configuration / "edged.toml"
        self.file.write_text(toml({"models": {"directory": str(MODELS)}}), encoding="utf-8")
        self.file.chmod(0o640)
        os.chown(self.file, 0, pwd.getpwnam(SERVICE).pw_gid)
        remember_strangers(self.state / "gallery.db", 2)
        for path in self.state.iterdir():
            os.chown(path, uid(SERVICE), -1)

    def edged(self, *arguments: str | Path, user: str | None = None, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run the command as root for somebody who typed sudo, or as another user."""
        who = pwd.getpwnam(CALLER)
        sudo = {"SUDO_UID": str(who.pw_uid), "SUDO_GID": str(who.pw_gid)} if user is None else {}
        # Named models have the command keep the right to read everywhere, and so to load a Python that is in a closed folder.
        command, *rest = arguments if arguments[0] != "--instance" else (*arguments[2:],)
        instance = [] if command == arguments[0] else arguments[:2]
        typed = [*instance, command, "--models", MODELS, *rest]
        given = ["--user", SERVICE, "--configuration", self.configuration, "--state", self.state, "--", *typed]
        python = sys.executable if user is None else OPEN_PYTHON
        return subprocess.run(
            [str(python), "-m", "edged.cli.as_service", *map(str, given)],
            capture_output=True,
            text=True,
            timeout=4 * PATIENCE_SECONDS,
            check=False,
            env={**os.environ, **sudo, "PYTHONPATH": f"{CHECKOUT}:{sysconfig.get_path('purelib')}"},
            cwd=cwd or self.home.parent,
            user=user and uid(user),
        )

    def own(self, path: Path) -> Path:
        """Make a file the caller's, and nobody else's to read."""
        path.chmod(0o600)
        os.chown(path, uid(CALLER), uid(CALLER))
        return path


def uid(user: str) -> int:
    return pwd.getpwnam(user).pw_uid


@pytest.fixture
def obama(portraits: dict[str, Path]) -> Path:
    return portraits["obama"]


@pytest.fixture
def installed() -> Iterator[Installed]:
    folder = Path(tempfile.mkdtemp())  # pytest's own folders are closed to other users
    folder.chmod(0o755)
    yield Installed(folder)
    shutil.rmtree(folder)


def theirs(path: Path) -> bool:
    """Whether a file is the caller's alone."""
    return (path.stat().st_uid, path.stat().st_mode & 0o777) == (uid(CALLER), 0o600)


@needs_root
class TestFilesOfACaller:
    def test_a_backup_goes_to_a_closed_home_and_is_the_callers(self, installed: Installed) -> None:
        done = installed.edged("backup", "backup.db", cwd=installed.home)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("backup.db: ")
        assert theirs(installed.home / "backup.db")
        assert sorted(path.name for path in installed.home.iterdir()) == ["backup.db"]

    def test_people_go_out_and_come_back_through_a_closed_home(self, installed: Installed, obama: Path) -> None:
        picture = installed.own(Path(shutil.copy(obama, installed.home / "obama.jpg")))
        assert installed.edged("enroll", "Obama", picture).returncode == 0
        archive = installed.home / "people.edged"
        done = installed.edged("export", archive)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(f"{archive}: obama, ")
        assert theirs(archive)
        assert installed.edged("forget", "obama").returncode == 0
        assert "Obama (obama) has 1 template" in installed.edged("import", archive).stdout
        assert "obama" in installed.edged("recognise", picture).stdout
        assert {path.stat().st_uid for path in installed.state.rglob("*")} == {uid(SERVICE)}

    def test_a_folder_is_made_for_pictures(self, installed: Installed) -> None:
        done = installed.edged("strangers", "--pictures", installed.home / "new" / "faces")
        assert (done.returncode, done.stderr) == (0, "")
        found = sorted((installed.home / "new" / "faces").iterdir())
        assert [path.name for path in found] == ["stranger-1.png", "stranger-2.png"]
        assert all(map(theirs, found))

    def test_what_is_there_is_not_overwritten_unless_wanted(self, installed: Installed, obama: Path) -> None:
        picture = installed.own(Path(shutil.copy(obama, installed.home / "obama.jpg")))
        drawn = installed.home / "drawn"
        drawn.mkdir()
        for _ in range(2):
            done = installed.edged("recognise", picture, "--draw", drawn)
        assert f"{drawn / 'obama.jpg'} is there already" in done.stderr
        assert installed.edged("recognise", picture, "--draw", drawn, "--overwrite").returncode == 0
        done = installed.edged("recognise", picture, "--draw", installed.home, "--overwrite")
        assert f"{picture} is the picture itself" in done.stderr
        assert picture.read_bytes() == obama.read_bytes()

    def test_what_cannot_be_written_leaves_nothing(self, installed: Installed) -> None:
        done = installed.edged("export", installed.home / "nobody.edged")
        assert done.returncode == 1
        assert "nothing to export" in done.stderr
        assert list(installed.home.iterdir()) == []

    def test_embeddings_are_read_by_the_configuration(self, installed: Installed, obama: Path) -> None:
        done = installed.edged("represent", obama, "--output", installed.home / "one.npz")
        assert (done.returncode, done.stderr) == (0, "")
        assert theirs(installed.home / "one.npz")


@needs_root
class TestRights:
    @needs_open_python
    @pytest.mark.parametrize(("command", "closed"), [("people", "gallery"), ("represent", "configuration")])
    def test_nobody_else_opens_what_is_the_services(self, installed: Installed, command: str, closed: str) -> None:
        done = installed.edged(*(["people"] if command == "people" else [command, "face.jpg"]), user=CALLER)
        assert done.returncode == 1
        assert f"the service's {closed} is not yours to open; say: sudo edged {command}" in done.stderr

    def test_one_of_several_services(self, installed: Installed) -> None:
        for place, owner in ((installed.configuration / "garden", 0), (installed.state / "garden", uid(SERVICE))):
            place.mkdir()
            os.chown(place, owner, owner)
        assert "there is no instance 'garden'" in installed.edged("--instance", "garden", "strangers").stderr
        shutil.copy(installed.file, installed.configuration / "garden")
        os.chown(installed.configuration / "garden" / "edged.toml", uid(SERVICE), -1)
        assert installed.edged("--instance", "garden", "strangers").stdout == "No stranger is remembered.\n"
        assert "stranger-1" in installed.edged("strangers").stdout

    def test_a_camera_s_password_that_only_root_can_read_is_known_as_it_is_to_the_service(self, installed: Installed) -> None:
        """The camera answers who has it that there is nothing, and everybody else that they may not come in."""
        told = f"Basic {base64.b64encode(b'me:s3cr3t').decode()}"

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(404 if self.headers["Authorization"] == told else 401)
                self.send_header("WWW-Authenticate", 'Basic realm="cam"')
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as camera:
            threading.Thread(target=camera.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
            section = toml({"camera": {"name": "front", "source": f"snapshot+http://127.0.0.1:{camera.server_port}/", "username": "me"}})
            installed.file.write_text(installed.file.read_text(encoding="utf-8") + section, encoding="utf-8")
            refused = installed.edged("check", "--only", "cameras").stdout
            password = installed.configuration / "camera_front"
            password.write_bytes(b"\xef\xbb\xbfs3cr3t\r\n")  # as an editor of Windows writes it
            password.chmod(0o600)
            let_in = installed.edged("check", "--only", "cameras").stdout
            camera.shutdown()
        assert "answers 401 Unauthorized" in refused
        assert "answers 404 Not Found" in let_in
        assert "s3cr3t" not in let_in


def test_what_needs_nothing_of_the_service_needs_no_sudo(tmp_path: Path) -> None:
    """And writes where whoever types it may, as into Home Assistant's folder."""
    (tmp_path / "configuration.yaml").touch()
    command = [sys.executable, "-m", "edged.cli.as_service", "--user", SERVICE, "--configuration", "/nowhere", "--state", "/nowhere", "--"]
    for typed, said in (
        (("completion", "bash"), "complete -o default -F _edged edged"),
        (("card", "--install", tmp_path), f"The card is in {tmp_path / 'www' / 'edged-card.js'}."),
        (("blueprints", "--install", tmp_path), str(tmp_path / "blueprints" / "automation" / "edged" / "stranger_stays.yaml")),
    ):
        done = subprocess.run([*command, *typed], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert said in done.stdout
