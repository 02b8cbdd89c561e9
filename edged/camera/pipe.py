"""Frames from a program such as gst-launch-1.0 or ffmpeg that decodes with the board's hardware and writes raw BGR to its output.

It knows nothing of what the program does, only how many bytes a frame has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edged.camera.buffers import FrameBuffers
from edged.camera.clock import Moment
from edged.camera.program import Program
from edged.camera.source import AS_IT_SHALL_BE, FROZEN_AFTER_SECONDS
from edged.types import Frame

if TYPE_CHECKING:
    from edged.camera.source import SourceOptions

START_TIMEOUT_SECONDS = 15.0
"""Seconds for the first frame: hardware decoders take seconds to start, and a stream may begin between key frames."""


class Pipe:
    """A running program that writes frames of (height, width, 3) uint8 BGR, one after the other with nothing between.

    In each part of its command {source}, {width}, {height}, {rate} and {output} are replaced, see `program`:

        ffmpeg -loglevel error -rtsp_transport tcp -i {source} -vf fps={rate},scale={width}:{height} -pix_fmt bgr24 -f rawvideo -

        gst-launch-1.0 -q rtspsrc location={source} ! rtph264depay ! h264parse ! nvv4l2decoder ! nvvidconv
          ! video/x-raw,format=BGRx,width={width},height={height} ! videoconvert ! video/x-raw,format=BGR ! fdsink fd={output}
    """

    live = True
    geometry = AS_IT_SHALL_BE
    frozen_after_seconds = FROZEN_AFTER_SECONDS
    decoder = "camera.pipeline"

    def __init__(self, camera: str, command: str, source: str, options: SourceOptions) -> None:
        """Start the program.

        Raises:
            CameraError: the command is malformed or its program is not installed.
        """
        self._camera, self._number = camera, 0
        self._timeout = options.patience_seconds(options.frame_timeout_seconds)
        self._shape, self._buffers = (options.height, options.width, 3), FrameBuffers()
        self._program = Program(camera, command, source, options)

    def read(self) -> Frame:
        """Wait for the next frame, read straight into pixels of its own; fails as Source.read(), with the program's last line."""
        pixels = self._buffers.spare(self._shape)
        self._program.fill(pixels.data.cast("B"), self._timeout if self._number else START_TIMEOUT_SECONDS)
        frame = Frame(self._camera, self._number, *Moment.now(), pixels)
        self._number += 1
        return frame

    def close(self) -> None:
        """End the program and all that it has started."""
        self._program.close()
