"""Pictures from outside: what is opened, and what is refused before it is."""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edged.errors import PictureError
from edged.system import device
from edged.types import Box, Detection, Landmarks
from edged.vision.pictures import MAX_SCANS, MOST_DECODED_PIXELS, decode_sent, encode_png, open_sent, read_picture

PIXELS = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)


def encoded(suffix: str) -> bytes:
    return cv2.imencode(suffix, PIXELS)[1].tobytes()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_header(width: int, height: int, bits: int = 8, colour: int = 2) -> bytes:
    """A PNG that says its size, with almost nothing in it."""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))


def png(width: int, height: int, *, compressed: bytes | None = None, before: bytes = b"") -> bytes:
    """A black PNG; before stands between header and pixels."""
    rows = zlib.compress((b"\0" + bytes(3 * width)) * height) if compressed is None else compressed
    return png_header(width, height) + before + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def sized(jpeg: bytes, width: int, height: int) -> bytes:
    """A JPEG that says that it has another size."""
    place = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:place] + struct.pack(">HH", height, width) + jpeg[place + 4 :]


def with_segment(jpeg: bytes, marker: int, content: bytes) -> bytes:
    """A JPEG with another segment before its others."""
    return jpeg[:2] + bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content + jpeg[2:]


def with_orientation(jpeg: bytes, orientation: int) -> bytes:
    """A JPEG as a phone makes it that was held otherwise than its sensor lies."""
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    return with_segment(jpeg, 0xE1, b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00" + entry + bytes(4))


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_what_is_sent_is_decoded(suffix: str) -> None:
    assert decode_sent(encoded(suffix)).shape == (48, 64, 3)


def test_a_png_comes_back_bit_by_bit() -> None:
    assert np.array_equal(decode_sent(encode_png(PIXELS)), PIXELS)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "not a picture that can be opened"),
        (b"hello", "not a picture that can be opened"),
        (b"\xff\xd8\xff", "not a picture that can be opened"),
        (encoded(".jp2"), "JPEG 2000 picture, which is not opened"),
        (png(30_000, 30_000, compressed=b""), "30000×30000"),
        (png(64, 64)[:-12], "cut short"),
        (png_header(64, 64), "damaged at its beginning"),
        (png(0, 64), "not a picture that can be opened"),
        (png(5_000, 4_001, compressed=b""), "5000×4001"),
        (png(64, 64, compressed=b"nonsense"), "that is damaged"),
        (png(64, 64, compressed=zlib.compress(bytes(100))), "that is damaged"),
        (png(64, 64, before=chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0))), "30000×30000"),
        (png(4_000, 2_501, compressed=b"", before=chunk(b"acTL", struct.pack(">II", 40, 0))), "of an animated PNG at most 10 megapixels"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"tEXt", b"\0" * 40) + encoded(".png")[8:], "that is damaged"),
        (encoded(".jpg")[:300], "not a picture|cut short"),
        (sized(encoded(".jpg"), 65_000, 65_000), "65000×65000"),
        (sized(encoded(".jpg"), 0, 64), "not a picture that can be opened"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(PictureError, match=sentence):
        decode_sent(content)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.999])
@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_picture_that_is_cut_short_is_refused_and_not_filled_with_grey(suffix: str, share: float) -> None:
    with pytest.raises(PictureError):
        decode_sent(encoded(suffix)[: int(share * len(encoded(suffix)))])


@pytest.mark.parametrize(
    "note",
    [
        chunk(b"tEXt", b"Comment\0A note")[:-1] + b"\0",
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(80_000_000))),
        chunk(b"iCCP", b"profile\0\0" + zlib.compress(bytes(80_000_000))),
    ],
)
def test_a_damaged_or_endless_note_beside_the_pixels_does_no_harm(note: bytes) -> None:
    content = encoded(".png")
    assert np.array_equal(decode_sent(content[:33] + note + content[33:]), PIXELS)  # behind signature and header


