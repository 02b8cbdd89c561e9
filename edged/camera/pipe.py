"""Frames from a program such as gst-launch-1.0 or ffmpeg that decodes with the board's hardware and writes raw BGR to its output.

It knows nothing of what the program does, only how many bytes a frame has.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import subprocess
import threading
import time
from typing import IO, TYPE_CHECKING

from edged.camera.addresses import holds_password, origin, redacted
from edged.camera.arguments import hidden, words
from edged.camera.buffers import FrameBuffers
from edged.camera.clock import Moment
from edged.camera.source import AS_IT_SHALL_BE, FROZEN_AFTER_SECONDS
from edged.errors import CameraError
from edged.types import Frame

if TYPE_CHECKING:
    from edged.camera.source import SourceOptions

START_TIMEOUT_SECONDS = 15.0
"""Seconds for the first frame: hardware decoders take seconds to start, and a stream may begin between key frames."""
TERMINATE_SECONDS = 1.0
"""Seconds for the program to release its decoder before it is killed."""
PIPE_BYTES = 1 << 20
"""Size of the pipe, the largest that Linux allows anybody; its default of 64 kB would take a hundred reads for a Full HD frame."""
LAST_OUTPUT_BYTES = 2000
"""Bytes of the end of the program's standard error that are kept to say why it ended."""


class Pipe:
    """A running program that writes frames of (height, width, 3) uint8 BGR, one after the other with nothing between.

    Its command is split as a shell would, without a shell. In each part {source}, {width}, {height} and {rate} are replaced; an address
    with a password stands in no word of ffmpeg or gst-launch-1.0, see arguments.py:

        ffmpeg -loglevel error -rtsp_transport tcp -i {source} -vf fps={rate},scale={width}:{height} -pix_fmt bgr24 -f rawvideo -

        gst-launch-1.0 -q rtspsrc location={source} ! rtph264depay ! h264parse ! nvv4l2decoder ! nvvidconv
          ! video/x-raw,format=BGRx,width={width},height={height} ! videoconvert ! video/x-raw,format=BGR ! fdsink
    """

    live = True
    geometry = AS_IT_SHALL_BE
    frozen_after_seconds = FROZEN_AFTER_SECONDS

    def __init__(self, camera: str, command: str, source: str, options: SourceOptions) -> None:
        """Start the program.

        Raises:
            CameraError: the command is malformed or its program is not installed.
        """
        self._camera, self._number, self._last_output = camera, 0, b""
        self._timeout = options.patience_seconds(options.frame_timeout_seconds)
        self._shape, self._buffers = (options.height, options.width, 3), FrameBuffers()
        said = words(command, source, options)
        self._secrets = [word for word in (source, *said) if holds_password(word)]
        with hidden(camera, said) as (arguments, inherited):
            self._program = _started(arguments, inherited)
        self._output, errors = _streams(self._program)
        self._ready = select.poll()
        self._ready.register(self._output, select.POLLIN)
        self._listener = threading.Thread(target=self._listen, args=(errors,), name=f"{camera}-pipeline", daemon=True)
        self._listener.start()

    def read(self) -> Frame:
        """Wait for the next frame, read straight into pixels of its own; fails as Source.read(), with the program's last line."""
        pixels = self._buffers.spare(self._shape)
        try:
            self._fill(pixels.data.cast("B"), self._timeout if self._number else START_TIMEOUT_SECONDS)
        except OSError as error:
            raise CameraError(f"The pipeline of {self._camera} cannot be read: {error.strerror}.") from error
        frame = Frame(self._camera, self._number, *Moment.now(), pixels)
        self._number += 1
        return frame

    def close(self) -> None:
        """End the program and all that it has started."""
        self._signal(signal.SIGTERM)
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._program.wait(TERMINATE_SECONDS)
        finally:
            self._signal(signal.SIGKILL)
            self._program.wait()
        self._listener.join(TERMINATE_SECONDS)
        self._output.close()

    def _fill(self, wanted: memoryview, timeout_seconds: float) -> None:
        deadline = time.monotonic() + timeout_seconds
        while wanted:
            left = deadline - time.monotonic()
            if left <= 0 or not self._ready.poll(left * 1000):
                raise CameraError(f"The pipeline of {self._camera} wrote no whole frame for {timeout_seconds:g} s.{self._reason()}")
            count = os.readv(self._output.fileno(), [wanted])
            if count == 0:
                raise CameraError(self._ended())
            wanted = wanted[count:]

    def _listen(self, errors: IO[bytes]) -> None:
        with errors:
            # Not by lines: ffmpeg writes its progress without ever ending one.
            while chunk := os.read(errors.fileno(), LAST_OUTPUT_BYTES):
                self._last_output = (self._last_output + chunk)[-LAST_OUTPUT_BYTES:]

    def _ended(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):  # it may have closed its output only
            self._program.wait(TERMINATE_SECONDS)
        self._listener.join(TERMINATE_SECONDS)
        return f"The pipeline of {self._camera} has ended, exit status {self._program.returncode}.{self._reason()}"

    def _reason(self) -> str:
        lines = [line.strip() for line in self._last_output.decode(errors="replace").splitlines() if line.strip()]
        return f" It said: {self._redacted(lines[-1])}" if lines else ""

    def _redacted(self, said: str) -> str:
        """What it said without any address of its command, however that is written, and without others as far as they can be told."""
        for secret in self._secrets:
            said = said.replace(secret, origin(secret))
        return redacted(said)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):  # all of its group have ended
            os.killpg(self._program.pid, number)


def _started(arguments: list[str], inherited: list[int]) -> subprocess.Popen[bytes]:
    try:
        # A session of its own, so that what it starts in turn can be ended with it, and Ctrl-C is edged's to handle.
        return subprocess.Popen(  # noqa: S603 - the command is the owner's own configuration, run without a shell
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            pass_fds=inherited,
        )
    except OSError as error:
        raise CameraError(f"The pipeline's program {arguments[0]!r} cannot be started: {error.strerror}. Is it installed?") from error
    except ValueError as error:  # a null byte
        raise CameraError(f"The pipeline's program {arguments[0]!r} cannot be started: {error}.") from error


def _streams(program: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    output, errors = program.stdout, program.stderr
    if output is None or errors is None:
        raise ValueError("the program was started without pipes")
    with contextlib.suppress(OSError):  # a smaller pipe only costs more reads
        fcntl.fcntl(output, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return output, errors
