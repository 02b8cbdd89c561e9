"""Times one frame with one face through the product's own pipeline, the bare networks beside it, and the matcher alone.

It knows the parts of edged and no broker, camera or peer; the frames are composed, so that every run sees the same pixels.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from bench_machine import BenchError, Milliseconds, available_bytes
from door_acts import Act, Pose, Role
from door_frames import frames

from edged.config import Config, ModelsConfig
from edged.daemon.opening import open_attributes, open_reader
from edged.gallery.matcher import Matcher
from edged.gallery.memory import StrangerMemory
from edged.gallery.strangers import Strangers
from edged.pipeline.pipeline import Pipeline
from edged.pipeline.shared_state import Rules, SharedState
from edged.pipeline.stage_times import STAGES
from edged.storage.database import open_database
from edged.system.threads import use_one_blas_thread
from edged.types import Embedding, Frame

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from portraits import Portraits

    from edged.types import Float32Array, Uint8Array
    from edged.vision.faces import FaceReader

SIZE = (640, 480)
FRAMES_PER_SECOND = 15.0
VARIANTS = 20
"""Different frames that take turns: together 18 MB, so that none is still in a cache."""
FACE_PX = (180.0, 225.0)
"""At 720 lines, so 120 to 150 px of forehead to chin at 480."""
PERSON = "obama"
PEOPLE, TEMPLATES_EACH = 10, 5
DIMENSIONS = 128
SEED = 20_240_229
NEVER = 1_000_000
"""A trigger level that is not reached."""
WARM_UP = 20
"""Frames at the start that do not count: caches, clock frequency and lazily loaded parts settle."""
MATCHER_SIZES = (1_000, 10_000, 100_000, 1_000_000)
MATCHER_SECONDS = 1.0
"""How long each size of gallery is searched, but at least MATCHER_FEWEST times."""
MATCHER_FEWEST = 20
MATCHER_COPIES = 5
"""The matrix, its copy in the matcher and what checking it takes, in matrices."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Durations in seconds of the same frames, one entry each: the whole step, the two bare runs, and every stage."""

    pipeline: list[float]
    invokes: list[float]
    stages: dict[str, list[float]]

    @property
    def overhead(self) -> list[float]:
        """What a step took longer than the bare runs beside it."""
        return [whole - bare for whole, bare in zip(self.pipeline, self.invokes, strict=True)]


def compose_frames(portraits: Portraits) -> list[Uint8Array]:
    """The frames: (480, 640, 3) uint8 BGR, a man who comes closer before the porch."""
    seconds = VARIANTS / FRAMES_PER_SECOND
    poses = (Pose(0.0, 0.45, FACE_PX[0]), Pose(seconds, 0.55, FACE_PX[1]))
    return list(frames([Act(seconds, "one face", (Role(PERSON, poses),))], portraits, SIZE, FRAMES_PER_SECOND))