def test_a_png_that_is_whole_and_damaged_is_not_called_cut_short() -> None:
    content = bytearray(encoded(".png"))
    content[-16] ^= 1  # the checksum of the pixels
    with pytest.raises(PictureError, match="that is damaged"):
        decode_sent(bytes(content))


def test_the_end_of_a_thumbnail_is_not_that_of_the_picture() -> None:
    jpeg = with_segment(encoded(".jpg"), 0xE1, b"Exif\x00\x00" + encoded(".jpg"))
    assert decode_sent(jpeg).shape == (48, 64, 3)
    with pytest.raises(PictureError, match="cut short"):
        decode_sent(jpeg[:-500])


def test_what_a_phone_writes_behind_a_picture_does_no_harm() -> None:
    assert decode_sent(encoded(".jpg") + b"SEFT and more").shape == (48, 64, 3)


@pytest.mark.parametrize("pixels", [PIXELS[..., 0], PIXELS.astype(np.uint16) * 257, np.dstack([PIXELS, PIXELS[..., 0]])])
def test_grey_pictures_and_those_with_16_bits_or_alpha_become_bgr(pixels: Any) -> None:  # noqa: ANN401 - 8 or 16 bits
    decoded = decode_sent(cv2.imencode(".png", pixels)[1].tobytes())
    assert decoded.shape == (48, 64, 3)
    if pixels.ndim == 3:
        assert np.array_equal(decoded, PIXELS)


def test_a_jpeg_of_four_inks_becomes_bgr() -> None:
    """As printers' programs save it: Adobe's inverted CMYK, here all white."""
    grey = cv2.imencode(".jpg", np.full((16, 16), 255, np.uint8))[1].tobytes()
    assert decode_sent(cmyk(grey)).shape == (16, 16, 3)


def cmyk(grey: bytes) -> bytes:
    """A JPEG of four components that all repeat a grey one of one block in each direction."""
    frame = grey.index(b"\xff\xc0")
    scan = grey.index(b"\xff\xda")
    tables = grey[2:frame] + grey[frame + 13 : scan]
    coded = grey[scan + 10 : -2]
    header = struct.pack(">BHHB", 8, 16, 16, 4) + b"".join(bytes((number, 0x11, 0)) for number in range(1, 5))
    adobe = b"\xff\xee" + struct.pack(">H", 14) + b"Adobe" + struct.pack(">HHHB", 100, 0, 0, 0)
    start = b"\xff\xc0" + struct.pack(">H", len(header) + 2) + header
    scans = b"".join(b"\xff\xda" + struct.pack(">HBBBBBB", 8, 1, number, 0, 0, 63, 0) + coded for number in range(1, 5))
    return b"\xff\xd8" + adobe + tables + start + scans + b"\xff\xd9"


