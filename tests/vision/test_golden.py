"""The golden answer: read as it ships, and refused where the portrait or the file is not the one meant."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from edged.errors import ModelError
from edged.vision.golden import read_golden
from tests.conftest import MODELS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A models' folder with the golden answer alone."""
    shutil.copytree(MODELS / "golden", tmp_path / "golden")
    return tmp_path


def test_the_landmarks_lie_on_the_face_of_the_portrait() -> None:
    golden, pixels = read_golden(MODELS)
    x1, y1, x2, y2 = golden.detection.box_xyxy
    assert 0 <= x1 < x2 <= pixels.shape[1]
    assert all(x1 < x < x2 and y1 < y < y2 for x, y in golden.landmarks.points_xy.tolist())
    assert "right_eye" in golden.landmarks.names


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda picture: picture.write_bytes(picture.read_bytes() + b"\0"), "has been changed; restore it"),
        (lambda picture: picture.write_bytes(b"no picture"), "cannot be used: .* is not a picture"),
        (lambda picture: picture.unlink(), "cannot be used: .* cannot be read"),
    ],
)
def test_another_portrait_is_refused(copy: Path, damage: Callable[[Path], object], sentence: str) -> None:
    damage(copy / "golden" / "astronaut.jpg")
    with pytest.raises(ModelError, match=sentence):
        read_golden(copy)


@pytest.mark.parametrize("content", [b"", b"not toml [", b'picture = "x"', b"\xff\xfe"])
def test_an_answer_that_is_damaged_is_refused(copy: Path, content: bytes) -> None:
    (copy / "golden" / "golden.toml").write_bytes(content)
    with pytest.raises(ModelError, match="is not usable"):
        read_golden(copy)


def test_an_answer_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"golden\.toml cannot be read"):
        read_golden(tmp_path)
