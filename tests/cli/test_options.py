"""Options of the shell: where they may stand, and that an answer is the same here as over MQTT."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.program import Daemon, edged, remember_strangers

if TYPE_CHECKING:
    from pathlib import Path


def test_options_may_stand_between_a_name_and_pictures(daemon: Daemon, portraits: dict[str, Path]) -> None:
    done = edged("enroll", "Alice", "--config", daemon.config, portraits["astronaut"])
    assert "Alice (alice) is enrolled with 1 templates" in done.stdout, done.stderr


def test_options_may_stand_between_pictures(daemon: Daemon, portraits: dict[str, Path]) -> None:
    done = edged("recognise", portraits["astronaut"], "--json", portraits["obama"], "--config", daemon.config)
    assert [row["picture"] for row in json.loads(done.stdout)] == [str(portraits["astronaut"]), str(portraits["obama"])]


@pytest.mark.parametrize("chosen", [(), ("a.jpg", "--stranger", "stranger-1"), ("--stranger", "stranger-1", "--capture", "front")])
def test_templates_come_from_one_thing_only(daemon: Daemon, chosen: tuple[str, ...]) -> None:
    done = daemon.run("enroll", "Alice", *chosen)
    assert done.returncode == 2
    assert "give one or more PICTURE, or else --stranger, or else --capture" in done.stderr


def test_a_command_says_which_argument_is_missing() -> None:
    done = edged("rename", "--config", "edged.toml", "alice")
    assert done.returncode == 2
    assert "DISPLAY_NAME" in done.stderr


def test_what_is_printed_for_programs_is_what_is_answered_over_mqtt(daemon: Daemon, portraits: dict[str, Path]) -> None:
    daemon.run("enroll", "Alice", portraits["astronaut"])
    remember_strangers(daemon.gallery, 1)
    people = json.loads(daemon.run("people", "--json").stdout)
    assert people["people"][0].keys() == {"person", "display_name", "templates", "enrolled_at", "left_out"}
    assert [row["stranger"] for row in json.loads(daemon.run("strangers", "--json").stdout)["strangers"]] == ["stranger-1"]


def test_a_name_longer_than_a_request_may_hold_is_refused_in_a_sentence(daemon: Daemon) -> None:
    done = daemon.run("rename", "a" * 300, "Alice")
    assert done.returncode == 1
    assert done.stderr.startswith("edged: person: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("seconds", ["0", "1000"])
def test_a_time_that_no_capture_may_take_is_refused_in_a_sentence(daemon: Daemon, seconds: str) -> None:
    done = daemon.run("enroll", "Ann", "--capture", "front", "--seconds", seconds)
    assert done.returncode == 1
    assert done.stderr.startswith("edged: capture.timeout_seconds")
    assert "Traceback" not in done.stderr
