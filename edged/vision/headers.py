"""What a picture says of itself before any of it is decoded: its size, whether it is animated, whether it is whole.

The only file that imports Pillow, which reads headers lazily and decodes nothing here; it does not know how large is too large.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edged.errors import PictureError

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

FORMATS = ("JPEG", "PNG")
"""Pillow's names of the formats that are opened; the parser of no other one sees what was sent."""
START_OF_SCAN, END_OF_IMAGE = b"\xff\xda", b"\xff\xd9"
"""JPEG markers (ITU T.81, table B.1); the coded pixels of a scan hold no marker."""
LAST_CHUNK = b"IEND\xae\x42\x60\x82"
"""Kind and checksum of the chunk that ends every PNG (W3C PNG, 11.2.5), which is empty."""


@dataclass(frozen=True, slots=True)
class Header:
    """Width and height in pixels, passes of a progressive JPEG (0: no JPEG), and whether the picture is animated and there to its end."""

    width: int
    height: int
    passes: int
    is_animated: bool
    is_whole: bool


def read_header(content: bytes) -> Header:
    """Read the header of a picture in one of FORMATS.

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
        raise PictureError("This is not a JPEG or PNG picture, or it is cut short or damaged at its beginning.") from error


def _header(image: ImageFile, content: bytes) -> Header:
    if image.format == "PNG":
        return Header(*image.size, passes=0, is_animated=getattr(image, "is_animated", False), is_whole=LAST_CHUNK in content)
    scan = _first_scan(content)  # a thumbnail has an end of its own, before it
    passes = 1 + content.count(START_OF_SCAN, scan)
    return Header(*image.size, passes=passes, is_animated=False, is_whole=content.find(END_OF_IMAGE, scan) >= 0)


def _first_scan(content: bytes) -> int:
    """Find the coded pixels of the first scan, behind its header."""
    from PIL.JpegImagePlugin import JpegImageFile  # noqa: PLC0415 - as above

    stream = io.BytesIO(content)
    JpegImageFile(stream)  # which reads up to there; Image.open() would rewind a phone's picture that has others behind it
    return stream.tell()
