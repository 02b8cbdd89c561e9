"""The unit: it says what edged needs from systemd, and keeps everything else from it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from edged.config import PASSWORD_CREDENTIAL, SYSTEM_CONFIG
from edged.errors import EXIT_CONFIG

UNIT = Path(__file__).resolve().parents[2] / "systemd" / "edged.service"
PROGRAM = "/opt/edged/bin/edged"
MOST_EXPOSED = 20
"""In tenths, as `systemd-analyze security --threshold` counts; 10.0 is a service without any hardening."""

needs_systemd_analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


def settings(section: str) -> dict[str, list[str]]:
    """The values of every key of a section, which may stand more than once."""
    found: dict[str, list[str]] = {}
    current = None
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        if header := re.fullmatch(r"\[(\w+)\]", line):
            current = header[1]
        elif current == section and line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Type", "notify"),
        ("NotifyAccess", "main"),
        ("ExecStart", f"{PROGRAM} run"),
        ("User", "edged"),
        ("Restart", "always"),
        ("RestartPreventExitStatus", str(EXIT_CONFIG)),
        ("StateDirectory", "edged"),
        ("StateDirectoryMode", "0700"),
        ("ConfigurationDirectory", str(SYSTEM_CONFIG.parent.relative_to("/etc"))),
        ("UMask", "0077"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("DevicePolicy", "closed"),
        ("MemoryDenyWriteExecute", "yes"),
        ("RestrictNamespaces", "yes"),
        ("SystemCallArchitectures", "native"),
        ("LimitCORE", "0"),
    ],
)
def test_says(key: str, value: str) -> None:
    assert settings("Service")[key] == [value]


def test_a_reload_checks_the_configuration_first() -> None:
    assert settings("Service")["ExecReload"] == [f"{PROGRAM} check --only config", "/bin/sh -c 'kill -HUP $MAINPID'"]


def test_never_gives_up_but_waits_between_two_tries() -> None:
    assert settings("Unit")["StartLimitIntervalSec"] == ["0"]
    assert int(settings("Service")["RestartSec"][0]) >= 5


def test_watchdog_leaves_room_for_a_slow_request() -> None:
    """A request is answered within seconds; the watchdog must not mistake one for a hang."""
    assert 20 <= int(settings("Service")["WatchdogSec"][0]) <= 60


def test_password_is_a_credential_that_may_be_missing() -> None:
    """Without SetCredential= systemd refuses to start a service whose credential's file is not there."""
    service = settings("Service")
    assert service["LoadCredential"] == [f"{PASSWORD_CREDENTIAL}:{SYSTEM_CONFIG.parent}/{PASSWORD_CREDENTIAL}"]
    assert service["SetCredential"] == [rf"{PASSWORD_CREDENTIAL}:\n"]


def test_cameras_are_the_only_devices() -> None:
    allowed = {value.removesuffix(" rw") for value in settings("Service")["DeviceAllow"]}
    assert allowed == {"char-video4linux", "char-media", "char-dma_heap", "/dev/udmabuf", "/dev/vchiq", "/dev/vcsm-cma"}


def test_waits_for_the_broker_but_does_not_need_it() -> None:
    unit = settings("Unit")
    assert "mosquitto.service" in " ".join(unit["After"])
    assert not {"Requires", "BindsTo", "Requisite"} & set(unit)
    assert "network-online.target" not in UNIT.read_text(encoding="utf-8")


@needs_systemd_analyze
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    """systemd-analyze prints what it would ignore; the program, which is not installed here, is replaced."""
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text(encoding="utf-8").replace(PROGRAM, "/bin/true"), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True, timeout=60, check=False)
    ours = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert ours == []
    assert done.returncode == 0


@needs_systemd_analyze
def test_exposure_is_low() -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSED}", str(UNIT)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd-analyze cannot judge a file")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["edged.service", "edged-backup.service", "edged-backup.timer"])
def test_an_instance_has_folders_of_its_own_and_is_else_the_same(tmp_path: Path, name: str) -> None:
    unit = UNIT.parent / name
    made = subprocess.run(["sed", "-f", UNIT.parent / "instance.sed", unit], capture_output=True, text=True, timeout=60, check=True).stdout
    before, after = unit.read_text(encoding="utf-8").splitlines(), made.splitlines()
    own = {line for line in after if line not in before}
    assert all("%i" in line for line in own)
    assert "AssertPathExists=/etc/edged/%i/edged.toml" in own
    assert not [line for line in after if re.fullmatch(r"(Configuration|State)Directory=edged", line) or "edged/mqtt_password" in line]
    if name == "edged.service":
        assert {"StateDirectory=edged/%i", "ConfigurationDirectory=edged/%i"} < own
        assert "LoadCredential=mqtt_password:/etc/edged/%i/mqtt_password" in own
    copy = tmp_path / name.replace(".", "@.")
    copy.write_text(made.replace(PROGRAM, "/bin/true"), encoding="utf-8")
    if shutil.which("systemd-analyze"):
        command = ["systemd-analyze", "verify", "--man=no", str(copy.with_name(name.replace(".", "@garden.")))]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:"})
        assert [line for line in done.stderr.splitlines() if "edged" in line] == []
