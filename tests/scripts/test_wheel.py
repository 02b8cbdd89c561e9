"""The wheel finds its networks wherever pip puts it: in a virtual environment, for one user, or in a folder."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

CHECKOUT = Path(__file__).resolve().parents[2]
NEEDED = sysconfig.get_path("purelib")
"""Where what edged needs is; edged itself is there only for a Python that looks for editable projects."""
BASE = Path(sys._base_executable) if hasattr(sys, "_base_executable") else Path(sys.executable)


def run(*command: str | Path, env: Mapping[str, str] | None = None, cwd: Path) -> str:
    """Run to the end, far from the checkout; what it says."""
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=cwd,
        env={**os.environ, **(env or {})},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--wheel-dir", folder, CHECKOUT, cwd=folder)
    return next(folder.glob("edged-*.whl"))


@pytest.mark.parametrize("scheme", ["venv", "user", "target"])
def test_the_networks_are_found(wheel: Path, tmp_path: Path, scheme: str) -> None:
    python, place, env = BASE, tmp_path / "place", {"PYTHONPATH": NEEDED}
    if scheme == "venv":
        run(sys.executable, "-m", "venv", "--without-pip", place, cwd=tmp_path)
        python = place / "bin" / "python"
    install: list[str | Path] = ["-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index"]
    if scheme == "user":
        env["PYTHONUSERBASE"] = str(place)
        install += ["--user", "--break-system-packages"]
    if scheme == "target":
        install += ["--target", place]
        env["PYTHONPATH"] = f"{place}:{NEEDED}"
    run(sys.executable, *install, wheel, cwd=tmp_path, env={"PYTHONUSERBASE": env.get("PYTHONUSERBASE", "")})
    where = "import edged, edged.config, edged.daemon.opening as o; print(edged.__file__, o.models_directory(edged.config.ModelsConfig()))"
    package, models = run(python, "-c", where, cwd=tmp_path, env=env).split()
    assert Path(package).is_relative_to(place)
    assert Path(models).is_relative_to(place)
    said = run(python, "-m", "edged", "check", "--only", "models", "--only", "attributes", cwd=tmp_path, env=env)
    assert said.count("the golden picture is read as it should be") == 2
