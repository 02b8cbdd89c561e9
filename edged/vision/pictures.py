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
    from pathlib import Path

    from edged.types import Uint8Array

MAX_MEGAPIXELS = 20
"""Of a picture that is sent: a decoded one takes 3 bytes a pixel, and the whole daemon shall not need 150 MB."""
MAX_FILE_BYTES = 60_000_000
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
JPEG_SIGNATURE = b"\xff\xd8"
START_OF_FRAME = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""JPEG (ITU T.81, table B.1): the markers whose segment tells the size."""
ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""JPEG markers that have no segment."""


def decode_sent(content: bytes) -> Uint8Array:
    """Decode a JPEG or PNG that was sent to pixels (H, W, 3) BGR, turned as its EXIF orientation says.

    Raises:
        PictureError: another format, damaged, or over 20 megapixels; the last is seen before anything is decoded.
    """
    size = picture_size(content)
    if size is None:
        raise PictureError("This is not a JPEG or PNG picture.")
    if size[0] * size[1] > MAX_MEGAPIXELS * 1_000_000:
        raise PictureError(
            f"The picture has {size[0]}×{size[1]} pixels; at most {MAX_MEGAPIXELS} megapixels are opened. Send a smaller one."
        )
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


def encode_png(pixels: Uint8Array) -> bytes:
    """A PNG, without loss, of pixels (H, W, 3) BGR."""
    return cv2.imencode(".png", pixels)[1].tobytes()


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Width and height that a PNG or JPEG says of itself; None where it is neither."""
    if content.startswith(PNG_SIGNATURE) and len(content) >= 24:  # noqa: PLR2004 - signature, length, IHDR, width, height
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    return _jpeg_size(content) if content.startswith(JPEG_SIGNATURE) else None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    place = len(JPEG_SIGNATURE)
    while place + 9 <= len(content) and content[place] == 0xFF:  # noqa: PLR2004 - every marker begins so
        marker = content[place + 1]
        if marker == 0xFF:  # noqa: PLR2004 - a fill byte
            place += 1
        elif marker in ALONE:
            place += 2
        elif marker in START_OF_FRAME:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return width, height
        else:
            place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    return None


def _decode(content: bytes, what: str) -> Uint8Array:
    try:
        pixels = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_COLOR) if content else None
    except cv2.error as error:
        raise PictureError(f"{what} cannot be decoded: {error.err}.") from error
    if pixels is None:
        raise PictureError(f"{what} is not a picture that can be decoded, or is damaged.")
    return np.asarray(pixels, dtype=np.uint8)
