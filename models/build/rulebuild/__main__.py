"""The command: `python -m rulebuild DATA --faces FILE` compares the rules for several templates, and with `--altered` further templates.

Run it with the product's own environment and `PYTHONPATH=.:models/build`; it prints FNIR in percent at FPIR 1 / 0.1 %, the mean of groups.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edged.config import Config, ModelsConfig
from edged.daemon.opening import open_reader
from edged.evaluation.identification import GALLERY_SIZES, SearchSetting
from rulebuild.faces import read_groups
from rulebuild.trial import BY_ALTERATION, BY_RULE, trial

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rulebuild.faces import Groups
    from rulebuild.trial import Way

ALTERED_FROM = 3
"""Pictures of a person at least whose pictures are altered."""
SEVERAL = (SearchSetting("two and one", 2, 1, 3), SearchSetting("five and one", 5, 1, 6), SearchSetting("five and five", 5, 5, 10))
ALTERED = (SearchSetting("one and one", 1, 1, ALTERED_FROM), SearchSetting("five and one", 5, 1, 6))


def main() -> None:
    """Read the arguments and the faces, and print a line for each setting and size."""
    parser = argparse.ArgumentParser(prog="rulebuild", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with DATA/<person>/ or DATA/<group>/<person>/")
    parser.add_argument("--faces", type=Path, required=True, help="file (.npz) that keeps the faces read, and gives them if it is there")
    parser.add_argument("--altered", action="store_true", help="compare templates of altered pictures too")
    parser.add_argument("--draws", type=int, default=30, help="galleries of each size (default: 30)")
    parser.add_argument("--models", type=Path, default=Path("models"), help="folder with the networks")
    arguments = parser.parse_args()
    reader = open_reader(Config(models=ModelsConfig(directory=arguments.models, threads=1)))
    groups = read_groups(reader, arguments.data, arguments.faces, altered_from=ALTERED_FROM if arguments.altered else None)
    _print(groups, SEVERAL, BY_RULE, arguments.draws)
    if arguments.altered:
        _print(groups, ALTERED, BY_ALTERATION, arguments.draws)


def _print(groups: Groups, settings: tuple[SearchSetting, ...], ways: Mapping[str, Way], draws: int) -> None:
    for setting in settings:
        for size in GALLERY_SIZES:
            rows = [row for row in (trial(people, size, setting, ways, draws) for people in groups.values()) if row]
            if rows:
                figures = {name: 100 * np.mean([row[name] for row in rows], axis=0) for name in ways}
                told = ", ".join(f"{name} {first:.2f} / {second:.2f}" for name, (first, second) in figures.items())
                print(f"{setting.name}, N = {size}, {len(rows)} groups: {told}", flush=True)


if __name__ == "__main__":
    main()
