"""Pictures from outside: bytes and files are checked before they are decoded to pixels.

It knows the two formats that may be sent, and anything that OpenCV reads from a file, and no faces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from edged.errors import PictureError
from edged.vision.headers import read_header

if TYPE_CHECKING:
    from pathlib import Path

    from edged.types import Uint8Array

MAX_MEGAPIXELS = 20
"""Megapixels of a picture that is sent: a decoded one takes 3 bytes a pixel, and the whole daemon shall not need 150 MB."""
MAX_FILE_BYTES = 60_000_000
MAX_SCANS = 50
"""Passes of a progressive JPEG, of which usual encoders make about ten. One of 36 bytes can go over 20 megapixels, so that what may be sent
could keep the decoder busy for minutes."""


def decode_sent(content: bytes) -> Uint8Array:
    """Decode a JPEG or PNG that was sent to pixels (H, W, 3) BGR, turned as its EXIF orientation says.

    Raises:
        PictureError: another format, damaged, cut short, animated, empty, over 20 megapixels, or a JPEG in very many passes; all but
            damage is seen before anything is decoded.
    """
    header = read_header(content)
    size = f"{header.width}×{header.height} pixels"
    if header.width * header.height > MAX_MEGAPIXELS * 1_000_000:
        raise PictureError(f"The picture has {size}; at most {MAX_MEGAPIXELS} megapixels are opened. Send a smaller one.")
    if header.is_animated:
        raise PictureError("The picture is animated; send one of its frames.")
    if not header.is_whole:  # a decoder would fill what is missing with grey
        raise PictureError("The picture is cut short; send all of it.")
    if header.passes > MAX_SCANS:
        raise PictureError(
            f"The picture is drawn in {header.passes} passes; at most {MAX_SCANS} are gone through. Save it as an ordinary JPEG."
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


def listed(given: Path) -> list[Path]:
    """List what is in a folder, by name; a picture alone is itself.

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
    """Encode pixels (H, W, 3) BGR as a PNG, without loss."""
    return cv2.imencode(".png", pixels)[1].tobytes()


def _decode(content: bytes, what: str) -> Uint8Array:
    try:
        pixels = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_COLOR) if content else None
    except cv2.error as error:
        raise PictureError(f"{what} cannot be decoded: {error.err}.") from error
    if pixels is None:
        raise PictureError(f"{what} is not a picture that can be decoded, or is damaged.")
    return np.asarray(pixels, dtype=np.uint8)
