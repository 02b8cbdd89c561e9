"""What is done about messages that the broker keeps from before: nothing of them is left that nobody tells of any more."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from edged.homeassistant.discovery import message, parts
from edged.homeassistant.moving import MIGRATION, Moves, moves
from tests.homeassistant.test_discovery import DEVICE

ITSELF, FRONT, BACK = (f"homeassistant/device/edged_door/{part}config" for part in ("", "camera_front/", "camera_back_yard/"))
ONE_DEVICE = (Path(__file__).parent / "one_device.json").read_bytes()
"""What an edged before the cameras had devices of their own has told of a device with the camera front and Alice."""


def test_what_is_told_now_needs_nothing() -> None:
    kept = {ITSELF: message(DEVICE, {"alice": "Alice"}), FRONT: message(DEVICE, {}, "front"), BACK: message(DEVICE, {}, "back_yard")}
    nothing = Moves({}, (), (), ())
    assert moves(DEVICE, kept) == moves(DEVICE, {}) == nothing
    assert moves(DEVICE, parts(DEVICE, {"alice": "Alice"}) | parts(DEVICE, {}, "front")) == nothing
    assert moves(DEVICE, {ITSELF: b"{", FRONT: b"[]"}) == nothing


def test_a_message_of_one_device_is_divided_and_loses_what_there_is_no_more() -> None:
    found = moves(DEVICE, {ITSELF: ONE_DEVICE})
    assert found.migrations == (ITSELF,)
    assert json.loads(found.removals[ITSELF])["cmps"] == {
        "front:problem": {"platform": "binary_sensor"},
        "front:person:alice": {"platform": "binary_sensor"},
        "health:uptime": {"platform": "sensor"},
        "setting:emotion": {"platform": "switch"},
    }
    assert json.loads(MIGRATION) == {"migrate_discovery": True}


def test_of_a_camera_that_is_gone_nothing_is_kept() -> None:
    states = {f"edged/door/{camera}/{name}": b"x" for camera in ("front", "garage") for name in ("status", "people", "pause")}
    told = {topic.replace("back_yard", "garage"): payload for topic, payload in parts(DEVICE, {}, "back_yard").items() if payload}
    found = moves(DEVICE, states | told)
    assert (set(found.messages), set(found.states)) == (set(told), {topic for topic in states if "garage" in topic})
    both = moves(replace(DEVICE, cameras=("garage", "front")), states | told)
    assert (both.messages, both.states) == ((), ())


def test_of_people_who_are_not_enrolled_nothing_is_kept() -> None:
    kept = {f"edged/door/person/{person}": b"x" for person in ("alice", "bob")} | {"edged/door/front/status": b"x"}
    assert moves(DEVICE, kept, {"alice": "Alice"}).states == ("edged/door/person/bob",)
