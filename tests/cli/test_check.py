"""`edged check`, part by part: what it says of networks that are not even in use, and of cameras that show nothing."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.cli.check import check
from tests.conftest import MODELS

if TYPE_CHECKING:
    from pathlib import Path

    from edged.interface.operation import CheckAnswer
    from edged.types import Uint8Array


def attributes_line(folder: Path) -> CheckAnswer:
    """What is said of the networks of attributes, switched off, in this folder of models."""
    config = folder / "edged.toml"
    config.write_text(f"[models]\ndirectory = {str(folder / 'models')!r}\n", encoding="utf-8")
    return next(line for line in check(config, lambda settings: settings) if line.name == "attributes")


@pytest.mark.parametrize(
    ("keys", "size"),
    [
        ("", "48×32"),
        ("rotate = 90\n", "32×48"),
        ('aspect = "3:1"\n', "96×32"),
        ('aspect = "3:1"\nrotate = 270\nflip = true\n', "32×96"),
    ],
)
def test_the_size_of_a_camera_is_told_as_it_is_looked_at(tmp_path: Path, keys: str, size: str) -> None:
    assert cv2.imwrite(str(tmp_path / "picture.png"), np.zeros((32, 48, 3), np.uint8))
    config = tmp_path / "edged.toml"
    camera = f'[[camera]]\nname = "front"\nsource = "{tmp_path}/picture.png"\n{keys}'
    config.write_text(f'[gallery]\npath = "{tmp_path}/gallery.db"\n{camera}', encoding="utf-8")
    line = next(line for line in check(config, lambda settings: settings) if line.name == "camera front")
    assert line.good
    assert f"a frame of {size} pixels" in line.sentence


@pytest.mark.parametrize(
    ("network", "right", "wrong"),
    [("age_gender_xception", 'colour = "BGR"', 'colour = "RGB"'), ("emotion_xception", "temperature = 2.0", "temperature = 1.0")],
)
def test_attributes_are_tried_while_they_are_switched_off(tmp_path: Path, network: str, right: str, wrong: str) -> None:
    shutil.copytree(MODELS, tmp_path / "models", ignore=shutil.ignore_patterns("build"))
    line = attributes_line(tmp_path)
    assert line.good, line.sentence
    assert network.rsplit("_", maxsplit=1)[-1] in line.sentence
    card = tmp_path / "models" / network / "model.toml"
    card.write_text(card.read_text(encoding="utf-8").replace(right, wrong), encoding="utf-8")
    line = attributes_line(tmp_path)
    assert not line.good
    assert "golden picture is read wrongly" in line.sentence


def camera_line(folder: Path, pictures: list[Uint8Array]) -> CheckAnswer:
    """What is said of a camera that shows these pictures, ten a second."""
    clip, config = folder / "clip.avi", folder / "edged.toml"
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(clip), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (width, height))
    for pixels in pictures:
        writer.write(pixels)
    writer.release()
    config.write_text(f"[[camera]]\nname = 'front'\nsource = {str(clip)!r}\nloop = true\n", encoding="utf-8")
    return next(line for line in check(config, lambda settings: settings) if line.name == "camera front")


def test_a_camera_that_shows_nothing_is_wrong(tmp_path: Path) -> None:
    line = camera_line(tmp_path, [np.zeros((240, 320, 3), np.uint8)] * 20)
    assert not line.good
    assert line.sentence.startswith("Its pictures are black and show nothing")


def test_a_camera_that_is_black_when_it_starts_is_read_on_and_a_still_recording_is_good(tmp_path: Path) -> None:
    scene = np.asarray(cv2.resize(np.random.default_rng(1).integers(0, 200, (9, 16, 3), np.uint8), (320, 240)), np.uint8)
    line = camera_line(tmp_path, [np.zeros((240, 320, 3), np.uint8)] * 10 + [scene] * 10)
    assert line.good, line.sentence
    line = camera_line(tmp_path, [scene] * 10)
    assert line.good, line.sentence
    assert "a frame of 320×240 pixels" in line.sentence


def test_of_a_source_with_a_space_in_its_address_nothing_is_said_but_its_host(tmp_path: Path) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    frames = b"".join((picture + n).astype(np.uint8).tobytes() for n in range(200))
    (tmp_path / "frames").write_bytes(frames)
    config = tmp_path / "edged.toml"
    keys = f'source = "rtsp://admin:top s3cret@cam/live"\npipeline = "cat {tmp_path}/frames"\nwidth = 64\nheight = 64\n'
    config.write_text(f'[gallery]\npath = "{tmp_path}/gallery.db"\n[[camera]]\nname = "front"\n{keys}', encoding="utf-8")
    line = next(line for line in check(config, lambda settings: settings) if line.name == "camera front")
    assert line.sentence.startswith("rtsp://cam: a frame of 64×64 pixels"), line.sentence


def test_parts_can_be_checked_alone(tmp_path: Path) -> None:
    """As an upgrade does it, while the service has the camera."""
    config = tmp_path / "edged.toml"
    config.write_text('[[camera]]\nsource = "/nowhere.mp4"\n', encoding="utf-8")
    assert [line.name for line in check(config, lambda settings: settings, ["models", "config"])] == ["config", "models"]
    config.write_text("[camrea]\n", encoding="utf-8")
    assert [line.good for line in check(config, lambda settings: settings, ["models"])] == [False]
