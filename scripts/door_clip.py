#!/usr/bin/env python3
"""Composes a clip as a door camera sees it: portraits cut out, walking through an invented porch, and a note of who is there when.

It knows pictures and time, and nothing of detectors, galleries or edged; the same call gives the same pixels every time.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
from portraits import DEFAULT_DIRECTORY, Portraits, PortraitsError, fetch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Picture: TypeAlias = npt.NDArray[np.uint8]
Matrix: TypeAlias = npt.NDArray[np.float64]

SEED = 20_240_229
DEFAULT_SIZE = (1280, 720)
DEFAULT_FPS = 15.0
# Face sizes in the acts are heights in pixels of a frame that is this high; other sizes scale with it.
REFERENCE_HEIGHT = 720

# The camera hangs at chest height and looks level: the horizon, and how far eyes stand above it in face heights.
HORIZON = 0.44
EYES_ABOVE_HORIZON = 0.35
# Where the far wall meets the floor, and the floor's brightness there and at the camera's feet.
FLOOR_LINE = 0.70

# An unlit porch: what is left of the light, as a factor.
DARK = 0.15
# Noise of a small sensor in grey levels: in full light, and what lack of light adds.
NOISE_SIGMA = 1.6
NOISE_SIGMA_DARK = 2.6
# The people were photographed in brighter rooms than a porch.
ACTOR_TONE = 0.92

STEPS_PER_SECOND = 1.9
BOB_FACES = 0.05
SWAY_FACES = 0.02
# Down to where of its height a portrait is used, before light shines between the knees, and how much leg then lacks, in face heights.
KNEES = 0.93
LEG_FACES = 1.7
# How far away the camera is from a turned portrait, in face heights: nearer bends the far half more.
YAW_DISTANCE_FACES = 7.0


class ClipError(Exception):
    """The clip cannot be composed; the message is a sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is true of a stretch of the clip: who is before the camera. end_seconds is exclusive."""

    start_seconds: float
    end_seconds: float
    people: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a person is at a moment of an act.

    x is the face's centre as a fraction of the frame's width, and may lie outside 0…1: out of sight. face_px is the face's height,
    forehead to chin. Yaw turns the face about the vertical, roll in the picture, both in degrees.
    """

    at_seconds: float
    x: float
    face_px: float
    yaw_degrees: float = 0.0
    roll_degrees: float = 0.0


@dataclass(frozen=True, slots=True)
class Role:
    """A person in an act, and the poses between which the person moves; before the first and after the last they stand still."""

    person: str
    poses: tuple[Pose, ...]