@pytest.mark.parametrize(("orientation", "quarters"), [(1, 0), (3, 2), (6, -1), (8, 1)])
def test_a_phone_picture_is_turned_upright(orientation: int, quarters: int) -> None:
    turned = np.rot90(PIXELS, quarters)
    jpeg = cv2.imencode(".jpg", PIXELS, [cv2.IMWRITE_JPEG_QUALITY, 100])[1].tobytes()
    decoded = decode_sent(with_orientation(jpeg, orientation))
    assert decoded.shape == turned.shape
    assert np.corrcoef(decoded.ravel(), turned.ravel())[0, 1] > 0.5  # noise that was coded; turned otherwise it is 0


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize(("megapixels", "scale"), [(6, 1), (12, 2), (20, 2), (50, 4), (190, 8)])
def test_a_photo_is_decoded_at_a_scale_that_fits_its_size(megapixels: int, scale: int, orientation: int) -> None:
    width, height = int((megapixels * 1e6 * 4 / 3) ** 0.5), int((megapixels * 1e6 * 3 / 4) ** 0.5)
    plain = np.zeros((height, width, 3), np.uint8)
    plain[:, width // 2 :] = 255
    opened = open_sent(with_orientation(cv2.imencode(".jpg", plain)[1].tobytes(), orientation))
    assert (opened.scale, opened.size) == (scale, (width, height) if orientation == 1 else (height, width))
    assert opened.pixels.shape[0] * opened.pixels.shape[1] <= MOST_DECODED_PIXELS
    assert [side * scale for side in opened.pixels.shape[1::-1]] == pytest.approx(opened.size, abs=scale)
    face = Detection(Box(10, 20, 30, 40), Landmarks(("nose",), np.array([[15, 25]], np.float32)), 0.9)
    assert opened.in_full(face).box == Box(10 * scale, 20 * scale, 30 * scale, 40 * scale)
    assert opened.in_full(face).landmarks.points_xy.tolist() == [[15 * scale, 25 * scale]]


def test_a_large_photo_takes_little_memory() -> None:
    noise = np.random.default_rng(2).integers(0, 255, (6144, 8160, 3), np.uint8)
    photo = cv2.imencode(".jpg", noise, [cv2.IMWRITE_JPEG_QUALITY, 20])[1].tobytes()
    del noise
    before = device.rss_mb()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # begin to measure the most anew: proc(5)
    assert open_sent(photo).scale == 4
    [most] = [line for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines() if line.startswith("VmHWM")]
    assert int(most.split()[1]) / 1000 - before < 60, "decoded whole it has 150 MB"


def test_many_pixels_are_opened_only_in_one_pass() -> None:
    progressive = cv2.imencode(".jpg", PIXELS, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    place = progressive.index(b"\xff\xc2") + 5
    with pytest.raises(PictureError, match=r"8000×4000 pixels; at most 20.*ordinary JPEG"):
        open_sent(progressive[:place] + struct.pack(">HH", 4000, 8000) + progressive[place + 4 :])


def test_bombs_are_not_decoded_and_take_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(*_: object) -> None:
        raise AssertionError("this was to be decoded")

    monkeypatch.setattr(cv2, "imdecode", decode)
    bomb = png(30_000, 30_000, compressed=zlib.compress(bytes(100_000_000)))
    animation = png(4_000, 4_000, compressed=b"", before=chunk(b"acTL", struct.pack(">II", 40, 0)))
    for content in (bomb, animation, sized(encoded(".jpg"), 65_000, 65_000), bomb[:-20]):
        with pytest.raises(PictureError):
            decode_sent(content)


def test_memory_is_flat_under_pictures_that_blow_up_inside() -> None:
    """What stands beside the pixels is not unpacked, and refused pictures leave nothing behind."""
    hidden = zlib.compress(bytes(100_000_000))
    bombs = [
        png(64, 64, before=chunk(b"zTXt", b"a\0\0" + hidden)),
        png(64, 64, before=chunk(b"iCCP", b"a\0\0" + hidden)),
        png(64, 64, compressed=hidden),
        encoded(".png")[:-40],
    ]
    sizes = []
    for _ in range(4):
        for bomb in bombs:
            with suppress(PictureError):
                decode_sent(bomb)
        sizes.append(device.rss_mb())
    assert max(sizes) - sizes[0] < 10, sizes


def test_a_progressive_jpeg_is_opened_and_one_of_endless_passes_is_not() -> None:
    jpeg = cv2.imencode(".jpg", PIXELS, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    assert decode_sent(jpeg).shape == PIXELS.shape
    last_pass = jpeg[jpeg.rindex(b"\xff\xda") : -2]
    with pytest.raises(PictureError, match="passes"):
        decode_sent(jpeg[:-2] + last_pass * MAX_SCANS + jpeg[-2:])


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"gone\.jpg cannot be read: No such file"):
        read_picture(tmp_path / "gone.jpg")
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(PictureError, match=r"notes\.txt is not a picture"):
        read_picture(tmp_path / "notes.txt")
    with pytest.raises(PictureError, match="cannot be read: Is a directory"):
        read_picture(tmp_path)
