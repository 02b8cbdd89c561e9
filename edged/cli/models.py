"""The commands on networks: which are there, and how one's own is added.

How they are measured and checked is not known here.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from edged.cli.options import add, config_of, in_columns, json_text
from edged.daemon.adding import add_network
from edged.daemon.opening import models_directory
from edged.measure.networks import measure_networks
from edged.vision.joint_card import BETWEEN

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from edged.cli.options import Commands
    from edged.config import ModelsConfig
    from edged.measure.networks import MeasuredFile, MeasuredNetwork


def add_commands(commands: Commands) -> None:
    """Add these commands."""
    text = "say which networks there are and which are chosen, their accuracy, size and milliseconds on this device"
    models = add(commands, "models", _models, text)
    models.add_argument("--json", action="store_true", help="for programs")
    text = "in place of listing: 'add FILE CARD' checks a network of your own and copies it to the others"
    models.add_argument("add", metavar="add FILE CARD", nargs="*", help=text)
    models.add_argument("--name", help="with add: the folder, in place of one by task and network")
    models.set_defaults(refuse=models.error)


def _models(options: argparse.Namespace) -> None:
    match options.add:
        case []:
            _list(options)
        case ["add", file, card]:
            place = add_network(config_of(options), Path(file), Path(card), options.name)
            print(f"{place.name} is checked and copied to {place}. Set it in [models] of the configuration to use it, and restart edged.")
        case _:
            options.refuse("give nothing, or 'add FILE CARD'")


def _list(options: argparse.Namespace) -> None:
    models = config_of(options).models
    measured = measure_networks(models_directory(models), _chosen(models), threads=models.threads, delegate=models.delegate)
    if options.json:
        print(json_text([asdict(network) | {"accuracy": [one.model_dump() for one in network.accuracy]} for network in measured]))
        return
    for network in measured:
        print("\n".join(_lines(network)), flush=True)


def _chosen(models: ModelsConfig) -> frozenset[str]:
    """The folders in use, that of a joint card in any order of its networks."""
    both = {BETWEEN.join(order) for order in (models.embedders, models.embedders[::-1])}
    return frozenset({models.detection, models.landmarks, models.emotion, models.age_gender, *models.embedders, *both})


def _lines(network: MeasuredNetwork) -> Iterator[str]:
    chosen = ", chosen" if network.chosen else ""
    if network.problem:
        yield f"{network.folder} ({network.task or 'of no task'}{chosen}): cannot be used: {network.problem}"
        return
    yield f"{network.folder} ({network.task}{chosen}): {network.network}, {network.id}, {network.licence}"
    yield from (f"    {row}" for row in in_columns([_file(file) for file in network.files], "no files of its own"))
    yield from (f"    {one.figure}: {one.value:g} ({one.data}; {one.command})" for one in network.accuracy)


def _file(file: MeasuredFile) -> tuple[str, str]:
    return file.name, f"{file.width}×{file.height}, {file.bytes / 1000:,.0f} kB, {file.ms:.2f} ms"
