"""The names of topics: what a device and each of its cameras have to themselves."""

from __future__ import annotations

from edged.interface.topics import Topics


def test_two_devices_on_one_broker_share_no_topic() -> None:
    door, gate = Topics("edged", "door"), Topics("edged", "gate")
    assert door.availability == "edged/door/availability"
    assert gate.availability == "edged/gate/availability"
    assert door.discovery != gate.discovery


def test_what_belongs_to_a_camera_stands_below_its_name() -> None:
    front = Topics("edged", "door").camera("front")
    assert (front.event, front.face_image) == ("edged/door/front/event", "edged/door/front/face/image")
    assert front.pause_set == f"{front.pause}/set"


def test_home_assistant_has_topics_only_where_it_is_to_be_told() -> None:
    assert Topics("edged", "door", "ha").discovery == "ha/device/edged_door/config"
    silent = Topics("edged", "door", None)
    assert (silent.discovery, silent.birth) == (None, None)
