"""The benchmark's daemon is configured as it says, and its memory counts from the end of the warm-up on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench_daemon import (
    FRAMES_PER_SECOND,
    LOST_AFTER_SECONDS,
    SEEN_FRAMES,
    WARM_UP_SECONDS,
    DaemonRun,
    Memory,
    acts,
    models_section,
    write_config,
)

from edged.config import read_config

if TYPE_CHECKING:
    from pathlib import Path


def test_its_configuration_is_valid(tmp_path: Path) -> None:
    written = write_config(tmp_path, tmp_path / "clip.mp4", 1884, "fast", models_section(1, tmp_path / "models"))
    config = read_config(written)
    assert (config.mqtt.port, config.models.threads, config.models.directory) == (1884, 1, tmp_path / "models")
    [camera] = config.camera
    assert (camera.source, camera.loop, camera.pace) == (str(tmp_path / "clip.mp4"), True, "fast")


def test_everybody_is_gone_before_they_come_again() -> None:
    people = [role.person for act in acts() for role in act.roles]
    assert all(first != second for first, second in zip(people, [*people[1:], people[0]], strict=True))
    assert LOST_AFTER_SECONDS < SEEN_FRAMES / FRAMES_PER_SECOND


def test_memory_counts_after_the_warm_up() -> None:
    warm, steady = Memory(WARM_UP_SECONDS - 1, 150.0), Memory(WARM_UP_SECONDS + 1, 120.0)
    assert DaemonRun(memory=[warm, steady]).steady == [steady]
    assert DaemonRun(memory=[warm]).steady == [warm]
