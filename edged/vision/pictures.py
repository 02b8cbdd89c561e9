"""Pictures from outside: bytes and files are checked before they are decoded to pixels.

It knows how much may be decoded of what is sent, and no faces.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edged.errors import PictureError
from edged.system.opencv_log import SILENT, printing_at_most
from edged.types import Box, Detection
from edged.vision.formats import lacks, or_send, refuse_others
from edged.vision.headers import Header, read_header

if TYPE_CHECKING:
    from pathlib import Path

    from edged.types import Uint8Array
    from edged.vision.headers import Header

MAX_MEGAPIXELS = 20
"""Megapixels of a picture that is sent: while it is decoded most formats take 6 bytes a pixel, and the whole daemon shall not need much
more than 150 MB."""
FEWER_MEGAPIXELS = {"AVIF": 7, "GIF": 15}
"""The same for formats whose decoders take more: 17 and 8 bytes a pixel, of 5000×4000 pixels with OpenCV 5.0."""
ANIMATED_SHARE = 0.5
"""Share of it that a picture may have whose first frame is taken: its decoder holds one more."""
TURNS = {
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}
"""For each EXIF orientation but the upright: whether rows and columns change places, and whether the rows, and then the columns, are to be
read backwards (CIPA DC-008, 4.6.5)."""
MAX_PHOTO_MEGAPIXELS = 200
"""The same for a JPEG in one pass, as phones make it, which is decoded at a reduced scale; one in several has all of its coefficients in
memory meanwhile."""
MOST_DECODED_PIXELS = 8_000_000
"""Pixels to which a photo is reduced at least: faces are found in far fewer, and one that can be recognised has more than it needs."""
REDUCED = {1: cv2.IMREAD_COLOR, 2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4, 8: cv2.IMREAD_REDUCED_COLOR_8}
"""Flags of OpenCV by how many pixels of a JPEG become one in each direction: the scales that its decoder has."""
MAX_FILE_BYTES = 60_000_000
MAX_SCANS = 50
"""Passes of a progressive JPEG, of which usual encoders make about ten. One of 36 bytes can go over 20 megapixels, so that what may be sent
could keep the decoder busy for minutes."""


@dataclass(frozen=True, slots=True, eq=False)
class SentPicture:
    """A picture as it was sent, decoded: pixels (H, W, 3) BGR, of which each stands for scale of its own in each direction.

    size is its own width and height, turned as its EXIF orientation says.
    """

    pixels: Uint8Array
    size: tuple[int, int]
    scale: int = 1

    def in_full(self, found: Detection) -> Detection:
        """A face that was found in the pixels, in those of the picture as it was sent."""
        if self.scale == 1:
            return found
        box, points = found.box, found.landmarks.points_xy * np.float32(self.scale)
        sides = (side * self.scale for side in (box.x1, box.y1, box.x2, box.y2))
        return Detection(Box(*sides), replace(found.landmarks, points_xy=points), found.score)


def decode_sent(content: bytes) -> Uint8Array:
    """The pixels of open_sent() alone; raises as it does."""
    return open_sent(content).pixels


def open_sent(content: bytes) -> SentPicture:
    """Decode a picture that was sent, turned as its EXIF orientation says; of an animation the first frame, of a large JPEG fewer pixels.

    Raises:
        PictureError: another format, damaged, cut short, empty, of too many pixels, or a JPEG in very many passes; all but damage is seen
            before anything is decoded.
    """
    return _opened(content, "The picture", is_limited=True)


def read_picture(path: Path) -> Uint8Array:
    """The pixels of open_picture() alone; raises as it does."""
    return open_picture(path).pixels


def open_picture(path: Path) -> SentPicture:
    """Read a picture file as open_sent() does what was sent, however many pixels it has.

    Raises:
        PictureError: missing, unreadable, too large, or not a picture.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise PictureError(f"{path} is larger than {MAX_FILE_BYTES // 1_000_000} MB; make it smaller first.")
        content = path.read_bytes()
    except OSError as error:
        raise PictureError(f"{path} cannot be read: {error.strerror}.") from error
    return _opened(content, str(path), is_limited=False)


def encode_png(pixels: Uint8Array) -> bytes:
    """Encode pixels (H, W, 3) BGR as a PNG, without loss."""
    return cv2.imencode(".png", pixels)[1].tobytes()


def _opened(content: bytes, what: str, *, is_limited: bool) -> SentPicture:
    refuse_others(content, what)
    header = read_header(content, what)
    if is_limited:
        _check_size(header)
    if not header.is_whole:  # a decoder would fill what is missing with grey
        raise PictureError(f"{what} is cut short; send all of it.")
    if header.passes > MAX_SCANS:
        raise PictureError(f"{what} is drawn in {header.passes} passes; at most {MAX_SCANS} are gone through. Save it as an ordinary JPEG.")
    scale = _scale(header)
    pixels = _turned(_decode(content, header, scale, what), header.orientation)
    is_turned = (pixels.shape[1] > pixels.shape[0]) != (header.width > header.height)
    return SentPicture(pixels, (header.height, header.width) if is_turned else (header.width, header.height), scale)


def _check_size(header: Header) -> None:
    most = FEWER_MEGAPIXELS.get(header.format, MAX_MEGAPIXELS) * (ANIMATED_SHARE if header.is_animated else 1)
    if header.passes == 1:
        most = MAX_PHOTO_MEGAPIXELS
    if max(header.width * header.height, header.tile) > most * 1_000_000:
        kind = f"of {'an animated' if header.is_animated else 'a'} {header.format}"
        of_what = kind if most < MAX_MEGAPIXELS else ""
        raise PictureError(
            f"The picture has {header.width}×{header.height} pixels; {of_what}{of_what and ' '}at most {most:g} megapixels are opened. "
            "Send a smaller one, or an ordinary JPEG."
        )


def _scale(header: Header) -> int:
    """How many pixels become one in each direction: 1 but of a large JPEG."""
    fitting = (scale for scale in REDUCED if header.width * header.height <= MOST_DECODED_PIXELS * scale**2)
    return next(fitting, max(REDUCED)) if header.passes else 1


def _decode(content: bytes, header: Header, scale: int, what: str) -> Uint8Array:
    flags = REDUCED[scale] | (cv2.IMREAD_IGNORE_ORIENTATION if header.orientation != 1 else 0)
    try:
        with printing_at_most(SILENT):  # the sentence of the error says what is wrong
            pixels = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), flags)
    except cv2.error as error:
        raise PictureError(f"{what} cannot be decoded: {error.err}.") from error
    if pixels is None and lacks(header.format):
        raise PictureError(
            f"{what} is a picture in the format {header.format}, which the OpenCV that is installed cannot decode; "
            "install a newer opencv-python-headless by pip, or send a JPEG."
        )
    if pixels is None:
        raise PictureError(f"{what} is a picture in the format {header.format} that is damaged; {or_send()} that is whole.")
    return np.asarray(pixels, dtype=np.uint8)


def _turned(pixels: Uint8Array, orientation: int) -> Uint8Array:
    """Turn and mirror a picture that lies as it was taken, so that it is upright."""
    if orientation not in TURNS:
        return pixels
    is_transposed, rows_backwards, columns_backwards = TURNS[orientation]
    upright = pixels.transpose(1, 0, 2) if is_transposed else pixels
    return np.ascontiguousarray(upright[:: -1 if rows_backwards else 1, :: -1 if columns_backwards else 1])