@dataclass(frozen=True, slots=True)
class Act:
    """A stretch of the clip to compose: roles are drawn in this order, so the nearest stands last.

    light is a factor on the whole picture at the start and at the end, 1 is daylight. Without roles nobody is there.
    """

    seconds: float
    note: str
    roles: tuple[Role, ...] = ()
    light: tuple[float, float] = (1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Cutting:
    """How to cut a person out of their portrait.

    Everything is in a picture scaled to 1000 px height, x right, y down: outline is (K, 2), traced once with GrabCut and corrected by
    hand, face_xy the centre of the face, face_px its height.
    """

    face_xy: tuple[float, float]
    face_px: float
    outline: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class CutOut:
    """A person without their background, at halving sizes so that a distant one does not glitter.

    levels[i] is (H, W, 4) uint8, BGR and opacity, 1 / 2**i of the first. face_xy and face_px are in pixels of levels[0].
    """

    levels: tuple[Picture, ...]
    face_xy: tuple[float, float]
    face_px: float


# The height in pixels of the portraits when they were traced.
TRACED_HEIGHT = 1000
# fmt: off
CUTTINGS = {
    "obama": Cutting((336, 187), 152, (
        (345, 97), (324, 97), (315, 100), (291, 114), (281, 123), (269, 140), (265, 153), (263, 173), (250, 186), (249, 199),
        (253, 209), (271, 227), (278, 245), (279, 262), (277, 273), (270, 284), (260, 295), (243, 309), (217, 318), (171, 326),
        (145, 335), (136, 346), (136, 364), (128, 384), (121, 397), (119, 436), (103, 505), (104, 524), (111, 543), (112, 574),
        (120, 596), (131, 602), (158, 600), (178, 606), (172, 625), (165, 642), (156, 662), (146, 689), (145, 712), (131, 762),
        (121, 817), (113, 884), (144, 894), (155, 899), (155, 960), (162, 999), (464, 999), (470, 960), (473, 899), (499, 886),
        (494, 850), (488, 800), (483, 740), (481, 700), (477, 655), (471, 625), (465, 593), (479, 590), (492, 576), (509, 547),
        (521, 511), (514, 488), (512, 472), (507, 460), (494, 400), (489, 390), (491, 373), (489, 345), (486, 338), (477, 338),
        (457, 329), (423, 322), (400, 317), (382, 310), (367, 297), (362, 286), (363, 262), (375, 243), (380, 234), (387, 229),
        (394, 214), (394, 196), (391, 181), (392, 156), (386, 136), (379, 123), (362, 105),
    )),
    "biden": Cutting((259, 168), 178, (
        (299, 52), (261, 45), (243, 45), (227, 49), (203, 63), (186, 85), (177, 109), (175, 175), (190, 199), (189, 227),
        (178, 246), (153, 260), (132, 268), (71, 277), (46, 285), (27, 294), (20, 308), (20, 381), (18, 461), (23, 497),
        (33, 535), (50, 582), (46, 652), (33, 700), (30, 735), (18, 807), (13, 864), (7, 890), (0, 896), (0, 999),
        (380, 999), (382, 935), (400, 922), (434, 912), (429, 858), (423, 805), (404, 716), (409, 690), (387, 657), (378, 600),
        (382, 562), (415, 555), (439, 548), (439, 411), (427, 401), (421, 367), (408, 338), (384, 324), (340, 308), (300, 290), (291, 272),
        (292, 256), (302, 236), (311, 218), (319, 208), (327, 176), (335, 161), (342, 139), (341, 109), (332, 84), (313, 60),
    )),
    "astronaut": Cutting((436, 234), 223, (
        (392, 47), (310, 109), (302, 128), (302, 183), (313, 211), (331, 228), (340, 249), (355, 260), (357, 268), (352, 289),
        (299, 296), (272, 311), (259, 324), (229, 366), (224, 377), (222, 396), (208, 414), (120, 492), (88, 548), (74, 600),
        (56, 645), (52, 693), (49, 724), (38, 762), (38, 802), (39, 856), (49, 914), (74, 946), (88, 999), (985, 999),
        (986, 950), (974, 923), (981, 893), (970, 884), (961, 815), (942, 767), (915, 731), (879, 700), (853, 687), (818, 675),
        (784, 673), (748, 675), (720, 688), (704, 681), (703, 642), (697, 604), (688, 562), (677, 546), (666, 516), (651, 498),
        (625, 476), (592, 454), (585, 431), (567, 401), (513, 350), (501, 335), (504, 302), (518, 272), (542, 257), (573, 219),
        (586, 181), (586, 158), (574, 106), (554, 73), (538, 61), (484, 36), (461, 32), (444, 32), (418, 41),
    )),
}
# fmt: on


def nobody(seconds: float, note: str = "nobody") -> Act:
    """An empty porch."""
    return Act(seconds, note)


def comes_closer(person: str, seconds: float = 6.5, *, x: float = 0.5, note: str | None = None) -> Act:
    """A person walks up from the gate, at first far too small to tell, stands before the door, and leaves to the left."""
    poses = (
        Pose(0.0, x + 0.06, 40),
        Pose(seconds * 0.15, x + 0.05, 50),
        Pose(seconds * 0.62, x, 220),
        Pose(seconds * 0.85, x, 220),
        Pose(seconds, -0.3, 200),
    )
    return Act(seconds, note or f"{person} comes closer, stands, and leaves", (Role(person, poses),))


def from_dark_to_light(person: str, seconds: float = 5.0, *, x: float = 0.45, note: str | None = None) -> Act:
    """A person stands in the unlit porch while the light comes up; the light stays."""
    poses = (Pose(0.0, x, 150), Pose(seconds * 0.6, x + 0.04, 190), Pose(seconds * 0.85, x + 0.04, 190), Pose(seconds, 1.4, 180))
    return Act(seconds, note or f"{person} comes from dark to light", (Role(person, poses),), light=(DARK, 1.0))


def at_an_angle(person: str, seconds: float = 5.0, *, note: str | None = None) -> Act:
    """A person passes from right to left, turned by up to 28 degrees and leaning by up to 15."""
    poses = (
        Pose(0.0, 1.2, 150, -28, 15),
        Pose(seconds * 0.30, 0.62, 165, -28, 15),
        Pose(seconds * 0.50, 0.54, 180, 0, 0),
        Pose(seconds * 0.72, 0.44, 180, 28, -15),
        Pose(seconds, -0.35, 165, 28, -8),
    )
    return Act(seconds, note or f"{person} passes at an angle", (Role(person, poses),))


def two_at_once(behind: str, before: str, seconds: float = 4.5, *, note: str | None = None) -> Act:
    """Two people side by side, moving: the first comes from the right, the second from the left and a little nearer."""
    right = (Pose(0.0, 1.3, 150), Pose(seconds * 0.25, 0.74, 155), Pose(seconds * 0.8, 0.72, 165, 0, 4), Pose(seconds, 1.3, 160))
    left = (Pose(0.0, -0.45, 165), Pose(seconds * 0.25, 0.27, 170), Pose(seconds * 0.8, 0.30, 180, 0, -4), Pose(seconds, -0.45, 165))
    return Act(seconds, note or f"{behind} and {before} at once", (Role(behind, right), Role(before, left)))


def door_acts() -> tuple[Act, ...]:
    """The clip of the demo: about half a minute with every situation once."""
    return (
        nobody(2.0),
        comes_closer("obama"),
        nobody(1.2),
        replace(nobody(1.0, "nobody; it gets dark"), light=(1.0, DARK)),
        from_dark_to_light("astronaut"),
        nobody(1.5),
        at_an_angle("biden"),
        nobody(1.5),
        two_at_once("obama", "astronaut"),
        nobody(2.0),
    )


def compose(portraits: Portraits, path: Path, size: tuple[int, int] = DEFAULT_SIZE, fps: float = DEFAULT_FPS) -> list[Scene]:
    """Write the clip of the demo, and beside it <name>.json, its truth; see compose_scenes."""
    return compose_scenes(door_acts(), portraits, path, size, fps)


def compose_scenes(
    acts: Sequence[Act],
    portraits: Portraits,
    path: Path,
    size: tuple[int, int] = DEFAULT_SIZE,
    fps: float = DEFAULT_FPS,
) -> list[Scene]:
    """Write acts one after another as a clip, and its truth as JSON of the same name.

    Args:
        acts: what happens; each is rounded to whole frames.
        portraits: whom the roles may name.
        path: `.mp4` (MPEG-4 part 2) or `.avi` (Motion JPEG, larger, for players that have nothing else).
        size: width and height in pixels, both even.
        fps: frames per second.

    Returns:
        What is true when, in order and without gaps.

    Raises:
        ClipError: a portrait cannot be read, or OpenCV cannot write such a file here.
        ValueError: a role names somebody without a portrait, or the suffix is another.
    """
    scenes = scenes_of(acts, fps)
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = _open_writer(path, size, fps)
    try:
        for frame in frames(acts, portraits, size, fps):
            writer.write(frame)
    finally:
        writer.release()
    truth = {"size": list(size), "fps": fps, "scenes": [asdict(scene) for scene in scenes]}
    path.with_suffix(".json").write_text(json.dumps(truth, indent=2) + "\n", encoding="utf-8")
    return scenes


def scenes_of(acts: Sequence[Act], fps: float = DEFAULT_FPS) -> list[Scene]:
    """What is true of the clip that these acts make, without making it."""
    scenes: list[Scene] = []
    first = 0
    for act in acts:
        last = first + _frame_count(act, fps)
        people = tuple(role.person for role in act.roles)
        scenes.append(Scene(round(first / fps, 3), round(last / fps, 3), people, act.note))
        first = last
    return scenes


def read_scenes(path: Path) -> list[Scene]:
    """The truth written beside the clip at path."""
    truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    return [Scene(s["start_seconds"], s["end_seconds"], tuple(s["people"]), s["note"]) for s in truth["scenes"]]


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
        for index in range(_frame_count(act, fps)):
            picture = empty.copy()
            for role in act.roles:
                _draw(picture, cut_outs[role.person], _pose_at(role.poses, index / fps), index / fps)
            progress = index / max(1, _frame_count(act, fps) - 1)
            yield _expose(picture, act.light[0] + (act.light[1] - act.light[0]) * progress, noise, number)
            number += 1


def cut_out(portraits: Portraits, person: str) -> CutOut:
    """Cut the acting portrait of a person out along their outline, with a soft edge.

    Raises:
        ClipError: the picture cannot be read.
        ValueError: nobody is called so.
    """
    path = portraits.of(person).act
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise ClipError(f"{path} is not a readable picture; delete it and run scripts/portraits.py again")
    cutting = CUTTINGS[person]
    scale = picture.shape[0] / TRACED_HEIGHT
    outline = np.array(cutting.outline, dtype=np.float64)
    # Where the person is cut off by the picture's own edge, the edge must stay hard: draw the outline beyond it.
    outline[outline[:, 1] >= TRACED_HEIGHT - 1, 1] += TRACED_HEIGHT / 20
    # The edge is drawn in by its own blur, so that the old background does not shine around the hair.
    soft = max(1.0, 1.6 * scale)
    opacity = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(opacity, [np.rint(outline * scale).astype(np.int32)], 255)
    inset = cv2.erode(opacity, np.ones((3, 3), np.uint8), iterations=math.ceil(soft), borderValue=(255,))
    opacity = cv2.GaussianBlur(inset, (0, 0), soft, borderType=cv2.BORDER_REPLICATE).astype(np.uint8, copy=False)
    tones = np.clip(picture * ACTOR_TONE, 0, 255).astype(np.uint8)
    whole = _with_legs(np.dstack([tones, opacity]), cutting.face_px * scale)
    return CutOut(_halvings(whole), (cutting.face_xy[0] * scale, cutting.face_xy[1] * scale), cutting.face_px * scale)


def _with_legs(picture: Picture, face_px: float) -> Picture:
    """Cut a picture (H, W, 4) off at the knees and lengthen it, for a person so far away that the legs are in view.

    The lowest row goes on downward and narrows; from five metres nobody sees more of a trouser leg.
    """
    person = picture[: round(picture.shape[0] * KNEES)]
    width = person.shape[1]
    columns = np.flatnonzero(person[-1, :, 3])
    centre = float(columns.mean()) if columns.size else width / 2
    taper = 1.0 + 0.3 * np.linspace(0.0, 1.0, round(face_px * LEG_FACES))[:, None]
    source = np.clip((np.arange(width)[None, :] - centre) * taper + centre, 0, width - 1)
    return np.vstack([person, person[-1][np.rint(source).astype(np.intp)]])


def _halvings(picture: Picture) -> tuple[Picture, ...]:
    levels = [picture]
    while min(levels[-1].shape[:2]) > 100:  # noqa: PLR2004 - the most distant face is still drawn from a larger one
        height, width = levels[-1].shape[:2]
        smaller = cv2.resize(levels[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        levels.append(smaller.astype(np.uint8, copy=False))
    return tuple(levels)


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


def porch(size: tuple[int, int] = DEFAULT_SIZE) -> Picture:
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


def _grain(shape: tuple[int, int], sigma: float, strength: float, seed: int) -> npt.NDArray[np.float32]:
    """Smooth random texture (H, W, 1) about 1: blotches sigma pixels wide."""
    blurred = cv2.GaussianBlur(np.random.default_rng((SEED, seed)).standard_normal(shape, dtype=np.float32), (0, 0), sigma)
    return np.asarray(1 + strength * blurred / blurred.std(), dtype=np.float32)[..., None]


def _brick_wall(width: int, height: int) -> npt.NDArray[np.float32]:
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


def _fill(picture: npt.NDArray[np.float32], corners: list[tuple[float, float]], texture: npt.NDArray[np.float32], soft: float) -> None:
    """Lay texture (broadcast to H×W×3) over a polygon, corners as fractions of width and height, edge blurred by soft of the height."""
    height, width = picture.shape[:2]
    mask = np.zeros((height, width), np.float32)
    points = np.array([(x * width, y * height) for x, y in corners])
    cv2.fillPoly(mask, [np.rint(points).astype(np.int32)], (1.0,))
    mask = cv2.GaussianBlur(mask, (0, 0), max(0.6, soft * height)).astype(np.float32, copy=False)
    picture += (texture - picture) * mask[..., None]


def _gate(picture: npt.NDArray[np.float32]) -> None:
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


def _paving(picture: npt.NDArray[np.float32]) -> None:
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


def _side_wall(picture: npt.NDArray[np.float32]) -> None:
    """Rendered side wall on the right, in perspective."""
    height, width = picture.shape[:2]
    lit = np.linspace(0.92, 1.1, width, dtype=np.float32)[None, :, None]
    render = np.array([160, 170, 172], np.float32) * lit * _grain((height, width), height / 200, 0.012, 4)
    _fill(picture, [(0.86, -0.01), (0.86, FLOOR_LINE), (1.01, 0.99), (1.01, -0.01)], render.astype(np.float32), 0.0015)


def _door_frame(picture: npt.NDArray[np.float32]) -> None:
    """The painted frame of our own door at the left edge and the lintel above, so near that they are out of focus."""
    paint = np.array([186, 194, 196], np.float32)
    _fill(picture, [(-0.01, -0.01), (0.055, -0.01), (0.048, 1.01), (-0.01, 1.01)], paint * np.float32(0.80), 0.006)
    _fill(picture, [(0.034, -0.01), (0.055, -0.01), (0.048, 1.01), (0.027, 1.01)], paint * np.float32(0.62), 0.006)
    _fill(picture, [(-0.01, -0.01), (1.01, -0.01), (1.01, 0.030), (-0.01, 0.036)], paint * np.float32(0.50), 0.006)


def _frame_count(act: Act, fps: float) -> int:
    return round(act.seconds * fps)


_FOURCC = {".mp4": "mp4v", ".avi": "MJPG"}


def _open_writer(path: Path, size: tuple[int, int], fps: float) -> cv2.VideoWriter:
    if path.suffix not in _FOURCC:
        raise ValueError(f"{path.name}: a clip is written as {' or '.join(_FOURCC)}")
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*_FOURCC[path.suffix]), fps, size)
    if not writer.isOpened():
        raise ClipError(f"this OpenCV cannot write {path}; check that the folder is writable, or name the file .avi")
    return writer


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def main() -> None:
    """Compose from the command line and say what is where in the clip."""
    parser = argparse.ArgumentParser(description="Compose a clip as a door camera sees it.")
    parser.add_argument("--portraits", type=Path, default=DEFAULT_DIRECTORY, help="where the portraits are kept (default: %(default)s)")
    parser.add_argument("--output", type=Path, required=True, help="the clip to write, .mp4 or .avi; its truth goes beside it as .json")
    parser.add_argument("--size", type=_size, default=DEFAULT_SIZE, metavar="WxH", help="in pixels (default: 1280x720)")
    parser.add_argument("--fps", type=float, default=DEFAULT_FPS, help="frames per second (default: %(default)s)")
    arguments = parser.parse_args()
    started = time.monotonic()
    try:
        scenes = compose(fetch(arguments.portraits), arguments.output, arguments.size, arguments.fps)
    except (ClipError, PortraitsError, ValueError) as error:
        sys.exit(f"door_clip: {error}")
    for scene in scenes:
        sys.stdout.write(f"{scene.start_seconds:6.2f}-{scene.end_seconds:5.2f} s  {', '.join(scene.people) or '-':<18} {scene.note}\n")
    megabytes = arguments.output.stat().st_size / 1e6
    sys.stdout.write(f"{arguments.output}: {megabytes:.1f} MB, composed in {time.monotonic() - started:.1f} s\n")


if __name__ == "__main__":
    main()
