"""The budget on written-out readings, and in the loop with a device that gets warm."""

from __future__ import annotations

import pytest

from edged.daemon.budget import Budget


def test_without_limits_nothing_is_slowed() -> None:
    budget = Budget(None, None)
    for _ in range(10):
        budget.update(800.0, 99.0)
    assert (budget.slowdown, budget.slowed_by) == (1.0, None)


def test_below_its_limits_nothing_is_slowed() -> None:
    budget = Budget(100.0, 75.0)
    for _ in range(10):
        budget.update(99.0, 74.9)
    assert (budget.slowdown, budget.slowed_by) == (1.0, None)


def test_too_much_processor_time_slows_and_says_so() -> None:
    budget = Budget(100.0, 75.0)
    slowdowns = []
    for _ in range(3):
        budget.update(150.0, 50.0)
        slowdowns.append(budget.slowdown)
    assert 1.0 < slowdowns[0] < slowdowns[1] < slowdowns[2]
    assert budget.slowed_by == "cpu"


def test_heat_slows_and_says_so() -> None:
    budget = Budget(100.0, 75.0)
    budget.update(50.0, 76.0)
    assert budget.slowdown > 1.0
    assert budget.slowed_by == "temperature"


def test_what_cools_already_is_left_alone() -> None:
    budget = Budget(None, 75.0)
    budget.update(50.0, 80.0)
    after_one = budget.slowdown
    budget.update(50.0, 79.0)
    assert budget.slowdown == after_one
    budget.update(50.0, 79.0)
    assert budget.slowdown > after_one


def test_just_below_the_limit_nothing_changes() -> None:
    budget = Budget(100.0, 75.0)
    budget.update(150.0, 50.0)
    held = budget.slowdown
    for _ in range(20):
        budget.update(95.0, 50.0)
        budget.update(50.0, 74.0)
    assert (budget.slowdown, budget.slowed_by) == (held, "cpu")


def test_with_room_it_comes_back_to_full_speed_bit_by_bit() -> None:
    budget = Budget(100.0, 75.0)
    for _ in range(100):
        budget.update(300.0, 50.0)
    assert budget.slowdown == pytest.approx(20.0)
    slowdowns = []
    for _ in range(20):
        budget.update(20.0, 50.0)
        slowdowns.append(budget.slowdown)
    assert slowdowns == sorted(slowdowns, reverse=True)
    assert (budget.slowdown, budget.slowed_by) == (1.0, None)


def test_a_device_that_does_not_tell_its_temperature_keeps_to_its_processor_time() -> None:
    budget = Budget(100.0, 75.0)
    budget.update(150.0, None)
    assert budget.slowed_by == "cpu"


@pytest.mark.parametrize(("fixed", "at_full_speed"), [(10.0, 300.0), (50.0, 120.0), (5.0, 96.0)])
def test_it_settles_about_its_limit(fixed: float, at_full_speed: float) -> None:
    """A device whose processor time is decoding plus looks: on average within the limit, and without wasting half of it."""
    budget, readings = Budget(100.0, None), []
    for _ in range(200):
        readings.append(fixed + at_full_speed / budget.slowdown)
        budget.update(readings[-1], None)
    late = readings[50:]
    assert max(late) < 130
    assert 60 < sum(late) / len(late) <= 101


def test_a_device_that_warms_slowly_stays_near_its_limit() -> None:
    """First-order heat with a time constant of 100 s, readings every 5 s: 95 °C at full speed, 45 °C doing nothing."""
    budget, temperature, course = Budget(None, 75.0), 45.0, []
    for _ in range(720):
        temperature += (45.0 + 50.0 / budget.slowdown - temperature) * 5 / 100
        course.append(temperature)
        budget.update(100.0, temperature)
    assert max(course) < 80
    assert min(course[200:]) > 62
