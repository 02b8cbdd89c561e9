"""The cameras in the worker's loop: frames that cannot be looked at, cameras that go or are paused, and what is shown of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edged.camera.handover import CameraState
from edged.daemon.cameras import MOST_FAILURES
from edged.errors import WorkerError
from tests.mqtt.conftest import event

if TYPE_CHECKING:
    from tests.daemon.conftest import Bench


def test_a_frame_that_goes_wrong_is_passed_over_and_many_end_the_service_for_a_restart(bench: Bench) -> None:
    bench.pipeline.failure = ValueError("a defect")
    for _ in range(MOST_FAILURES - 1):
        bench.worker.step()
    bench.pipeline.failure = None
    bench.pipeline.events = [event()]
    bench.worker.step()
    assert len(bench.told("/event")) == 1
    bench.pipeline.failure = ValueError("a defect")
    for _ in range(MOST_FAILURES - 1):
        bench.worker.step()
    with pytest.raises(WorkerError) as ended:
        bench.worker.step()
    assert ended.value.exit_code == 1, "78 would keep systemd from starting it anew"


def test_nobody_is_seen_by_a_camera_that_is_gone(bench: Bench) -> None:
    bench.worker.step()
    assert bench.told("/people")[-1]["people"] == ["alice"]
    bench.feed.take = lambda: None  # type: ignore[method-assign] # the camera gives nothing any more
    bench.feed.state = CameraState("offline", "unplugged", 1.0)
    bench.worker.step()
    assert bench.told("/status")[-1] == {"status": "offline", "reason": "unplugged", "hint": None}
    assert bench.told("/people")[-1] == {"people": [], "strangers": 0}


@pytest.mark.parametrize(("sideways", "aspect"), [(False, "16:9"), (True, "9:16")])
def test_a_camera_whose_faces_are_squeezed_is_told_of_once_with_the_key_that_helps(
    bench: Bench,
    caplog: pytest.LogCaptureFixture,
    sideways: bool,  # noqa: FBT001
    aspect: str,
) -> None:
    bench.camera.is_sideways = sideways
    bench.worker.step()
    bench.pipeline.proportions.aspect = "16:9"
    for _ in range(3):
        bench.worker.step()
    before, now = bench.told("/status")
    assert before == {"status": "online", "reason": None, "hint": None}
    assert (now["status"], now["reason"]) == ("online", None)
    assert f'camera.aspect to "{aspect}"' in now["hint"]
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [now["hint"]]
    assert bench.camera.scene.hint == now["hint"]
    bench.pipeline.proportions.aspect = None
    bench.worker.step()
    assert bench.told("/status")[-1]["hint"] is None


def test_a_paused_camera_is_not_looked_at_and_nobody_is_there(bench: Bench) -> None:
    bench.worker.step()
    assert bench.told("/people")[-1]["people"] == ["alice"]
    bench.pause(paused=True)
    bench.pipeline.events = [event()]
    bench.worker.step()
    bench.worker.step()
    assert bench.pipeline.events, "nothing was looked at"
    assert bench.pipeline.frames_skipped == 2
    assert bench.told("/status")[-1] == {"status": "paused", "reason": None, "hint": None}
    assert bench.told("/people")[-1]["people"] == []
    bench.pause(paused=False)
    bench.worker.step()
    bench.worker.step()
    assert not bench.pipeline.events
    assert bench.told("/status")[-1] == {"status": "online", "reason": None, "hint": None}
    assert bench.told("/people")[-1]["people"] == ["alice"]
    assert [message.payload for message in bench.link.sent if message.topic.endswith("/pause")] == [b"OFF", b"ON", b"OFF"]


def test_a_paused_camera_that_goes_stays_paused_and_says_why_it_has_gone(bench: Bench) -> None:
    bench.pause(paused=True)
    bench.worker.step()
    bench.feed.state = CameraState("offline", "It was unplugged.", 0.0)
    bench.worker.step()
    assert bench.told("/status") == [
        {"status": "paused", "reason": None, "hint": None},
        {"status": "paused", "reason": "It was unplugged.", "hint": None},
    ]


def test_while_pictures_are_off_no_frame_is_held(bench: Bench) -> None:
    camera = bench.camera
    bench.worker.step()
    assert camera.scene.frame is not None
    assert camera.scene.is_online
    bench.set({"pictures": False})
    bench.feed.take = lambda: None  # type: ignore[method-assign] # no frame comes that could take the place of the last
    bench.worker.step()
    assert camera.scene.frame is None


def test_nothing_is_shown_of_a_camera_that_is_paused(bench: Bench) -> None:
    camera = bench.camera
    bench.worker.step()
    bench.pause(paused=True)
    bench.worker.step()
    bench.worker.step()
    assert (camera.scene.frame, camera.scene.is_online, camera.scene.reason) == (None, False, "It is paused.")
    bench.pause(paused=False)
    bench.worker.step()
    bench.worker.step()
    assert camera.scene.frame is not None
    assert camera.scene.is_online
