#!/usr/bin/env python3
"""Runs a clip through the product's detector, embedder and tracker, and paints a row of pictures for every track.

It knows the parts of edged and how to paint; whether a row shows one person, and a person has one row, is for people to see.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edged.camera.opening import open_source
from edged.camera.source import SourceOptions
from edged.config import Config, RecognitionConfig
from edged.daemon.opening import open_reader
from edged.errors import CameraEnded, EdgedError
from edged.tracking.appearance import Appearance
from edged.tracking.tracker import Tracker
from edged.tracking.verdict import FollowedFaces
from edged.vision.quality import QualityLimits, judge_geometry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edged.types import Box, Detection, Embedding, Frame, Quality, Uint8Array
    from edged.vision.faces import FaceReader

CELL_WIDTH, CELL_HEIGHT = 96, 120
AROUND = 0.3
"""What is shown around a box, in parts of its width and height."""
MOST_VIEWS = 128
"""Pictures kept of a track; when there are more, the better of each two neighbours stays."""
INK_BGR = (255, 255, 255)
NOTE_BGR = (80, 230, 80)
LINE_PX, LETTER_SCALE = 17, 0.4


@dataclass(frozen=True, slots=True, eq=False)
class FaceView:
    """One look at a face: (CELL_HEIGHT, CELL_WIDTH, 3) uint8 BGR, and how good it is, 0…1."""

    at_seconds: float
    size_px: float
    quality: float
    picture: Uint8Array


@dataclass(slots=True)
class Followed:
    """What is shown of one track; None is the row of the detections that got none."""

    track: int | None
    first_seconds: float
    last_seconds: float
    last_frame: int = 0
    sights: int = 0
    longest_gap_seconds: float = 0.0
    smallest_px: float = np.inf
    largest_px: float = 0.0
    views: list[FaceView] = field(default_factory=list)

    def add(self, view: FaceView, frame: int) -> None:
        """Take in one more look, in the frame of this number."""
        if self.track and self.sights and frame > self.last_frame + 1:
            self.longest_gap_seconds = max(self.longest_gap_seconds, view.at_seconds - self.last_seconds)
        self.sights += 1
        self.last_seconds, self.last_frame = view.at_seconds, frame
        self.smallest_px, self.largest_px = min(self.smallest_px, view.size_px), max(self.largest_px, view.size_px)
        self.views.append(view)
        if len(self.views) > MOST_VIEWS:
            self.views = [max(self.views[at : at + 2], key=lambda one: one.quality) for at in range(0, len(self.views), 2)]

    def best_views(self, count: int) -> list[FaceView]:
        """The best view of each of so many equal spans of time; none where a span has none."""
        edges = np.linspace(self.first_seconds, self.last_seconds, count + 1)
        edges[-1] = np.inf
        spans = [[view for view in self.views if start <= view.at_seconds < end] for start, end in pairwise(edges)]
        return [max(span, key=lambda view: view.quality) for span in spans if span]

    @property
    def labels(self) -> tuple[str, ...]:
        """What stands beside the row."""
        return (
            "no track" if self.track is None else f"track {self.track}",
            f"{self.first_seconds:.1f}-{self.last_seconds:.1f} s",
            f"{self.smallest_px:.0f}-{self.largest_px:.0f} px",
            f"{self.sights} sights",
            f"gap {self.longest_gap_seconds:.1f} s" if self.longest_gap_seconds else "",
        )


@dataclass(slots=True)
class Counts:
    """What a clip took."""

    frames: int = 0
    detections: int = 0
    asked: int = 0
    """How often the tracker asked for an appearance."""


class Follower:
    """The tracker on a clip, with the looks that a pipeline would give it: every view that can be aligned is embedded."""

    def __init__(self, reader: FaceReader, lost_after_seconds: float, *, by_motion_only: bool = False) -> None:
        """Begin with nobody seen; by_motion_only keeps all appearance from the tracker."""
        self.followed: dict[int | None, Followed] = {}
        self.counts = Counts()
        self._reader, self._lost_after, self._by_motion_only = reader, lost_after_seconds, by_motion_only
        self._tracker = Tracker()
        self._faces = FollowedFaces()
        self._began: float | None = None

    def step(self, frame: Frame) -> None:
        """Follow the faces of one frame."""
        found = self._reader.detector.detect(frame.pixels)
        look = cache(lambda row: self._look(frame.pixels, found[row]))

        def reading(row: int) -> Appearance | None:
            self.counts.asked += 1
            quality, embedding = look(row)
            return None if self._by_motion_only or embedding is None else Appearance(embedding.vector, quality.score)

        done = self._tracker.update(found, frame.monotonic_seconds, self._lost_after, reading)
        self._began = frame.monotonic_seconds if self._began is None else self._began
        self.counts.frames += 1
        self.counts.detections += len(found)
        for row, (face, track) in enumerate(zip(found, done.tracks, strict=True)):
            quality, embedding = look(row)
            view = FaceView(
                frame.monotonic_seconds - self._began, min(face.box.width, face.box.height), quality.score, _cut(frame.pixels, face.box)
            )
            self.followed.setdefault(track, Followed(track, view.at_seconds, view.at_seconds)).add(view, self.counts.frames)
            if track and embedding and not self._by_motion_only:
                self._note(track, embedding, quality, frame.monotonic_seconds)

    def _look(self, pixels: Uint8Array, face: Detection) -> tuple[Quality, Embedding | None]:
        """How good a view is, and its embedding where its geometry is good enough."""
        limits = QualityLimits()
        height, width = pixels.shape[:2]
        geometry = judge_geometry(face, (width, height), limits)
        view = self._reader.view(pixels, face, limits, geometry)
        return view.quality, None if geometry.reason else self._reader.embedder.embed(view.aligned)

    def _note(self, track: int, embedding: Embedding, quality: Quality, now: float) -> None:
        """What a pipeline would remember the track by."""
        face = self._faces.see(track, now)
        if quality.reason is None:
            shown = self._faces.add(track, embedding, quality, quality.score, now)
            seen = shown and shown.evidence.fused()
        else:
            seen = face.remember(embedding, quality) if face.asks_for(quality, now) else None
        if seen:
            self._tracker.note_appearance(track, Appearance(seen.vector, quality.score))


def paint(rows: list[Followed], columns: int) -> Uint8Array:
    """The sheet: a row for each track, in order of their ids, what is known of it on the left."""
    sheet = np.zeros((len(rows) * CELL_HEIGHT, (columns + 1) * CELL_WIDTH, 3), np.uint8)
    for number, row in enumerate(rows):
        top = number * CELL_HEIGHT
        for line, text in enumerate(row.labels):
            cv2.putText(sheet, text, (4, top + LINE_PX * (line + 1)), cv2.FONT_HERSHEY_SIMPLEX, LETTER_SCALE, INK_BGR, 1, cv2.LINE_AA)
        for column, view in enumerate(row.best_views(columns), start=1):
            left = column * CELL_WIDTH
            sheet[top : top + CELL_HEIGHT, left : left + CELL_WIDTH] = view.picture
            note = f"{view.at_seconds:.1f} s {view.size_px:.0f} px"
            cv2.putText(sheet, note, (left + 2, top + 11), cv2.FONT_HERSHEY_SIMPLEX, LETTER_SCALE * 0.8, NOTE_BGR, 1, cv2.LINE_AA)
    return sheet


def _cut(pixels: Uint8Array, box: Box) -> Uint8Array:
    """The face with its surroundings, fitted into a cell."""
    height, width = pixels.shape[:2]
    left, right = max(0, round(box.x1 - AROUND * box.width)), min(width, round(box.x2 + AROUND * box.width))
    top, bottom = max(0, round(box.y1 - AROUND * box.height)), min(height, round(box.y2 + AROUND * box.height))
    cell = np.zeros((CELL_HEIGHT, CELL_WIDTH, 3), np.uint8)
    scale = min(CELL_WIDTH / (right - left), CELL_HEIGHT / (bottom - top))
    size = (max(1, int((right - left) * scale)), max(1, int((bottom - top) * scale)))
    cell[: size[1], : size[0]] = cv2.resize(pixels[top:bottom, left:right], size, interpolation=cv2.INTER_AREA)
    return cell


def _frames(clip: str, every: int) -> Iterator[Frame]:
    source = open_source("clip", clip, SourceOptions(pace="fast"))
    try:
        while True:
            frame = source.read()
            if frame.number % every == 0:
                yield frame
    except CameraEnded:
        return
    finally:
        source.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "scripts/contact_sheet", description="Show how the faces of a clip are followed: a row of pictures for every track."
    )
    parser.add_argument("clip", help="a video file or a folder of pictures")
    parser.add_argument("--output", type=Path, required=True, help="the picture to write, .png or .jpg")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take every Nth frame only (default: all)")
    parser.add_argument(
        "--min-face-px", type=float, default=0.0, metavar="PX", help="show tracks whose face becomes so large (default: all)"
    )
    parser.add_argument("--columns", type=int, default=12, help="pictures in a row (default: %(default)s)")
    parser.add_argument("--by-motion-only", action="store_true", help="keep all appearance from the tracker")
    return parser


def main(command_line: Sequence[str] | None = None) -> None:
    """Follow the faces, paint the sheet, and print a line for each row."""
    arguments = _parser().parse_args(command_line)
    try:
        follower = Follower(open_reader(Config()), RecognitionConfig().lost_after_seconds, by_motion_only=arguments.by_motion_only)
        for frame in _frames(arguments.clip, arguments.every):
            follower.step(frame)
    except EdgedError as error:
        sys.exit(f"contact_sheet: {error}")
    rows = sorted((row for row in follower.followed.values() if row.largest_px >= arguments.min_face_px), key=lambda row: row.track or 0)
    for row in rows:
        print("  ".join(part.ljust(width) for part, width in zip(row.labels, (9, 13, 11, 11, 0), strict=True)).rstrip())
    counts = follower.counts
    tracks = sum(row.track is not None for row in rows)
    print(f"{tracks} tracks of {counts.detections} detections in {counts.frames} frames; asked for appearance {counts.asked} times")
    if rows and not cv2.imwrite(str(arguments.output), paint(rows, arguments.columns)):
        sys.exit(f"contact_sheet: {arguments.output} cannot be written; is it .png or .jpg, in a folder that exists?")


if __name__ == "__main__":
    main()