class Bench:
    """The product's pipeline on prepared frames, step by step as the caller asks."""

    def __init__(self, pictures: Sequence[Uint8Array], threads: int, models: Path | None = None, *, trigger_level: int = NEVER) -> None:
        """Load the networks and enroll the person in the frames and nine others; trigger_level looks must agree until they are named.

        Raises:
            BenchError: a frame does not show exactly one face.
        """
        config = Config(models=ModelsConfig(directory=models, threads=threads))
        self.reader, self.attributes = open_reader(config), open_attributes(config)
        self._pictures = pictures
        known = shared(self.reader, pictures, trigger_level)
        self._pipeline = Pipeline("bench", self.reader, known, networks=self.attributes, max_fps=FRAMES_PER_SECOND)
        self._number = 0
        self._began = datetime.now(UTC)
        found = [len(self.reader.detector.detect(picture)) for picture in pictures]
        if set(found) != {1}:
            raise BenchError(
                f"The frames should show one face each, but the detector finds {found}; are the models right? Run 'edged check'."
            )

    def step(self) -> float:
        """A look at one frame; how long it took in seconds."""
        seconds = self._number / FRAMES_PER_SECOND
        pixels = self._pictures[self._number % len(self._pictures)]
        frame = Frame("bench", self._number, self._began + timedelta(seconds=seconds), seconds, pixels)
        self._number += 1
        started = time.perf_counter()
        self._pipeline.look(frame)  # step() would leave out most of them: the face has had its verdict
        return time.perf_counter() - started

    def invoke(self) -> float:
        """All networks of the last look once more on the inputs that they hold; how long it took in seconds."""
        detector = self.reader.detector.last_network or self.reader.detector.network(SIZE)
        started = time.perf_counter()
        for network in (detector, *self.reader.embedder.networks):
            network.invoke_again()
        return time.perf_counter() - started

    def run(self, count: int) -> Steps:
        """So many frames, each followed by its bare runs, so that a busy machine slows both alike."""
        done = Steps([], [], {stage: [] for stage in STAGES})
        for number in range(WARM_UP + count):
            whole, bare = self.step(), self.invoke()
            if number < WARM_UP:
                continue
            done.pipeline.append(whole)
            done.invokes.append(bare)
            for stage, taken in self._pipeline.times.seconds.items():
                done.stages[stage].append(taken[-1])
        return done


def time_matcher(sizes: Sequence[int] = MATCHER_SIZES) -> dict[str, Milliseconds]:
    """One search through galleries of so many templates, as in the daemon; sizes that this machine has no memory for are left out."""
    use_one_blas_thread()
    generator = np.random.default_rng(SEED)
    fitting = [size for size in sizes if size * DIMENSIONS * 4 * MATCHER_COPIES < available_bytes()]
    return {str(size): _time_matcher(size, generator) for size in fitting}


def _time_matcher(size: int, generator: np.random.Generator) -> Milliseconds:
    matcher = Matcher([f"p{row // TEMPLATES_EACH}" for row in range(size)], _unit_rows(generator, size), "bench")
    probes = [Embedding(row, "bench") for row in _unit_rows(generator, MATCHER_FEWEST)]
    taken: list[float] = []
    while len(taken) < MATCHER_FEWEST or sum(taken) < MATCHER_SECONDS:
        started = time.perf_counter()
        matcher.match(probes[len(taken) % len(probes)], threshold=0.4, margin=0.05)
        taken.append(time.perf_counter() - started)
    return Milliseconds.of(taken)


def shared(reader: FaceReader, pictures: Sequence[Uint8Array], trigger_level: int = NEVER) -> SharedState:
    """A household: the person in the frames, and others as random directions, which are as far from a face as strangers."""
    card = reader.embedding_card
    faces = [face for picture in pictures[:: len(pictures) // TEMPLATES_EACH] if (face := reader.largest(picture))]
    own = [face.embedding.vector for face in faces[:TEMPLATES_EACH]]
    others = _unit_rows(np.random.default_rng(SEED), (PEOPLE - 1) * TEMPLATES_EACH, card.dimensions)
    persons = [PERSON] * len(own) + [f"p{row // TEMPLATES_EACH}" for row in range(len(others))]
    matching = card.matching
    rules = Rules(match_threshold=matching.match_threshold, margin=matching.margin)
    matcher = Matcher(persons, np.array([*own, *others], dtype=np.float32), card.id)
    with open_database(None) as database:  # nothing of it is used once it is read: strangers are forgotten at once
        strangers = StrangerMemory(Strangers(database), card.id, days=0)
    return SharedState(
        matcher=matcher,
        strangers=strangers,
        display_names={PERSON: "Barack Obama"},
        rules=rules.model_copy(update={"trigger_level": trigger_level}),  # a face with a verdict is hardly embedded again
        impostors=card.impostor_tail,
        keep_pictures=False,
        decisive_lead=card.matching.decisive_lead,
    )


def _unit_rows(generator: np.random.Generator, count: int, dimensions: int = DIMENSIONS) -> Float32Array:
    rows = generator.standard_normal((count, dimensions), dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows
