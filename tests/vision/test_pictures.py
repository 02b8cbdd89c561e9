"""Pictures from outside: what is opened, and what is refused before it is."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.errors import PictureError
from edged.vision.pictures import decode_sent, encode_png, picture_size, read_picture

if TYPE_CHECKING:
    from pathlib import Path

PIXELS = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)


def encoded(suffix: str) -> bytes:
    return cv2.imencode(suffix, PIXELS)[1].tobytes()


def png_header(width: int, height: int) -> bytes:
    """A PNG that says it is huge, with almost nothing in it."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + bytes(100)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_what_is_sent_is_decoded(suffix: str) -> None:
    assert picture_size(encoded(suffix)) == (64, 48)
    assert decode_sent(encoded(suffix)).shape == (48, 64, 3)


def test_a_png_comes_back_bit_by_bit() -> None:
    assert np.array_equal(decode_sent(encode_png(PIXELS)), PIXELS)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "not a JPEG or PNG"),
        (b"hello", "not a JPEG or PNG"),
        (b"\xff\xd8\xff", "not a JPEG or PNG"),
        (encoded(".bmp"), "not a JPEG or PNG"),
        (png_header(30_000, 30_000), "30000×30000"),
        (png_header(64, 64), "cannot be decoded|can be decoded"),
        (encoded(".jpg")[:300], "can be decoded"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(PictureError, match=sentence):
        decode_sent(content)


def test_a_phone_picture_is_turned_upright() -> None:
    jpeg = encoded(".jpg")
    exif = b"Exif\x00\x00" + b"II*\x00\x08\x00\x00\x00" + b"\x01\x00" + struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0) + bytes(4)
    turned = jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]
    assert decode_sent(turned).shape == (64, 48, 3)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"gone\.jpg cannot be read: No such file"):
        read_picture(tmp_path / "gone.jpg")
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(PictureError, match=r"notes\.txt is not a picture"):
        read_picture(tmp_path / "notes.txt")
    with pytest.raises(PictureError, match="cannot be read: Is a directory"):
        read_picture(tmp_path)
