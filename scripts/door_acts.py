"""What happens at the composed door: acts, in which people take poses one after another, and those of the demo.

It knows time and places, and no picture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

DARK = 0.15
"""What is left of the light in an unlit porch, as a factor."""


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

    def frame_count(self, fps: float) -> int:
        """The frames that it makes at so many a second."""
        return round(self.seconds * fps)


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
