"""The command: `python -m learnbuild DATA` says what learning to tell look-alikes apart changes in households of the most alike people.

Run it with the product's own environment and `PYTHONPATH=.:models/build`; the rules are the product's, and none is kept here. DATA is
`world_dev`, of which each group has its own pairs, or `lfw_view1`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tailbuild.faces import read_groups

from edged.config import Config, ModelsConfig
from edged.daemon.opening import open_reader
from learnbuild.households import OTHERS, Count, live, nearest_pairs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from learnbuild.households import Answers

TEMPLATES = (2, 3)
"""Templates of each person; all their other pictures are looks."""


def main() -> None:
    """Read the arguments and the faces, and print a line for each number of templates."""
    parser = argparse.ArgumentParser(prog="learnbuild", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with DATA/<group>/<person>/")
    parser.add_argument("--embedding", nargs="+", default=["embedding_sface"], help="as in the configuration")
    parser.add_argument("--pairs", type=int, default=200, help="pairs of a group at most, the most alike first (default: 200)")
    parser.add_argument("--draws", type=int, default=3, help="households of each pair, of other pictures (default: 3)")
    parser.add_argument("--models", type=Path, default=Path("models"), help="folder with the networks")
    parser.add_argument("--faces", type=Path, help="file (.npz) that the faces read are kept in, and taken from if it is there")
    arguments = parser.parse_args()
    reader = open_reader(Config(models=ModelsConfig(directory=arguments.models, embedding=tuple(arguments.embedding), threads=1)))
    card = reader.embedding_card
    groups = read_groups(reader, arguments.data, arguments.faces)
    for templates in TEMPLATES:
        count, alike = Count(), Count()
        for number, everybody in enumerate(groups.values()):
            people = [one.pictures for one in everybody]
            for place, pair in enumerate(nearest_pairs(people, templates + 1, arguments.pairs)):
                for draw in range(arguments.draws):
                    lived = live(card, people, pair, templates, np.random.default_rng([number, place, draw]))
                    count += lived
                    alike += lived if lived.alike else Count()
        print("\n".join([*_lines("all", templates, count), *_lines("whose templates are look-alikes", templates, alike)]), flush=True)


def _lines(which: str, templates: int, count: Count) -> Iterator[str]:
    obstacles = ", ".join(f"{name} {number}" for name, number in sorted(count.obstacles.items()) if name)
    households = f"{count.households} households of {2 + OTHERS}, taken in {count.taken}; not: {obstacles or 'none'}"
    yield f"{templates} templates each, {which}: {households}"
    yield f"  before: {_shares(count.before, count)}"
    yield f"  after:  {_shares(count.after, count)}"


def _shares(answers: Answers, count: Count) -> str:
    looks, strangers = max(count.looks, 1), max(count.strangers, 1)
    missed = f"{answers.missed / looks:.2%} of {count.looks} looks of the two missed, {answers.confused} named as somebody else"
    named = f"{answers.named / strangers:.3%} of {count.strangers} strangers named, {answers.near / strangers:.3%} at the threshold"
    return f"{missed}; {named}"


if __name__ == "__main__":
    main()
