"""sqlite-utils without its command line: what the daemon does not load, and that it is there for whoever asks."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.gallery.conftest import REPOSITORY

COMMAND_LINE = {"click.core", "click_default_group", "dateutil", "tabulate", "pip", "sqlite_utils.cli"}
"""Modules of a process that runs sqlite-utils' command line. A lazy import leaves `click` itself as an empty place."""


def printed(program: str) -> str:
    """What a Python program prints."""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=REPOSITORY).stdout


def test_the_daemon_does_not_load_what_only_the_command_line_of_the_library_needs() -> None:
    loaded = printed("import sys, edged.daemon.app; print(*sys.modules)").split()
    assert "sqlite_utils.db" in loaded
    assert set(loaded) & COMMAND_LINE == set()


@pytest.mark.parametrize(
    ("used", "loaded"),
    [("db.progressbar([1], silent=False).__enter__()", "click.core"), ("sqlite_utils.utils.recipes.parsedate('1 May')", "dateutil")],
)
def test_what_was_put_off_is_loaded_when_it_is_used(used: str, loaded: str) -> None:
    program = f"import sys, sqlite_utils\nfrom edged.storage.library import db\nassert '{loaded}' not in sys.modules\n{used}\n"
    assert printed(f"import edged.storage.library\n{program}print('{loaded}' in sys.modules)").split()[-1] == "True"
