"""The nightly backup: a timer that is not missed, and a service that reaches nothing but its own state."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).resolve().parents[2] / "systemd"
SERVICE, TIMER = UNITS / "edged-backup.service", UNITS / "edged-backup.timer"
INSTALL = UNITS.parent / "scripts" / "install"
MOST_EXPOSED = 15
"""In tenths, as in test_unit.py; less than the daemon, which needs cameras and the network."""

needs_systemd_analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


@pytest.mark.parametrize(
    "line",
    [
        "Type=oneshot",
        "ExecStart=/opt/edged/bin/edged backup",
        "User=edged",
        "StateDirectory=edged",
        "PrivateNetwork=yes",
        "PrivateDevices=yes",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "CapabilityBoundingSet=",
        "LimitCORE=0",
        "IOSchedulingClass=idle",
    ],
)
def test_says(line: str) -> None:
    assert line in SERVICE.read_text(encoding="utf-8").splitlines()


def test_is_due_each_day_and_made_up_for() -> None:
    lines = TIMER.read_text(encoding="utf-8").splitlines()
    assert "Persistent=true" in lines
    assert any(re.fullmatch(r"OnCalendar=\*-\*-\* \d\d:\d\d:\d\d", line) for line in lines)
    assert "WantedBy=timers.target" in lines


def test_is_installed_enabled_and_taken_away() -> None:
    script = INSTALL.read_text(encoding="utf-8")
    assert f"units=(edged.service {SERVICE.name} {TIMER.name})" in script
    assert f"systemctl --quiet enable edged.service {TIMER.name}" in script
    assert f"systemctl --quiet disable edged.service {TIMER.name}" in script
    assert 'rm -f "$unit_folder/$unit" "$unit_folder/${unit/./@.}"' in script


@needs_systemd_analyze
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    for unit in (SERVICE, TIMER):
        text = unit.read_text(encoding="utf-8").replace("/opt/edged/bin/edged", "/bin/true")
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    paths = [str(tmp_path / unit.name) for unit in (SERVICE, TIMER)]
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *paths], capture_output=True, text=True, timeout=60, check=False)
    assert [line for line in done.stderr.splitlines() if "edged-backup" in line] == []
    assert done.returncode == 0


@needs_systemd_analyze
def test_exposure_is_low() -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSED}", str(SERVICE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd-analyze cannot judge a file")
    assert done.returncode == 0, done.stdout
