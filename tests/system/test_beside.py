"""Calls beside the worker: in their order, their results and errors for whoever asked, and work in steps that waits for them."""

from __future__ import annotations

from threading import Event, get_ident
from typing import TYPE_CHECKING

import pytest

from edged.system.beside import Beside, finish

if TYPE_CHECKING:
    from collections.abc import Generator

    from edged.system.beside import Turns

PATIENCE_SECONDS = 10.0


def test_calls_are_made_in_their_order_and_whoever_waits_is_woken_after_each() -> None:
    woken: list[int] = []
    beside = Beside("beside", on_done=lambda: woken.append(len(woken)))
    said: list[int] = []
    calls = [beside.submit(lambda number=number: said.append(number)) for number in range(5)]  # type: ignore[misc] # bound now
    assert beside.close(PATIENCE_SECONDS)
    assert all(call.is_done for call in calls)
    assert said == woken == list(range(5))


def test_the_asker_gets_the_result_and_goes_on_until_it_is_there() -> None:
    beside, may_end = Beside("beside"), Event()
    call = beside.submit(lambda: (may_end.wait(PATIENCE_SECONDS), get_ident())[1])
    turns = call.in_turns()
    assert [next(turns), next(turns)] == [call, call]
    may_end.set()
    assert finish(turns) not in {0, get_ident()}
    assert beside.close(PATIENCE_SECONDS)


def test_an_error_is_raised_for_the_asker_and_harms_no_later_call() -> None:
    beside = Beside("beside")
    bad, good = beside.submit(lambda: 1 // 0), beside.submit(lambda: 7)
    with pytest.raises(ZeroDivisionError):
        finish(bad.in_turns())
    assert finish(good.in_turns()) == 7
    assert beside.close(PATIENCE_SECONDS)


def test_one_that_hangs_is_not_waited_for_at_the_end() -> None:
    beside, may_end = Beside("beside"), Event()
    beside.submit(may_end.wait)
    assert not beside.close(0.01)
    may_end.set()


def test_without_a_thread_a_call_is_made_at_once() -> None:
    call = Beside().submit(get_ident)
    assert call.is_done
    assert call.result() == get_ident()


def test_work_in_steps_is_done_as_a_whole_where_nobody_has_cameras() -> None:
    def work() -> Turns[int]:
        yield None
        return 1 + (yield from other())

    def other() -> Generator[None, None, int]:
        yield
        return 2

    assert finish(work()) == 3
