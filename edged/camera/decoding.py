"""Which decoder a stream is decoded with: the board's own, by a program, where it has one that suits and works, and software elsewhere.

It does not know how a board is looked at, nor how frames are read.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edged.camera import board
from edged.camera.addresses import origin
from edged.camera.opencv import open_stream
from edged.camera.program import TERMINATE_SECONDS
from edged.camera.rtsp import MOST_ANSWER_SECONDS, codec_of
from edged.camera.y4m import Y4mStream, start_seconds
from edged.errors import CameraError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edged.camera.board import Board
    from edged.camera.decoder_trial import DecoderTrial
    from edged.camera.source import RawSource, SourceOptions

SOFTWARE = "software"


@dataclass(frozen=True, slots=True)
class Decoder:
    """One decoder in hardware: who decodes with it, who knows whether it is there, and the command by the codec of the stream."""

    name: str
    player: str
    lister: str
    commands: Mapping[str, str] = field(default_factory=dict)

    def lacks(self, codec: str | None, *, is_driven: bool) -> str | None:
        """Say why it cannot decode this here; None where it can."""
        lister = board.found(self.lister)
        if not is_driven:
            return "this board has no such decoder"
        missing = [program for program in (self.player, self.lister) if board.found(program) is None]
        if missing or lister is None:
            return f"{missing[0]} is not installed"
        if not board.knows(lister, self.name):
            return f"{self.player} does not know {self.name}"
        if codec is None:
            return "the camera does not tell the codec of its stream"
        return None if codec in self.commands else f"it does not decode {codec}"


# Frames are passed on as they come: by their times, cameras' often being wrong, ffmpeg would double and drop them.
_FFMPEG = (
    "ffmpeg -nostdin -loglevel error -rtsp_transport tcp -c:v h264_v4l2m2m -i {source} -an -fps_mode passthrough -pix_fmt yuv420p"
    " -f yuv4mpegpipe pipe:{output}"
)
_GSTREAMER = (
    "gst-launch-1.0 -q rtspsrc location={source} protocols=tcp tls-validation-flags=0 latency=100"
    " ! application/x-rtp,media=video ! DEPAY ! PARSE"
    " ! nvv4l2decoder ! nvvidconv ! video/x-raw,format=I420 ! y4menc ! fdsink fd={output} sync=false"
)
_ARGUS = (
    "gst-launch-1.0 -q nvarguscamerasrc sensor-id=NUMBER ! video/x-raw(memory:NVMM),width={width},height={height},framerate=RATE/1"
    " ! nvvidconv ! video/x-raw,format=I420 ! y4menc ! fdsink fd={output} sync=false"
)
_ELEMENTS = {"H264": ("rtph264depay", "h264parse"), "H265": ("rtph265depay", "h265parse"), "JPEG": ("rtpjpegdepay", "jpegparse")}

V4L2 = Decoder("h264_v4l2m2m", "ffmpeg", "ffmpeg", {"H264": _FFMPEG})
NVIDIA = Decoder(
    "nvv4l2decoder",
    "gst-launch-1.0",
    "gst-inspect-1.0",
    {codec: _GSTREAMER.replace("DEPAY", depay).replace("PARSE", parse) for codec, (depay, parse) in _ELEMENTS.items()},
)


def open_rtsp(camera: str, url: str, options: SourceOptions, trial: DecoderTrial) -> RawSource:
    """Open an RTSP stream with the decoder that options.decoder names, or that suits this board; trial knows how that went before.

    Raises:
        CameraError: it cannot be reached, refuses, or is no video.
    """
    here = board.look()
    wanted = _wanted(options.decoder, here)
    if wanted is None or not trial.chooses_hardware:
        return trial.watch_software(open_stream(camera, url, options))
    codec = codec_of(url)
    why = wanted.lacks(codec, is_driven=_is_driven(wanted, here) or options.decoder != "auto")
    if why is None and codec is not None:
        return _tried(camera, wanted, codec, url, options, trial)
    source = open_stream(camera, url, options)  # which says what is wrong where the camera is away
    trial.say(f"Camera {camera} is decoded in software, not by {wanted.name}: {why}.")
    return source


def seconds_before_software(options: SourceOptions) -> float:
    """Give the seconds that may pass at an RTSP stream before software is tried: 0 where nothing else is.

    Whoever waits for the first picture waits for so much longer.
    """
    if _wanted(options.decoder, board.look()) is None:
        return 0.0
    return board.ASK_SECONDS + MOST_ANSWER_SECONDS + start_seconds(options) + TERMINATE_SECONDS


def open_argus(camera: str, number: int, options: SourceOptions) -> RawSource:
    """Open a camera on a Jetson's own connector, the first being 0, through NVIDIA's nvarguscamerasrc.

    Raises:
        CameraError: GStreamer or this element is not installed, or there is no such camera.
    """
    lister = board.found(NVIDIA.lister)
    if lister is None or not board.knows(lister, "nvarguscamerasrc"):
        raise CameraError(
            "The source 'argus' needs a Jetson with GStreamer's nvarguscamerasrc:"
            " `sudo apt install nvidia-l4t-gstreamer gstreamer1.0-tools`."
        )
    rate = max(1, round(options.frames_per_second))
    command = _ARGUS.replace("NUMBER", str(number)).replace("RATE", str(rate))
    return Y4mStream(camera, "nvarguscamerasrc", command, "", options)


def _wanted(decoder: str, here: Board) -> Decoder | None:
    """The decoder in hardware that is to be tried; None for software."""
    if decoder == "auto":
        return next((one for one in (NVIDIA, V4L2) if _is_driven(one, here)), None)
    return next((one for one in (NVIDIA, V4L2) if one.name == decoder), None)


def _is_driven(decoder: Decoder, here: Board) -> bool:
    return here.has_nvidia_decoder if decoder is NVIDIA else here.has_v4l2_decoder


def _tried(camera: str, wanted: Decoder, codec: str, url: str, options: SourceOptions, trial: DecoderTrial) -> RawSource:
    """Decode in hardware, or, where that gives nothing and software something, in that."""
    fault = f"Camera {camera} is decoded in software, since {wanted.name} does not work here: "
    try:
        source = Y4mStream(camera, wanted.name, wanted.commands[codec], url, options)
    except CameraError as error:
        software = open_stream(camera, url, options)
        trial.suspect(f"{fault}{error}")
        trial.say(f"{fault}{error}")
        return trial.watch_software(software)
    trial.say(f"Camera {camera}, {origin(url)}, is decoded by {wanted.name} on {board.look()}.", logging.INFO)
    return trial.watch_hardware(source, fault)
