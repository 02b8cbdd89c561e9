"""The development data, which lies beside the repository and not in it."""

from __future__ import annotations

from pathlib import Path

import pytest

PLACE = Path(__file__).resolve().parents[2] / "shared" / "data"


def development_data(*names: str) -> Path:
    """The folder of the development data, or what lies in it; the test is skipped where it is not there."""
    path = PLACE.joinpath(*names)
    if not path.exists():
        pytest.skip(f"{path} is not here: it needs the development data")
    return path
