"""What a camera is to the rest of edged: an open source of frames, and how it is to be opened.

It does not know what kinds of source there are, nor who reads them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from edged.config import PicameraConfig

if TYPE_CHECKING:
    from edged.config import Pace, StreamDecoder, Turn
    from edged.types import Frame

FROZEN_AFTER_SECONDS = 30.0
"""Seconds for which a living camera's pictures are never the same, down to their noise: between two key frames, at most 10 s apart at
nearly all cameras, a stream may repeat what it shows of a scene in which nothing moves."""
MOST_INTERVALS = 3
"""Times between two frames for which none may come before a camera counts as silent: one may be lost, and the next be late."""


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """How a source is to be opened.

    width and height in pixels are asked of devices and are what a pipeline must deliver; frames_per_second is asked
    of devices, the most that is taken from devices and streams, and the pace of pictures in a folder. loop and pace are for
    files and folders: pace "realtime" makes them behave as a camera does, "fast" gives every frame as soon as it is taken.
    pipeline is a command that writes raw BGR frames of that size to its standard output (see `pipe`), used in place of
    edged's own decoding. frame_timeout_seconds is how long a pipeline or a Pi's camera may take for one frame: less than the
    feed's patience, so that it is closed in good order and not left to a hung thread. Where frames are asked for less often than that
    allows, it is longer: see patience_seconds().

    hides_source is whether its address holds a password, wherever in it that stands.

    decoder is what decodes RTSP streams: see `decoding`. picamera is for a camera on the Pi's own connector.

    aspect is the width of the whole picture over its height as it is to be shown, where its pixels are not square and nobody says so;
    rotate is by how many degrees clockwise the picture is turned after that, and flip whether it is mirrored left to right in the end.
    width and height are of the picture before.
    """

    width: int = 1280
    height: int = 720
    frames_per_second: float = 15.0
    loop: bool = False
    pace: Pace = "realtime"
    pipeline: str | None = None
    frame_timeout_seconds: float = 3.5
    rotate: Turn = 0
    flip: bool = False
    aspect: float | None = None
    decoder: StreamDecoder = "auto"
    picamera: PicameraConfig = field(default_factory=PicameraConfig)
    hides_source: bool = False

    def __post_init__(self) -> None:
        if min(self.width, self.height) < 1 or self.frames_per_second <= 0:
            raise ValueError(f"width, height and frames_per_second must be positive: {self}")

    def patience_seconds(self, usual: float) -> float:
        """Give the seconds to wait for a frame: the usual ones, but longer where less than one frame a second is asked for."""
        return usual if self.frames_per_second >= 1 else max(usual, MOST_INTERVALS / self.frames_per_second)


@dataclass(frozen=True, slots=True)
class Geometry:
    """How the pictures of a source lie before they are brought into shape.

    pixel_ratio is the width of a pixel over its height; rotation the degrees, 0, 90, 180 or 270 clockwise, by which they have to be
    turned by their own account; is_turned whether the source has already turned and mirrored them as the options say.
    """

    pixel_ratio: float = 1.0
    rotation: int = 0
    is_turned: bool = False


AS_IT_SHALL_BE = Geometry()
"""Square pixels, nothing to turn but what the options say."""


class Source(Protocol):
    """An open camera, used by one thread only.

    live says how its frames want to be taken. True: the newest wins, and one whose time is still to come (a clip played in
    real time) is held back until then, by the taker. False: every frame is wanted, at no particular time.
    """

    @property
    def frozen_after_seconds(self) -> float | None:
        """For how long its pictures may be the same before it counts as frozen; None for recordings, which may stand still."""

    @property
    def decoder(self) -> str | None:
        """What decodes its stream, for people; None where it is no stream of video."""

    live: bool

    def read(self) -> Frame:
        """Wait for the next frame, whose pixels belong to the taker; may hang for ever where a driver does.

        Raises:
            CameraError: the source is lost or silent, or gives what cannot be decoded; close it and open another.
            CameraEnded: a file or folder that is played once has no frame left.
        """

    def close(self) -> None:
        """Release the device; nothing may be called afterwards."""


class RawSource(Source, Protocol):
    """A source that gives its pictures as they come; geometry is that of the last frame read."""

    @property
    def geometry(self) -> Geometry:
        """How they lie."""
