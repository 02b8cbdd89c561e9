"""FrameFaces of a real face: what may vote, and what may only tell one face from another."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edged.pipeline.frame_faces import FrameFaces
from edged.pipeline.stage_times import StageTimes
from edged.types import Frame, Reason
from edged.vision.quality import QualityLimits

if TYPE_CHECKING:
    from edged.types import Uint8Array
    from edged.vision.faces import FaceReader


def views(reader: FaceReader, pixels: Uint8Array) -> FrameFaces:
    """The faces of a picture, read by one reader and with the limits that ship."""
    frame = Frame("front", 0, datetime(2026, 1, 1, tzinfo=UTC), 0.0, pixels)
    times = StageTimes()
    times.begin()
    return FrameFaces(frame, reader.detector.detect(pixels), reader, QualityLimits(), times)


def blurred(pixels: Uint8Array) -> Uint8Array:
    """The picture as somebody who moves across is seen: each row smeared over 13 pixels."""
    return np.asarray(cv2.blur(pixels, (13, 1)), np.uint8)


def small(pixels: Uint8Array) -> Uint8Array:
    return np.asarray(cv2.resize(pixels, None, fx=0.2, fy=0.2, interpolation=cv2.INTER_AREA), np.uint8)


def test_a_blurred_face_may_not_vote_and_still_tells_itself_from_another(reader: FaceReader, astronaut: Uint8Array) -> None:
    sharp, poor = views(reader, astronaut), views(reader, blurred(astronaut))
    assert poor.read(0).quality.reason is Reason.BLURRED
    assert poor.read(0).embedding is None
    seen, known = poor.embedding(0), sharp.embedding(0)
    assert seen
    assert known
    assert seen.vector @ known.vector > 0.4


def test_a_view_that_may_not_vote_is_embedded_once(reader: FaceReader, astronaut: Uint8Array) -> None:
    poor = views(reader, blurred(astronaut))
    assert poor.embedding(0) is poor.embedding(0) is not None


def test_a_usable_view_is_embedded_once(reader: FaceReader, astronaut: Uint8Array) -> None:
    sharp = views(reader, astronaut)
    assert sharp.embedding(0) is sharp.read(0).embedding


def test_a_face_that_is_too_small_is_not_embedded(reader: FaceReader, astronaut: Uint8Array) -> None:
    far = views(reader, small(astronaut))
    assert far.read(0).quality.reason is Reason.TOO_SMALL
    assert far.embedding(0) is None


def test_what_shows_nothing_that_can_be_compared_is_not_kept(reader: FaceReader, astronaut: Uint8Array) -> None:
    with pytest.raises(ValueError, match="no usable view"):
        views(reader, small(astronaut)).view_to_keep(0, with_crop=False)
    upside_down = views(reader, np.ascontiguousarray(astronaut[::-1, ::-1]))
    assert upside_down.read_poor(0).quality.reason is Reason.NOT_UPRIGHT
    assert upside_down.turn(0) == 180
    with pytest.raises(ValueError, match="no usable view"):
        upside_down.view_to_keep(0, with_crop=False)


def test_a_poor_view_is_read_to_the_end_where_somebody_asks(reader: FaceReader, astronaut: Uint8Array) -> None:
    poor = views(reader, blurred(astronaut))
    view = poor.read_poor(0)
    assert view.quality.reason is Reason.BLURRED
    assert view.embedding is poor.embedding(0) is not None
    assert poor.view_to_keep(0, with_crop=False).face is view.face
