"""What a picture says of itself before any of it is decoded: its format and size, how it is turned, whether it is animated and whole.

The only file that imports Pillow, which reads headers lazily and decodes nothing here; it does not know how large is too large.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edged.errors import PictureError
from edged.vision.formats import OPENED, or_send

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

FORMATS = (*map(str.upper, OPENED), "PPM")
"""Pillow's names of the formats that are opened; the last is what programs write that measure, plain pixels behind a line of text."""
START_OF_SCAN, END_OF_IMAGE = b"\xff\xda", b"\xff\xd9"
"""JPEG markers (ITU T.81, table B.1); the coded pixels of a scan hold no marker."""
LAST_CHUNK = b"IEND\xae\x42\x60\x82"
"""Kind and checksum of the chunk that ends every PNG (W3C PNG, 11.2.5), which is empty."""
ORIENTATION, TILE_WIDTH, TILE_LENGTH = 0x0112, 322, 323
"""Tags of EXIF and TIFF (TIFF 6.0, sections 8 and 15)."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a picture says of itself: format, one of FORMATS, and width and height in pixels as they lie.

    passes are those of a progressive JPEG, 0 where it is none. is_whole is whether it is there to its end, as far as that can be told
    from outside. orientation is EXIF's, 1…8, where the decoder does not obey it by itself, and else 1. tile is how many pixels the
    decoder has to hold at a time, beside the picture's.
    """

    format: str
    width: int
    height: int
    passes: int = 0
    is_animated: bool = False
    is_whole: bool = True
    orientation: int = 1
    tile: int = 0


def read_header(content: bytes, what: str = "This") -> Header:
    """Read the header of a picture in one of FORMATS; what is what a sentence calls it.

    Raises:
        PictureError: another format, or damaged before its pixels.
    """
    from PIL import Image, ImageFile  # noqa: PLC0415 - 4 MB and 25 ms, which only a picture that is sent costs

    Image.MAX_IMAGE_PIXELS = None  # the caller has a limit of its own, and wants to name the size
    ImageFile.LOAD_TRUNCATED_IMAGES = True  # a damaged or endless note beside the pixels is passed over; none is used
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(content), formats=FORMATS) as image:  # of odd EXIF
            return _header(image, content)
    except Exception as error:  # Pillow raises whatever its parsers stumble over
        sentence = f"{what} is not a picture that can be opened, or it is cut short or damaged at its beginning; {or_send()}."
        raise PictureError(sentence) from error


def _header(image: ImageFile, content: bytes) -> Header:
    size = image.size
    match image.format:
        case "JPEG" | "MPO":
            scan = _first_scan(content)  # a thumbnail has an end of its own, before it
            passes = 1 + content.count(START_OF_SCAN, scan)
            return Header("JPEG", *size, passes=passes, is_whole=content.find(END_OF_IMAGE, scan) >= 0)
        case "PNG":
            return Header("PNG", *size, is_animated=_is_animated(image), is_whole=LAST_CHUNK in content)
        case "WEBP":
            return Header("WEBP", *size, is_animated=_is_animated(image))
        case "AVIF":
            return Header("AVIF", *size, is_animated=_is_animated(image), orientation=image.getexif().get(ORIENTATION, 1))
        case "TIFF":
            tags = image.getexif()
            return Header("TIFF", *size, tile=tags.get(TILE_WIDTH, 0) * tags.get(TILE_LENGTH, 0))
    return Header(str(image.format), *size)


def _is_animated(image: ImageFile) -> bool:
    return bool(getattr(image, "is_animated", False))  # which not every format has


def _first_scan(content: bytes) -> int:
    """Find the coded pixels of the first scan, behind its header."""
    from PIL.JpegImagePlugin import JpegImageFile  # noqa: PLC0415 - as above

    stream = io.BytesIO(content)
    JpegImageFile(stream)  # which reads up to there; Image.open() would rewind a phone's picture that has others behind it
    return stream.tell()
