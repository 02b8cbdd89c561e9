"""What a picture says of itself: read without decoding, and no exception of Pillow's gets out."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, UnidentifiedImageError

from edged.errors import PictureError
from edged.vision.headers import read_header

PIXELS = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
JPEG, PNG = (cv2.imencode(suffix, PIXELS)[1].tobytes() for suffix in (".jpg", ".png"))


def saved(form: str, **options: object) -> bytes:
    """A picture as Pillow writes it."""
    stream = io.BytesIO()
    Image.fromarray(PIXELS).save(stream, form, **options)
    return stream.getvalue()


@pytest.mark.parametrize("content", [JPEG, PNG], ids=["jpeg", "png"])
def test_a_header_says_size_and_wholeness(content: bytes) -> None:
    header = read_header(content)
    assert (header.width, header.height, header.is_animated, header.is_whole) == (64, 48, False, True)
    assert not read_header(content[:-20]).is_whole


def test_passes_of_a_jpeg_are_counted() -> None:
    progressive = cv2.imencode(".jpg", PIXELS, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    assert (read_header(JPEG).passes, read_header(PNG).passes) == (1, 0)
    assert read_header(progressive).passes == progressive.count(b"\xff\xda") > 1


def test_a_phones_picture_with_others_behind_it_is_one_picture() -> None:
    content = saved("MPO", save_all=True, append_images=[Image.fromarray(PIXELS)])
    first = content[: content.index(b"\xff\xd9")]
    assert (read_header(content).is_animated, read_header(content).is_whole, read_header(first).is_whole) == (False, True, False)


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x1a\x01\x05\0\x01\0\0\0\xff\xff\xff\xff",
        b"Exif\0\0nonsense",
        b"MPF\0II*\0\x08\0\0\0\xff\xff",
    ],
)
def test_odd_remarks_beside_a_picture_do_no_harm(exif: bytes) -> None:
    odd = JPEG[:2] + b"\xff" + (b"\xe2" if exif.startswith(b"MPF") else b"\xe1") + struct.pack(">H", len(exif) + 2) + exif + JPEG[2:]
    header = read_header(odd)
    assert (header.width, header.height, header.is_whole) == (64, 48, True)


def test_an_animated_png_is_told_from_a_still_one() -> None:
    assert read_header(saved("PNG", save_all=True, append_images=[Image.new("RGB", (64, 48))])).is_animated


@pytest.mark.parametrize("form", ["ICO", "TGA", "JPEG2000", "PCX"])
def test_another_format_is_not_even_looked_at(form: str) -> None:
    with pytest.raises(PictureError, match="not a picture that can be opened"):
        read_header(saved(form))


@pytest.mark.parametrize(
    "error",
    [
        UnidentifiedImageError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        KeyError,
        IndexError,
        TypeError,
        OverflowError,
        RuntimeError,
        struct.error,
        zlib.error,
    ],
)
def test_no_exception_of_pillow_gets_out(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def failing(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Image, "open", failing)
    with pytest.raises(PictureError):
        read_header(JPEG)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([JPEG, PNG]), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=8), st.integers(30, 3000))
def test_no_damage_gets_out_as_anything_else(content: bytes, changes: list[tuple[int, int]], length: int) -> None:
    damaged = bytearray(content[:length])
    for place, value in changes:
        damaged[place % len(damaged)] = value
    try:
        header = read_header(bytes(damaged))
    except PictureError:
        return
    assert min(header.width, header.height) > 0


def test_pillow_is_loaded_with_the_first_picture_only() -> None:
    code = "import sys, edged.daemon.app, edged.cli.main; print([name for name in sys.modules if name.split('.')[0] == 'PIL'])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
