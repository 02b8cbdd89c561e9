"""Motion: where a face is expected now, after it was seen at other times, and how well a box fits that.

Knows places and times of one face; it does not know other faces.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edged.types import Box


NORMAL = (2 * math.pi) ** 1.5
"""Divisor of the density of a normal distribution in three dimensions: x, y and the size's logarithm."""


@dataclass(frozen=True, slots=True)
class MotionModel:
    """How faces move; lengths are in sizes of the face itself, the square root of its box's area.

    A face is about 15 cm wide, so somebody who walks across at 1.4 m/s moves 8 of its sizes a second.
    Set on the first and the later half of people_walking_to_camera_1080p at 25, 12.5, 8.3 and 4.2 frames a second.
    """

    box_deviation: float = 0.05  # standard deviation of a detected box about the face, in sizes
    speed_deviation: float = 4.0  # standard deviation of the speed of a face that was seen once, sizes per second
    restlessness: float = 10.0  # spectral density of acceleration, sizes² per second³: √(restlessness · t) in speed after t seconds
    surprise: float = 0.02  # chance that a face moves as if of unknown speed: people stop, cameras shake, frame times are inexact
    size_deviation: float = 0.1  # standard deviation of the logarithm of the size from one sight to the next
    size_drift: float = 0.3  # what each second adds to it: people come closer and turn their heads
    stay: float = 0.3  # chance that somebody who was not seen for stay_seconds stands about where they stood: they wait at the door
    stay_seconds: float = 1.6  # longer than tracks live unseen unless they are told to, or a camera gives few frames
    stay_deviation: float = 0.7  # standard deviation of where they stand then, in sizes: from one foot to the other
    newcomers: float = 0.0025  # faces not followed yet that a frame holds, per face's area and unit of the size's logarithm


MODEL = MotionModel()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a face is: its centre and its size, in pixels."""

    x: float
    y: float
    size: float

    @classmethod
    def of(cls, box: Box) -> Place:
        """The place of a box; an empty one counts as one pixel."""
        x, y = box.centre
        return cls(x, y, max(1.0, math.sqrt(box.area)))


class Motion:
    """A Kalman filter of constant velocity over irregular times.

    As in Bewley et al., "Simple online and realtime tracking" (SORT), ICIP 2016, but with time in seconds and with the continuous
    white-noise acceleration of Bar-Shalom et al., "Estimation with applications to tracking and navigation" (2001), section 6.2.
    Uncertainty is counted in sizes of the face, so it is the same for x and y: one 2×2 covariance of position and speed,
    three numbers, serves both. The size has no speed: it follows what is seen as the position does.
    """

    def __init__(self, place: Place, at: float, model: MotionModel = MODEL) -> None:
        """Begin with a face seen at the monotonic time at, seconds, whose speed is unknown."""
        self._model = model
        self._at = self._seen_at = at
        self._x, self._y, self._size = place.x, place.y, place.size
        self._seen = place
        self._vx = self._vy = 0.0  # pixels per second
        self._position, self._mixed, self._speed = model.box_deviation**2, 0.0, model.speed_deviation**2
        self.expect(at)

    def expect(self, now: float) -> None:
        """Move on to the monotonic time now, seconds, not earlier than any before."""
        model = self._model
        elapsed, self._at = now - self._at, now
        self._x += elapsed * self._vx
        self._y += elapsed * self._vy
        restlessness = model.restlessness * elapsed
        mixed = self._mixed + elapsed * self._speed
        self._position += elapsed * (self._mixed + mixed) + restlessness * elapsed * elapsed / 3
        self._mixed = mixed + restlessness * elapsed / 2
        self._speed += restlessness
        self._variance = self._position + model.box_deviation**2
        unseen_seconds = now - self._seen_at
        self._unknown_way = unseen_seconds * model.speed_deviation  # how far it may be if its speed is unknown, in sizes
        self._surprised = self._variance + self._unknown_way**2
        self._size_deviation = model.size_deviation + model.size_drift * unseen_seconds
        likelihood = 1 / (NORMAL * self._size_deviation * model.newcomers)
        self._at_best = math.log(likelihood / self._variance)
        self._surprised_at_best = math.log(likelihood * model.surprise / self._surprised)
        self._may_have_stayed = unseen_seconds > model.stay_seconds
        if self._may_have_stayed:
            self._stayed = model.stay_deviation**2 + model.box_deviation**2
            self._stayed_at_best = math.log(likelihood * model.stay / self._stayed)

    def evidence(self, seen: Place, least: float) -> float:
        """How much better a place is explained by this face, where it is expected, than by a newcomer.

        A log-likelihood ratio, in nats: positive where it is the likelier. It is −inf where it is below least.
        """
        size = self._size
        dx, dy = (seen.x - self._x) / size, (seen.y - self._y) / size
        half_square = (dx * dx + dy * dy) / 2
        nats = max(self._at_best - half_square / self._variance, self._surprised_at_best - half_square / self._surprised)
        if self._may_have_stayed:
            nats = max(nats, self._evidence_of_staying(seen))
        if nats < least:
            return -math.inf
        resized = math.log(seen.size / size) / self._size_deviation
        nats -= resized * resized / 2
        return nats if nats >= least else -math.inf

    def _evidence_of_staying(self, seen: Place) -> float:
        dx, dy = (seen.x - self._seen.x) / self._size, (seen.y - self._seen.y) / self._size
        return self._stayed_at_best - (dx * dx + dy * dy) / (2 * self._stayed)

    def see(self, seen: Place) -> None:
        """Take in where the face is seen at the time it was last moved on to."""
        dx, dy = seen.x - self._x, seen.y - self._y
        if self._is_surprised_by(dx, dy):
            self._forget_speed()
        position, mixed = self._position, self._mixed
        gain, speed_gain = position / self._variance, mixed / self._variance
        self._x += gain * dx
        self._y += gain * dy
        self._size += gain * (seen.size - self._size)
        self._vx += speed_gain * dx
        self._vy += speed_gain * dy
        self._position -= gain * position
        self._mixed -= gain * mixed
        self._speed -= speed_gain * mixed
        self._seen_at, self._seen = self._at, seen

    def _is_surprised_by(self, dx: float, dy: float) -> bool:
        half_square = (dx * dx + dy * dy) / (2 * self._size * self._size)
        return self._at_best - half_square / self._variance < self._surprised_at_best - half_square / self._surprised

    def _forget_speed(self) -> None:
        """Let the covariance be as if the speed had changed by anything when the face was last seen."""
        self._position += self._unknown_way**2
        self._mixed += self._unknown_way * self._model.speed_deviation
        self._speed += self._model.speed_deviation**2
        self._variance = self._surprised
