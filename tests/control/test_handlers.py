"""Handlers: every row of the registry has one among the parts, which takes its form and gives its answer."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

import pytest

from edged import control
from edged.control.handlers import Handler, answers, handlers_of
from edged.interface.people import RENAME, PersonAnswer, Rename
from edged.interface.verbs import BY_FORM, ROWS

if TYPE_CHECKING:
    from edged.interface.form import Form, Verb

KINDS = {
    kind
    for found in iter_modules(control.__path__, "edged.control.")
    for _, kind in inspect.getmembers(import_module(found.name), inspect.isclass)
    if kind.__module__.startswith("edged.control.")
}
HANDLERS: list[tuple[type[Form], Handler]] = [pair for kind in KINDS for pair in handlers_of(kind.__new__(kind)).items()]


def test_every_row_has_one_handler() -> None:
    assert Counter(form for form, _ in HANDLERS) == Counter(row.form for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.form.__name__)
def test_a_handler_takes_and_gives_what_its_row_says(row: Verb[Any, Any]) -> None:
    [handler] = [handler for form, handler in HANDLERS if BY_FORM[form] is row]
    taken, given = (re.findall(r"\w+", annotation) for annotation in inspect.get_annotations(handler).values())
    assert taken[-1] == row.form.__name__
    named = {name for name in given if name not in {"wire", "Steps"}}
    assert {row.answer.__name__} <= named <= {row.answer.__name__, *(other.__name__ for other in row.also)}


class Renaming:
    """A part with a handler, and a method that is none."""

    @answers(RENAME)
    def rename(self, form: Rename) -> PersonAnswer:
        raise NotImplementedError(form)

    def other(self, form: Rename) -> PersonAnswer:
        raise NotImplementedError(form)


def test_only_what_is_marked_is_a_handler_and_belongs_to_its_part() -> None:
    part = Renaming()
    assert handlers_of(part) == {Rename: part.rename}
