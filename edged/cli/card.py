"""`edged card`: where the card for Home Assistant's dashboards is, or its copy into Home Assistant's folder.

What the card shows is not known here.
"""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from edged.cli.options import add, from_home
from edged.errors import CardError

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from edged.cli.options import Commands

NAME = "edged-card.js"
CARD = files("edged") / "homeassistant" / "card" / NAME
CONFIGURATION, PUBLIC = "configuration.yaml", "www"
"""Home Assistant's file by which its folder is known, and the folder within it that browsers see as /local."""
VERSION_DIGITS = 8
"""Digits of the content's checksum in the address: browsers keep a file for as long as its address stays."""


def add_commands(commands: Commands) -> None:
    """Add the command."""
    text = "say where the card for Home Assistant's dashboards is, to be copied to its machine, or install it here"
    parser = add(commands, "card", _card, text)
    where = "Home Assistant's folder, the one that has configuration.yaml: copy the card to www in it, and say what to add"
    parser.add_argument("--install", type=from_home, metavar="DIR", help=where)


def _card(options: argparse.Namespace) -> None:
    if options.install is None:
        print(CARD)
        return
    place, is_new = install(options.install)
    print(f"The card is in {place}.")
    print("Add it in Home Assistant, once: Settings → Dashboards → ⋮ → Resources → Add resource, of the type JavaScript module:")
    print(f"  {address()}")
    print("Then add the card 'edged' to a dashboard (in YAML: type: custom:edged-card).")
    if is_new:
        print(f"Restart Home Assistant first: it did not know the folder {PUBLIC} yet.")


def install(folder: Path) -> tuple[Path, bool]:
    """Copy the card into Home Assistant's folder, whole or not at all; where it is, and whether `www` was made for it.

    Raises:
        CardError: the folder is not Home Assistant's, or cannot be written.
    """
    home = folder.parent if folder.name == PUBLIC and not (folder / CONFIGURATION).exists() else folder
    if not (home / CONFIGURATION).is_file():
        raise CardError(f"{home} has no {CONFIGURATION}; name Home Assistant's folder, such as /config or ~/.homeassistant.")
    public = home / PUBLIC
    partial, place = public / f".{NAME}.partial", public / NAME
    is_new = not public.exists()
    try:
        public.mkdir(exist_ok=True)
        partial.write_bytes(CARD.read_bytes())
        partial.replace(place)
    except OSError as error:
        raise CardError(f"The card cannot be written to {public}: {error.strerror}; run this as who may write there.") from error
    return place, is_new


def address() -> str:
    """Where browsers find the card, with a mark that is another one for each version of it."""
    return f"/local/{NAME}?v={sha256(CARD.read_bytes()).hexdigest()[:VERSION_DIGITS]}"
