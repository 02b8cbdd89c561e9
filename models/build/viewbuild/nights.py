"""The command: `python -m viewbuild.nights DATA` measures how well people are told apart in grey pictures, as cameras give them by night.

Run it with the product's own environment and `PYTHONPATH=.:models/build`. It draws nothing at random but the noise, and writes nothing.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edged.config import Config, ModelsConfig
from edged.daemon.opening import open_reader
from viewbuild.distortions import NIGHT
from viewbuild.faces import LEFT_OUT, Picture, Plain, read_distorted, read_plain
from viewbuild.night_pairs import Seen, Told, told_apart
from viewbuild.table import Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from edged.vision.faces import FaceReader

UNTOUCHED = "untouched"
HEAD = (
    "| view | may be enrolled | by templates in colour: strangers accepted | kept | with as few strangers as untouched: threshold, kept "
    "| by templates in the same view: strangers accepted | kept | with as few: threshold, kept |\n|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True, slots=True)
class People:
    """The faces of a set of data: two pictures of each person who has two, one of each other; and the group of each person."""

    first: Sequence[Plain]
    second: Sequence[Plain]
    groups: Sequence[str]

    @property
    def partner(self) -> np.typing.NDArray[np.intp]:
        """The row of the same person's first picture, for each second one."""
        rows = {one.picture.person: row for row, one in enumerate(self.first)}
        return np.array([rows[one.picture.person] for one in self.second], dtype=np.intp)


def main() -> None:
    """Read the arguments, and print a table for each set of data."""
    parser = argparse.ArgumentParser(prog="viewbuild.nights", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with the development data")
    parser.add_argument("--models", type=Path, default=Path("models"), help="folder with the networks")
    parser.add_argument("--embedder", default="embedding_sface")
    parser.add_argument("--only", choices=SETS, help="this set of data alone")
    parser.add_argument("--most", type=int, help="the first so many people of each set (default: all)")
    arguments = parser.parse_args()
    reader = open_reader(Config(models=ModelsConfig(directory=arguments.models, embedding=arguments.embedder, threads=1)))
    for name in SETS if arguments.only is None else (arguments.only,):
        people = read_people(reader, SETS[name](arguments.data), arguments.most)
        print(f"\n{name}: {len(people.first)} people, {len(people.second)} of them with a second picture\n\n{HEAD}", flush=True)
        for line in lines_of(reader, people):
            print(line, flush=True)


def read_people(reader: FaceReader, files: Iterable[tuple[Path, str]], most: int | None = None) -> People:
    """Find the faces in the first two pictures of each person, given as files of a folder of their own and the person's group."""
    by_person: dict[str, list[Path]] = defaultdict(list)
    groups = {}
    for path, group in files:
        by_person[str(path.parent)].append(path)
        groups[str(path.parent)] = group
    chosen = sorted(by_person)[:most]
    first = read_plain(reader, [Picture(person, by_person[person][0]) for person in chosen])
    found = {one.picture.person for one in first}
    others = [Picture(person, by_person[person][1]) for person in chosen if person in found and len(by_person[person]) > 1]
    return People(first, read_plain(reader, others), [groups[one.picture.person] for one in first])


def lines_of(reader: FaceReader, people: People) -> Iterator[str]:
    """The table's lines, one for each view."""
    matching, typical = reader.embedding_card.matching, reader.typical
    if typical.lines is None:
        raise ValueError("the embedder has no lines of typical views")
    rule = Rule(matching.match_threshold, matching.decisive_lead, typical.is_final)
    groups, partner = np.array(people.groups), people.partner
    rates: dict[str, float] = {}
    in_colour: Seen | None = None
    for name, distort in NIGHT.items():
        first = Seen.of(read_distorted(reader, people.first, name, distort), typical.lines, rule)
        second = Seen.of(read_distorted(reader, people.second, name, distort), typical.lines, rule)
        in_colour = in_colour or first
        told = {
            kind: told_apart(templates, first, second, partner, groups, rule.threshold, rates.get(kind))
            for kind, templates in (("colour", in_colour), ("same", first))
        }
        rates = rates or {kind: one.accepted for kind, one in told.items()}
        yield _line(name, first.may_enroll, told)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and LEFT_OUT not in str(path.parent))


SETS: Mapping[str, Callable[[Path], Iterable[tuple[Path, str]]]] = {
    "lfw_view1": lambda data: ((path, "") for path in _files(data / "lfw_view1" / "images")),
    "world_dev": lambda data: ((path, path.parent.parent.name) for path in _files(data / "world_dev")),
}
"""The pictures of a set of data, and the group of whom each shows: of LFW any two people are compared, of world_dev two of one group."""


def _line(name: str, enrolled: np.typing.NDArray[np.bool_], told: Mapping[str, Told]) -> str:
    shown = chain.from_iterable(
        (f"{one.accepted:.4%} ({one.count})", f"{one.kept:.1%}", f"{one.threshold:.3f}, {one.kept_there:.1%}") for one in told.values()
    )
    return "| " + " | ".join((name, f"{enrolled.mean():.1%}", *shown)) + " |"


if __name__ == "__main__":
    main()
