"""The names of all topics that there are, for the tests that hold documents against them."""

from __future__ import annotations

import inspect

from edged.interface.topics import CameraTopics, DeviceTopics, Topics

NO_TOPIC = {"root", "camera"}
"""What Topics gives that is no topic."""


def topic_names() -> set[str]:
    """What Topics and CameraTopics call their topics."""
    members = (vars(DeviceTopics) | vars(Topics) | vars(CameraTopics)).items()
    return {name for name, member in members if isinstance(member, property) or inspect.isfunction(member) if name[0] != "_"} - NO_TOPIC
