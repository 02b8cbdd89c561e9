"""The command: `python -m viewbuild.copies VIEW FOLDER COPY` writes the pictures of a folder as they look by night, under the same names.

`edged evaluate` then measures anything on them. Run it with the product's own environment and `PYTHONPATH=.:models/build`.
"""

from __future__ import annotations

import argparse
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edged.errors import PictureError
from edged.vision.pictures import read_picture
from viewbuild.distortions import NIGHT, Shown

if TYPE_CHECKING:
    from edged.types import Uint8Array
    from viewbuild.distortions import Distortion

QUALITY = 95
"""Quality of a JPEG, 0…100, at which what it loses is nothing beside what the view loses."""


def main() -> None:
    """Read the arguments and copy; what is no picture is left out."""
    parser = argparse.ArgumentParser(prog="viewbuild.copies", description=__doc__)
    parser.add_argument("view", choices=NIGHT)
    parser.add_argument("folder", type=Path, help="folder with the pictures, and folders of them")
    parser.add_argument("copy", type=Path, help="folder that is made")
    arguments = parser.parse_args()
    paths = sorted(path for path in arguments.folder.rglob("*") if path.is_file())
    copied = sum(copy(path, arguments.copy / path.relative_to(arguments.folder), NIGHT[arguments.view]) for path in paths)
    print(f"{copied} pictures of {len(paths)} files.")


def copy(path: Path, target: Path, view: Distortion) -> bool:
    """Write a picture, in the format that its name says; whether it was one. The face is taken to fill the middle half."""
    try:
        pixels = read_picture(path)
    except PictureError:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    seen = view(in_the_middle(pixels, zlib.crc32(path.name.encode())))
    if not cv2.imwrite(str(target), seen, [cv2.IMWRITE_JPEG_QUALITY, QUALITY]):
        raise SystemExit(f"{target} cannot be written.")
    return True


def in_the_middle(pixels: Uint8Array, seed: int) -> Shown:
    """A picture of one face whose place nobody has looked for, with a source of chance of its own."""
    height, width = pixels.shape[:2]
    box = (width / 4, height / 4, 3 * width / 4, 3 * height / 4)
    return Shown(pixels, box, np.zeros((5, 2), np.float32), np.random.default_rng(seed))


if __name__ == "__main__":
    main()
