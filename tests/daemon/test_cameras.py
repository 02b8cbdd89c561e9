"""The cameras in the worker's loop: frames that cannot be looked at, cameras that go or are paused, and what is shown of them."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.camera.handover import CameraState
from edged.camera.sight import Sight
from edged.daemon.cameras import MOST_FAILURES
from edged.daemon.hints import Mounting
from edged.errors import WorkerError
from edged.types import Frame, Problem
from tests.gallery.conftest import NOON
from tests.mqtt.conftest import event

if TYPE_CHECKING:
    from edged.types import Uint8Array
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
    bench.feed.state = CameraState("offline", "unplugged", 1.0, Problem.NO_FRAMES)
    bench.worker.step()
    assert bench.told("/status")[-1] == {
        "status": "offline",
        "reason": "unplugged",
        "problem": "no_frames",
        "hint": None,
        "colour": None,
        "decoder": None,
    }
    assert bench.told("/people")[-1] == {"people": [], "strangers": 0, "still": [], "still_strangers": 0}


def goes_away(bench: Bench) -> None:
    bench.feed.take = lambda: None  # type: ignore[method-assign] # the camera gives nothing any more
    bench.feed.state = CameraState("offline", "unplugged", 1.0, Problem.NO_FRAMES)


def test_who_was_before_a_camera_that_is_gone_is_seen_off_by_the_clock(bench: Bench) -> None:
    bench.worker.step()
    bench.feed.take = lambda: None  # type: ignore[method-assign] # a frame is late
    bench.worker.step()
    assert bench.pipeline.passed == []
    goes_away(bench)
    bench.feed.frozen_after_seconds = None  # no source is open now
    bench.pipeline.events = [event()]
    before = time.monotonic()
    bench.worker.step()
    assert len(bench.told("/event")) == 1
    [now] = bench.pipeline.passed
    assert before <= now.monotonic_seconds <= time.monotonic()
    assert now.captured_at.tzinfo is not None
    assert (bench.pipeline.frames, bench.pipeline.frames_skipped, bench.camera.frames) == (1, 0, 1)


def test_a_recording_has_its_own_time_also_when_it_cannot_be_read(bench: Bench) -> None:
    bench.feed.frozen_after_seconds = None
    bench.worker.step()
    goes_away(bench)
    bench.worker.step()
    assert bench.pipeline.passed == []


def test_what_goes_wrong_without_a_frame_does_not_end_edged_at_once(bench: Bench) -> None:
    bench.worker.step()
    goes_away(bench)
    bench.pipeline.failure = ValueError("a defect")
    bench.worker.step()
    bench.pipeline.failure, bench.pipeline.events = None, [event()]
    bench.worker.step()
    assert len(bench.told("/event")) == 1


@pytest.mark.parametrize(("sideways", "aspect"), [(False, "16:9"), (True, "9:16")])
def test_a_camera_whose_faces_are_squeezed_is_told_of_once_with_the_key_that_helps(
    bench: Bench,
    caplog: pytest.LogCaptureFixture,
    sideways: bool,  # noqa: FBT001
    aspect: str,
) -> None:
    bench.camera.mounting = Mounting(90 if sideways else 0)
    bench.worker.step()
    bench.pipeline.proportions.aspect = "16:9"
    for _ in range(3):
        bench.worker.step()
    before, now = bench.told("/status")
    assert before == {"status": "online", "reason": None, "problem": None, "hint": None, "colour": None, "decoder": None}
    assert (now["status"], now["reason"]) == ("online", None)
    assert f'camera.aspect to "{aspect}"' in now["hint"]
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [now["hint"]]
    assert bench.camera.scene.hint == now["hint"]
    bench.pipeline.proportions.aspect = None
    bench.worker.step()
    assert bench.told("/status")[-1]["hint"] is None


@pytest.mark.parametrize(
    ("mounting", "seen", "how", "rotate"),
    [
        (Mounting(), 180, "upside down", 180),
        (Mounting(), 90, "lying on their side", 270),
        (Mounting(90), 90, "lying on their side", 0),
        (Mounting(180), 180, "upside down", 0),
        (Mounting(0, flip=True), 90, "lying on their side", 90),
    ],
)
def test_a_camera_whose_faces_are_not_upright_is_told_of_with_the_key_that_helps(
    bench: Bench, mounting: Mounting, seen: int, how: str, rotate: int
) -> None:
    bench.camera.mounting = mounting
    for track in range(3):
        bench.pipeline.views.see(track, seen, usual=False)
    bench.worker.step()
    hint = bench.told("/status")[-1]["hint"]
    assert f"are {how}" in hint
    assert f"set camera.rotate to {rotate} and restart" in hint
    for track in range(3, 6):
        bench.pipeline.views.see(track, 0, usual=True)
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
    assert bench.told("/status")[-1] == {"status": "paused", "reason": None, "problem": None, "hint": None, "colour": None, "decoder": None}
    assert bench.told("/people")[-1]["people"] == []
    bench.pause(paused=False)
    bench.worker.step()
    bench.worker.step()
    assert not bench.pipeline.events
    assert bench.told("/status")[-1] == {"status": "online", "reason": None, "problem": None, "hint": None, "colour": None, "decoder": None}
    assert bench.told("/people")[-1]["people"] == ["alice"]
    assert [message.payload for message in bench.link.sent if message.topic.endswith("/pause")] == [b"OFF", b"ON", b"OFF"]


def test_a_paused_camera_that_goes_stays_paused_and_says_why_it_has_gone(bench: Bench) -> None:
    bench.pause(paused=True)
    bench.worker.step()
    bench.feed.state = CameraState("offline", "It was unplugged.", 0.0)
    bench.worker.step()
    assert [(told["status"], told["reason"]) for told in bench.told("/status")] == [("paused", None), ("paused", "It was unplugged.")]


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


class Showing:
    """What a camera shows from now on, ten frames a second: each as it is given, with noise or without."""

    def __init__(self, bench: Bench) -> None:
        """Have the worker's camera look at what is shown."""
        self.bench, self.number = bench, 0
        self.scene = np.random.default_rng(7).integers(0, 200, (9, 16, 3), np.uint8)
        self.rng = np.random.default_rng(8)
        bench.camera.sight = Sight()

    def frame(self, pixels: Uint8Array, noise: int) -> Frame:
        self.number += 1
        grain = self.rng.integers(0, noise + 1, pixels.shape, np.uint8)
        return Frame("front", self.number, NOON, 1000 + self.number / 10, pixels + grain)

    def show(self, seconds: float, *, shown: Uint8Array | None = None, noise: int = 6, infrared: bool = False) -> None:
        pixels = np.asarray(cv2.resize(self.scene if shown is None else shown, (320, 180)), np.uint8)
        for _ in range(round(10 * seconds)):
            frame = self.frame(pixels, noise)
            if infrared:
                frame = replace(frame, pixels=np.repeat(frame.pixels[:, :, 1:2], 3, axis=2))
            self.bench.feed.take = lambda frame=frame: frame  # type: ignore[method-assign,misc] # binds now
            self.bench.worker.step()


