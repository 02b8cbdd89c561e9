"""Adding a network of one's own to the models: checked as the daemon would use it, and only then put in its place.

It knows folders and the checks that each task has, and not how a network is run.
"""

from __future__ import annotations

import math
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edged.config import DetectionConfig
from edged.control.self_test import try_models
from edged.daemon.opening import models_directory, open_attributes, open_mesh, open_reader
from edged.errors import ModelError
from edged.types import Box
from edged.vision.any_card import EMBEDDING, read_card
from edged.vision.golden import read_golden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edged.config import Config
    from edged.vision.model_card import Card, EmbedderCard

MOST_NAME_CHARACTERS = 64


def add_network(config: Config, file: Path, card: Path, name: str | None) -> Path:
    """Copy a network and its card into a folder of the models, after they were checked; give the folder.

    Files that the card names beside the one given, such as those of other input sizes, are taken from its folder or from the card's.

    Raises:
        ModelError: something is missing or wrong, or there is such a folder already; nothing is left behind then.
    """
    models = models_directory(config.models)
    with _stage(models) as stage, _named(stage, file, card):
        _copy(card, stage / "model.toml")
        known = read_card(stage)
        place = models / (name or _name_of(known))
        if place.parent != models or place.name.startswith("."):
            raise ModelError(f"{name} is no name for a folder of models; name one without slashes, such as {_name_of(known)}.")
        if place.exists():
            raise ModelError(f"{place} is there already, and nothing is replaced; give another name with --name.")
        _copy_files(known, file, card, stage)
        _check(config, known, stage)
        stage.rename(place)
    return place


@contextmanager
def _stage(models: Path) -> Iterator[Path]:
    """A folder beside those of the models, which is removed again where it still has that name."""
    try:
        stage = Path(tempfile.mkdtemp(prefix=".adding-", dir=models))
    except OSError as error:
        raise ModelError(f"Nothing can be added to {models}: {error.strerror}; set models.directory to a folder of your own.") from error
    try:
        stage.chmod(0o755)
        yield stage
    except OSError as error:
        raise ModelError(f"The network cannot be put into {models}: {error.strerror}.") from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


@contextmanager
def _named(stage: Path, file: Path, card: Path) -> Iterator[None]:
    """Name what was given, in place of its copy, in what is wrong."""
    try:
        yield
    except ModelError as error:
        told = str(error).replace(str(stage / "model.toml"), str(card)).replace(str(stage), str(file.parent))
        raise ModelError(told) from error


def _name_of(card: Card | EmbedderCard) -> str:
    words = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in card.network.lower()).split()
    return "_".join([str(getattr(card, "task", EMBEDDING)), *words])[:MOST_NAME_CHARACTERS]


def _copy_files(card: Card | EmbedderCard, file: Path, card_path: Path, stage: Path) -> None:
    names = [one.name for one in getattr(card, "file", ())]
    if not names:
        raise ModelError(f"The card {card_path} names no [[file]]; only single networks can be added.")
    if file.name not in names:
        raise ModelError(f"The card {card_path} is for {', '.join(names)}, and not for {file.name}; rename the file or mend the card.")
    parts = (getattr(card, part, None) for part in ("mean_face", "typical_view"))
    for name in [*names, *(part.file for part in parts if part)]:
        if Path(name).name != name:
            raise ModelError(f"The card {card_path} names the file {name}; files lie beside their card, so it has no slashes.")
        beside = file.parent / name
        _copy(beside if beside.exists() else card_path.parent / name, stage / name)


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise ModelError(f"{source} cannot be copied: {error.strerror}.") from error


def _check(config: Config, card: Card | EmbedderCard, stage: Path) -> None:
    """Load the network in the place of the one in use, and read the golden picture with it.

    Raises:
        ModelError: hash, shapes or answers are not what the card and the golden answer say.
    """
    task = str(getattr(card, "task", EMBEDDING))
    models = config.models.model_copy(update={"directory": stage.parent, task: stage.name})
    trial = config.model_copy(update={"models": models, "detection": DetectionConfig()})
    CHECKS[task](trial)


def _check_reader(config: Config) -> None:
    reader = open_reader(config)
    for file in reader.detection_card.file:
        reader.detector.network((file.width, file.height))
    try_models(reader)


def _check_mesh(config: Config) -> None:
    """Look whether the five landmarks are where they are known to be in the golden picture."""
    mesh = open_mesh(config)
    golden, pixels = read_golden(models_directory(config.models))
    found, known = mesh.read(pixels, Box(*golden.detection.box_xyxy)), golden.landmarks
    if found is None:
        raise ModelError("The golden picture is read wrongly: the network sees no face in it.")
    points = dict(zip(found.landmarks.names, found.landmarks.points_xy, strict=True))
    apart = max(math.dist(points[name], place) for name, place in zip(known.names, known.points_xy, strict=True))
    eyes = float(np.ptp(known.points_xy[:2], axis=0).max())
    if apart > MOST_APART * eyes:
        raise ModelError(f"The golden picture is read wrongly: a landmark is {apart:.0f} pixels away from where it is.")


MOST_APART = 0.25
"""Distance of a landmark from its place that passes, in distances between the eyes: networks mean slightly different points by one name."""
CHECKS: dict[str, Callable[[Config], object]] = {
    "detection": _check_reader,
    EMBEDDING: _check_reader,
    "landmarks": _check_mesh,
    "emotion": lambda config: open_attributes(config).load(emotion=True, age_gender=False),
    "age_gender": lambda config: open_attributes(config).load(emotion=False, age_gender=True),
}
