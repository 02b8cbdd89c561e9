"""The frames of the composed clip: people drawn into the porch as their acts say, and what a small sensor makes of the light.

It knows no file and no compression; the same call gives the same pixels every time.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
from door_acts import Pose
from door_people import cut_out
from door_porch import HORIZON, SEED, porch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from door_acts import Act
    from door_people import CutOut, Picture
    from portraits import Portraits

Matrix: TypeAlias = npt.NDArray[np.float64]

DEFAULT_SIZE, DEFAULT_FPS = (1280, 720), 15.0
REFERENCE_HEIGHT = 720
"""Height in pixels of a frame in which faces are as high as the acts say; in others they scale with it."""
EYES_ABOVE_HORIZON = 0.35
"""How far eyes stand above the horizon, in face heights."""
NOISE_SIGMA, NOISE_SIGMA_DARK = 1.6, 2.6
"""Noise of a small sensor in grey levels: in full light, and what lack of light adds."""
STEPS_PER_SECOND, BOB_FACES, SWAY_FACES = 1.9, 0.05, 0.02
"""How people walk: up and down and from side to side, in face heights."""
YAW_DISTANCE_FACES = 7.0
"""How far away the camera is from a turned portrait, in face heights: nearer bends the far half more."""


def frames(
    acts: Sequence[Act],
    portraits: Portraits,
    size: tuple[int, int] = DEFAULT_SIZE,
    fps: float = DEFAULT_FPS,
) -> Iterator[Picture]:
    """The frames of these acts one by one, (H, W, 3) uint8 BGR, before any compression."""
    people = dict.fromkeys(role.person for act in acts for role in act.roles)
    cut_outs = {person: cut_out(portraits, person) for person in people}
    empty = porch(size)
    noise = _noise_sheet(size)
    number = 0
    for act in acts:
        count = act.frame_count(fps)
        for index in range(count):
            picture = empty.copy()
            for role in act.roles:
                _draw(picture, cut_outs[role.person], _pose_at(role.poses, index / fps), index / fps)
            progress = index / max(1, count - 1)
            yield _expose(picture, act.light[0] + (act.light[1] - act.light[0]) * progress, noise, number)
            number += 1


def _pose_at(poses: tuple[Pose, ...], seconds: float) -> Pose:
    """The pose between two given ones.

    A walk of even speed shrinks the distance evenly, and the face's size is its inverse; so sizes meet in their inverse.
    """
    times = [pose.at_seconds for pose in poses]

    def between(values: list[float]) -> float:
        return float(np.interp(seconds, times, values))

    return Pose(
        seconds,
        between([pose.x for pose in poses]),
        1.0 / between([1.0 / pose.face_px for pose in poses]),
        between([pose.yaw_degrees for pose in poses]),
        between([pose.roll_degrees for pose in poses]),
    )


def _draw(picture: Picture, actor: CutOut, pose: Pose, seconds: float) -> None:
    """Draw a person into picture (H, W, 3), in place."""
    height, width = picture.shape[:2]
    face_px = pose.face_px * height / REFERENCE_HEIGHT
    level, level_scale = _level_for(actor, face_px)
    step = 2 * math.pi * STEPS_PER_SECOND * seconds
    centre_x = pose.x * width + SWAY_FACES * face_px * math.sin(step / 2)
    centre_y = HORIZON * height - (EYES_ABOVE_HORIZON + BOB_FACES * abs(math.sin(step / 2))) * face_px
    matrix = _placing(actor, pose, face_px, (centre_x, centre_y)) @ np.diag([1 / level_scale, 1 / level_scale, 1.0])
    left, top, right, bottom = _covered(matrix, level, (width, height))
    if left >= right or top >= bottom:
        return
    _shade_floor(picture, matrix, level, face_px)
    shifted = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]], dtype=np.float64) @ matrix
    warped = cv2.warpPerspective(level, shifted, (right - left, bottom - top), flags=cv2.INTER_LINEAR)
    region = picture[top:bottom, left:right]
    opacity = warped[..., 3:].astype(np.float32) / 255
    region[:] = np.rint(region + (warped[..., :3] - region.astype(np.float32)) * opacity).astype(np.uint8)


def _shade_floor(picture: Picture, matrix: Matrix, level: Picture, face_px: float) -> None:
    """The soft shade under the feet of somebody whose feet are in view, without which they would float; in place."""
    columns = np.flatnonzero(level[-1, :, 3])
    if not columns.size:
        return
    feet = matrix @ np.array([columns.mean(), level.shape[0], 1.0])
    x, y = round(feet[0] / feet[2]), round(feet[1] / feet[2])
    top, bottom = max(0, y - round(face_px)), min(picture.shape[0], y + round(face_px))
    if top >= bottom:
        return
    shade = np.zeros((bottom - top, picture.shape[1]), np.float32)
    cv2.ellipse(shade, (x, y - top), (round(face_px * 1.3), max(1, round(face_px * 0.22))), 0, 0, 360, (0.55,), cv2.FILLED)
    lit = 1 - cv2.GaussianBlur(shade, (0, 0), face_px * 0.16)
    picture[top:bottom] = np.rint(picture[top:bottom] * lit[..., None]).astype(np.uint8)


def _level_for(actor: CutOut, face_px: float) -> tuple[Picture, float]:
    """The smallest level that need not be enlarged, and its scale."""
    index = min(len(actor.levels) - 1, max(0, math.floor(math.log2(actor.face_px / face_px))))
    return actor.levels[index], actor.levels[index].shape[0] / actor.levels[0].shape[0]


def _placing(actor: CutOut, pose: Pose, face_px: float, centre_xy: tuple[float, float]) -> Matrix:
    """The homography (3, 3) from pixels of the largest level to pixels of the frame: a flat portrait, turned, leaned and placed."""
    faces = 1 / actor.face_px
    from_face = np.array([[faces, 0, -actor.face_xy[0] * faces], [0, faces, -actor.face_xy[1] * faces], [0, 0, 1]])
    yaw, roll = math.radians(pose.yaw_degrees), math.radians(pose.roll_degrees)
    turn = np.array([[math.cos(yaw), 0, 0], [0, 1, 0], [math.sin(yaw) / YAW_DISTANCE_FACES, 0, 1]])
    lean = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    place = np.array([[face_px, 0, centre_xy[0]], [0, face_px, centre_xy[1]], [0, 0, 1]])
    return np.asarray(place @ lean @ turn @ from_face, dtype=np.float64)


def _covered(matrix: Matrix, level: Picture, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The part of a frame of this width and height that the warped level can touch: left, top, right, bottom."""
    height, width = level.shape[:2]
    corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]], dtype=np.float64) @ matrix.T
    points = corners[:, :2] / corners[:, 2:]
    low, high = np.floor(points.min(axis=0)), np.ceil(points.max(axis=0))
    return max(0, int(low[0])), max(0, int(low[1])), min(size[0], int(high[0])), min(size[1], int(high[1]))


def _expose(picture: Picture, light: float, noise: npt.NDArray[np.float32], number: int) -> Picture:
    """What the sensor makes of a scene in this light: darker, and noisier by what is missing."""
    height, width = picture.shape[:2]
    # Another cut of one noise sheet for each frame looks like fresh noise and costs a tenth.
    left, top = np.random.default_rng((SEED, number)).integers(0, (noise.shape[1] - width, noise.shape[0] - height))
    sigma = NOISE_SIGMA + NOISE_SIGMA_DARK * (1.0 - light)
    grain = noise[top : top + height, left : left + width] * np.float32(sigma)
    lit = cv2.convertScaleAbs(picture, alpha=light)
    return cv2.add(lit, grain, dtype=cv2.CV_8U).astype(np.uint8, copy=False)


def _noise_sheet(size: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Unit noise (H + 128, W + 128, 3), a little coarse, as it is after a camera's own sharpening and scaling."""
    shape = (size[1] + 128, size[0] + 128, 3)
    sheet = np.random.default_rng(SEED).standard_normal(shape, dtype=np.float32)
    coarse = cv2.GaussianBlur(sheet, (0, 0), 0.7)
    return np.asarray(coarse / coarse.std(), dtype=np.float32)
