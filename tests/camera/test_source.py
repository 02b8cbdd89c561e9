"""How a source may be opened."""

from __future__ import annotations

import pytest

from edged.camera.source import SourceOptions


@pytest.mark.parametrize("wrong", [{"width": 0}, {"height": -1}, {"frames_per_second": 0.0}])
def test_options_without_meaning_are_a_programmers_mistake(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        SourceOptions(**wrong)  # type: ignore[arg-type] # that is the point
