"""A decoder in hardware has to hold: one that stops soon gives way to software, and one whose camera was at fault does not."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

import pytest
from rtsp_trial.camera import CLIPS, PASSWORD, FailingCamera

from edged.camera import board, rtsp, y4m
from edged.camera.decoder_trial import HELD_PICTURES, HELD_SECONDS, LEFT_ALONE_SECONDS, DecoderTrial
from edged.camera.feed import Patience
from edged.camera.opening import open_source, seconds_before_others
from edged.camera.pipe import START_TIMEOUT_SECONDS
from edged.camera.source import SourceOptions

from . import rtsp_door
from .conftest import until
from .rtsp_door import with_password

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edged.camera.feed import Feed

    from .rtsp_door import Board

made_board = rtsp_door.made_board
OPTIONS = SourceOptions(frames_per_second=30.0)
H264 = CLIPS[0]
HARDWARE, SOFTWARE = "h264_v4l2m2m", "software"
FEW = 4
"""Pictures after which a decoder holds here, and one more than one gives that does not."""


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FailingCamera]:
    """One camera for all tests, which plays H.264 only."""
    with FailingCamera(tmp_path_factory.mktemp("clips"), [H264]) as failing:
        yield failing


def a_pi(made_board: Board, *replaced: tuple[str, str]) -> None:
    """A Raspberry Pi, whose ffmpeg decodes in software in place of its decoder."""
    made_board.tell("sys/class/video4linux/video19/name", "bcm2835-codec-decode\n")
    made_board.install("ffmpeg", HARDWARE, ("-c:v", ""), (HARDWARE, ""), *replaced)


def a_pi_that_stops(made_board: Board) -> None:
    """One whose decoder ends one picture before it has held."""
    a_pi(made_board, ("-an", rf"-an\n-frames:v\n{FEW - 1}"))


def a_trial(*left_alone_seconds: float) -> DecoderTrial:
    return DecoderTrial(FEW, 0.2, left_alone_seconds or LEFT_ALONE_SECONDS)


class Watched:
    """A camera that is kept open; decoders are those that have decoded it, one after the other, and reasons why it was offline."""

    def __init__(self, make_feed: Callable[..., Feed], camera: FailingCamera, trial: DecoderTrial) -> None:
        """Begin to read it."""
        self.decoders: list[str | None] = []
        self.reasons: list[str] = []
        self.was_away = True
        self.feed: Feed | None = None
        open_ = partial(open_source, "door", with_password(camera), OPTIONS, trial)
        self.feed = make_feed(open_, on_change=self.note)

    def note(self) -> None:
        if self.feed is None:
            return
        state = self.feed.state
        if state.status == "online" and self.was_away:
            self.decoders.append(self.feed.decoder)
        elif state.reason and state.reason not in self.reasons:
            self.reasons.append(state.reason)
        self.was_away = state.status == "offline"

    def see(self, pictures: int) -> None:
        """Wait for so many more."""
        assert self.feed is not None
        wanted = self.feed.frames_read + pictures
        until(lambda: self.feed is not None and self.feed.frames_read >= wanted)


def lose(camera: FailingCamera, watched: Watched) -> None:
    """Have the camera send everybody away, and wait for a picture after that."""
    times = len(watched.decoders)
    camera.play(H264)
    until(lambda: len(watched.decoders) > times)


def test_a_decoder_that_stops_after_some_pictures_gives_way_to_software_for_good(
    camera: FailingCamera, made_board: Board, make_feed: Callable[..., Feed], caplog: pytest.LogCaptureFixture
) -> None:
    a_pi_that_stops(made_board)
    camera.play(H264)
    watched = Watched(make_feed, camera, a_trial())
    until(lambda: len(watched.decoders) == 2)
    watched.see(2 * FEW)
    lose(camera, watched)
    assert watched.decoders == [HARDWARE, SOFTWARE, SOFTWARE]
    assert watched.reasons[0].startswith("The decoder h264_v4l2m2m of door has ended, exit status 0.")
    [line] = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING and "decoded" in record.getMessage()]
    assert line == f"Camera door is decoded in software, since h264_v4l2m2m does not work here: {watched.reasons[0]}"


def test_it_is_chosen_again_after_a_while_and_then_left_alone_for_long(
    camera: FailingCamera, made_board: Board, make_feed: Callable[..., Feed]
) -> None:
    a_pi_that_stops(made_board)
    camera.play(H264)
    watched = Watched(make_feed, camera, a_trial(0.0, LEFT_ALONE_SECONDS[-1]))
    for times in (2, 4):
        until(lambda times=times: len(watched.decoders) == times)  # type: ignore[misc] # binds now
        watched.see(2 * FEW)
        lose(camera, watched)
    assert watched.decoders == [HARDWARE, SOFTWARE, HARDWARE, SOFTWARE, SOFTWARE]


def test_a_camera_that_fails_in_software_too_is_no_reason_to_leave_its_decoder_alone(
    camera: FailingCamera, made_board: Board, make_feed: Callable[..., Feed], caplog: pytest.LogCaptureFixture
) -> None:
    a_pi(made_board)
    camera.play(H264)
    watched = Watched(make_feed, camera, DecoderTrial())
    for _ in range(2):
        watched.see(2)
        lose(camera, watched)
    assert watched.decoders == [HARDWARE, SOFTWARE, HARDWARE]
    assert not [record for record in caplog.records if "does not work here" in record.getMessage()]


def test_a_decoder_that_has_held_is_chosen_again_whatever_the_camera_does(
    camera: FailingCamera, made_board: Board, make_feed: Callable[..., Feed]
) -> None:
    a_pi(made_board)
    camera.play(H264)
    watched = Watched(make_feed, camera, a_trial())
    for _ in range(2):
        watched.see(2 * FEW)
        lose(camera, watched)
    assert watched.decoders == [HARDWARE] * 3


def test_one_that_gives_nothing_is_left_alone_from_the_beginning(
    camera: FailingCamera, made_board: Board, make_feed: Callable[..., Feed]
) -> None:
    """The real ffmpeg knows h264_v4l2m2m, and there is no such device here."""
    made_board.tell("sys/class/video4linux/video10/name", "bcm2835-codec-decode\n")
    camera.play(H264)
    trial = a_trial()
    watched = Watched(make_feed, camera, trial)
    watched.see(2 * FEW)
    assert (watched.decoders, trial.chooses_hardware) == ([SOFTWARE], False)


def test_a_second_or_two_of_pictures_are_not_enough() -> None:
    assert HELD_PICTURES > 40  # buffers that decoders have
    assert HELD_SECONDS > 10


def test_a_program_that_writes_a_little_now_and_then_is_given_up_in_time(
    camera: FailingCamera, made_board: Board, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The time is for the whole first picture, and not for each byte before it."""
    monkeypatch.setattr(y4m, "START_TIMEOUT_SECONDS", 1.0)
    a_pi(made_board)
    program = made_board.programs / "ffmpeg"
    listing = 'for word; do [ "$word" = -decoders ] && { echo " V..... h264_v4l2m2m "; exit 0; }; done'
    program.write_text(f"#!/bin/bash\n{listing}\nwhile printf Y >&${{!#/pipe:/}}; do sleep 0.1; done\n", encoding="utf-8")
    camera.play(H264)
    trial = DecoderTrial()
    source = open_source("door", with_password(camera), OPTIONS, trial)
    source.close()
    assert (source.decoder, trial.chooses_hardware) == (SOFTWARE, False)
    assert caplog.messages[0].endswith("wrote no whole frame for 1 s.")


def test_whoever_waits_for_the_first_picture_waits_for_all_that_is_tried(made_board: Board) -> None:
    """The list of decoders, the codec, and a decoder that gives nothing, as on a slow board, leave software its own time."""
    address = f"rtsp://admin:{PASSWORD}@127.0.0.1/"
    assert seconds_before_others(address, OPTIONS) == 0.0
    a_pi(made_board)
    tried = board.ASK_SECONDS + rtsp.MOST_ANSWER_SECONDS + START_TIMEOUT_SECONDS
    seconds = seconds_before_others(address, OPTIONS)
    assert Patience.of(OPTIONS, seconds).opening >= Patience().opening + tried
    assert seconds_before_others(address, SourceOptions(decoder="software")) == 0.0
    assert seconds_before_others("http://127.0.0.1/", OPTIONS) == 0.0
    assert seconds_before_others("argus:1", OPTIONS) == board.ASK_SECONDS
