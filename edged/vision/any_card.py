"""Cards of any task: which form a card has, and read by it.

It knows the tasks that there are, and loads no network.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from pydantic import ConfigDict

from edged.errors import ModelError
from edged.system.paths import is_file
from edged.system.text import decoded
from edged.vision.attribute_cards import AgeGenderCard, EmotionCard
from edged.vision.detection_card import DetectionCard
from edged.vision.joint_card import BETWEEN, read_embedder_card
from edged.vision.mesh import MeshCard
from edged.vision.model_card import Strict, read_toml

if TYPE_CHECKING:
    from pathlib import Path

    from edged.vision.model_card import Card, EmbedderCard

CARDS: dict[str, type[Card]] = {"detection": DetectionCard, "landmarks": MeshCard, "emotion": EmotionCard, "age_gender": AgeGenderCard}
"""The form of a card by its task; embedders have two."""
EMBEDDING = "embedding"


class _Task(Strict):
    """What every card says, whatever its form: its task."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    task: str


def read_card(folder: Path) -> Card | EmbedderCard:
    """Read a card of any task.

    Raises:
        ModelError: missing, unreadable, or of no task that there is.
    """
    task = read_toml(_Task, folder / "model.toml", "model card").task
    if task == EMBEDDING:
        return read_embedder_card(folder.parent, folder.name.split(BETWEEN))
    if task not in CARDS:
        kinds = ", ".join(sorted([*CARDS, EMBEDDING]))
        raise ModelError(f"The model card {folder / 'model.toml'} is for the task {task!r}; there are: {kinds}.")
    return CARDS[task].read(folder)


def has_card(folder: Path) -> bool:
    """Whether a folder has a card, or may not be looked into, which is told when the card is read."""
    try:
        return is_file(folder / "model.toml")
    except OSError:
        return True


def task_of(folder: Path) -> str | None:
    """The task that a card names, which says of what form it is; None where it names none."""
    try:
        task = tomllib.loads(decoded((folder / "model.toml").read_bytes())).get("task")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return None
    return task if isinstance(task, str) else None
