"""The command: `python -m ssdbuild OUT` writes BlazeFace as a file that ends in TFLite_Detection_PostProcess, and so gives boxes alone.

Run it with the product's own environment and `PYTHONPATH=.:models/build`. OUT becomes a folder of models with everything that ships beside
it, to be named in `models.directory`, with `detection = "detection_blazeface_boxes"`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ssdbuild.folder import FOLDER, write_folder


def main() -> None:
    """Read the arguments and write the folder."""
    parser = argparse.ArgumentParser(prog="ssdbuild", description=__doc__)
    parser.add_argument("out", type=Path, help="folder to make")
    parser.add_argument("--models", type=Path, default=Path("models"), help="folder with the networks")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True)
    for folder in arguments.models.resolve().iterdir():
        if folder.is_dir() and folder.name != "build":
            (arguments.out / folder.name).symlink_to(folder)
    print(f"{write_folder(arguments.models, arguments.out / FOLDER)} is written.")


if __name__ == "__main__":
    main()
