"""Pictures from outside: bytes and files are checked before they are decoded to pixels.

Knows the two formats that may be sent, and anything OpenCV reads from a file; nothing here knows faces.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edged.errors import PictureError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edged.types import Uint8Array

MAX_MEGAPIXELS = 20
"""Of a picture that is sent: a decoded one takes 3 bytes a pixel, and the whole daemon shall not need 150 MB."""
MAX_FILE_BYTES = 60_000_000
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
JPEG_SIGNATURE = b"\xff\xd8"
START_OF_SCAN, END_OF_IMAGE = 0xDA, b"\xff\xd9"
"""JPEG: a thumbnail in an earlier segment has both too, but the coded pixels of a scan hold no marker."""
ANIMATION = b"acTL"
"""Of an animated PNG (APNG, part of PNG's third edition)."""
PNG_CHUNK_BYTES = 12
"""Length, kind and checksum around each chunk's content."""
MAX_SCANS = 50
"""Passes of a progressive JPEG, of which usual encoders make about ten. One of 36 bytes can go over 20 megapixels, so that what may be sent
could keep the decoder busy for minutes."""
START_OF_FRAME = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""JPEG (ITU T.81, table B.1): the markers whose segment tells the size."""
ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""JPEG markers that have no segment."""


def decode_sent(content: bytes) -> Uint8Array:
    """Decode a JPEG or PNG that was sent to pixels (H, W, 3) BGR, turned as its EXIF orientation says.

    Raises:
        PictureError: another format, damaged, cut short, animated, empty, over 20 megapixels, or a JPEG in very many passes; all but
            damage is seen before anything is decoded.
    """
    size = picture_size(content)
    if size is None:
        raise PictureError("This is not a JPEG or PNG picture.")
    if 0 in size:
        raise PictureError(f"The picture has {size[0]}×{size[1]} pixels, which is none.")
    if size[0] * size[1] > MAX_MEGAPIXELS * 1_000_000:
        raise PictureError(
            f"The picture has {size[0]}×{size[1]} pixels; at most {MAX_MEGAPIXELS} megapixels are opened. Send a smaller one."
        )
    _check_whole(content)
    if content.startswith(JPEG_SIGNATURE) and (scans := content.count(bytes((0xFF, START_OF_SCAN)))) > MAX_SCANS:
        raise PictureError(f"The picture is drawn in {scans} passes; at most {MAX_SCANS} are gone through. Save it as an ordinary JPEG.")
    return _decode(content, "The picture")


def read_picture(path: Path) -> Uint8Array:
    """Read a picture file in any format OpenCV knows to pixels (H, W, 3) BGR, turned as its EXIF orientation says.

    Raises:
        PictureError: missing, unreadable, too large, or not a picture.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise PictureError(f"{path} is larger than {MAX_FILE_BYTES // 1_000_000} MB; make it smaller first.")
        content = path.read_bytes()
    except OSError as error:
        raise PictureError(f"{path} cannot be read: {error.strerror}.") from error
    return _decode(content, str(path))


def listed(given: Path) -> list[Path]:
    """What is in a folder, by name; a picture alone is itself.

    Raises:
        PictureError: a folder that cannot be read, or is empty.
    """
    try:
        paths = sorted(given.iterdir()) if given.is_dir() else [given]
    except OSError as error:
        raise PictureError(f"The folder {given} cannot be read: {error.strerror}.") from error
    if not paths:
        raise PictureError(f"The folder {given} is empty; name one with pictures.")
    return paths


def encode_png(pixels: Uint8Array) -> bytes:
    """A PNG, without loss, of pixels (H, W, 3) BGR."""
    return cv2.imencode(".png", pixels)[1].tobytes()


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Width and height that a PNG or JPEG says of itself; None where it is neither."""
    if content.startswith(PNG_SIGNATURE) and content[12:16] == b"IHDR" and len(content) >= 24:  # noqa: PLR2004 - to its height
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    return _jpeg_size(content) if content.startswith(JPEG_SIGNATURE) else None


def _check_whole(content: bytes) -> None:
    """A decoder may fill what is missing with grey, and hold several frames of an animation at once."""
    if content.startswith(JPEG_SIGNATURE):
        scan = next((place for marker, place in _jpeg_segments(content) if marker == START_OF_SCAN), len(content))
        whole = content.find(END_OF_IMAGE, scan) >= 0
    else:
        kinds = list(_png_chunks(content))
        if ANIMATION in kinds:
            raise PictureError("The picture is animated; send one of its frames.")
        whole = bool(kinds) and kinds[-1] == b"IEND"
    if not whole:
        raise PictureError("The picture is cut short; send all of it.")


def _png_chunks(content: bytes) -> Iterator[bytes]:
    """The kinds of a PNG's chunks that are there as a whole, up to its end."""
    place, kind = len(PNG_SIGNATURE), b""
    while kind != b"IEND" and place + PNG_CHUNK_BYTES <= len(content):
        kind = content[place + 4 : place + 8]
        place += PNG_CHUNK_BYTES + int.from_bytes(content[place : place + 4], "big")
        if place <= len(content):
            yield kind


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    for marker, place in _jpeg_segments(content):
        if marker in START_OF_FRAME and place + 9 <= len(content):
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return width, height
    return None


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, int]]:
    """The markers of a JPEG and where they stand, up to that of its first scan."""
    place, marker = len(JPEG_SIGNATURE), 0
    while marker != START_OF_SCAN and place + 4 <= len(content) and content[place] == 0xFF:  # noqa: PLR2004 - every marker begins so
        marker = content[place + 1]
        if marker == 0xFF:  # noqa: PLR2004 - a fill byte
            place += 1
        elif marker in ALONE:
            place += 2
        else:
            yield marker, place
            place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")


def _decode(content: bytes, what: str) -> Uint8Array:
    try:
        pixels = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_COLOR) if content else None
    except cv2.error as error:
        raise PictureError(f"{what} cannot be decoded: {error.err}.") from error
    if pixels is None:
        raise PictureError(f"{what} is not a picture that can be decoded, or is damaged.")
    return np.asarray(pixels, dtype=np.uint8)
