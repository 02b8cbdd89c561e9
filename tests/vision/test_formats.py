"""Formats: each is opened with every bit depth and turn, and what is none of them is refused by its name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.errors import PictureError
from edged.vision import formats
from edged.vision.pictures import decode_sent, read_picture
from tests.forms_of_pictures import in_every_form, saved, small, turned

if TYPE_CHECKING:
    from pathlib import Path

    from edged.types import Float32Array, Uint8Array
    from edged.vision.faces import FaceReader

SAME_FACE = 0.75
"""Similarity of a portrait to itself in another form; other people's are below 0.43."""


def embedded(reader: FaceReader, pixels: Uint8Array) -> Float32Array:
    face = reader.largest(pixels)
    assert face, "there is a face"
    assert face.quality.reason is None
    return face.embedding.vector


def test_a_face_is_the_same_in_every_form(tmp_path: Path, reader: FaceReader, portraits: dict[str, Path]) -> None:
    plain = embedded(reader, np.asarray(small(portraits["obama"]))[..., ::-1].copy())
    for name, content in in_every_form(portraits["obama"]).items():
        (tmp_path / name).write_bytes(content)
        sent, read = decode_sent(content), read_picture(tmp_path / name)
        assert np.array_equal(sent, read), name
        assert float(embedded(reader, sent) @ plain) > SAME_FACE, name


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_obeyed_in_every_format(form: str, orientation: int, portraits: dict[str, Path]) -> None:
    image = small(portraits["obama"])
    upright, decoded = np.asarray(image)[..., ::-1], decode_sent(turned(image, form, orientation))
    assert decoded.shape == upright.shape
    assert np.abs(decoded.astype(int) - upright).mean() < 5


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("name", ["plain.webp", "plain.avif", "plain.gif", "plain.bmp", "plain.tif", "packed.tif", "plain.ppm"])
def test_a_picture_that_is_cut_short_is_not_filled_with_grey(
    name: str, share: float, portraits: dict[str, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    content = in_every_form(portraits["obama"])[name]
    with pytest.raises(PictureError, match="damaged"):
        decode_sent(content[: int(share * len(content))])
    assert capfd.readouterr().err == "", "what OpenCV has to say of it is in the sentence"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            b"\0\0\0\x18ftypheic\0\0\0\0heicmif1",
            "is a HEIC picture, .*Most Compatible.*libheif-examples' and 'heif-convert IN.heic OUT.jpg'",
        ),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "is a HEIC picture"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isomavc1", "is a video"),
        (b"%PDF-1.7", "is a PDF document"),
        (b"\xff\x0a\xfa\x1f", "is a JPEG XL picture"),
        (b"<!DOCTYPE html>", "is a web page"),
        (b"hello", "not a picture that can be opened"),
        (b"\0\0\0\x18ftypavif\0\0\0\0avifmif1", "not a picture that can be opened"),
    ],
)
def test_what_is_another_format_is_refused_by_its_name_with_what_may_be_sent(content: bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(PictureError, match=sentence):
        decode_sent(content)
    with pytest.raises(PictureError, match=f"{tmp_path / 'file'}.* {sentence}"):
        read_picture(tmp_path / "file")


def test_an_opencv_without_a_format_is_said_to_be_too_old(monkeypatch: pytest.MonkeyPatch, portraits: dict[str, Path]) -> None:
    """As the wheels of OpenCV before 4.11, which know no GIF."""
    built = re.sub(r"^ +(GIF|AVIF): .*$", "", cv2.getBuildInformation(), flags=re.MULTILINE)
    monkeypatch.setattr(cv2, "getBuildInformation", lambda: built)
    monkeypatch.setattr(cv2, "imdecode", lambda *_: None)
    assert [form for form in map(str.upper, formats.OPENED) if formats.lacks(form)] == ["AVIF", "GIF"]
    with pytest.raises(PictureError, match=r"format GIF, which the OpenCV.*install a newer opencv-python-headless"):
        decode_sent(saved(small(portraits["obama"]), "GIF"))
    with pytest.raises(PictureError, match="format BMP that is damaged"):
        decode_sent(saved(small(portraits["obama"]), "BMP"))
