"""The budget of the device: how much slower edged looks, so that it stays within a processor share and a temperature.

Knows readings and limits; who takes the readings, and what is slowed down, is not known here.
"""

from __future__ import annotations

from typing import Literal

LESS, MORE = 0.75, 0.05
"""Factor of the share of looks for a reading above its limit, and what one with room below all limits adds: from a half back to all
takes ten of them."""
ROOM_PERCENT, ROOM_CELSIUS = 10.0, 3.0
"""How far below max_cpu_percent, as part of it, and max_temperature_celsius a reading must be to speed up: one step of MORE at the full
share adds half of the one, and processors warm up within seconds of a step, and cool down over minutes."""
LEAST_SHARE = 0.05
"""The share falls no further, so that it comes back within a few minutes; the rate has a floor of its own."""

SlowedBy = Literal["cpu", "temperature"]


class Budget:
    """Additive increase, multiplicative decrease of the share of looks, with a band between in which nothing changes.

    As in Chiu and Jain, "Analysis of the increase and decrease algorithms for congestion avoidance in computer networks",
    Computer Networks and ISDN Systems 1989.
    """

    def __init__(self, max_cpu_percent: float | None, max_temperature_celsius: float | None) -> None:
        """Begin at full speed; a limit that is None does not count. 200 percent are two cores; the temperature is the processor's."""
        self._max_cpu, self._max_temperature = max_cpu_percent, max_temperature_celsius
        self._temperature: float | None = None
        self._share = 1.0
        self.slowed_by: SlowedBy | None = None
        """The limit that made it slower last; None at full speed."""

    def limit(self, max_cpu_percent: float | None, max_temperature_celsius: float | None) -> None:
        """Keep to other limits from now on."""
        self._max_cpu, self._max_temperature = max_cpu_percent, max_temperature_celsius

    @property
    def slowdown(self) -> float:
        """By how much the intervals between looks are stretched, 1…20."""
        return 1.0 / self._share

    def update(self, cpu_percent: float, temperature_celsius: float | None) -> None:
        """Take a reading: the mean processor time since the last one, percent of one core, and the temperature now.

        One that is too hot but cools already is left alone: the last step still works, and heat lags behind it.
        """
        cools = temperature_celsius is not None and self._temperature is not None and temperature_celsius < self._temperature
        self._temperature = temperature_celsius
        if _is_over(temperature_celsius, self._max_temperature) and not cools:
            self._slow_down("temperature")
        elif _is_over(cpu_percent, self._max_cpu):
            self._slow_down("cpu")
        elif not self._is_near(cpu_percent, temperature_celsius):
            self._share = min(1.0, self._share + MORE)
            self.slowed_by = None if self._share == 1.0 else self.slowed_by

    def _slow_down(self, limit: SlowedBy) -> None:
        self._share, self.slowed_by = max(LEAST_SHARE, self._share * LESS), limit

    def _is_near(self, cpu_percent: float, temperature_celsius: float | None) -> bool:
        room = (self._max_cpu or 0.0) * ROOM_PERCENT / 100
        return _is_over(cpu_percent, self._max_cpu, room) or _is_over(temperature_celsius, self._max_temperature, ROOM_CELSIUS)


def _is_over(reading: float | None, limit: float | None, room: float = 0.0) -> bool:
    return reading is not None and limit is not None and reading > limit - room
