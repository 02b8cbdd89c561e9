"""What the tests of the shell share: a daemon that is not started."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.broker import free_port
from tests.program import Daemon

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def daemon(tmp_path: Path) -> Daemon:
    """Not started: its configuration and gallery are what the commands need."""
    return Daemon(tmp_path, free_port(), tmp_path / "no-camera.mp4")
