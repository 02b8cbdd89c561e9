"""What `systemctl status` shows, also where the broker is away, and how the log of a run begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edged.camera.handover import CameraState
from edged.daemon.event_publisher import EventPublisher
from edged.daemon.status_line import STATUS_SECONDS, StatusLine, log_start
from edged.system.notify import Notifier
from edged.types import Presence
from tests.daemon.conftest import TOPICS

if TYPE_CHECKING:
    import pytest

    from tests.daemon.conftest import Bench


@dataclass
class Camera:
    """A camera and who is before it."""

    name: str
    state: CameraState | None
    presence: Presence
    paused: bool = False
    has_colours: bool | None = None

    @property
    def pipeline(self) -> Camera:
        return self


def test_broker_cameras_who_is_there_and_what_waits_are_told_when_they_change(bench: Bench) -> None:
    sent: list[str] = []
    online = CameraState("online", None, 0.0)
    cameras = [Camera("front", online, Presence(("alice", "bob"), 1)), Camera("back", None, Presence(("alice",), 1))]
    line = StatusLine(Notifier(sent.append), bench.bridge, cameras, EventPublisher(bench.outbox, bench.bridge, TOPICS))  # type: ignore[arg-type] # as much of them as it looks at
    line.run(0.0)
    line.run(STATUS_SECONDS)
    assert sent == ["STATUS=broker connected, front online, back starting, present: 2 people and 2 strangers, events waiting: 0"]
    bench.link.disconnect()
    line.run(STATUS_SECONDS + 1)
    assert len(sent) == 1
    line.run(2 * STATUS_SECONDS)
    assert sent[1].startswith("STATUS=broker away, front online")
    cameras[0].paused, cameras[0].presence = True, Presence((), 0)
    line.run(3 * STATUS_SECONDS)
    assert sent[2] == "STATUS=broker away, front paused, back starting, present: 1 person and 1 stranger, events waiting: 0"


def test_a_camera_that_sees_by_infrared_light_is_told_and_no_other(bench: Bench) -> None:
    sent: list[str] = []
    states = {"night": ("online", False), "day": ("online", True), "new": ("online", None), "away": ("offline", False)}
    cameras = [Camera(name, CameraState(status, None, 0.0), Presence((), 0), has_colours=has) for name, (status, has) in states.items()]  # type: ignore[arg-type] # of a table
    StatusLine(Notifier(sent.append), bench.bridge, cameras, EventPublisher(bench.outbox, bench.bridge, TOPICS)).run(0.0)  # type: ignore[arg-type] # as above
    assert "night online without colours, day online, new online, away offline," in sent[0]


def test_the_log_begins_with_version_networks_people_and_thresholds(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    log_start("1.2.3", ["detector", "embedder"], bench.known.shared)
    [line] = caplog.messages
    assert line.startswith("edged 1.2.3 with detector, embedder; 1 person by 1 template. A name takes similarity 0.")
    assert "at most 1 % of strangers" in line
