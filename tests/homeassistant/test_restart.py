"""Somebody comes and goes at the door while a real Home Assistant, the only one who listens, is killed and takes long to start again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from door_acts import Act, Pose, Role, nobody
from door_clip import compose_scenes
from portraits import fetch

from tests.broker import wait_until
from tests.home_assistant import HomeAssistant, environment
from tests.program import Daemon

if TYPE_CHECKING:
    from pathlib import Path

    from tests.broker import Mosquitto

PATIENCE_SECONDS = 120.0
MOST_LOST = 3
"""Events, one each second, that it may have heard in the moment in which it was killed, and one."""
CONFIGURATION = """
slow:
shell_command:
  note: "sh FOLDER/note.sh {{ seq }}"
automation:
  - triggers: [{trigger: mqtt, topic: edged/door/front/event, qos: 1}]
    actions: [{action: shell_command.note, data: {seq: "{{ trigger.payload_json.seq }}"}}]
    mode: queued
    max: 200
"""
SLOW = """
import asyncio

async def async_setup(hass, config):
    await asyncio.sleep(8)
    return True
"""
"""An integration like those that wait for a cloud or a serial port: MQTT has subscribed long before automations run."""
MANIFEST = {
    "domain": "slow",
    "name": "slow",
    "version": "1.0",
    "documentation": "",
    "codeowners": [],
    "requirements": [],
    "dependencies": [],
}


def slow_home(folder: Path, port: int) -> HomeAssistant:
    """Home Assistant with an integration that takes long to start, and automations that note which events they hear."""
    (folder / "note.sh").write_text(f"echo $1 >> {folder}/noted\n", encoding="utf-8")
    home = HomeAssistant(folder / "home", port, CONFIGURATION.replace("FOLDER", str(folder)))
    slow = home.folder / "custom_components" / "slow"
    slow.mkdir(parents=True)
    (slow / "__init__.py").write_text(SLOW, encoding="utf-8")
    (slow / "manifest.json").write_text(json.dumps(MANIFEST), encoding="utf-8")
    return home


def test_its_automations_hear_of_everybody_who_came_meanwhile_and_once(tmp_path: Path, broker: Mosquitto) -> None:
    environment()  # which may skip, before anything is started

    notes = tmp_path / "noted"
    notes.touch()

    def noted() -> list[int]:
        return [int(seq) for seq in notes.read_text().split()]

    visit = Act(0.6, "somebody", (Role("astronaut", (Pose(0.0, 0.5, 190.0), Pose(0.6, 0.52, 195.0))),))
    clip = tmp_path / "clip.mp4"
    compose_scenes([visit, nobody(1.4)], fetch(), clip, (640, 480))
    rules = {"trigger_level": 1, "stranger_after_seconds": 0, "refractory_seconds": 0, "lost_after_seconds": 0.3}
    daemon = Daemon(tmp_path, broker.port, clip, camera={"loop": True}, recognition=rules)
    with slow_home(tmp_path, broker.port) as home, daemon:
        for action in ("turn_off", "turn_on"):  # one that was onboarded just now has set them up before it had MQTT
            home.call(f"automation.{action}", entity_id="all")
        wait_until(lambda: len(noted()) > 1, "it hears", PATIENCE_SECONDS)
        before = noted()[-1]
        home.start_again()
        wait_until(lambda: noted()[-1] >= before + 15, "it hears again", PATIENCE_SECONDS)
    after = [seq for seq in noted() if seq > before]
    assert after == list(range(after[0], after[-1] + 1))
    assert after[0] <= before + MOST_LOST, "what it was just told when it was killed is gone with it"
