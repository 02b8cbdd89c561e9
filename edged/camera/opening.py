"""Opens the camera that a source's name means.

It knows every kind of source, and keeps none open itself.
"""

from __future__ import annotations

import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from edged.camera.addresses import STREAM_SCHEMES, origin
from edged.camera.board import ASK_SECONDS
from edged.camera.decoder_trial import DecoderTrial
from edged.camera.decoding import open_argus, open_rtsp, seconds_before_software
from edged.camera.files import PICTURE_SUFFIXES, Pictures, VideoFile
from edged.camera.opencv import open_device, open_stream
from edged.camera.picamera import PiCamera
from edged.camera.pipe import Pipe
from edged.camera.shaping import ShapedSource
from edged.camera.snapshots import PREFIX, Snapshots, is_snapshot
from edged.config import ARGUS, PICAMERA
from edged.errors import CameraError
from edged.system.paths import mode

if TYPE_CHECKING:
    from edged.camera.source import RawSource, Source, SourceOptions

KINDS = (
    "'0' or '/dev/video0' (a USB camera), 'picamera' or 'picamera:1' (a camera on the Pi's own connector),"
    " 'argus' or 'argus:1' (one on a Jetson's),"
    " 'rtsp://…' or 'http://…' (a stream, or single pictures), a video file, a picture, or a folder of pictures"
)
"""The sentence part that says what a source may be."""
WEB_SCHEMES, RTSP_SCHEMES = frozenset({"http", "https"}), frozenset({"rtsp", "rtsps"})


def open_source(camera: str, source: str, options: SourceOptions, trial: DecoderTrial | None = None) -> Source:
    """Open what the source's name means: see KINDS; a stream's URL begins with one of STREAM_SCHEMES.

    Its frames have square pixels, and are turned and mirrored as the options say.

    Args:
        camera: the name its frames carry.
        source: where the frames come from; with options.pipeline, only what stands for {source} in that command.
        options: how it is opened.
        trial: what is held of its decoder in hardware, where it is opened again and again.

    Raises:
        CameraError: it cannot be opened, with a sentence on what is wrong and what to do. Passwords in URLs are left out.
    """
    return ShapedSource(_open_raw(camera, source, options, trial or DecoderTrial()), options)


def seconds_before_others(source: str, options: SourceOptions) -> float:
    """Give the seconds that decoders in hardware may take of an opening, beside what a source without them takes."""
    if options.pipeline is not None:
        return 0.0
    if source.partition(":")[0] == ARGUS:
        return ASK_SECONDS
    return seconds_before_software(options) if _scheme(source) in RTSP_SCHEMES else 0.0


def _open_raw(camera: str, source: str, options: SourceOptions, trial: DecoderTrial) -> RawSource:
    if options.pipeline is not None:
        return Pipe(camera, options.pipeline, source, options)
    if source.isdecimal():
        return open_device(camera, f"/dev/video{int(source)}", options)
    kind = source.partition(":")[0]
    if kind == PICAMERA:
        return PiCamera(camera, _number(source, "Pi camera"), options)
    if kind == ARGUS:
        return open_argus(camera, _number(source, "camera of a Jetson"), options)
    return _open_url(camera, source, options, trial) if "://" in source else _open_path(camera, source, options)


def _number(source: str, what: str) -> int:
    kind, _, number = source.partition(":")
    if not (number or "0").isdecimal():
        raise CameraError(f"{source!r} names no {what}: write '{kind}' for the first or '{kind}:1' for the second.")
    return int(number or "0")


def _scheme(url: str) -> str:
    return url.partition("://")[0].lower()


def _open_url(camera: str, url: str, options: SourceOptions, trial: DecoderTrial) -> RawSource:
    scheme = _scheme(url)
    if scheme.startswith(PREFIX):
        url, scheme = url[len(PREFIX) :], scheme[len(PREFIX) :]
        if scheme in WEB_SCHEMES:
            return Snapshots(camera, url, options)
    if scheme not in STREAM_SCHEMES:
        raise CameraError(f"Streams of the kind {origin(url)} are not supported; a URL begins with one of: {', '.join(STREAM_SCHEMES)}.")
    if scheme in RTSP_SCHEMES:
        return open_rtsp(camera, url, options, trial)
    return _open_page(camera, url, options) if scheme in WEB_SCHEMES else open_stream(camera, url, options)


def _open_page(camera: str, url: str, options: SourceOptions) -> RawSource:
    """Open a stream or single pictures, whichever the server says it is; where it says nothing useful, FFmpeg may know better."""
    with suppress(CameraError):  # open_stream() says what is wrong
        if is_snapshot(url):
            return Snapshots(camera, url, options)
    return open_stream(camera, url, options)


def _open_path(camera: str, source: str, options: SourceOptions) -> RawSource:
    if not source:
        raise CameraError(f"No source is named; a source is {KINDS}.")
    try:
        path = Path(source).expanduser()
        kind = mode(path)
    except (OSError, ValueError, RuntimeError) as error:  # a folder that may not be entered, a zero byte, a home that nobody has
        raise CameraError(f"{source!r} cannot be looked at: {error}") from error
    is_file = stat.S_ISREG(kind)
    if stat.S_ISCHR(kind):
        return open_device(camera, str(path), options)
    if stat.S_ISDIR(kind) or (is_file and path.suffix.lower() in PICTURE_SUFFIXES):
        return Pictures(camera, path, options)
    if is_file:
        return VideoFile(camera, path, options)
    if source.startswith("/dev/"):
        return open_device(camera, source, options)  # which says what devices there are
    raise CameraError(f"There is no file, folder or camera {source!r} here; a source is {KINDS}.")
