"""The dashboard to paste shows entities that there are."""

from __future__ import annotations

import re

from edged.config import Config
from edged.homeassistant.announcer import description_of
from edged.homeassistant.entities import components
from tests.conftest import ROOT
from tests.docs.markdown import fenced

README = ROOT / "edged" / "homeassistant" / "README.md"


def test_every_entity_of_the_dashboard_is_one_of_the_device_or_its_camera() -> None:
    device = description_of(Config.model_validate({"device": {"id": "door"}, "camera": [{"name": "front"}]}), "1.2.3")
    every = {
        str(one["default_entity_id"]) for camera in (None, "front") for one in components(device, {}, camera).values() if "unique_id" in one
    }
    [dashboard] = fenced(README, "yaml")
    shown = set(re.findall(r"\b[a-z_]+\.edged_door_\w+", dashboard))
    assert len(shown) > 10
    assert shown <= every