BLACK = np.zeros((9, 16, 3), np.uint8)


def test_nobody_stays_before_a_frozen_camera_and_no_event_comes_from_it(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    camera = Showing(bench)
    camera.show(2)
    assert bench.told("/people")[-1]["people"] == ["alice"]
    camera.show(29, noise=0)
    assert bench.told("/status")[-1]["status"] == "online"
    camera.show(60, noise=0)
    told = bench.told("/status")[-1]
    assert (told["status"], told["problem"]) == ("offline", "frozen")
    assert "have been the same for 30 s" in told["reason"]
    assert bench.told("/people")[-1] == {"people": [], "strangers": 0, "still": [], "still_strangers": 0}
    assert (bench.camera.scene.is_online, bench.camera.scene.reason) == (False, told["reason"])
    bench.pipeline.events = [event()]
    camera.show(1, noise=0)
    assert bench.pipeline.events, "a frozen picture was looked at"
    camera.show(1)
    assert not bench.pipeline.events
    assert bench.told("/people")[-1]["people"] == ["alice"]
    assert [told["status"] for told in bench.told("/status")] == ["online", "offline", "online"]
    lines = [record.message for record in caplog.records if record.message.startswith("Camera front")]
    assert lines == ["Camera front is online.", f"Camera front does not see: {told['reason']}", "Camera front is online."]


def test_a_recording_may_stand_still_for_ever(bench: Bench) -> None:
    camera = Showing(bench)
    bench.feed.frozen_after_seconds = None
    camera.show(300, noise=0)
    assert [told["status"] for told in bench.told("/status")] == ["online"]
    assert bench.pipeline.frames == 3000


def test_a_black_picture_is_no_picture(bench: Bench) -> None:
    camera = Showing(bench)
    camera.show(2)
    camera.show(5, shown=BLACK, noise=0)
    told = bench.told("/status")[-1]
    assert (told["status"], told["problem"]) == ("offline", "no_picture")
    assert told["reason"].startswith("Its pictures are black")
    camera.show(5)
    assert bench.told("/status")[-1] == {"status": "online", "reason": None, "problem": None, "hint": None, "colour": True, "decoder": None}


def test_a_camera_that_is_gone_is_told_as_that_and_not_by_its_last_pictures(bench: Bench) -> None:
    camera = Showing(bench)
    camera.show(5, shown=BLACK, noise=0)
    bench.feed.take = lambda: None  # type: ignore[method-assign] # the camera gives nothing any more
    bench.feed.state = CameraState("offline", "unplugged", 1.0, Problem.NO_FRAMES)
    bench.worker.step()
    assert [told["problem"] for told in bench.told("/status")] == [None, "no_picture", "no_frames"]


def test_a_camera_that_goes_over_to_infrared_says_so_without_a_word_about_who_is_there(bench: Bench) -> None:
    camera = Showing(bench)
    camera.show(2)
    before = len(bench.told("/people"))
    camera.show(59, infrared=True)
    assert [told["colour"] for told in bench.told("/status")] == [True]
    camera.show(5, infrared=True)
    assert bench.told("/status")[-1] == {
        "status": "online",
        "reason": None,
        "problem": None,
        "hint": None,
        "colour": False,
        "decoder": None,
    }
    bench.pause(paused=True)
    camera.show(5)
    assert bench.told("/status")[-1]["colour"] is False, "nobody looks"
    bench.pause(paused=False)
    camera.show(5)
    assert [(told["status"], told["colour"]) for told in bench.told("/status")[-2:]] == [("online", False), ("online", True)]
    assert len(bench.told("/people")) == before + 2, "those of the pause"
    assert bench.told("/event") == []
