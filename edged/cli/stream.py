"""`edged stream`: a camera or a clip with boxes, names, expression and age, to look at.

How faces are read is not known here, nor what becomes of the frames that are drawn on.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections import deque
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from edged.camera.decoder_trial import DecoderTrial
from edged.camera.feed import Feed
from edged.cli.drawing import seen_mark
from edged.cli.metrics import add_metric
from edged.cli.options import add, config_of, from_home
from edged.cli.stream_screens import DesktopWindow, FrameFile, why_no_window
from edged.cli.stream_web import WebScreen
from edged.daemon.making import open_camera, patience_with
from edged.daemon.opening import open_faces
from edged.daemon.viewing import Viewer
from edged.errors import CameraError
from edged.vision.drawing import drawn

if TYPE_CHECKING:
    from collections.abc import Generator

    from edged import config
    from edged.cli.options import Commands
    from edged.cli.stream_screens import Screen
    from edged.types import Frame

WAIT_SECONDS = 0.5
"""Seconds after which a camera that gives nothing is asked how it is."""
RATE_FRAMES = 15
"""Frames over which their rate is counted."""
MOST_PORT = 65_535


def add_commands(commands: Commands) -> None:
    """Add the command."""
    text = "show a camera or a clip with boxes, names, expression and age: in a window, in a browser of this machine, or as a video file"
    command = add(commands, "stream", _stream, text)
    command.add_argument("source", metavar="SOURCE", nargs="?", help="in place of the first camera's source, as in 'run'")
    places = command.add_mutually_exclusive_group()
    places.add_argument(
        "--output", metavar="FILE", type=from_home, help="write a video instead: .mp4, .avi or .mkv; a clip as fast as it can be looked at"
    )
    places.add_argument("--web", action="store_true", help="in a browser also where there could be a window")
    command.add_argument("--overwrite", action="store_true", help="with --output: also over a file that is there")
    port = "port of 127.0.0.1 for the browser (default: any that is free)"
    command.add_argument("--port", type=_port, default=0, help=port)
    add_metric(command)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > MOST_PORT:
        raise argparse.ArgumentTypeError(f"{text} is no port from 0 to {MOST_PORT}")
    return int(text)


def _stream(options: argparse.Namespace) -> None:
    camera = config_of(options).camera[0]
    if options.output:
        camera = camera.model_copy(update={"pace": "fast", "loop": False})
    with open_faces(config_of(options), to_read=True) as parts:
        viewer = Viewer(camera, parts)
        with closing(_view(options, camera)) as view:
            _until_ended(camera, viewer, view, options.metric)
    if isinstance(view, FrameFile) and not options.quiet:
        print(f"{options.output}: {view.written} frames.")


def _view(options: argparse.Namespace, camera: config.CameraConfig) -> Screen:
    """Where the frames go: where they were wanted, and else into a window, or where there is none to a browser.

    Raises:
        CameraError: the camera cannot be opened, which a browser would learn only when somebody watches; or the port is taken.
        PictureError: the file cannot be written.
    """
    if options.output:
        return FrameFile(options.output, overwrite=options.overwrite)
    why = "" if options.web else why_no_window()
    if why is None:
        return DesktopWindow()
    view = WebScreen(options.port)
    try:
        open_camera(camera).close()
    except CameraError:
        view.close()
        raise
    far = f"from another machine through 'ssh -L {view.port}:127.0.0.1:{view.port}'"
    print(f"{why} Open {view.address} in a browser of this machine, or {far}. Ctrl-C ends.".lstrip(), flush=True)
    return view


def _until_ended(camera: config.CameraConfig, viewer: Viewer, view: Screen, metric: str) -> None:
    """Show frame after frame, until the clip is over or nobody wants to see more; Ctrl-C and SIGTERM end it in good order."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    rate = _Rate()
    try:
        view.begin()
        with closing(_frames(camera)) as frames:
            for frame in frames:
                marks = [seen_mark(face, metric) for face in viewer.look(frame)]
                picture = drawn(frame.pixels, marks, f"{rate.tick():.1f} frames/s")
                if not view.show(picture, frame.monotonic_seconds):
                    return
    except KeyboardInterrupt:
        return


def _frames(camera: config.CameraConfig) -> Generator[Frame]:
    """The newest frame, again and again, or every frame of a clip that is played fast.

    Raises:
        CameraError: no frame came from the beginning; later ones are waited for.
    """
    open_, changed = partial(open_camera, camera, DecoderTrial()), threading.Event()
    with closing(Feed(camera.name, open_, on_change=changed.set, patience=patience_with(camera))) as feed:
        feed.start()
        told: str | None = None
        while not feed.ended:
            frame = feed.take()
            if frame is not None:
                told = None
                yield frame
                continue
            if feed.state.status == "offline" and not feed.ended:
                if not feed.frames_read:
                    raise CameraError(feed.state.reason or "The camera gives no picture.")
                if feed.state.reason != told:
                    told = feed.state.reason
                    print(f"edged: {told}", file=sys.stderr)
            changed.wait(WAIT_SECONDS)
            changed.clear()


class _Rate:
    """Frames per second over the last ones."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=RATE_FRAMES)

    def tick(self) -> float:
        """Count a frame."""
        self._times.append(time.monotonic())
        passed = self._times[-1] - self._times[0]
        return (len(self._times) - 1) / passed if passed else 0.0
