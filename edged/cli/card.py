"""`edged card`: where the card for Home Assistant's dashboards is, or its copy into Home Assistant's folder or a repository for HACS.

What the card shows is not known here.
"""

from __future__ import annotations

import json
from hashlib import sha256
from importlib.metadata import distribution
from importlib.resources import files
from typing import TYPE_CHECKING

from edged.cli.home_assistant import MEANT, home_of, write
from edged.cli.options import add_unconfigured, from_home
from edged.errors import FolderError

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from edged.cli.options import Commands

NAME = "edged-card.js"
CARD = files("edged") / "homeassistant" / "card" / NAME
PUBLIC = "www"
"""The folder in Home Assistant's that browsers see as /local."""
VERSION_DIGITS = 8
"""Digits of the content's checksum in the address: browsers keep a file for as long as its address stays."""
MANIFEST, DIST = "hacs.json", "dist"
"""HACS's description of a repository, and the folder in which it looks for a dashboard's files."""
OLDEST = "2025.4.0"
"""The oldest Home Assistant in which the card is tested."""
README = f"""# edged card

Shows on a dashboard of Home Assistant who was at the door, and lets you name, merge, ignore and forget. It speaks with edged, the face
recognition for the front door, through the broker that both use.

In HACS: ⋮ → Custom repositories → the address of this repository, of the type Dashboard. Download it, and add the card to a dashboard:

```yaml
type: custom:edged-card
```

`{DIST}/{NAME}` was written by `edged card --hacs`, and is licensed under Apache-2.0.
"""


def add_commands(commands: Commands) -> None:
    """Add the command."""
    text = "say where the card for Home Assistant's dashboards is, to be copied to its machine, or install it here"
    parser = add_unconfigured(commands, "card", _card, text)
    where = parser.add_mutually_exclusive_group()
    copy = f"Home Assistant's folder, {MEANT}: copy the card to www in it, and say what to add"
    where.add_argument("--install", type=from_home, metavar="DIR", help=copy)
    repository = "a folder that is made, or an empty clone: write a repository there from which HACS installs the card"
    where.add_argument("--hacs", type=from_home, metavar="DIR", help=repository)


def _card(options: argparse.Namespace) -> None:
    if options.hacs is not None:
        fill_repository(options.hacs)
        print(f"{options.hacs} is a repository for HACS. Push it to a public place on GitHub, and add its address in HACS:")
        print("  ⋮ → Custom repositories, of the type Dashboard.")
    elif options.install is not None:
        place, is_new = install(options.install)
        _say_what_to_add(place, is_new=is_new)
    else:
        print(CARD)


def _say_what_to_add(place: Path, *, is_new: bool) -> None:
    print(f"The card is in {place}.")
    print("Add it in Home Assistant, once: Settings → Dashboards → ⋮ → Resources → Add resource, of the type JavaScript module:")
    print(f"  {address()}")
    print("Then add the card 'edged' to a dashboard (in YAML: type: custom:edged-card).")
    if is_new:
        print(f"Restart Home Assistant first: it did not know the folder {PUBLIC} yet.")


def install(folder: Path) -> tuple[Path, bool]:
    """Copy the card into Home Assistant's folder, whole or not at all; where it is, and whether `www` was made for it.

    Raises:
        FolderError: the folder is not Home Assistant's, or cannot be written.
    """
    public = home_of(folder) / PUBLIC
    is_new = not public.exists()
    write(public / NAME, CARD.read_bytes())
    return public / NAME, is_new


def address() -> str:
    """Where browsers find the card, with a mark that is another one for each version of it."""
    return f"/local/{NAME}?v={sha256(CARD.read_bytes()).hexdigest()[:VERSION_DIGITS]}"


def fill_repository(folder: Path) -> None:
    """Write what HACS wants of a dashboard's repository; README and licence stay as they are where they are there.

    HACS takes the file that hacs.json names, in dist or at the root, whatever the repository is called (hacs.xyz/docs/publish/plugin).

    Raises:
        FolderError: something else is in the folder, or it cannot be written.
    """
    if not _may_be_filled(folder):
        raise FolderError(f"{folder} holds something else; name a folder that does not exist, is empty, or was written by this command.")
    manifest = {"name": "edged card", "filename": NAME, "homeassistant": OLDEST}
    write(folder / MANIFEST, f"{json.dumps(manifest, indent=2)}\n".encode())  # first: by it the folder is known again
    write(folder / DIST / NAME, CARD.read_bytes())
    for name, content in (("README.md", README.encode()), ("LICENSE", _license())):
        if content and not (folder / name).exists():
            write(folder / name, content)


def _may_be_filled(folder: Path) -> bool:
    """Whether a folder is missing, holds nothing that is seen, or what was written before."""
    try:
        if not folder.exists() or not any(not path.name.startswith(".") for path in folder.iterdir()):
            return True
        return bool(json.loads((folder / MANIFEST).read_bytes())["filename"] == NAME)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def _license() -> bytes:
    """The text of edged's licence, which goes with every copy; empty where it was not installed."""
    edged = distribution("edged")
    return (edged.read_text("licenses/LICENSE") or edged.read_text("LICENSE") or "").encode()
