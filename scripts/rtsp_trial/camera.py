"""The camera that fails: clips of several codecs and sizes, the server that plays them, and a network before it that can be cut and held.

Who reads it is not known here.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from campaign.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

PYTHON = os.environ.get("EDGED_GI_PYTHON", "/usr/bin/python3")
"""The Python that has python3-gi: that of the system, whatever edged's own is."""
USER, PASSWORD, OTHER_PASSWORD = "admin", "l4ntern of/the:p@@ch", "an0ther"
"""With all that has to be escaped in an address, and without a word of other tests' secrets: it is looked for in all processes."""
PASSWORD_PARTS = ("l4ntern", "p@@ch", "p%40%40ch")
"""Of which at least one stands in what shows the password, escaped or cut."""
CLIP_SECONDS, RATE = 60, 10
ENCODERS = {
    "H264": "-c:v libx264 -preset ultrafast -tune zerolatency -g 5 -pix_fmt yuv420p",
    "H265": "-c:v libx265 -preset ultrafast -tune zerolatency -x265-params keyint=5:log-level=none -pix_fmt yuv420p",
    "JPEG": "-c:v mjpeg -huffman default -q:v 5 -pix_fmt yuvj420p",
}
"""Of which each gives a picture that decodes alone twice a second, or all; MJPEG with the tables that RTP takes for granted."""


@dataclass(frozen=True, slots=True)
class Clip:
    """What a camera plays: its codec as RTP names it, and its size."""

    codec: str
    width: int
    height: int

    def file(self, folder: Path) -> Path:
        """Where it is."""
        return folder / f"{self.codec}-{self.width}x{self.height}.mkv"

    def film(self, folder: Path) -> Path:
        """Make it: a moving test picture with noise, so that one frame takes several packets."""
        path = self.file(folder)
        picture = f"testsrc2=size={self.width}x{self.height}:rate={RATE},noise=alls=12:allf=t"
        command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-f", "lavfi", "-i", picture, "-t", str(CLIP_SECONDS)]
        subprocess.run([*command, *ENCODERS[self.codec].split(), str(path)], check=True)  # noqa: S603 - ffmpeg of the system
        return path


CLIPS = (Clip("H264", 320, 240), Clip("H264", 640, 360), Clip("H265", 352, 288), Clip("JPEG", 480, 272), Clip("JPEG", 400, 304))
"""Each of another size, by which it is told from the one before."""


class FailingCamera:
    """A camera on loopback, at one address whatever is done to it."""

    def __init__(self, folder: Path, clips: Sequence[Clip] = CLIPS) -> None:
        """Make its clips, and start it with the first of them."""
        self._folder = folder
        for clip in clips:
            clip.film(folder)
        self._start()
        self.play(clips[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self._network.close()
        self._kill()

    @property
    def address(self) -> str:
        """Its address, without user name and password."""
        return f"rtsp://127.0.0.1:{self.port}/door"

    def play(self, clip: Clip | None) -> None:
        """Play this from now on; whoever is connected is sent away. None: there is nothing at its path."""
        self._ask({"clip": str(clip.file(self._folder)), "codec": clip.codec} if clip else {"clip": ""})

    def want(self, password: str) -> None:
        """Let in only who has this password, "" lets in everybody; whoever is connected is sent away."""
        self._ask({"password": password})

    def hold(self) -> None:
        """Send nothing more, in the middle of a frame, and let the connection stand."""
        self._network.is_held = True

    def freeze(self) -> None:
        """Stop the server's process, as a camera does whose processor hangs."""
        self._process.send_signal(signal.SIGSTOP)

    def die(self) -> None:
        """Kill the server."""
        self._kill()
        self._network.cut()

    def refuse(self) -> None:
        """Have nobody listen."""
        self._network.close()

    def mend(self, clip: Clip) -> None:
        """Be a camera that works again, which plays this."""
        self._network.close()
        self._kill()
        self._start(self._target, self.port)
        self.play(clip)

    def _start(self, target: int = 0, port: int = 0) -> None:
        command = [PYTHON, str(Path(__file__).with_name("server.py")), str(target)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)  # noqa: S603 - of this repository
        self._target = int(self._line())
        self._network = Proxy(self._target, port)
        self.port = self._network.port
        self.want(PASSWORD)  # not among its words, which everybody can list

    def _kill(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _ask(self, request: dict[str, str]) -> None:
        if self._process.stdin is None:
            raise ValueError("the server was started without pipes")
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        self._line()
        self._network.cut()

    def _line(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError(f"The RTSP server does not work with {PYTHON}; scripts/setup --dev installs what it needs.")
        return line
