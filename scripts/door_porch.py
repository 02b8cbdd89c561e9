"""The empty porch of the composed door, drawn: a brick wall with a garden door, paving, a side wall and our own door's frame.

It knows nobody who walks there.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Canvas: TypeAlias = npt.NDArray[np.float32]

SEED = 20_240_229
"""Of all that is random in the clip, so that the same call gives the same pixels."""
HORIZON = 0.44
"""The height of the horizon in the frame, from above: the camera hangs at chest height and looks level."""
FLOOR_LINE = 0.70
"""Where the far wall meets the floor."""


def porch(size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """The empty porch, (H, W, 3) uint8 BGR: a brick wall with a garden door, paving, a side wall, and the door frame we look out of.

    Everything in it is straight lines and even texture: no detector may find a face here.
    """
    width, height = size
    picture = _brick_wall(width, height)
    _gate(picture)
    _paving(picture)
    _side_wall(picture)
    _door_frame(picture)
    across, down = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    vignette = 1.04 - 0.20 * (across**2 + down**2) / 2
    return np.clip(picture * vignette[..., None], 0, 255).astype(np.uint8)


def _grain(shape: tuple[int, int], sigma: float, strength: float, seed: int) -> Canvas:
    """Smooth random texture (H, W, 1) about 1: blotches sigma pixels wide."""
    blurred = cv2.GaussianBlur(np.random.default_rng((SEED, seed)).standard_normal(shape, dtype=np.float32), (0, 0), sigma)
    return np.asarray(1 + strength * blurred / blurred.std(), dtype=np.float32)[..., None]


def _brick_wall(width: int, height: int) -> Canvas:
    """The far wall over the whole frame, (H, W, 3) float32."""
    brick_height = height / 36
    brick_width = brick_height * 3.1
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    row = np.floor(down / brick_height)
    column = across / brick_width + 0.5 * (row % 2)
    tones = np.random.default_rng(SEED).normal(1.0, 0.05, 1 << 12)
    tone = tones[(row * 61 + np.floor(column)).astype(np.intp) % tones.size]
    joint = (np.minimum(down % brick_height, (column % 1) * brick_width) < height / 420).astype(np.float32)
    joint = cv2.GaussianBlur(joint, (0, 0), height / 700)[..., None]
    brick = np.array([96, 112, 138], np.float32) * tone[..., None]
    wall = brick * (1 - joint) + np.array([142, 150, 156], np.float32) * joint
    lighter_above = np.linspace(1.12, 0.88, height, dtype=np.float32)[:, None, None]
    return np.asarray(wall * lighter_above * _grain((height, width), height / 30, 0.03, 1), dtype=np.float32)


def _fill(picture: Canvas, corners: list[tuple[float, float]], texture: Canvas, soft: float) -> None:
    """Lay texture (broadcast to H×W×3) over a polygon, corners as fractions of width and height, edge blurred by soft of the height."""
    height, width = picture.shape[:2]
    mask = np.zeros((height, width), np.float32)
    points = np.array([(x * width, y * height) for x, y in corners])
    cv2.fillPoly(mask, [np.rint(points).astype(np.int32)], (1.0,))
    mask = cv2.GaussianBlur(mask, (0, 0), max(0.6, soft * height)).astype(np.float32, copy=False)
    picture += (texture - picture) * mask[..., None]


def _gate(picture: Canvas) -> None:
    """A wooden garden door in the far wall: boards side by side."""
    height, width = picture.shape[:2]
    left, right, top = 0.515, 0.655, 0.20
    seam_width = 0.06
    _fill(
        picture,
        [(left - 0.012, top - 0.02), (right + 0.012, top - 0.02), (right + 0.012, FLOOR_LINE), (left - 0.012, FLOOR_LINE)],
        np.array([150, 158, 160], np.float32),
        0.0015,
    )
    boards = ((np.arange(width) / width - left) / (right - left) * 7) % 1
    seams = np.where(boards < seam_width, 0.62, 1.0).astype(np.float32)[None, :, None]
    wood = np.array([72, 92, 84], np.float32) * seams * _grain((height, width), height / 90, 0.03, 2)
    _fill(picture, [(left, top), (right, top), (right, FLOOR_LINE), (left, FLOOR_LINE)], wood.astype(np.float32), 0.0012)


def _paving(picture: Canvas) -> None:
    """Slabs that run to the vanishing point on the horizon."""
    height, width = picture.shape[:2]
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    below = np.maximum(down / height - HORIZON, 1e-3)
    depth = (0.95 - HORIZON) / below
    sideways = (across / width - 0.5) * depth
    seam_width = 0.012 * depth
    seam = np.minimum((depth * 2.2) % 1 / 2.2, (sideways * 3.2 + 0.37) % 1 / 3.2) < seam_width
    joints = np.where(seam, 0.86, 1.0).astype(np.float32)
    tone = cv2.GaussianBlur(joints, (0, 0), height / 600)[..., None]
    nearer_lighter = (0.80 + 0.35 * np.clip((below + HORIZON - FLOOR_LINE) / (1 - FLOOR_LINE), 0, 1)).astype(np.float32)[..., None]
    slabs = np.array([118, 124, 126], np.float32) * tone * nearer_lighter * _grain((height, width), height / 120, 0.02, 3)
    _fill(picture, [(0, FLOOR_LINE), (1, FLOOR_LINE), (1, 1.01), (0, 1.01)], slabs.astype(np.float32), 0.002)
    # Dirt and shade where the wall stands on the floor.
    shade = np.exp(-(((down / height - FLOOR_LINE) / 0.012) ** 2))[..., None] * 0.30
    picture *= (1 - shade).astype(np.float32)


def _side_wall(picture: Canvas) -> None:
    """Rendered side wall on the right, in perspective."""
    height, width = picture.shape[:2]
    lit = np.linspace(0.92, 1.1, width, dtype=np.float32)[None, :, None]
    render = np.array([160, 170, 172], np.float32) * lit * _grain((height, width), height / 200, 0.012, 4)
    _fill(picture, [(0.86, -0.01), (0.86, FLOOR_LINE), (1.01, 0.99), (1.01, -0.01)], render.astype(np.float32), 0.0015)


def _door_frame(picture: Canvas) -> None:
    """The painted frame of our own door at the left edge and the lintel above, so near that they are out of focus."""
    paint = np.array([186, 194, 196], np.float32)
    _fill(picture, [(-0.01, -0.01), (0.055, -0.01), (0.048, 1.01), (-0.01, 1.01)], paint * np.float32(0.80), 0.006)
    _fill(picture, [(0.034, -0.01), (0.055, -0.01), (0.048, 1.01), (0.027, 1.01)], paint * np.float32(0.62), 0.006)
    _fill(picture, [(-0.01, -0.01), (1.01, -0.01), (1.01, 0.030), (-0.01, 0.036)], paint * np.float32(0.50), 0.006)
