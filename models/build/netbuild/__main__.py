"""The command: makes every file of `models/` from the downloaded weights and the development data, then measures.

It decides the order of the steps and where files go; what the steps do stands in the other modules.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from netbuild.make import make
from netbuild.report import report


def main() -> None:
    """Reads the arguments and runs one of the two commands."""
    parser = argparse.ArgumentParser(prog="netbuild", description=__doc__)
    parser.add_argument("command", choices=("make", "report"))
    parser.add_argument("--weights", type=Path, required=True, help="folder with the two ONNX files")
    parser.add_argument("--data", type=Path, required=True, help="folder with the development data")
    parser.add_argument("--models", type=Path, required=True, help="folder to put the int8 files, cards and golden answer in")
    parser.add_argument("--work", type=Path, required=True, help="folder to put the float files and their cards in")
    arguments = parser.parse_args()
    command = make if arguments.command == "make" else report
    command(arguments.weights, arguments.data, arguments.models, arguments.work)


if __name__ == "__main__":
    main()
