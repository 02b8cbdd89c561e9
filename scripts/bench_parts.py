"""Times what a look does beside the networks, part by part, for a face that is embedded in each frame and for one that has its name.

It knows the pipeline's parts by their names and calls; whole frames are timed by bench_pipeline.py.
"""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
from bench_pipeline import NEVER, WARM_UP, Bench

from edged.gallery import matcher
from edged.pipeline import event_maker, frame_faces, pipeline, proportions, shared_state
from edged.tracking import tracker, verdict
from edged.vision import alignment, cells, detector, embedder, faces, tflite, typical_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from edged.types import Uint8Array

PARTS = (
    (tflite.Network, "invoke_again", "the networks' invoke()"),
    (tflite.Network, "invoke", "pixels into inputs, their sign bits flipped"),
    (detector._SizedDetector, "_fill", "letterbox"),  # noqa: SLF001 - a look at the inside is what this is for
    (cells.CellHeads, "_candidates", "detector's heads: cells that may hold a face, decoded"),
    (cells.CellHeads, "faces", "detector's heads: doubles blended"),
    (detector.Detector, "_in_frame", "boxes and landmarks in pixels of the frame"),
    (detector, "region_around", "where the part around the faces lies"),
    (frame_faces, "judge_geometry", "geometry of the view"),
    (tracker.Tracker, "update", "tracker"),
    (alignment.Aligner, "align", "alignment"),
    (faces, "judge_pixels", "light and sharpness"),
    (embedder.Embedder, "embed", "embedding: unit length"),
    (typical_view.TypicalViews, "judge", "judgement of the view by its embedding"),
    (verdict.FollowedFaces, "add", "evidence"),
    (shared_state.SharedState, "threshold", "threshold by the size of the gallery"),
    (matcher.Matcher, "match", "search among 50 templates"),
    (event_maker.EventMaker, "see", "who is seen where, and whether still"),
    (proportions.ProportionWatch, "see", "proportions"),
    (pipeline.Pipeline, "pass_time", "who left"),
)
"""Where each part is called: the class or module, the name there, and what it does; what it calls of the others counts as theirs."""
REST = "all else"
NAMED_AT = 3
"""Looks that must agree until the face is named, as the daemon has it by default."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Mean microseconds of processor time of a frame, by part: with the face embedded in each, and while a named face is followed."""

    embedded: dict[str, float]
    named: dict[str, float]


class _Clock:
    """Counts processor time of this thread for the part that runs, and not for those that it calls."""

    def __init__(self) -> None:
        self.seconds = defaultdict[str, float](float)
        self._running: list[str] = []
        self._since = 0.0

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Give the function with its time counted."""

        def run(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - it passes on whatever it is given
            self._change()
            self._running.append(part)
            try:
                return function(*given, **named)
            finally:
                self._change()
                self._running.pop()

        return run

    def _change(self) -> None:
        now = time.thread_time()
        if self._running:
            self.seconds[self._running[-1]] += now - self._since
        self._since = now


def time_parts(pictures: Sequence[Uint8Array], models: Path | None, frames: int) -> Parts:
    """Look at so many frames in either way, with one thread, so that its processor time is all that a look takes.

    The pictures are shown forth and back: a face that leaps is embedded again each time, since it may be somebody else's.
    """
    cv2.setNumThreads(1)
    shown = [*pictures, *pictures[-2:0:-1]]
    return Parts(*(_time(Bench(shown, threads=1, models=models, trigger_level=level), frames) for level in (NEVER, NAMED_AT)))


def _time(bench: Bench, frames: int) -> dict[str, float]:
    for _ in range(WARM_UP):
        bench.step()
    clock = _Clock()
    with _installed(clock):
        step = clock.timed(REST, bench.step)
        for _ in range(frames):
            step()
    return {part: 1e6 * clock.seconds[part] / frames for *_, part in (*PARTS, (None, None, REST))}


@contextmanager
def _installed(clock: _Clock) -> Iterator[None]:
    with ExitStack() as stack:
        for owner, name, part in PARTS:
            original = getattr(owner, name)
            setattr(owner, name, clock.timed(part, original))
            stack.callback(setattr, owner, name, original)
        yield


def part_rows(found: Parts) -> Iterator[str]:
    """Say it for people."""
    yield f"{'one thread, processor time of a frame in the mean, microseconds':<64}{'embedded':>10}{'named':>10}"
    for part, taken in found.embedded.items():
        yield f"  {part:<62}{taken:10.0f}{found.named[part]:10.0f}"
    yield f"{'together':<64}{sum(found.embedded.values()):10.0f}{sum(found.named.values()):10.0f}"
