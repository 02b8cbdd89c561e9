"""Formats of pictures: which are opened, what others look like at their beginning, and what to do with those.

It knows the first bytes of a file only, and decodes nothing.
"""

from __future__ import annotations

import cv2

from edged.errors import PictureError

OPENED = ("JPEG", "PNG", "WebP", "AVIF", "GIF", "BMP", "TIFF")
"""Formats that are opened, by Pillow's names but for their case; the parser of no other one sees what was sent."""
CONVERT_HEIC = (
    "send it as a JPEG. An iPhone takes JPEGs with Settings, Camera, Formats, Most Compatible; on Debian 'sudo apt install "
    "libheif-examples' and 'heif-convert IN.heic OUT.jpg' make one of it"
)
"""What becomes of a picture in a format that OpenCV cannot be built with."""
HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1")
"""Brands of a container (ISO/IEC 23008-12, annex B); pictures of AVIF may begin with the last two as well."""
BEGINNINGS = {
    b"\xff\x0a": "JPEG XL picture",
    b"\0\0\0\x0cJXL ": "JPEG XL picture",
    b"\0\0\0\x0cjP  ": "JPEG 2000 picture",
    b"\xff\x4f\xff\x51": "JPEG 2000 picture",
    b"8BPS": "Photoshop picture",
    b"%PDF": "PDF document",
    b"<svg": "SVG drawing",
    b"<?xml": "XML document",
    b"<!DOCTYPE": "web page",
    b"<html": "web page",
    b"\x1aE\xdf\xa3": "video",
    b"PK\x03\x04": "ZIP archive",
    b"\x1f\x8b": "gzip archive",
}
"""How files begin that are sent in the place of pictures."""
CONTAINER = slice(4, 8)
"""Where `ftyp` stands in a container of ISO/IEC 14496-12; its brands follow up to LAST_BRAND, of which four bytes are a version."""
LAST_BRAND = 64

ALWAYS = ("BMP", "PPM")
"""Formats that OpenCV needs no library for."""


def refuse_others(content: bytes, what: str) -> None:
    """Refuse a file of a known format that is not opened, by that format's name; any other may be a picture.

    Raises:
        PictureError: HEIC, a video, a document, or the like.
    """
    if content[CONTAINER] == b"ftyp":
        brands = content[8:LAST_BRAND]
        if b"avif" in brands or b"avis" in brands:
            return
        if brands[:4] in HEIC_BRANDS:
            raise PictureError(f"{what} is a HEIC picture, which cannot be decoded here; {CONVERT_HEIC}.")
        raise PictureError(f"{what} is a video (MP4 or MOV) and not a picture; {or_send()}.")
    found = next((name for beginning, name in BEGINNINGS.items() if content.startswith(beginning)), None)
    if found:
        raise PictureError(f"{what} is a {found}, which is not opened; {or_send()}.")


def or_send() -> str:
    """What may be sent, as a part of a sentence."""
    return f"send a {', '.join(OPENED[:-1])} or {OPENED[-1]}"


def lacks(form: str) -> bool:
    """Whether OpenCV was built without this format."""
    lines = (line.split() for line in cv2.getBuildInformation().splitlines())
    built = {words[0].rstrip(":"): words[1:2] for words in lines if words}
    return form not in ALWAYS and built.get(form, ["NO"]) == ["NO"]
