"""One portrait in every form in which people send pictures: formats, depths, inks, turns, animations.

Knows nothing of who opens them.
"""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

SIZE = (320, 400)
"""Small enough for 16 bits a channel, uncompressed, to be sent over MQTT."""
EXIF_ORIENTATION = 0x0112
LYING = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How an upright picture is laid down so that this orientation turns it back."""


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    """A picture as Pillow writes it."""
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def small(portrait: Path) -> Image.Image:
    """A portrait of at most SIZE."""
    image = Image.open(portrait).convert("RGB")
    image.info.clear()  # a profile of colours is not for grey pictures
    image.thumbnail(SIZE)
    return image


def turned(image: Image.Image, form: str, orientation: int) -> bytes:
    """The picture as it lies in a camera that was held so."""
    lying = image.transpose(LYING[orientation]) if orientation in LYING else image
    if form == "TIFF":
        return saved(lying, form, tiffinfo={EXIF_ORIENTATION: orientation})
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = orientation
    return saved(lying, form, exif=exif)


def deep(image: Image.Image, suffix: str, bits: int, *options: int) -> bytes:
    """The picture with so many bits a channel, in 16."""
    pixels = np.asarray(image)[..., ::-1].astype(np.uint16) << (bits - 8)
    return cv2.imencode(suffix, pixels, options)[1].tobytes()


def wide(image: Image.Image) -> bytes:
    """The picture in the middle of one of 8000 pixels in width."""
    canvas = Image.new("RGB", (8000, 1000), "grey")
    canvas.paste(image.resize((800, 1000)), (3600, 0))
    return saved(canvas, "JPEG", quality=60)


@cache
def in_every_form(portrait: Path) -> dict[str, bytes]:
    """The portrait by the name of a file for it."""
    image = small(portrait)
    clear, black = Image.merge("RGBA", (*image.split(), Image.new("L", image.size, 255))), Image.new("RGB", image.size)
    forms = {
        "plain.jpg": saved(image, "JPEG"),
        "progressive.jpg": saved(image, "JPEG", progressive=True),
        "cmyk.jpg": saved(image.convert("CMYK"), "JPEG"),
        "grey.jpg": saved(image.convert("L"), "JPEG"),
        "wide.jpg": wide(Image.open(portrait).convert("RGB")),
        "plain.png": saved(image, "PNG"),
        "palette.png": saved(image.convert("P"), "PNG"),
        "grey_alpha.png": saved(image.convert("LA"), "PNG"),
        "alpha.png": saved(clear, "PNG"),
        "deep.png": deep(image, ".png", 16),
        "plain.webp": saved(image, "WEBP"),
        "lossless.webp": saved(clear, "WEBP", lossless=True),
        "plain.avif": saved(image, "AVIF"),
        "alpha.avif": saved(clear, "AVIF"),
        "deep.avif": deep(image, ".avif", 10, cv2.IMWRITE_AVIF_DEPTH, 10),
        "plain.gif": saved(image, "GIF"),
        "plain.bmp": saved(image, "BMP"),
        "palette.bmp": saved(image.convert("P"), "BMP"),
        "plain.tif": saved(image, "TIFF"),
        "packed.tif": saved(image, "TIFF", compression="tiff_lzw"),
        "scanned.tif": saved(image, "TIFF", compression="jpeg"),
        "cmyk.tif": saved(image.convert("CMYK"), "TIFF"),
        "deep.tif": deep(image, ".tif", 16),
        "plain.ppm": saved(image, "PPM"),
    }
    forms |= {
        f"animated.{form.lower()}": saved(image, form, save_all=True, append_images=[black, black])
        for form in ("GIF", "PNG", "WEBP", "AVIF")
    }
    return forms | {f"turned.{form.lower()}": turned(image, form, 6) for form in ("JPEG", "PNG", "WEBP", "AVIF", "TIFF")}
