"""What a camera is to the rest of edged, and which of the kinds a source's name means.

It does not know who reads it, and keeps nothing open itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from edged.camera.files import PICTURE_SUFFIXES, Pictures, VideoFile
from edged.camera.opencv import STREAM_SCHEMES, open_device, open_stream
from edged.camera.picamera import PiCamera
from edged.camera.pipe import Pipe
from edged.camera.redaction import redacted
from edged.errors import CameraError

if TYPE_CHECKING:
    from edged.types import Frame

KINDS = (
    "'0' or '/dev/video0' (a USB camera), 'picamera' or 'picamera:1' (a camera on the Pi's own connector),"
    " 'rtsp://…' or 'http://…' (a stream), a video file, a picture, or a folder of pictures"
)
"""The sentence part that says what a source may be."""


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """How a source is to be opened.

    width and height in pixels are wished from devices and are what a pipeline must deliver; frames_per_second is wished
    from devices, the most that is taken from devices and streams, and the pace of pictures in a folder. loop and pace are for
    files and folders: pace "realtime" makes them behave as a camera does, "fast" gives every frame as soon as it is taken.
    pipeline is a command that writes raw BGR frames of that size to its standard output (see `pipe`), used in place of
    edged's own decoding.
    """

    width: int = 1280
    height: int = 720
    frames_per_second: float = 15.0
    loop: bool = False
    pace: Literal["realtime", "fast"] = "realtime"
    pipeline: str | None = None

    def __post_init__(self) -> None:
        if min(self.width, self.height) < 1 or self.frames_per_second <= 0:
            raise ValueError(f"width, height and frames_per_second must be positive: {self}")


class Source(Protocol):
    """An open camera, used by one thread only.

    live says how its frames want to be taken. True: the newest wins, and one whose time is still to come (a clip played in
    real time) is held back until then, by the taker. False: every frame is wanted, at no particular time.
    """

    live: bool

    def read(self) -> Frame:
        """Wait for the next frame, whose pixels belong to the taker; may hang for ever where a driver does.

        Raises:
            CameraError: the source is lost or silent; close it and open another.
            CameraEnded: a file or folder that is played once has no frame left.
        """
        ...

    def close(self) -> None:
        """Release the device; nothing may be called afterwards."""
        ...


def open_source(camera: str, source: str, options: SourceOptions) -> Source:
    """Open what the source's name means: see KINDS; a stream's URL begins with one of STREAM_SCHEMES.

    Args:
        camera: the name its frames carry.
        source: where the frames come from; with options.pipeline, only what stands for {source} in that command.
        options: size, rate and manner of playing.

    Raises:
        CameraError: it cannot be opened, with a sentence on what is wrong and what to do. Passwords in URLs are left out.
    """
    if options.pipeline is not None:
        return Pipe(camera, options.pipeline, source, options)
    if source.isdecimal():
        return open_device(camera, f"/dev/video{int(source)}", options)
    if source == "picamera" or source.startswith("picamera:"):
        return PiCamera(camera, _picamera_number(source), options)
    if "://" in source:
        return _open_url(camera, source, options)
    return _open_path(camera, source, options)


def _picamera_number(source: str) -> int:
    number = source.partition(":")[2] or "0"
    if not number.isdecimal():
        raise CameraError(f"{source!r} names no Pi camera: write 'picamera' for the first or 'picamera:1' for the second.")
    return int(number)


def _open_url(camera: str, url: str, options: SourceOptions) -> Source:
    scheme = url.partition("://")[0].lower()
    if scheme not in STREAM_SCHEMES:
        raise CameraError(f"Streams of the kind {redacted(url)} are not supported; a URL begins with one of: {', '.join(STREAM_SCHEMES)}.")
    return open_stream(camera, url, options)


def _open_path(camera: str, source: str, options: SourceOptions) -> Source:
    if not source:
        raise CameraError(f"No source is named; a source is {KINDS}.")
    path = Path(source).expanduser()
    if path.is_char_device():
        return open_device(camera, str(path), options)
    if path.is_dir() or (path.is_file() and path.suffix.lower() in PICTURE_SUFFIXES):
        return Pictures(camera, path, options)
    if path.is_file():
        return VideoFile(camera, path, options)
    if source.startswith("/dev/"):
        return open_device(camera, source, options)  # which says what devices there are
    raise CameraError(f"There is no file, folder or camera {source!r} here; a source is {KINDS}.")
