"""Hardware decoding: what suits the board and the stream, by the real programs, and one line in the log where it falls back to software."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from rtsp_trial.camera import CLIPS, PASSWORD

from edged.camera import board
from edged.camera.decoder_trial import DecoderTrial
from edged.camera.decoding import NVIDIA, V4L2
from edged.camera.opening import open_source
from edged.camera.source import SourceOptions
from edged.errors import CameraError

from . import rtsp_door
from .rtsp_door import LOGIN, with_password

if TYPE_CHECKING:
    import numpy.typing as npt
    from rtsp_trial.camera import Clip, FailingCamera

    from edged.config import StreamDecoder

    from .rtsp_door import Board

camera, made_board = rtsp_door.camera, rtsp_door.made_board
H264, JPEG = CLIPS[0], CLIPS[3]
PI4, PI5 = "Raspberry Pi 4 Model B Rev 1.5", "Raspberry Pi 5 Model B Rev 1.0"
JETSON = "NVIDIA Jetson Orin Nano Developer Kit"


def read(url: str, decoder: StreamDecoder = "auto", trial: DecoderTrial | None = None) -> tuple[str | None, set[tuple[int, ...]]]:
    """What decodes a stream, and the shapes of its first frames; no list of processes shows the password meanwhile."""
    source = open_source("door", url, SourceOptions(frames_per_second=30.0, decoder=decoder), trial)
    try:
        shapes = {source.read().pixels.shape for _ in range(5)}
        assert not shown(PASSWORD, LOGIN)
        return source.decoder, shapes
    finally:
        source.close()


def shown(*secrets: str) -> bool:
    """Whether any process that may be looked at shows one of these in its words or its environment."""
    for path in (path for kind in ("cmdline", "environ") for path in Path("/proc").glob(f"[0-9]*/{kind}")):
        try:
            content = path.read_bytes()
        except OSError:
            continue
        if any(secret.encode() in content for secret in secrets):
            return True
    return False


def a_pi(made_board: Board, model: str = PI4) -> None:
    """A Raspberry Pi, whose ffmpeg decodes in software in place of its decoder."""
    made_board.tell("proc/device-tree/model", f"{model}\0")
    made_board.tell("sys/class/video4linux/video19/name", "pispbe-input\n" if model == PI5 else "bcm2835-codec-decode\n")
    made_board.install("ffmpeg", "h264_v4l2m2m", ("-c:v", ""), ("h264_v4l2m2m", ""))


def a_jetson(made_board: Board) -> None:
    """A Jetson, whose GStreamer decodes in software in place of its decoder."""
    made_board.tell("proc/device-tree/model", f"{JETSON}\0")
    made_board.tell("dev/v4l2-nvdec", "")
    made_board.install("gst-inspect-1.0", "nvv4l2decoder")
    made_board.install("gst-launch-1.0", "", ("jpegparse", "identity"), ("nvv4l2decoder", "jpegdec"), ("nvvidconv", "videoconvert"))


def test_a_raspberry_pi_decodes_by_ffmpeg_and_its_own_decoder(
    camera: FailingCamera, made_board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    a_pi(made_board)
    camera.play(H264)
    trial = DecoderTrial()
    assert [read(with_password(camera), trial=trial) for _ in range(2)] == [("h264_v4l2m2m", {(240, 320, 3)})] * 2
    words = made_board.words
    assert words[: words.index("-i")] == [
        *("-nostdin", "-loglevel", "error", "-c:v", "h264_v4l2m2m"),
        *("-f", "concat", "-safe", "0", "-protocol_whitelist", words[words.index("-protocol_whitelist") + 1]),
    ]
    assert words[words.index("-i") + 2 : -1] == ["-an", "-fps_mode", "passthrough", "-pix_fmt", "yuv420p", "-f", "yuv4mpegpipe"]
    assert caplog.messages == [f"Camera door, rtsp://127.0.0.1:{camera.port}, is decoded by h264_v4l2m2m on {PI4}."]


def test_its_pictures_are_those_of_software(camera: FailingCamera, made_board: Board) -> None:
    """In colour and place: four corners of the first frame, which is the same for whoever connects."""
    a_pi(made_board)
    camera.play(H264)
    wanted: tuple[StreamDecoder, StreamDecoder] = ("auto", "software")
    hardware, software = (corners(with_password(camera), decoder) for decoder in wanted)
    assert hardware == pytest.approx(software, abs=12)
    assert np.ptp(software, axis=1).max() > 50  # they are colourful


def corners(url: str, decoder: StreamDecoder) -> npt.NDArray[np.float64]:
    """The mean colours of four places at the edge of the first frame."""
    source = open_source("door", url, SourceOptions(frames_per_second=30.0, decoder=decoder))
    pixels = source.read().pixels
    source.close()
    places = [(rows, columns) for rows in (slice(20, 60), slice(180, 220)) for columns in (slice(0, 30), slice(290, 320))]
    return np.array([pixels[place].mean(axis=(0, 1)) for place in places])


def test_a_jetson_decodes_by_gstreamer_and_what_its_elements_say_does_not_spoil_the_pictures(
    camera: FailingCamera, made_board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    a_jetson(made_board)
    camera.play(JPEG)
    camera.want("")  # with a password the pipeline is played by gst_launch.py, which has no elements to replace
    try:
        assert read(camera.address) == ("nvv4l2decoder", {(272, 480, 3)})
    finally:
        camera.want(PASSWORD)
    assert " ".join(made_board.words).startswith(
        f"-q rtspsrc location={camera.address} protocols=tcp tls-validation-flags=0 latency=100"
        " ! application/x-rtp,media=video ! rtpjpegdepay ! jpegparse"
        " ! nvv4l2decoder ! nvvidconv ! video/x-raw,format=I420 ! y4menc ! fdsink fd="
    )
    assert caplog.messages == [f"Camera door, rtsp://127.0.0.1:{camera.port}, is decoded by nvv4l2decoder on {JETSON}."]


def test_a_camera_on_a_jetson_s_own_connector_is_read_by_argus(made_board: Board) -> None:
    made_board.install("gst-inspect-1.0", "nvarguscamerasrc")
    made_board.install(
        "gst-launch-1.0",
        "",
        ("nvarguscamerasrc", "videotestsrc"),
        ("sensor-id=1", "is-live=true"),
        (r"video/x-raw(memory:NVMM),\(.*\)", r"video/x-raw,\1"),
        ("nvvidconv", "videoconvert"),
    )
    source = open_source("door", "argus:1", SourceOptions(640, 360, 15.0, rotate=180))
    try:
        frames = [source.read() for _ in range(3)]
    finally:
        source.close()
    assert ({frame.pixels.shape for frame in frames}, source.decoder) == ({(360, 640, 3)}, "nvarguscamerasrc")
    assert " ".join(made_board.words).startswith(
        "-q nvarguscamerasrc sensor-id=1 ! video/x-raw(memory:NVMM),width=640,height=360,framerate=15/1 ! nvvidconv"
        " ! video/x-raw,format=I420"
    )


def test_argus_without_a_jetson_is_told(made_board: Board) -> None:
    made_board.programs.joinpath("gst-inspect-1.0").symlink_to("/bin/false")
    with pytest.raises(CameraError, match="needs a Jetson with GStreamer's nvarguscamerasrc"):
        open_source("door", "argus", SourceOptions())


def test_where_the_decoder_does_not_work_software_does_and_the_log_says_so_once(
    camera: FailingCamera, made_board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    """The real ffmpeg knows h264_v4l2m2m, and there is no such device here."""
    made_board.tell("sys/class/video4linux/video10/name", "bcm2835-codec-decode\n")
    camera.play(H264)
    trial = DecoderTrial()
    assert [read(with_password(camera), trial=trial) for _ in range(4)] == [("software", {(240, 320, 3)})] * 4
    [line] = caplog.messages
    assert line.startswith(
        "Camera door is decoded in software, since h264_v4l2m2m does not work here: The decoder h264_v4l2m2m of door has ended"
    )
    assert PASSWORD not in line
    assert LOGIN not in line


def test_a_camera_that_is_away_is_no_reason_to_give_a_decoder_up(camera: FailingCamera, made_board: Board) -> None:
    a_pi(made_board)
    camera.play(H264)
    camera.die()
    with pytest.raises(CameraError, match="cannot be opened"):
        read(with_password(camera))
    camera.mend(H264)
    assert read(with_password(camera))[0] == "h264_v4l2m2m"


@pytest.mark.parametrize("clip", [CLIPS[2], CLIPS[3]], ids=lambda clip: clip.codec)
def test_a_codec_that_a_decoder_does_not_know_is_decoded_in_software(
    camera: FailingCamera, made_board: Board, caplog: pytest.LogCaptureFixture, clip: Clip
) -> None:
    a_pi(made_board)
    camera.play(clip)
    assert read(with_password(camera)) == ("software", {(clip.height, clip.width, 3)})
    assert caplog.messages == [f"Camera door is decoded in software, not by h264_v4l2m2m: it does not decode {clip.codec}."]


@pytest.mark.parametrize(
    ("decoder", "model", "why"),
    [
        ("nvv4l2decoder", PI4, "gst-launch-1.0 does not know nvv4l2decoder"),
        ("auto", PI5, None),
        ("software", PI4, None),
    ],
)
def test_what_the_board_lacks_is_told_only_to_who_asked_for_it(
    camera: FailingCamera,
    made_board: Board,
    caplog: pytest.LogCaptureFixture,
    decoder: StreamDecoder,
    model: str,
    why: str | None,
) -> None:
    a_pi(made_board, model)
    camera.play(H264)
    assert read(with_password(camera), decoder)[0] == "software"
    assert caplog.messages == ([f"Camera door is decoded in software, not by {decoder}: {why}."] if why else [])


def test_a_password_that_is_refused_is_told_as_ever(camera: FailingCamera, made_board: Board, caplog: pytest.LogCaptureFixture) -> None:
    a_pi(made_board)
    with pytest.raises(CameraError, match="401 Unauthorized: the user name or the password is wrong"):
        read(camera.address.replace("://", "://admin:wr0ng@"))
    assert caplog.messages == []


def test_a_password_that_is_right_again_is_decoded_by_the_board_again(camera: FailingCamera, made_board: Board) -> None:
    a_pi(made_board)
    camera.play(H264)
    camera.want("another")
    for _ in range(2):
        with pytest.raises(CameraError, match="401 Unauthorized: the user name or the password is wrong"):
            read(with_password(camera))
    camera.want(PASSWORD)
    assert read(with_password(camera))[0] == "h264_v4l2m2m"


def test_a_board_is_told_by_what_its_kernel_says(made_board: Board) -> None:
    assert board.look() == board.Board(None, has_v4l2_decoder=False, has_nvidia_decoder=False)
    a_pi(made_board)
    assert board.look() == board.Board(PI4, has_v4l2_decoder=True, has_nvidia_decoder=False)
    a_jetson(made_board)
    assert board.look().has_nvidia_decoder


def test_a_program_that_is_not_installed_is_no_decoder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert V4L2.lacks("H264", is_driven=True) == "ffmpeg is not installed"
    assert NVIDIA.lacks("H264", is_driven=True) == "gst-launch-1.0 is not installed"
    assert V4L2.lacks("H264", is_driven=False) == "this board has no such decoder"


def test_a_program_that_lists_decoders_knows_no_password_and_is_asked_again_where_it_gave_no_answer(
    made_board: Board, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lister, seen = made_board.programs / "gst-inspect-1.0", tmp_path / "seen"
    monkeypatch.setenv("EDGED_CAMERA_PASSWORD_door", "s3cr3t")
    monkeypatch.setattr(board, "ASK_SECONDS", 0.1)
    lister.write_text("#!/bin/bash\nexec sleep 60\n", encoding="utf-8")
    lister.chmod(0o755)
    assert not board.knows(str(lister), "nvv4l2decoder")
    monkeypatch.setattr(board, "ASK_SECONDS", 10.0)
    lister.write_text(f"#!/bin/bash\nenv > {seen}\n", encoding="utf-8")
    assert board.knows(str(lister), "nvv4l2decoder")
    assert "s3cr3t" not in seen.read_text(encoding="utf-8")


def test_a_pipeline_of_gstreamer_gets_the_password_and_writes_to_a_descriptor_of_its_own(camera: FailingCamera) -> None:
    """What a Jetson plays where its camera wants a password, with elements that are here: the words come from memory, to gst_launch.py."""
    camera.play(JPEG)
    command = (
        "gst-launch-1.0 -q rtspsrc location={source} protocols=tcp tls-validation-flags=0 latency=100 ! application/x-rtp,media=video"
        " ! rtpjpegdepay ! jpegdec ! videoconvert ! video/x-raw,format=BGR,width={width},height={height} ! fdsink fd={output} sync=false"
    )
    source = open_source("door", with_password(camera), SourceOptions(JPEG.width, JPEG.height, 30.0, pipeline=command))
    try:
        frames = [source.read() for _ in range(3)]
        assert not shown(PASSWORD, LOGIN)
    finally:
        source.close()
    assert {frame.pixels.shape for frame in frames} == {(JPEG.height, JPEG.width, 3)}
    assert np.ptp(frames[0].pixels) > 100
    assert source.decoder == "camera.pipeline"
