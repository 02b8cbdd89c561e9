"""Whoever reads the camera, seen from outside: what it says of the camera, and its threads, memory and open files.

It does not know what is done to the camera.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

WAIT_SECONDS = 60.0
"""Longest wait for a change: a dead stream is noticed after 4 s, and whoever hangs in FFmpeg returns after 10 s."""
KB = 1024


@dataclass(frozen=True, slots=True)
class Take:
    """What a process takes of the machine: threads, open files, and resident memory in 10^6 bytes."""

    threads: int
    files: int
    memory_mb: float


@dataclass(frozen=True, slots=True)
class Said:
    """What the reader said of the camera.

    size is width and height of its pictures, empty before the first, and is_steady whether some have come since it said so.
    """

    status: str
    reason: str | None
    size: tuple[int, ...]
    decoder: str | None
    is_steady: bool


@dataclass(slots=True)
class Witness:
    """The reader as a program of its own, with a configuration that names a user and a file with the password."""

    folder: Path
    address: str
    user: str
    decoder: str = "auto"
    history: list[Said] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)
    _seen: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)
    process: subprocess.Popen[str] = field(init=False)

    def __enter__(self) -> Self:
        """Start it."""
        config = self.folder / "edged.toml"
        config.write_text(
            f'[[camera]]\nname = "front"\nsource = "{self.address}"\nusername = "{self.user}"\npassword_file = "password"\n'
            f'decoder = "{self.decoder}"\n[log]\nlevel = "debug"\n',
            encoding="utf-8",
        )
        with (self.folder / "log").open("w", encoding="utf-8") as log:
            command = [sys.executable, "-m", "rtsp_trial.reader", str(config)]
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)  # noqa: S603 - of this repository
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self.process.kill()
        self.process.communicate()

    @property
    def log(self) -> str:
        """What it has logged."""
        return (self.folder / "log").read_text(encoding="utf-8")

    def wait(self, is_so: Callable[[Said], bool], what: str) -> None:
        """Wait until it says so, if only for a moment, after what was waited for before.

        Raises:
            TimeoutError: it does not.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._has_said(is_so), WAIT_SECONDS):
                raise TimeoutError(f"The reader does not say {what}, but {self.history[self._seen :]}.")

    def take(self) -> Take:
        """What it takes now."""
        process = Path(f"/proc/{self.process.pid}")
        resident = next(line for line in (process / "status").read_text().splitlines() if line.startswith("VmRSS:"))
        threads, files = (len(list((process / kind).iterdir())) for kind in ("task", "fd"))
        return Take(threads, files, round(int(resident.split()[1]) * KB / 1e6, 1))

    def settled(self, threads: int, seconds: float) -> Take:
        """What it takes once whoever hung has returned, and so no more threads are left than these; or after so long."""
        end = time.monotonic() + seconds
        while self.take().threads > threads and time.monotonic() < end:
            time.sleep(0.1)
        return self.take()

    def _has_said(self, is_so: Callable[[Said], bool]) -> bool:
        place = next((place for place, said in enumerate(self.history[self._seen :], self._seen) if is_so(said)), None)
        self._seen = self._seen if place is None else place + 1
        return place is not None

    def _listen(self) -> None:
        for line in self.process.stdout or ():
            self.printed.append(line)
            if not line.startswith("{"):  # OpenCV talks there too, at log.level "debug"
                continue
            told = json.loads(line)
            with self._changed:
                self.history.append(Said(**{**told, "size": tuple(told["size"])}))
                self._changed.notify_all()
