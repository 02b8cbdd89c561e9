"""scripts/install and scripts/boot, as far as they go without touching this machine; scripts/boot itself is the whole proof."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
INSTALL = SCRIPTS / "install"
BOOT = SCRIPTS / "boot"
NOBODY = 65_534


def run(*command: str | Path, user: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run to the end, and keep what it says."""
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, user=user)


@pytest.mark.parametrize("script", [INSTALL, BOOT], ids=lambda path: path.name)
class TestBoth:
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

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
    def test_refuses_who_is_not_root(self, script: Path) -> None:
        if not readable_by_others(script):
            pytest.skip("the checkout is in a folder that only root can enter")
        done = run(script, user=NOBODY)
        assert done.returncode == 1
        assert f"this needs root: sudo scripts/{script.name}" in done.stderr

    @pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
    def test_shellcheck_finds_nothing(self, script: Path) -> None:
        done = run("shellcheck", script)
        assert done.returncode == 0, done.stdout


def test_purge_alone_is_refused() -> None:
    done = run(INSTALL, "--purge")
    assert done.returncode == 1
    assert "goes with --uninstall only" in done.stderr


def readable_by_others(path: Path) -> bool:
    """Whether everybody may enter every folder on the way to it."""
    return all(folder.stat().st_mode & 0o001 for folder in path.parents)
