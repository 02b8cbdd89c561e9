"""scripts/install, boot, boot-deb, test-matrix and test-home-assistant, as far as they go without touching this machine.

scripts/boot itself is the whole proof of the first, and scripts/check lints them all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
INSTALL = SCRIPTS / "install"
NOBODY = 65_534


def run(*command: str | Path, user: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run to the end, and keep what it says."""
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, user=user)


@pytest.mark.parametrize(
    "script", [SCRIPTS / name for name in ("install", "boot", "boot-deb", "test-matrix", "test-home-assistant")], ids=lambda path: path.name
)
class TestEach:
    def test_is_executable_bash(self, script: Path) -> None:
        assert os.access(script, os.X_OK)
        assert script.read_text(encoding="utf-8").startswith("#!/usr/bin/env bash\n")
        assert run("bash", "-n", script).returncode == 0

    def test_helps(self, script: Path) -> None:
        done = run(script, "--help")
        assert done.returncode == 0
        assert done.stdout.startswith(f"Usage: scripts/{script.name}")

    def test_refuses_an_option_that_it_does_not_know(self, script: Path) -> None:
        done = run(script, "--frobnicate")
        assert done.returncode == 1
        assert "there is no option --frobnicate" in done.stderr

    def test_refuses_who_is_not_root(self, script: Path) -> None:
        with TemporaryDirectory() as folder:  # since the checkout may be in a folder that only root can enter
            shutil.copytree(SCRIPTS, f"{folder}/scripts")
            Path(folder).chmod(0o755)
            done = run(f"{folder}/scripts/{script.name}", user=None if os.geteuid() else NOBODY)
        assert done.returncode == 1
        assert f"this needs root: sudo scripts/{script.name}" in done.stderr


def test_purge_alone_is_refused() -> None:
    done = run(INSTALL, "--purge")
    assert done.returncode == 1
    assert "goes with --uninstall only" in done.stderr
