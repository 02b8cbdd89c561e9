"""A door whose camera is a folder of pictures, played over and over.

Knows nothing of who looks at it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from edged.types import Uint8Array

DIM = 0.08
"""What is left of the light where somebody passes in the dark: too little to be asked who they are."""


class Door:
    """What a camera sees of a door: a folder that is played over and over, and that shows something else at once when it is told to."""

    def __init__(self, path: Path, portrait: Uint8Array) -> None:
        """Begin with somebody who is near."""
        self.path = path
        nobody = np.full_like(portrait, 127)
        dark = np.asarray(portrait * DIM, np.uint8)
        self._scenes = {"near": [portrait], "nobody": [nobody], "passes": [dark] * 10 + [nobody] * 40}
        self.show("near")

    def show(self, name: str) -> None:
        """Show a scene from now on."""
        folder = self.path.with_name(f"door-{name}")
        folder.mkdir(exist_ok=True)
        for number, pixels in enumerate(self._scenes[name]):
            cv2.imwrite(str(folder / f"{number:03}.png"), pixels)
        link = self.path.with_name("next-door")
        link.symlink_to(folder)
        link.replace(self.path)
