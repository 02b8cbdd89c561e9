"""The names of topics: what a device and each of its cameras have to themselves."""

from __future__ import annotations

import pytest

from edged.interface.topics import Topics, matches


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


@pytest.mark.parametrize(
    ("topic_filter", "topic", "is_matched"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/b/c", False),
        ("a/+/c", "a/b/c", True),
        ("a/+/c", "a//c", True),
        ("a/+/c", "a/b/b/c", False),
        ("a/+", "a", False),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("a/#", "ab", False),
        ("#", "a/b", True),
        ("#", "$SYS/a", False),
        ("+/a", "$SYS/a", False),
        ("+/a", "/a", True),
    ],
)
def test_a_filter_stands_for_the_topics_that_the_standard_says(topic_filter: str, topic: str, *, is_matched: bool) -> None:
    assert matches(topic_filter, topic) is is_matched
