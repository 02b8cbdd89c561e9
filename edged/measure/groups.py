"""Measuring rates by group on a folder of groups of people, at the thresholds of the product.

Here pictures meet the networks, the fusion of looks, the rule of the threshold and the protocol.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from edged.errors import LabelsError
from edged.evaluation.groups import LEAST_PEOPLE, Product, measure_groups
from edged.gallery.open_set import threshold_for
from edged.measure.identification import fused, read_people
from edged.vision.listing import listed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edged.evaluation.groups import GroupRates
    from edged.vision.faces import FaceReader
    from edged.vision.model_card import EmbedderCard

ASKED = 0.01
"""Share of strangers' visits that may be named: the default of `max_false_alarms`."""


def product_of(card: EmbedderCard, asked: float = ASKED) -> Product:
    """What the product does with a network of this card: thresholds, margin and fusion."""
    floor, tail = card.matching.match_threshold, card.impostor_tail

    def threshold(people: int, templates: int, looks: int) -> float:
        return threshold_for(templates, asked, tail, floor, people=people, looks=looks)

    return Product(asked, floor, threshold, card.matching.margin, partial(fused, card.id))


def measure_group_rates(reader: FaceReader, images: Path, report: Callable[[str], None]) -> GroupRates:
    """Run the protocol of `edged.evaluation.groups` from the untouched pictures on; templates and looks are made as by the product.

    Args:
        reader: The networks.
        images: A folder with a folder for each group, and in that a folder of pictures for each person.
        report: Is given a sentence for every picture that shows no face.

    Raises:
        LabelsError: no group has enough people.
        PictureError: a picture is damaged.
    """
    folders = [path for path in listed(images) if path.is_dir()]
    groups = {folder.name: read_people(reader, folder, report)[0] for folder in folders}
    if all(len(people) < LEAST_PEOPLE for people in groups.values()):
        raise LabelsError(
            f"{images} shows no group of {LEAST_PEOPLE} people or more; it needs a folder for each group, and in it one for each person."
        )
    return measure_groups(groups, product_of(reader.embedding_card))
