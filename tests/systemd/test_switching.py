"""Upgrades, removal and the way back: what the package's own scripts do, in a folder in place of the system's.

systemd, dpkg and the two releases are stood in for by small scripts, and no time passes; scripts/boot-deb has the real ones.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEBIAN = ROOT / "systemd" / "debian"
SERVICE, GARDEN = "edged.service", "edged@garden.service"
OLD, NEW = "0.1.0+deb12", "0.1.1+deb12"
RUNS, FAILED, CRASHES = "active running", "failed failed", "activating auto-restart"

SYSTEMCTL = """
if [[ $1 == --quiet ]]; then shift; fi
state() { cat "$root/state/$1" 2>/dev/null || echo inactive dead; }
case $1 in
  is-enabled) [[ $2 == edged.service ]] ;;
  is-active) [[ $(state "$2") == active* ]] ;;
  list-units) cd "$root/state" && grep -lE '^(active|activating)' edged@*.service 2>/dev/null ;;
  show)
    read -r active sub <<<"$(state "$2")"
    if [[ $* != *MainPID* ]]; then echo "ActiveState=$active"; echo "SubState=$sub"; exit; fi
    if [[ -e $root/dies/$2/$used ]]; then echo 0; else cat "$root/pids/$2"; fi
    ;;
  restart)
    if [[ -e $root/fails/$2/$used ]]; then echo failed failed >"$root/state/$2"; exit 1; fi
    echo active running >"$root/state/$2"
    echo "$RANDOM" >"$root/pids/$2"
    ;;
  stop) for unit in "${@:2}"; do echo inactive dead >"$root/state/$unit"; done ;;
