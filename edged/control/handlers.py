"""Handlers: how a method says which verb it answers, and how the methods of all parts are found.

Which verbs there are is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from edged.interface.form import Answer, AnswerT, Form, FormT
from edged.system.beside import Turn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edged.interface.form import Verb

PartT = TypeVar("PartT")
OutcomeT = TypeVar("OutcomeT")

Steps: TypeAlias = Generator[Answer | Turn, None, AnswerT]
"""A handler in steps, with a turn for the cameras between two: it yields how far it is, which is sent, or a Turn, and returns the answer.

No step takes longer than some tens of milliseconds. What does, and waits for the disk or lets go of Python's lock, is submitted beside the
worker: `result = yield from beside.submit(do).in_turns()`. Work in steps of other rooms is `yield from work`, of Turns[Result].
"""
Handler: TypeAlias = Callable[[Form], Answer | Steps[Answer]]
Method: TypeAlias = Callable[[PartT, FormT], OutcomeT]

_FORM = "__answers_form__"


def answers(verb: Verb[FormT, AnswerT]) -> Callable[[Method[PartT, FormT, OutcomeT]], Method[PartT, FormT, OutcomeT]]:
    """Make a method the handler of a verb: it takes the verb's form, and gives its answer, at once or in Steps.

    What it raises of EdgedError is the reply, and means that nothing was changed; each says so where it is raised.
    """

    def mark(method: Method[PartT, FormT, OutcomeT]) -> Method[PartT, FormT, OutcomeT]:
        setattr(method, _FORM, verb.form)
        return method

    return mark


def handlers_of(part: object) -> Mapping[type[Form], Handler]:
    """The handlers among the methods of a part, by the form that each takes."""
    methods: list[Handler] = [getattr(part, name) for name, member in vars(type(part)).items() if hasattr(member, _FORM)]
    return {getattr(method, _FORM): method for method in methods}
