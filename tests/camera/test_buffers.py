"""Memory for frames: used again when it is free, and never while anybody can still see what lies there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from edged.camera.buffers import MOST_BUFFERS, FrameBuffers
from edged.camera.opening import open_source
from edged.camera.source import SourceOptions

from .conftest import level

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edged.types import Uint8Array

SHAPE = (4, 6, 3)


def place(array: Uint8Array) -> int:
    return int(array.__array_interface__["data"][0])


def test_memory_is_used_again_when_its_frame_is_gone() -> None:
    buffers = FrameBuffers()
    first = buffers.spare(SHAPE)
    where = place(first)
    del first
    assert place(buffers.spare(SHAPE)) == where


@pytest.mark.parametrize("view", [lambda frame: frame, lambda frame: frame[1:][:2], lambda frame: frame.data.cast("B")])
def test_what_somebody_holds_or_sees_a_part_of_stays_as_it_is(view: Callable[[Uint8Array], Uint8Array | memoryview]) -> None:
    buffers = FrameBuffers()
    frame = buffers.spare(SHAPE)
    frame[:] = 7
    kept = view(frame)
    del frame
    for _ in range(2 * MOST_BUFFERS):
        buffers.spare(SHAPE)[:] = 9
    assert set(bytes(kept)) == {7}


def test_whoever_keeps_many_frames_keeps_them_all() -> None:
    buffers = FrameBuffers()
    kept = [buffers.spare(SHAPE) for _ in range(2 * MOST_BUFFERS)]
    for number, frame in enumerate(kept):
        frame[:] = number
    assert [set(frame.flat) for frame in kept] == [{number} for number in range(len(kept))]


@pytest.mark.parametrize("shapes", [(SHAPE, (8, 6, 3)), ((8, 6, 3), SHAPE)])
def test_frames_of_another_size_get_memory_of_that_size(shapes: tuple[tuple[int, ...], ...]) -> None:
    buffers = FrameBuffers()
    for shape in (*shapes, *shapes):
        frame = buffers.spare(shape)
        frame[:] = 7
        assert frame.shape == shape
        del frame


def test_a_frame_of_the_size_before_stays_as_it_is() -> None:
    buffers = FrameBuffers()
    small = buffers.spare(SHAPE)
    small[:] = 7
    buffers.spare((8, 6, 3))[:] = 9
    buffers.spare(SHAPE)[:] = 9
    assert set(small.flat) == {7}


def test_a_clip_that_is_looked_at_frame_by_frame_needs_no_memory_for_each(make_clip: Callable[..., Path]) -> None:
    source = open_source("door", str(make_clip(frames=6)), SourceOptions(loop=True, pace="fast"))
    places, levels, others = set(), [], []
    for _ in range(12):
        frame = source.read()
        places.add(place(frame.pixels))
        levels.append(level(frame))
        others.append(np.empty(frame.pixels.nbytes, np.uint8))
        del frame
        others.append(np.empty_like(others[-1]))  # takes the place of the frame, had that been freed
    source.close()
    assert levels == [*range(6), *range(6)]
    assert len(places) <= MOST_BUFFERS
