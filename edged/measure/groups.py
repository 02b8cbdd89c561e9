"""Measuring rates by group on a folder of groups of people, at the thresholds of the product.

Here pictures meet the networks, the fusion of looks, the rule of the threshold and the protocol.
"""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from edged.errors import LabelsError
from edged.evaluation.groups import LEAST_PEOPLE, Product, measure_groups
from edged.gallery.open_set import threshold_for
from edged.measure.identification import folders_in, fused, read_people
from edged.vision.listing import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sized
    from pathlib import Path

    from edged.evaluation.groups import GroupRates
    from edged.measure.faces import Track
    from edged.measure.identification import Folders
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


def groups_in(images: Path) -> dict[str, Folders]:
    """The people of each group, whose folder stands in a folder, and in it one for each person.

    Raises:
        LabelsError: no group has enough people.
        PictureError: a folder cannot be read, or is empty.
    """
    groups = {folder.name: folders_in(folder) for folder in listed(images) if folder.is_dir()}
    _check(groups)
    return groups


def measure_group_rates(
    reader: FaceReader, groups: Mapping[str, Folders], report: Callable[[str], None], track: Track = iter
) -> GroupRates:
    """Run the protocol of `edged.evaluation.groups` from the untouched pictures on; templates and looks are made as by the product.

    Args:
        reader: The networks.
        groups: The pictures of each person of each group, see groups_in().
        report: Is given a sentence for every picture that shows no face.
        track: Gives the pictures one by one, and may count them.

    Raises:
        LabelsError: no group has enough people who show a face.
        PictureError: a picture is damaged.
    """
    paths = {name: [path for folder in folders for path in folder] for name, folders in groups.items()}
    tracked = iter(track([path for group in paths.values() for path in group]))
    read = {name: read_people(reader, islice(tracked, len(group)), report)[0] for name, group in paths.items()}
    _check(read)
    return measure_groups(read, product_of(reader.embedding_card))


def _check(groups: Mapping[str, Sized]) -> None:
    if all(len(people) < LEAST_PEOPLE for people in groups.values()):
        raise LabelsError(
            f"The pictures show no group of {LEAST_PEOPLE} people or more; it takes a folder for each group, and in it one for each person."
        )
