"""Two people who come together, on a phone: each notification has its own picture; and faces that Home Assistant shows again.

The real edged sees them, the real blueprint tells of them, and Home Assistant's own app integration sends it.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from door_acts import nobody, two_at_once
from door_frames import frames
from portraits import fetch

from tests.broker import wait_until
from tests.homeassistant.house import BIRTH, house
from tests.homeassistant.phone import Phone
from tests.staged_door import EMPTY, FPS, HEIGHT, WIDTH, StagedDoor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.homeassistant.house import House
    from tests.program import Value

CONFIGURATION = """
automation: !include automations.yaml
config:
mobile_app:
"""
APART_SECONDS = 0.06
"""Seconds between the first and the second of two who come together."""
PAIRS = 10


@dataclass(frozen=True)
class Door:
    """A house with a phone, and a door to which two come when a test wants it."""

    house: House
    phone: Phone
    staged: StagedDoor

    def told(self, before: int, number: int) -> dict[str, bytes]:
        """The pictures of the notifications after so many, by the id of their event; each must have one."""
        wait_until(lambda: len(self.phone.pushed) >= before + number, f"{number} more notifications")
        assert len(self.phone.pushed) == before + number
        names = [one["data"].get("image", "").removeprefix("/local/edged/") for one in self.phone.pushed[before:]]
        return {name.removesuffix(".jpg"): (self.house.home.folder / "www" / "edged" / name).read_bytes() for name in names if name}

    def shown(self) -> dict[str, bytes]:
        """The pictures that edged has sent, by the id of their event."""
        found, picture = dict[str, bytes](), b""
        for heard in self.house.subscriber.heard:
            if heard.topic == "edged/door/front/face/image":
                picture = heard.payload
            elif heard.topic == "edged/door/front/face/shown" and (said := json.loads(heard.payload))["event_id"]:
                found[said["event_id"]] = picture
        return found


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("house")
    staged = StagedDoor(folder / "door")
    for name, act in ((EMPTY, nobody(1)), ("two", two_at_once("astronaut", "obama"))):
        staged.add(name, frames([act], fetch(), (WIDTH, HEIGHT), FPS))
    camera: dict[str, Value] = {"pipeline": staged.command, "width": WIDTH, "height": HEIGHT}
    with house(folder, CONFIGURATION, camera) as made, made.daemon, Phone(made.home, "Pixel") as phone:
        made.wait_for("front:connectivity", "on")
        pictures = {"folder": str(made.home.folder / "www" / "edged"), "address": "/local/edged"}
        visitor = {"cameras": [made.entity_of("front:event")], "phones": [phone.device_id], **pictures}
        made.home.automate("visitor", {"use_blueprint": {"path": "edged/who_is_at_the_door.yaml", "input": visitor}})
        yield Door(made, phone, staged)


@pytest.mark.parametrize("apart", [APART_SECONDS, 0.0])
def test_two_strangers_right_after_each_other_have_each_their_own_picture(door: Door, apart: float) -> None:
    for pair in range(PAIRS):
        before, sent = len(door.phone.pushed), dict[str, bytes]()
        for number in (1, 2):
            picture = f"stranger {number} of pair {pair}".encode()
            event_id = door.house.event("stranger", picture, stranger=f"stranger-{number}", seen_count=1, track=2 * pair + number)
            sent[event_id] = picture
            time.sleep(apart)  # which is what is tested
        assert door.told(before, 2) == sent, pair


def test_two_who_come_to_a_real_door_have_each_their_own_face(door: Door) -> None:
    before = len(door.phone.pushed)
    door.staged.show("two")
    told = door.told(before, 2)
    assert len(told) == len(set(told.values())) == 2
    assert told.items() <= door.shown().items()
    assert all(picture.startswith(b"\xff\xd8") for picture in told.values())


def test_the_last_face_is_shown_again_after_a_restart_of_home_assistant_and_a_reload_of_mqtt(door: Door) -> None:
    """A reload is what Home Assistant does when somebody switches an entity on."""
    [*_, last] = door.shown().values()
    home, births = door.house.home, len(door.house.subscriber.on(BIRTH))
    [mqtt] = home.command(type="config_entries/get", domain="mqtt")
    for happen in (home.restart, lambda: home.post(f"config/config_entries/entry/{mqtt['entry_id']}/reload", {})):
        happen()
        births += 1
        door.house.subscriber.wait_for(BIRTH, births)
        for key in ("front:image", "front:stranger_image"):
            entity = door.house.entity_of(key)
            wait_until(lambda entity=entity: home.state(entity) not in {None, "unknown", "unavailable"}, f"{entity} shows something")  # type: ignore[misc]
            assert home.get(f"image_proxy/{entity}") == last
    assert door.house.complaints() == []
