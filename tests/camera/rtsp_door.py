"""The camera that scripts/reconnects lets fail, for tests: GStreamer's RTSP server on loopback, and programs in place of those on a board.

Only hardware is stood in for: the programs are the real ones, with the real command lines, but for the element that decodes.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from rtsp_trial.camera import PASSWORD, USER, FailingCamera

from edged.camera import board

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOGIN = f"{USER}:{quote(PASSWORD, safe='')}@"


def with_password(camera: FailingCamera) -> str:
    """The camera's address as a user writes it."""
    return camera.address.replace("://", f"://{LOGIN}")


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FailingCamera]:
    """One camera for all tests of a file."""
    with FailingCamera(tmp_path_factory.mktemp("clips")) as failing:
        yield failing


class Board:
    """A board that is made up: what its kernel tells stands below root, and its programs in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        """Begin with no decoder and the machine's own programs."""
        self.root, self.programs, self._words = folder / "root", folder / "programs", folder / "words"
        self.root.mkdir()
        self.programs.mkdir()

    @property
    def words(self) -> list[str]:
        """Those of the command that was started last."""
        return self._words.read_text(encoding="utf-8").splitlines()

    def tell(self, file: str, text: str) -> None:
        """Have the kernel tell something."""
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def install(self, program: str, knows: str, *replaced: tuple[str, str]) -> None:
        """Put a program before the real one: it knows one decoder more, notes its words, and runs the real one with others of them."""
        real = shutil.which(program)
        assert real, f"scripts/setup --dev installs {program}"
        edits = "; ".join(f"s#^{old}$#{new}#" for old, new in replaced)
        path = self.programs / program
        path.write_text(
            f"#!/bin/bash\n"
            f'for word; do case "$word" in -decoders | --exists) echo " V..... {knows} "; exit 0 ;; esac; done\n'
            f'printf "%s\\n" "$@" > {self._words}\n'
            f"echo 'Opening in BLOCKING MODE'\n"  # as NVIDIA's elements do, on standard output
            f"mapfile -t words < <(printf '%s\\n' \"$@\" | sed '{edits}' | sed '/^$/d')\n"
            f'exec {real} "${{words[@]}}"\n',
            encoding="utf-8",
        )
        path.chmod(0o755)


@pytest.fixture
def made_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    """The board that edged finds itself on."""
    made = Board(tmp_path)
    monkeypatch.setattr(board, "ROOT", made.root)
    monkeypatch.setenv("PATH", f"{made.programs}:/usr/bin:/bin")
    board.answered.cache_clear()
    return made
