"""The command: `python -m tailbuild DATA` fits the tail to groups that weigh the same, and tries it on the half it was not fitted to.

Run it with the product's own environment and `PYTHONPATH=.:models/build`; it prints what is written on the embedder's card by hand.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edged.config import Config, ModelsConfig
from edged.daemon.opening import open_reader
from edged.evaluation.groups import measure_groups
from edged.evaluation.impostor_tail import FUSED_LOOKS, ImpostorTail
from edged.gallery.open_set import threshold_for
from edged.measure.groups import ASKED, product_of
from tailbuild.balanced import STEP, compare, similarities
from tailbuild.faces import LEAST_PEOPLE, read_groups
from tailbuild.powers import fit_powers
from tailbuild.splits import lines, trials

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edged.evaluation.groups import AcrossGroups, Product
    from edged.evaluation.identification import PersonPictures
    from tailbuild.balanced import Comparisons

    People = Mapping[str, Sequence[PersonPictures]]

RATES = (1e-2, 1e-3, 1e-4, 1e-5)
DRAWS = 500
"""Draws of the bootstrap over people."""
HALF_GROUP = LEAST_PEOPLE // 2
"""People of a group at least, of half of everybody."""


def main() -> None:
    """Read the arguments, fit the tail to everybody and to either half, and print both and how the halves do."""
    parser = argparse.ArgumentParser(prog="tailbuild", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with DATA/<group>/<person>/")
    parser.add_argument("--embedding", nargs="+", default=["embedding_sface"], help="as in the configuration")
    parser.add_argument("--splits", type=int, default=0, help="so many random halves are tried too, both ways and with both tails")
    parser.add_argument("--models", type=Path, default=Path("models"), help="folder with the networks")
    parser.add_argument("--faces", type=Path, help="file (.npz) that the faces read are kept in, and taken from if it is there")
    arguments = parser.parse_args()
    reader = open_reader(Config(models=ModelsConfig(directory=arguments.models, embedding=tuple(arguments.embedding), threads=1)))
    card = reader.embedding_card
    groups = read_groups(reader, arguments.data, arguments.faces)
    everybody = {name: [one.pictures for one in people] for name, people in groups.items()}
    halves = [{name: [one.pictures for one in people if one.half == half] for name, people in groups.items()} for half in (0, 1)]
    product = product_of(card)
    _print_tail("everybody", everybody, product)
    _print_trial("the card, everybody", everybody, product)
    for half, (fitted, tried) in enumerate((halves, halves[::-1])):
        similar = _print_tail(f"half {half}", fitted, product)
        if not all(np.diff(similar) > 0):
            raise SystemExit(f"Half {half} has too few people for a tail down to {RATES[-1]:g}: its last rates are of the same pairs.")
        tail = replace(card.impostor_tail, similarities=similar, false_match_rates=RATES)
        _print_trial(
            f"half {half} tried on the other", tried, replace(product, threshold=partial(_threshold, tail, product.least_threshold))
        )
    for most_alike in (False, True) if arguments.splits else ():
        print(f"random halves, tail of {'the half of the groups that are most alike' if most_alike else 'all groups'}:")
        for line in lines(trials(everybody, arguments.splits, partial(_fitted, card.impostor_tail, product, most_alike))):
            print(f"  {line}")


def _fitted(tail: ImpostorTail, product: Product, most_alike: bool, people: People) -> Product:  # noqa: FBT001 - partial() gives it
    """The product with the similarities of these people in place of those of the card."""
    found, _ = similarities(_compared(_large(people)), RATES, 0, most_alike=most_alike)
    steps = STEP * np.arange(len(found))  # of few people the last rates may be reached by the same pair
    fitted = replace(tail, similarities=tuple((np.maximum.accumulate(found) + steps).tolist()), false_match_rates=RATES)
    return replace(product, threshold=partial(_threshold, fitted, product.least_threshold))


def _large(people: People) -> list[Sequence[PersonPictures]]:
    return [of for of in people.values() if len(of) >= HALF_GROUP]


def _threshold(tail: ImpostorTail, floor: float, people: int, templates: int, looks: int) -> float:
    return threshold_for(templates, ASKED, tail, floor, people=people, looks=looks)


def _print_tail(title: str, people: People, product: Product) -> tuple[float, ...]:
    """Print the similarities of single and of fused looks with their intervals, and the powers; give the first."""
    large = _large(people)
    several = [of for of in large if any(len(one) >= FUSED_LOOKS for one in of)]
    single, interval = similarities(_compared(large), RATES, DRAWS)
    print(f"{title}: single looks {single.round(4)}, from {interval[0].round(4)} to {interval[1].round(4)}")
    alike = similarities(_compared(large), RATES, 0, most_alike=True)[0]
    print(f"  half of the groups, most alike: {alike.round(4)}")
    rows = [
        compare(of, [product.fuse(one.looks[:FUSED_LOOKS], one.qualities[:FUSED_LOOKS].tolist())[None] for one in of]) for of in several
    ]
    one, many = similarities(_compared(several), RATES, 0)[0], similarities(rows, RATES, 0)[0]
    people_power, template_power = fit_powers(large)
    print(f"  {FUSED_LOOKS} looks fused {(many - one).round(4)} more; powers {people_power:.2f} and {template_power:.2f}")
    return tuple(single.tolist())


def _compared(groups: Sequence[Sequence[PersonPictures]]) -> list[Comparisons]:
    return [compare(of, [one.looks for one in of]) for of in groups]


def _print_trial(title: str, people: People, product: Product) -> None:
    print(f"{title}, {product.asked:.0%} asked:")
    for row in measure_groups(people, product).across:
        print(f"  {_line(row)}")


def _line(row: AcrossGroups) -> str:
    kind = f"N {row.people}, {row.templates} and {row.looks}, threshold {row.threshold:.3f}"
    missed = "" if row.fnir is None else f", FNIR {row.fnir:.2%}"
    return f"{kind}: FPIR {row.fpir:.2%}, worst {row.worst_fpir:.2%} ({row.worst_group}), {row.groups} groups{missed}"


if __name__ == "__main__":
    main()
