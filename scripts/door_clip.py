#!/usr/bin/env python3
"""Composes a clip as a door camera sees it: portraits cut out, walking through an invented porch, and a note of who is there when.

It knows pictures and time, and nothing of detectors, galleries or edged; the same call gives the same pixels every time.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
from door_acts import door_acts
from door_frames import DEFAULT_FPS, DEFAULT_SIZE, frames
from door_people import ClipError
from portraits import DEFAULT_DIRECTORY, Portraits, PortraitsError, fetch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from door_acts import Act


@dataclass(frozen=True, slots=True)
class Scene:
    """What is true of a stretch of the clip: who is before the camera. end_seconds is exclusive."""

    start_seconds: float
    end_seconds: float
    people: tuple[str, ...]
    note: str


def compose(portraits: Portraits, path: Path, size: tuple[int, int] = DEFAULT_SIZE, fps: float = DEFAULT_FPS) -> list[Scene]:
    """Write the clip of the demo, and beside it <name>.json, its truth; see compose_scenes."""
    return compose_scenes(door_acts(), portraits, path, size, fps)


def compose_scenes(
    acts: Sequence[Act],
    portraits: Portraits,
    path: Path,
    size: tuple[int, int] = DEFAULT_SIZE,
    fps: float = DEFAULT_FPS,
) -> list[Scene]:
    """Write acts one after another as a clip, and its truth as JSON of the same name.

    Args:
        acts: what happens; each is rounded to whole frames.
        portraits: whom the roles may name.
        path: `.mp4` (MPEG-4 part 2) or `.avi` (Motion JPEG, larger, for players that have nothing else).
        size: width and height in pixels, both even.
        fps: frames per second.

    Returns:
        What is true when, in order and without gaps.

    Raises:
        ClipError: a portrait cannot be read, or OpenCV cannot write such a file here.
        ValueError: a role names somebody without a portrait, or the suffix is another.
    """
    scenes = scenes_of(acts, fps)
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = _open_writer(path, size, fps)
    try:
        for frame in frames(acts, portraits, size, fps):
            writer.write(frame)
    finally:
        writer.release()
    truth = {"size": list(size), "fps": fps, "scenes": [asdict(scene) for scene in scenes]}
    path.with_suffix(".json").write_text(json.dumps(truth, indent=2) + "\n", encoding="utf-8")
    return scenes


def scenes_of(acts: Sequence[Act], fps: float = DEFAULT_FPS) -> list[Scene]:
    """What is true of the clip that these acts make, without making it."""
    scenes: list[Scene] = []
    first = 0
    for act in acts:
        last = first + act.frame_count(fps)
        people = tuple(role.person for role in act.roles)
        scenes.append(Scene(round(first / fps, 3), round(last / fps, 3), people, act.note))
        first = last
    return scenes


_FOURCC = {".mp4": "mp4v", ".avi": "MJPG"}


def _open_writer(path: Path, size: tuple[int, int], fps: float) -> cv2.VideoWriter:
    if path.suffix not in _FOURCC:
        raise ValueError(f"{path.name}: a clip is written as {' or '.join(_FOURCC)}")
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*_FOURCC[path.suffix]), fps, size)
    if not writer.isOpened():
        raise ClipError(f"this OpenCV cannot write {path}; check that the folder is writable, or name the file .avi")
    return writer


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def main() -> None:
    """Compose from the command line and say what is where in the clip."""
    parser = argparse.ArgumentParser(description="Compose a clip as a door camera sees it.")
    parser.add_argument("--portraits", type=Path, default=DEFAULT_DIRECTORY, help="where the portraits are kept (default: %(default)s)")
    parser.add_argument("--output", type=Path, required=True, help="the clip to write, .mp4 or .avi; its truth goes beside it as .json")
    parser.add_argument("--size", type=_size, default=DEFAULT_SIZE, metavar="WxH", help="in pixels (default: 1280x720)")
    parser.add_argument("--fps", type=float, default=DEFAULT_FPS, help="frames per second (default: %(default)s)")
    arguments = parser.parse_args()
    started = time.monotonic()
    try:
        scenes = compose(fetch(arguments.portraits), arguments.output, arguments.size, arguments.fps)
    except (ClipError, PortraitsError, ValueError) as error:
        sys.exit(f"door_clip: {error}")
    for scene in scenes:
        sys.stdout.write(f"{scene.start_seconds:6.2f}-{scene.end_seconds:5.2f} s  {', '.join(scene.people) or '-':<18} {scene.note}\n")
    megabytes = arguments.output.stat().st_size / 1e6
    sys.stdout.write(f"{arguments.output}: {megabytes:.1f} MB, composed in {time.monotonic() - started:.1f} s\n")


if __name__ == "__main__":
    main()
