"""The networks in a folder: what each is for, what is known of its accuracy, how large it is, and how long it takes here.

It knows cards and bare inference, and not which networks are in use or how any of them gets there.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from edged.errors import ModelError
from edged.vision.any_card import has_card, read_card, task_of
from edged.vision.tflite import Network

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edged.vision.model_card import Accuracy, Card, EmbedderCard

WARM_UPS, INVOKES = 3, 20


@dataclass(frozen=True, slots=True)
class MeasuredFile:
    """One file: input width and height in pixels, size, and the median milliseconds of a bare inference."""

    name: str
    width: int
    height: int
    bytes: int
    ms: float


@dataclass(frozen=True, slots=True)
class MeasuredNetwork:
    """A folder of the models: what stands on its card, and what was measured just now.

    problem says why it cannot be used, None where it can. Networks together have no files of their own.
    """

    folder: str
    task: str | None
    chosen: bool
    id: str | None = None
    network: str | None = None
    licence: str | None = None
    accuracy: tuple[Accuracy, ...] = ()
    files: tuple[MeasuredFile, ...] = ()
    problem: str | None = None


def measure_networks(models: Path, chosen: frozenset[str], *, threads: int, delegate: Path | None) -> Iterator[MeasuredNetwork]:
    """Measure every folder that has a card, by task and name; chosen are the folders in use."""
    found = [(task_of(folder) or "", folder) for folder in models.iterdir() if has_card(folder)]
    for task, folder in sorted(found):
        try:
            card = read_card(folder)
            files = tuple(_files(card, threads, delegate))
        except ModelError as error:
            yield MeasuredNetwork(folder.name, task or None, folder.name in chosen, problem=str(error))
        else:
            known = (card.id, card.network, card.licence, card.accuracy)
            yield MeasuredNetwork(folder.name, task, folder.name in chosen, *known, files)


def _files(card: Card | EmbedderCard, threads: int, delegate: Path | None) -> Iterator[MeasuredFile]:
    for file in getattr(card, "file", ()):
        path = card.folder / file.name
        network = Network(path, sha256=file.sha256, threads=threads, delegate=delegate)
        yield MeasuredFile(file.name, file.width, file.height, path.stat().st_size, _milliseconds(network))


def _milliseconds(network: Network) -> float:
    seconds = []
    for _ in range(WARM_UPS + INVOKES):
        started = time.perf_counter()
        network.invoke_again()
        seconds.append(time.perf_counter() - started)
    return median(seconds[WARM_UPS:]) * 1000
