"""`edged blueprints`: where the blueprints for Home Assistant are, their copy into its folder, or badges that import them.

What the blueprints do is not known here.
"""

from __future__ import annotations

import argparse
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from edged.cli.home_assistant import MEANT, home_of, write
from edged.cli.options import add_unconfigured, from_home

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edged.cli.options import Commands

BLUEPRINTS = files("edged") / "homeassistant" / "blueprints"
FOLDER = "blueprints/automation/edged"
"""Where Home Assistant keeps those of one author, in its folder."""
REDIRECT = "https://my.home-assistant.io/redirect/blueprint_import/?blueprint_url="
"""Opens the import of a blueprint in whichever Home Assistant is the reader's own (my.home-assistant.io)."""
BADGE = "https://my.home-assistant.io/badges/blueprint_import.svg"


def add_commands(commands: Commands) -> None:
    """Add the command."""
    text = "list the blueprints for Home Assistant, to be copied to its machine, or install them here"
    parser = add_unconfigured(commands, "blueprints", _blueprints, text)
    what = parser.add_mutually_exclusive_group()
    copy = f"Home Assistant's folder, {MEANT}: copy the blueprints to {FOLDER} in it"
    what.add_argument("--install", type=from_home, metavar="DIR", help=copy)
    link = "print badges in Markdown that import the blueprints from where you publish them, the address of their folder"
    what.add_argument("--badges", type=address, metavar="URL", help=link)


def address(text: str) -> str:
    """The address of a folder, on GitHub or any other site, without a slash at its end."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise argparse.ArgumentTypeError(f"{text} is no address of a folder, such as https://example.org/blueprints")
    return text.rstrip("/")


def _blueprints(options: argparse.Namespace) -> None:
    if options.badges is not None:
        print("\n".join(badge(f"{options.badges}/{name}") for name, _ in contents()))
    elif options.install is not None:
        for place in install(options.install):
            print(place)
        print("Make automations of them in Home Assistant: Settings → Automations & scenes → Blueprints.")
    else:
        print("\n".join(str(BLUEPRINTS / name) for name, _ in contents()))


def contents() -> Iterator[tuple[str, bytes]]:
    """The name and the text of each blueprint."""
    for file in sorted(BLUEPRINTS.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".yaml"):
            yield file.name, file.read_bytes()


def install(folder: Path) -> list[Path]:
    """Copy them into Home Assistant's folder, in place of those of another version; where they are.

    Raises:
        FolderError: the folder is not Home Assistant's, or cannot be written.
    """
    places = {home_of(folder) / FOLDER / name: content for name, content in contents()}
    for place, content in places.items():
        write(place, content)
    return list(places)


def badge(url: str) -> str:
    """The badge that imports the blueprint at an address, in Markdown."""
    name = url.rpartition("/")[2].removesuffix(".yaml")
    return f"[![Import {name} into Home Assistant]({BADGE})]({REDIRECT}{quote(url, safe='')})"
