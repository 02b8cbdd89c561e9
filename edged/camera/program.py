"""A program that writes frames to an open file, such as gst-launch-1.0 or ffmpeg: started, read in whole pieces, and ended.

It knows nothing of what the program does, nor of what a frame is.
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
from edged.camera.arguments import hidden, inherited_variables, words
from edged.errors import CameraError

if TYPE_CHECKING:
    from edged.camera.source import SourceOptions

TERMINATE_SECONDS = 1.0
"""Seconds for the program to release its decoder before it is killed."""
PIPE_BYTES = 1 << 20
"""Size of the pipe, the largest that Linux allows anybody; its default of 64 kB would take a hundred reads for a Full HD frame."""
LAST_OUTPUT_BYTES = 2000
"""Bytes of the end of the program's standard error that are kept to say why it ended."""
OUTPUT = "{output}"
"""What stands in a command for the descriptor that frames are written to, where that is not standard output."""


class Program:
    """A running program that writes to us.

    Its command is split as a shell would, without a shell, and what stands in braces is replaced, see words(); an address with a password
    stands in no word of ffmpeg or gst-launch-1.0, see arguments.py. Where {output} stands in it, it writes its frames to that descriptor,
    and standard output is for what it says: NVIDIA's elements talk there.
    """

    def __init__(self, camera: str, command: str, source: str, options: SourceOptions, decoder: str | None = None) -> None:
        """Start it; decoder is what edged has it decode with, where the command is not the owner's pipeline.

        Raises:
            CameraError: the command is malformed or its program is not installed.
        """
        self._name, self._last_output = f"The decoder {decoder} of {camera}" if decoder else f"The pipeline of {camera}", b""
        said = words(command, source, options)
        secret = source if options.hides_source else None
        self._secrets = [word for word in (source, *said) if word == secret or holds_password(word)]
        self._program, self._output, errors = _started(camera, said, secret)
        self._ready = select.poll()
        self._ready.register(self._output, select.POLLIN)
        self._listener = threading.Thread(target=self._listen, args=(errors,), name=f"{camera}-pipeline", daemon=True)
        self._listener.start()

    def fill(self, wanted: memoryview, timeout_seconds: float, since: float | None = None) -> None:
        """Wait until so many bytes have come; the time runs from now, or since then, in monotonic seconds.

        Raises:
            CameraError: they did not within that time, or the program has ended; with its last line.
        """
        deadline = (time.monotonic() if since is None else since) + timeout_seconds
        try:
            while wanted:
                left = deadline - time.monotonic()
                if left <= 0 or not self._ready.poll(left * 1000):
                    raise CameraError(f"{self._name} wrote no whole frame for {timeout_seconds:g} s.{self._reason()}")
                count = os.readv(self._output.fileno(), [wanted])
                if count == 0:
                    raise CameraError(self._ended())
                wanted = wanted[count:]
        except OSError as error:
            raise CameraError(f"{self._name} cannot be read: {error.strerror}.") from error

    def close(self) -> None:
        """End the program and all that it has started: killed, where it does not end when it is asked to."""
        self._signal(signal.SIGTERM)
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._program.wait(TERMINATE_SECONDS)
        finally:
            self._signal(signal.SIGKILL)
            self._program.wait()
        self._listener.join(TERMINATE_SECONDS)
        self._output.close()

    def _listen(self, errors: IO[bytes]) -> None:
        with errors:
            # Not by lines: ffmpeg writes its progress without ever ending one.
            while chunk := os.read(errors.fileno(), LAST_OUTPUT_BYTES):
                self._last_output = (self._last_output + chunk)[-LAST_OUTPUT_BYTES:]

    def _ended(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):  # it may have closed its output only
            self._program.wait(TERMINATE_SECONDS)
        self._listener.join(TERMINATE_SECONDS)
        return f"{self._name} has ended, exit status {self._program.returncode}.{self._reason()}"

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


def _started(camera: str, said: list[str], secret: str | None) -> tuple[subprocess.Popen[bytes], IO[bytes], IO[bytes]]:
    """Start a program; it, what it writes frames to, and what it says."""
    if not any(OUTPUT in word for word in said):
        with hidden(camera, said, secret) as (arguments, inherited):
            program = _spawned(arguments, inherited, subprocess.PIPE, subprocess.PIPE)
        return program, _pipe(program.stdout), _pipe(program.stderr)
    frames, written = os.pipe()
    try:
        with hidden(camera, [word.replace(OUTPUT, str(written)) for word in said], secret) as (arguments, inherited):
            program = _spawned(arguments, [*inherited, written], subprocess.PIPE, subprocess.STDOUT)
    except BaseException:
        os.close(frames)
        raise
    finally:
        os.close(written)
    return program, _enlarged(os.fdopen(frames, "rb", buffering=0)), _pipe(program.stdout)


def _spawned(arguments: list[str], inherited: list[int], output: int, errors: int) -> subprocess.Popen[bytes]:
    try:
        # A session of its own, so that what it starts in turn can be ended with it, and Ctrl-C is edged's to handle.
        return subprocess.Popen(  # noqa: S603 - the command is the owner's own configuration, run without a shell
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            bufsize=0,
            start_new_session=True,
            pass_fds=inherited,
            env=inherited_variables(),
        )
    except OSError as error:
        raise CameraError(f"The camera's program {arguments[0]!r} cannot be started: {error.strerror}. Is it installed?") from error
    except ValueError as error:  # a null byte
        raise CameraError(f"The camera's program {arguments[0]!r} cannot be started: {error}.") from error


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise ValueError("the program was started without pipes")
    return _enlarged(stream)


def _enlarged(stream: IO[bytes]) -> IO[bytes]:
    with contextlib.suppress(OSError):  # a smaller pipe only costs more reads
        fcntl.fcntl(stream, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return stream
