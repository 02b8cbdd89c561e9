"""A camera at the door that shows what a test asks for: a program that writes the frames of one scene after another.

Shared by the tests in which somebody comes when the test wants it; knows nothing of edged.
"""

from __future__ import annotations

import sys
import time
from itertools import chain, cycle
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from edged.types import Uint8Array

WIDTH, HEIGHT, FPS = 640, 480, 10.0
EMPTY = "nobody"
"""The scene of an empty door, which follows every other one."""
AGAIN = "again"
"""Said behind a scene that is to be shown over and over."""
WANTED = "wanted"
"""The file that names the scene to show."""


class StagedDoor:
    """Scenes in a folder, and the word to the program that shows them."""

    def __init__(self, folder: Path) -> None:
        """Show nobody as yet."""
        self.folder = folder
        folder.mkdir()
        self.show(EMPTY)

    @property
    def command(self) -> str:
        """The command of a `camera.pipeline`."""
        return f"{sys.executable} {__file__} {self.folder}"

    def add(self, scene: str, pictures: Iterable[Uint8Array]) -> None:
        """Keep a scene, (HEIGHT, WIDTH, 3) BGR at FPS."""
        writer = cv2.VideoWriter(str(self.folder / f"{scene}.avi"), cv2.VideoWriter.fourcc(*"MJPG"), FPS, (WIDTH, HEIGHT))
        for pixels in pictures:
            writer.write(pixels)
        writer.release()

    def show(self, scene: str, *, again: bool = False) -> None:
        """Show a scene from its beginning, and then nobody, or the scene again."""
        partial = self.folder / f"{WANTED}.partial"
        partial.write_text(f"{scene} {AGAIN if again else ''} {time.monotonic()}", encoding="utf-8")
        partial.replace(self.folder / WANTED)


def _pictures(path: Path) -> list[bytes]:
    reader, found = cv2.VideoCapture(str(path)), []
    while (step := reader.read())[0]:
        found.append(step[1].tobytes())
    return found


def _frames(wanted: str, scenes: dict[str, list[bytes]]) -> Iterator[bytes]:
    scene, *more = wanted.split()
    shown: Sequence[bytes] = scenes[scene]
    return cycle(shown) if AGAIN in more else chain(shown, cycle(scenes[EMPTY]))


def main(folder: Path) -> None:
    """Write frames at their pace until nobody reads them any more."""
    scenes = {path.stem: _pictures(path) for path in folder.glob("*.avi")}
    wanted = (folder / WANTED).read_text(encoding="utf-8")
    frames, due = _frames(wanted, scenes), time.monotonic()
    while True:
        asked = (folder / WANTED).read_text(encoding="utf-8")
        if asked != wanted:
            wanted, frames = asked, _frames(asked, scenes)
        try:
            sys.stdout.buffer.write(next(frames))
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            return
        due = max(due + 1 / FPS, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
