"""What all commands of the shell have in common: how one is added, and the configuration that it uses.

It does not know which commands there are.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edged.config import find_config, read_config

if TYPE_CHECKING:
    from collections.abc import Callable

    from edged.config import Config


def add(commands: Any, name: str, run: Callable[[argparse.Namespace], int | None], text: str) -> argparse.ArgumentParser:  # noqa: ANN401 - argparse does not name the type
    """Add a command that run carries out; text says what it does."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.add_argument("--config", type=Path, metavar="FILE", help="the configuration (default: /etc/edged/edged.toml where there is one)")
    parser.add_argument("--models", type=Path, metavar="DIR", help="in place of models.directory")
    parser.set_defaults(run=run)
    return parser


def non_negative(text: str) -> float:
    """The value of an option that may be any number from 0 on."""
    value = float(text)
    if not math.isfinite(value) or value < 0:
        raise argparse.ArgumentTypeError(f"{text} is no number from 0 on")
    return value


def config_of(options: argparse.Namespace) -> Config:
    """The configuration of a command, as the command line has it.

    Raises:
        ConfigError: the file says what is not allowed.
    """
    return adjusted(options, read_config(options.config or find_config()))


def adjusted(options: argparse.Namespace, config: Config) -> Config:
    """The configuration with what the command line says in its place."""
    if options.models:
        config = config.model_copy(update={"models": config.models.model_copy(update={"directory": options.models})})
    if getattr(options, "source", None) is not None:
        first = config.camera[0].model_copy(update={"source": options.source, "pipeline": None})
        config = config.model_copy(update={"camera": (first, *config.camera[1:])})
    return config