esac
"""
INSTALL = """
words=()
while (($#)); do case $1 in -o | -g) shift ;; *) words+=("$1") ;; esac; shift; done
exec /usr/bin/install "${words[@]}"
"""
PYTHON = "[[ ! -e ${0%/bin/*}/broken ]]"


class Device:
    """The folder, with the release from before and a new one that dpkg has unpacked; both services run."""

    def __init__(self, root: Path) -> None:
        """Lay it out."""
        self.root, self.edged = root, root / "usr/lib/edged"
        for folder in ("state", "pids", "etc/edged", "etc/systemd/system", "usr/lib/systemd/system", "run/systemd/system", "var/lib/edged"):
            (root / folder).mkdir(parents=True)
        for name, text in (("systemctl", SYSTEMCTL), ("install", INSTALL), ("dpkg-query", f"echo -n {NEW}"), ("id", "echo 0")):
            self.stand_in(f"bin/{name}", text)
        for name in ("sleep", "getent", "useradd", "userdel", "deb-systemd-helper", "deb-systemd-invoke"):
            self.stand_in(f"bin/{name}", ":")
        for name in ("previous", "release"):
            self.stand_in(f"usr/lib/edged/{name}/bin/python", PYTHON)
            self.stand_in(f"usr/lib/edged/{name}/bin/edged", 'exec "${0%/*}/python" --version')
            self.write(f"usr/lib/edged/{name}/share/edged/systemd/{SERVICE}", f"# of {name}\n")
        self.write(f"usr/lib/systemd/system/{SERVICE}", "# of release\n")
        self.write("var/lib/edged/gallery.db", "")
        for script in (ROOT / "scripts/release.sh", DEBIAN / "switch.sh"):
            self.write(f"usr/lib/edged/{script.name}", self.moved(script))
        self.use("previous")
        self.set(SERVICE, RUNS)
        self.set(GARDEN, RUNS)

    @property
    def used(self) -> str:
        """Which of the two."""
        return (self.edged / "current").readlink().name

    @property
    def asked(self) -> list[str]:
        """What was called, with its words."""
        return (self.root / "log").read_text(encoding="utf-8").splitlines()

    @property
    def replaced_unit(self) -> Path:
        """What stands in for the unit that dpkg has put in place."""
        return self.root / "etc/systemd/system" / SERVICE

    def moved(self, script: Path) -> str:
        """A script whose system is this folder; that it is so with each path is made sure, since these scripts erase."""
        text = re.sub(r"(?<=[\s=\"'(])/(usr|etc|var|run|opt)/", rf"{self.root}/\1/", script.read_text(encoding="utf-8"))
        assert not re.search(r"/(usr|etc|var|run|opt)/", text.replace(f"{self.root}/", "")), script
        return text

    def write(self, name: str, text: str) -> Path:
        """Make a file."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def stand_in(self, name: str, text: str) -> None:
        """Make a program that notes what it is asked."""
        header = f'#!/bin/bash\nroot={self.root}\nused=$(readlink "$root/usr/lib/edged/current")\necho "${{0#"$root/"}} $*" >>"$root/log"\n'
        self.write(name, f"{header}{text}\n").chmod(0o755)

    def use(self, release: str) -> None:
        """Have the link lead to one of the two."""
        (self.edged / "current").unlink(missing_ok=True)
        (self.edged / "current").symlink_to(release)

    def set(self, unit: str, state: str) -> None:
        """Have a service be so."""
        self.write(f"state/{unit}", f"{state}\n")

    def runs(self, unit: str) -> bool:
        """Whether a service does now."""
        return (self.root / "state" / unit).read_text(encoding="utf-8").strip() == RUNS

    def fails(self, unit: str, *releases: str, how: str = "fails") -> None:
        """Have a service not start with these, or end soon after: how="dies"."""
        for release in releases:
            self.write(f"{how}/{unit}/{release}", "")

    def run(self, script: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one of the package's scripts to the end."""
        path = {**os.environ, "PATH": f"{self.root}/bin:{os.environ['PATH']}"}
        command = ["bash", str(self.write(script, self.moved(DEBIAN / script))), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=path)


@pytest.fixture
def device(tmp_path: Path) -> Device:
    """Before the new release is configured."""
    return Device(tmp_path)


def test_a_good_upgrade_is_used_with_its_units_and_every_service(device: Device) -> None:
    done = device.run("postinst", "configure", OLD)
    assert (done.returncode, device.used, device.replaced_unit.exists()) == (0, "release", False), done.stderr
    assert device.runs(SERVICE)
    assert device.runs(GARDEN)


def test_a_release_that_is_refused_leaves_the_units_of_the_one_before(device: Device) -> None:
    """Else the next boot runs that one by units that are not its own. Once mended, its own units are used."""
    broken = device.write("usr/lib/edged/release/broken", "")
    done = device.run("postinst", "configure", OLD)
    assert (done.returncode, device.used) == (1, "previous")
    assert "nothing was changed" in done.stderr
    assert device.replaced_unit.read_text(encoding="utf-8") == "# of previous\n"
    assert not any("restart" in line for line in device.asked)
    broken.unlink()
    assert device.run("postinst", "configure", OLD).returncode == 0
    assert (device.used, device.replaced_unit.exists()) == ("release", False)


@pytest.mark.parametrize("how", ["fails", "dies"])
def test_a_release_that_does_not_start_is_taken_back(device: Device, how: str) -> None:
    device.fails(GARDEN, "release", how=how)
    done = device.run("postinst", "configure", OLD)
    assert (done.returncode, device.used) == (1, "previous")
    assert "the release from before runs again" in done.stderr
    assert device.runs(SERVICE)
    assert device.runs(GARDEN)


def test_a_service_that_cannot_start_leaves_no_other_stopped(device: Device) -> None:
    device.fails(SERVICE, "release", "previous")
    done = device.run("postinst", "configure", OLD)
    assert (done.returncode, device.used) == (1, "previous")
    assert "the release from before does not start either" in done.stderr
    assert device.runs(GARDEN)


@pytest.mark.parametrize("state", [FAILED, CRASHES])
def test_a_service_that_had_failed_before_does_not_stop_an_upgrade(device: Device, state: str) -> None:
    device.set(SERVICE, state)
    device.fails(SERVICE, "release", "previous")
    done = device.run("postinst", "configure", OLD)
    assert (done.returncode, device.used) == (0, "release"), done.stderr
    assert f"not started, as before: {SERVICE}" in done.stderr
    assert device.runs(GARDEN)


def test_beside_a_service_that_had_failed_the_others_are_judged(device: Device) -> None:
    device.set(SERVICE, FAILED)
    device.fails(SERVICE, "release", "previous")
    device.fails(GARDEN, "release", how="dies")
    assert device.run("postinst", "configure", OLD).returncode == 1
    assert (device.used, device.runs(GARDEN)) == ("previous", True)


def test_an_upgrade_that_broke_off_can_still_be_taken_back(device: Device) -> None:
    """And the gallery that was backed up is not backed up anew: it may be as the new release changed it."""
    device.use("release")
    device.fails(SERVICE, "release")
    done = device.run("postinst", "configure", OLD)
    assert (done.returncode, device.used, device.runs(SERVICE)) == (1, "previous", True), done.stderr
    assert not any("-- backup" in line for line in device.asked)


@pytest.mark.parametrize("configured", ["", NEW], ids=["first", "again"])
def test_what_is_no_upgrade_is_not_taken_back(device: Device, configured: str) -> None:
    device.use("release")
    device.fails(SERVICE, "release")
    done = device.run("postinst", "configure", configured)
    assert (done.returncode, device.used) == (0, "release")
    assert "installed, but it does not start" in done.stderr


def test_going_back_to_a_release_that_does_not_start_ends_where_it_began(device: Device) -> None:
    device.use("release")
    device.fails(SERVICE, "previous")
    done = device.run("edged-go-back")
    assert (done.returncode, device.used) == (1, "release")
    assert "the one from before runs again" in done.stderr
    assert device.runs(SERVICE)
    assert device.runs(GARDEN)


@pytest.mark.parametrize(("code", "is_started"), [(0, True), (104, True), (101, False)])
def test_who_builds_an_image_may_forbid_services(device: Device, code: int, is_started: bool) -> None:  # noqa: FBT001 - a parameter
    device.stand_in("usr/sbin/policy-rc.d", f"exit {code}")
    assert device.run("postinst", "configure", OLD).returncode == 0
    assert any(f"restart {SERVICE}" in line for line in device.asked) == is_started


def test_a_removal_that_breaks_off_starts_what_it_stopped(device: Device) -> None:
    assert device.run("prerm", "remove").returncode == 0
    assert not device.runs(SERVICE)
    assert device.run("postinst", "abort-remove").returncode == 0
    assert device.runs(SERVICE)
    assert device.replaced_unit.read_text(encoding="utf-8") == "# of previous\n"


def test_what_was_unpacked_alone_is_stopped_when_it_is_removed(device: Device) -> None:
    """No prerm is run then. Of the units that stood in for its own none is left."""
    device.replaced_unit.write_text("# of previous\n", encoding="utf-8")
    assert device.run("postrm", "remove").returncode == 0
    assert not device.runs(SERVICE)
    assert not device.replaced_unit.exists()
    assert not device.edged.exists()


def test_purge_goes_on_where_the_user_cannot_be_removed(device: Device) -> None:
    device.stand_in("bin/userdel", "exit 8")  # as where a process of that user runs
    done = device.run("postrm", "purge")
    assert (done.returncode, device.root.joinpath("var/lib/edged").exists()) == (0, False)
    assert "the user edged stays" in done.stdout
