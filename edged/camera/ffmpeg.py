"""FFmpeg as it is built into OpenCV: what it prints, and the interlaced video that it cannot convert.

It does not know who opens a stream or a clip through it, nor what for.
"""

from __future__ import annotations

import logging
import os
import zlib
from typing import TYPE_CHECKING, NoReturn

import cv2
import numpy as np

from edged.camera.addresses import origin
from edged.camera.sequence_heads import h264_is_interlaced, mpeg2_is_interlaced
from edged.errors import NoPicture
from edged.system.opencv_log import ERRORS, print_at_most

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edged.types import Uint8Array

logger = logging.getLogger(__name__)

FATAL, ERROR = 8, 16
"""FFmpeg's levels of messages. At ERROR, which is OpenCV's own, it prints two lines for each interlaced frame and one for each damaged
block, and none says of which camera; what edged sees of it stands in the camera's state, with its name."""
MOST_UNCHANGED, MOST_UNCHANGED_OF_CLIPS, STEP_PX = 10, 25, 16
"""Frames from the first that may be the same before the stream, or the clip, itself is asked, and pixels from one that is compared to the
next. What OpenCV gives in place of interlaced frames is whatever lies in its memory, black in the best case, and never changes. A clip has
a second, since it may fade in from black, and what says that it may be interlaced is often decoded all the same; a stream of 5 frames a
second has less than the 3 s after which a camera is called black."""
MOST_PACKETS = 60
"""Packets that are looked through for the head of a sequence, which stands before every key frame."""
HEADS = {b"mpg2": mpeg2_is_interlaced, b"h264": h264_is_interlaced, b"avc1": h264_is_interlaced}
"""Who reads the heads of a codec, by the name that OpenCV has for it."""
COMMAND = (
    "ffmpeg -nostdin -loglevel error{input} -i {{source}} -vf yadif,fps={{rate}},scale={{width}}:{{height}} -pix_fmt bgr24 -f rawvideo -"
)
"""A command that deinterlaces, as the key `pipeline` of a camera takes it."""


def limit_messages() -> None:
    """Have FFmpeg print only what ends it and OpenCV only errors, at log.level "debug" what each thinks worth it; what the user set wins.

    OpenCV warns at each try to open a camera that is away, past the log and its limits. It reads FFmpeg's level once, at its first use.
    """
    is_debug = logger.isEnabledFor(logging.DEBUG)
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", str(ERROR if is_debug else FATAL))
    if not is_debug and "OPENCV_LOG_LEVEL" not in os.environ:
        print_at_most(ERRORS)


def leave_unturned(capture: cv2.VideoCapture) -> None:
    """Have frames given as they lie: OpenCV's versions differ in whether they turn them, and then take memory for each."""
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)


class InterlaceWatch:
    """Notices that the frames of a stream or clip never change because OpenCV cannot convert interlaced ones.

    FFmpeg's scaler does not convert an interlaced frame any more as OpenCV 4.13 and later ask for it, and OpenCV does not say so.
    """

    def __init__(self, name: str, parameters: Sequence[int] = ()) -> None:
        """Take the path or URL, and the parameters with which OpenCV opens it."""
        self._name, self._parameters = name, tuple(parameters)
        self._most_unchanged = MOST_UNCHANGED if "://" in name else MOST_UNCHANGED_OF_CLIPS
        self._first: int | None = None
        self._unchanged = 0
        self._is_over = False

    def check(self, pixels: Uint8Array) -> None:
        """Take in a frame, (H, W, 3); this costs nothing once one was another than the first.

        Raises:
            NoPicture: of so many none was, and the stream says that it may be interlaced.
        """
        if self._is_over:
            return
        digest = zlib.crc32(np.ascontiguousarray(pixels[::STEP_PX, ::STEP_PX]).data)
        self._first = digest if self._first is None else self._first
        self._unchanged += 1
        if digest != self._first:
            self._is_over = True
        elif self._unchanged > self._most_unchanged:
            self._is_over = True
            if is_interlaced(self._name, self._parameters):
                self.refuse()

    def refuse(self) -> NoReturn:
        """Say that it is interlaced, and what to do."""
        input_ = " -re" if "://" not in self._name else " -rtsp_transport tcp" if self._name.startswith("rtsp") else ""
        raise NoPicture(
            f"{origin(self._name)} is interlaced video, which OpenCV {cv2.__version__} cannot convert;"
            f" set in this camera's section: pipeline = '{COMMAND.format(input=input_)}'"
        )


def is_interlaced(name: str, parameters: Sequence[int] = ()) -> bool:
    """Whether a stream or clip says that its frames may be interlaced; opens it anew, and reads up to MOST_PACKETS packets."""
    try:
        capture = cv2.VideoCapture(name, cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, -1, *parameters])
    except cv2.error:
        return False
    try:
        head = HEADS.get(int(capture.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little", signed=True).lower())
        answers = (head(packet) for packet in _packets(capture)) if head else ()
        return next((answer for answer in answers if answer is not None), False)
    finally:
        capture.release()


def _packets(capture: cv2.VideoCapture) -> Iterator[bytes]:
    """What stands before the first packet, as MP4 and RTSP have it, and then the packets."""
    if not capture.grab():
        return
    _, before = capture.retrieve(flag=int(capture.get(cv2.CAP_PROP_CODEC_EXTRADATA_INDEX)))
    if before is not None:
        yield before.tobytes()
    for _ in range(MOST_PACKETS):
        found, packet = capture.retrieve()
        if not found:
            return
        yield packet.tobytes()
        if not capture.grab():
            return
