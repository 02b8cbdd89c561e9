"""Joint cards: several embedders whose vectors make one, with one similarity, as `models/<name>+<name>/model.toml` says.

It knows how the networks weigh beside each other, and runs none of them.
"""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from edged.errors import ModelError
from edged.vision.model_card import EmbedderCard, EmbeddingCard, EmbeddingPart, Strict, read_toml

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BETWEEN = "+"
"""What stands between the folders of the networks in the name of the folder of their joint card."""


class JointPart(Strict):
    """A network of a joint embedding: the id of its card, and how much its similarity weighs beside those of the others."""

    id: str
    weight: Annotated[float, Field(gt=0)]


class JointCard(EmbedderCard):
    """Several embedders as one: its similarity is the mean of theirs, by weight, for looks and templates that are not fused.

    Its vectors hold those of the networks one behind the other, each of unit length times the root of its share of the weight.
    """

    task: Literal["embedding"]
    part: Annotated[tuple[JointPart, ...], Field(min_length=2)]
    cards: tuple[EmbeddingCard, ...]

    @classmethod
    def read_joint(cls, folder: Path, cards: Sequence[EmbeddingCard]) -> JointCard:
        """Read `model.toml` of networks together; cards are those of the networks.

        Raises:
            ModelError: missing, unreadable, or of other networks.
        """
        return read_toml(cls, folder / "model.toml", "model card", folder=folder, cards=tuple(cards))

    @model_validator(mode="after")
    def _networks_are_the_ones_meant(self) -> JointCard:
        if [part.id for part in self.part] != [card.id for card in self.cards]:
            raise ValueError(f"it is for {', '.join(part.id for part in self.part)}, and not {', '.join(card.id for card in self.cards)}")
        if any((card.reference_landmarks, card.face_size) != (self.first.reference_landmarks, self.face_size) for card in self.cards):
            raise ValueError("its networks want their faces aligned in different ways")
        return self

    @property
    def parts(self) -> tuple[EmbeddingPart, ...]:
        """The networks and the share of each in the similarity; shares make 1 together."""
        whole = sum(part.weight for part in self.part)
        return tuple(EmbeddingPart(card, part.weight / whole) for card, part in zip(self.cards, self.part, strict=True))

    @property
    def first(self) -> EmbeddingCard:
        """The first network: how faces are aligned for all, and which views are ordinary ones, is read on its card."""
        return self.cards[0]


def read_embedder_card(models: Path, names: Sequence[str]) -> EmbedderCard:
    """Read the card of the embedder in one folder of models, or the joint card of those in several, in any order.

    Raises:
        ModelError: a card is missing or not usable, or no joint card is for these networks.
    """
    if len(names) == 1:
        return EmbeddingCard.read(models / names[0])
    folders = {BETWEEN.join(order): order for order in permutations(names)}
    for name, order in folders.items():
        if (models / name).is_dir():
            return JointCard.read_joint(models / name, [EmbeddingCard.read(models / one) for one in order])
    raise ModelError(
        f"No card says how {' and '.join(names)} make one embedding: {models / BETWEEN.join(names)} is missing. "
        "Set models.embedding to one of them, or add the card."
    )
